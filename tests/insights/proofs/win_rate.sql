-- Won over won plus lost, closed in the period.
SELECT NULL AS dimension, NULL AS key, w.n::numeric / nullif(w.n + l.n, 0) AS value,
       w.n AS numerator, w.n + l.n AS denominator, w.n + l.n AS rows, 0 AS rows_without_amount
FROM (SELECT count(*) AS n FROM won) w, (SELECT count(*) AS n FROM lost) l
