-- Active partnerships with a won deal in the 12 months to the as-of date.
SELECT NULL AS dimension, NULL AS key, count(*) AS value, count(*) AS numerator, NULL::numeric AS denominator,
       count(*) AS rows, 0 AS rows_without_amount
FROM active_partnership p
WHERE p.id IN (
    SELECT m.partnership_id FROM held m JOIN deal d ON d.id = m.opportunity_id
    WHERE d.status = 'won' AND d.closed_on > %(as_of)s::date - interval '1 year')
