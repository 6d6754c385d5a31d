-- Weighted active partnerships over capacity, of the managers who have one; of all, without a value, where none has.
, book AS (
    SELECT m.id, nullif(m.capacity, 0) AS capacity, count(p.id) AS partnerships,
           coalesce(sum(coalesce((w.weights ->> nullif(s.segment, ''))::numeric, 1)) FILTER (WHERE p.id IS NOT NULL), 0) AS load
    FROM programs_manager m
    LEFT JOIN active_partnership p ON p.manager_id = m.id
    LEFT JOIN programs_partnershipsegment s ON s.partnership_id = p.id
    LEFT JOIN programs_segmentpolicy w ON w.program_id = m.program_id
    WHERE m.vendor_id = %(vendor)s AND m.program_id = %(program)s AND m.is_active
    GROUP BY m.id
), chosen AS (
    SELECT * FROM book WHERE capacity IS NOT NULL OR NOT EXISTS (SELECT 1 FROM book WHERE capacity IS NOT NULL)
)
SELECT NULL AS dimension, NULL AS key, sum(load) / sum(capacity) AS value, coalesce(sum(load), 0) AS numerator,
       sum(capacity) AS denominator, coalesce(sum(partnerships), 0) AS rows, 0 AS rows_without_amount
FROM chosen
