-- Active partnerships without any qualifying activity in the 180 days ending with the as-of date, over active ones.
, told AS (
    SELECT p.id IN (
        SELECT a.partnership_id FROM activity a WHERE a."on" BETWEEN %(as_of)s::date - 179 AND %(as_of)s) AS is_awake
    FROM active_partnership p
)
SELECT NULL AS dimension, NULL AS key, count(*) FILTER (WHERE NOT is_awake)::numeric / nullif(count(*), 0) AS value,
       count(*) FILTER (WHERE NOT is_awake) AS numerator, count(*) AS denominator, count(*) AS rows, 0 AS rows_without_amount
FROM told
