-- Active partnerships without a won deal in the 180 days ending with the as-of date, over active partnerships.
, told AS (
    SELECT p.id IN (
        SELECT m.partnership_id FROM deals_opportunitypartner m JOIN deal d ON d.id = m.opportunity_id
        WHERE d.status = 'won' AND d.closed_on > %(as_of)s::date - 180) AS is_awake
    FROM active_partnership p
)
SELECT NULL AS dimension, NULL AS key, count(*) FILTER (WHERE NOT is_awake)::numeric / nullif(count(*), 0) AS value,
       count(*) FILTER (WHERE NOT is_awake) AS numerator, count(*) AS denominator, count(*) AS rows, 0 AS rows_without_amount
FROM told
