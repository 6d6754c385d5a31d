-- Partner revenue over all won amount.
, part AS (
    SELECT CASE WHEN count(*) FILTER (WHERE role <> 'direct') = 0 THEN 0
                ELSE sum(amount) FILTER (WHERE role <> 'direct') END AS partners,
           CASE WHEN count(*) = 0 THEN 0 ELSE sum(amount) END AS everybody,
           count(*) AS rows, count(*) - count(amount) AS without
    FROM won
)
SELECT NULL AS dimension, NULL AS key, partners / nullif(everybody, 0) AS value,
       partners AS numerator, everybody AS denominator, rows, without AS rows_without_amount
FROM part
