-- Median, and beside it mean, of close date minus opened date over won deals.
SELECT NULL AS dimension, NULL AS key, percentile_cont(0.5) WITHIN GROUP (ORDER BY closed_on - opened_on)::numeric AS value,
       NULL::numeric AS numerator, count(opened_on) AS denominator, count(*) AS rows, 0 AS rows_without_amount
FROM won
UNION ALL
SELECT NULL, 'mean', avg(closed_on - opened_on), coalesce(sum(closed_on - opened_on), 0), count(opened_on), count(*), 0
FROM won
