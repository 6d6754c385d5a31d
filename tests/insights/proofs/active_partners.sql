-- Active partnerships with any qualifying activity in the 90 days ending with the as-of date.
SELECT NULL AS dimension, NULL AS key, count(*) AS value, count(*) AS numerator, NULL::numeric AS denominator,
       count(*) AS rows, 0 AS rows_without_amount
FROM active_partnership p
WHERE p.id IN (SELECT a.partnership_id FROM activity a WHERE a."on" BETWEEN %(as_of)s::date - 89 AND %(as_of)s)
