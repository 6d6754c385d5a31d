-- Won on deals that carry the manager's name, in the days of quotas wholly within the period, over those quotas.
, counted AS (
    SELECT * FROM programs_quota
    WHERE vendor_id = %(vendor)s AND program_id = %(program)s AND manager_id IS NOT NULL
      AND starts_on >= %(from_on)s AND ends_on <= %(asked_to_on)s AND starts_on <= %(as_of)s
), credit AS (
    SELECT d.amount FROM counted q JOIN deal d
      ON d.manager_id = q.manager_id AND d.status = 'won' AND d.closed_on BETWEEN q.starts_on AND q.ends_on
), sums AS (
    SELECT (SELECT CASE WHEN count(*) = 0 THEN 0 ELSE sum(amount) END FROM credit) AS credited,
           (SELECT coalesce(sum(amount), 0) FROM counted) AS quota
)
SELECT NULL AS dimension, NULL AS key, credited / nullif(quota, 0) AS value, credited AS numerator, quota AS denominator,
       (SELECT count(*) FROM credit) AS rows, (SELECT count(*) - count(amount) FROM credit) AS rows_without_amount
FROM sums
