-- Amount won with close date in the period, sourced.
SELECT NULL AS dimension, NULL AS key,
       CASE WHEN count(*) = 0 THEN 0 ELSE sum(amount) END AS value,
       CASE WHEN count(*) = 0 THEN 0 ELSE sum(amount) END AS numerator,
       NULL::numeric AS denominator, count(*) AS rows, count(*) - count(amount) AS rows_without_amount
FROM won WHERE role = 'sourced'
