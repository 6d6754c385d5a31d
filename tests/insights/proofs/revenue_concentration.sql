-- Revenue of each active partnership, largest first; shares of the top, Gini and Herfindahl by their textbook formulas.
, told AS (
    SELECT p.id, coalesce(sum(w.amount), 0) AS x, count(w.id) - count(w.amount) AS lacking
    FROM active_partnership p
    LEFT JOIN (SELECT DISTINCT partnership_id, opportunity_id FROM held) m ON m.partnership_id = p.id
    LEFT JOIN won w ON w.id = m.opportunity_id
    GROUP BY p.id
), revenue AS (
    SELECT * FROM told
), ranked AS (
    SELECT x, row_number() OVER (ORDER BY x DESC) AS place, row_number() OVER (ORDER BY x) AS i,
           x > 0 AS sells FROM revenue
), whole AS (
    SELECT count(*) AS n, count(*) FILTER (WHERE x > 0) AS sellers, coalesce(sum(x), 0) AS total,
           coalesce(sum(x) FILTER (WHERE x > 0), 0) AS sold, (SELECT coalesce(sum(lacking), 0) FROM revenue) AS lacking
    FROM ranked
), top AS (
    SELECT 'top_share' AS dimension, share, (SELECT coalesce(sum(x), 0) FROM ranked WHERE place <= ceil(share * n)) AS held,
           total AS of_all, n AS members, lacking
    FROM whole, unnest(ARRAY[0.10, 0.15]) AS share
    UNION ALL
    SELECT 'top_share_with_revenue', share,
           (SELECT coalesce(sum(x), 0) FROM ranked WHERE place <= ceil(share * sellers)), sold, sellers, lacking
    FROM whole, unnest(ARRAY[0.10, 0.15]) AS share
)
SELECT NULL AS dimension, NULL AS key, held / nullif(of_all, 0) AS value, held AS numerator, of_all AS denominator,
       members AS rows, lacking AS rows_without_amount
FROM top WHERE dimension = 'top_share' AND share = 0.10
UNION ALL
SELECT dimension, share::text, held / nullif(of_all, 0), held, of_all, members, lacking FROM top
UNION ALL
SELECT NULL, 'gini', (SELECT sum((2 * i - n - 1) * x) FROM ranked) / nullif(n * total, 0), NULL, NULL, n, lacking FROM whole
UNION ALL
SELECT NULL, 'herfindahl', (SELECT sum((x / nullif(total, 0)) ^ 2) FROM ranked), NULL, NULL, n, lacking FROM whole
