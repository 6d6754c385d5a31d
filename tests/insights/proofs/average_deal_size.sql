-- Won amount over won deals; a deal of which the amount is not known is in neither.
SELECT NULL AS dimension, NULL AS key, avg(amount) AS value,
       CASE WHEN count(*) = 0 THEN 0 ELSE sum(amount) END AS numerator,
       count(amount) AS denominator, count(*) AS rows, count(*) - count(amount) AS rows_without_amount
FROM won
