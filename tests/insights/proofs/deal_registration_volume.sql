-- Registrations submitted in the period, and what the as-of date knew of them: decisions are steps, appeals are rows.
-- A protection that was handed over is no registration; what was brought over from an older system has no hours.
, claim AS (
    SELECT r.id, r.submitted_at, h.order_number < 0 AS is_old, p.time_zone AS zone
    FROM deals_registration r JOIN deals_handling h ON h.registration_id = r.id JOIN programs_program p ON p.id = r.program_id
    WHERE r.vendor_id = %(vendor)s AND r.program_id = %(program)s
      AND (r.submitted_at AT TIME ZONE p.time_zone)::date BETWEEN %(from_on)s AND %(to_on)s
      AND NOT EXISTS (
          SELECT 1 FROM deals_registrationstep s
          WHERE s.registration_id = r.id AND s.reason = 'handed_over' AND s.move IN ('approve', 'approve_with_conditions'))
), step AS (
    SELECT s.* FROM deals_registrationstep s JOIN claim c ON c.id = s.registration_id
    WHERE (s.at AT TIME ZONE c.zone)::date <= %(as_of)s
), told AS (
    SELECT c.*,
           (SELECT min(s.at) FROM step s WHERE s.registration_id = c.id AND s.move IN (
               'approve', 'approve_with_conditions', 'queue', 'reject', 'return')) AS decided_at,
           EXISTS (SELECT 1 FROM step s WHERE s.registration_id = c.id
                   AND s.move IN ('approve', 'approve_with_conditions')) AS is_approved,
           EXISTS (SELECT 1 FROM step s WHERE s.registration_id = c.id AND s.move = 'reject') AS is_rejected,
           EXISTS (SELECT 1 FROM deals_registrationappeal a WHERE a.registration_id = c.id
                   AND (a.filed_at AT TIME ZONE c.zone)::date <= %(as_of)s) AS is_appealed,
           EXISTS (SELECT 1 FROM deals_registrationappeal a WHERE a.registration_id = c.id AND a.state = 'granted'
                   AND (a.decided_at AT TIME ZONE c.zone)::date <= %(as_of)s) AS is_granted,
           EXISTS (SELECT 1 FROM deals_registrationappeal a WHERE a.registration_id = c.id AND a.state = 'dismissed'
                   AND (a.decided_at AT TIME ZONE c.zone)::date <= %(as_of)s) AS is_dismissed
    FROM claim c
), hours AS (
    SELECT extract(epoch FROM decided_at - submitted_at) / 3600 AS h FROM told WHERE decided_at IS NOT NULL AND NOT is_old
), n AS (
    SELECT count(*) AS submitted, count(*) FILTER (WHERE is_approved) AS approved,
           count(*) FILTER (WHERE is_approved OR is_rejected) AS settled, count(*) FILTER (WHERE is_appealed) AS appealed,
           count(*) FILTER (WHERE is_granted) AS granted, count(*) FILTER (WHERE is_dismissed) AS dismissed,
           (SELECT count(*) FROM hours) AS timed
    FROM told
)
SELECT NULL AS dimension, NULL AS key, submitted::numeric AS value, submitted AS numerator, NULL::bigint AS denominator,
       submitted AS rows, 0 AS rows_without_amount
FROM n
UNION ALL
SELECT NULL, 'approval_rate', approved::numeric / nullif(settled, 0), approved, settled, submitted, 0 FROM n
UNION ALL
SELECT NULL, 'median_hours', (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY h) FROM hours)::numeric, NULL, timed,
       submitted, 0 FROM n
UNION ALL
SELECT NULL, 'p90_hours', (SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY h) FROM hours)::numeric, NULL, timed,
       submitted, 0 FROM n
UNION ALL
SELECT NULL, 'appeals', appealed, appealed, NULL, appealed, 0 FROM n
UNION ALL
SELECT NULL, 'appeals_granted', granted, granted, NULL, granted, 0 FROM n
UNION ALL
SELECT NULL, 'appeals_dismissed', dismissed, dismissed, NULL, dismissed, 0 FROM n
