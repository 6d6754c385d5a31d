-- Of the leads offered in the period and accepted by the as-of date, those that the same partner converted by then. A
-- conversion that was undone, since the draft was thrown away, is none.
, taken AS (
    SELECT s.lead_id, s.sequence, (a.at AT TIME ZONE p.time_zone)::date AS accepted_on, p.time_zone AS zone, coalesce((
               SELECT min(n.sequence) FROM leads_leadstep n
               WHERE n.lead_id = s.lead_id AND n.sequence > s.sequence AND n.move = 'offer'), 2147483647) AS until
    FROM leads_leadstep s JOIN leads_lead l ON l.id = s.lead_id JOIN programs_program p ON p.id = l.program_id
    JOIN leads_leadstep a ON a.lead_id = s.lead_id AND a.sequence = s.sequence + 1 AND a.move = 'accept'
    WHERE l.vendor_id = %(vendor)s AND l.program_id = %(program)s AND s.move = 'offer'
      AND (s.at AT TIME ZONE p.time_zone)::date BETWEEN %(from_on)s AND %(to_on)s
      AND (a.at AT TIME ZONE p.time_zone)::date <= %(as_of)s
), told AS (
    SELECT t.*, (
               SELECT max((c.at AT TIME ZONE t.zone)::date) FROM leads_leadstep c
               WHERE c.lead_id = t.lead_id AND c.sequence > t.sequence AND c.sequence < t.until AND c.move = 'convert'
                 AND c.from_state IN ('accepted', 'working', 'qualified')
                 AND (c.at AT TIME ZONE t.zone)::date <= %(as_of)s
                 AND NOT EXISTS (
                     SELECT 1 FROM leads_leadstep u WHERE u.lead_id = c.lead_id AND u.sequence > c.sequence
                       AND u.sequence < t.until AND u.from_state = 'converted')
           ) AS converted_on, EXISTS (
               SELECT 1 FROM leads_leadstep b
               WHERE b.lead_id = t.lead_id AND b.sequence > t.sequence AND b.sequence < t.until AND b.move = 'return'
                 AND (b.at AT TIME ZONE t.zone)::date <= %(as_of)s) AS is_returned
    FROM taken t
), n AS (
    SELECT count(*) AS accepted, count(converted_on) AS converted, count(*) FILTER (WHERE is_returned) AS returned,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY converted_on - accepted_on)::numeric AS days
    FROM told
)
SELECT NULL AS dimension, NULL AS key, converted::numeric / nullif(accepted, 0) AS value, converted AS numerator,
       accepted AS denominator, accepted AS rows, 0 AS rows_without_amount
FROM n
UNION ALL
SELECT NULL, 'returned_rate', returned::numeric / nullif(accepted, 0), returned, accepted, accepted, 0 FROM n
UNION ALL
SELECT NULL, 'median_days', days, NULL, converted, accepted, 0 FROM n
