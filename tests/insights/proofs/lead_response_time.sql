-- Hours from the offer of a lead to the partner's own answer, which is the step after the offer, by the as-of date.
, offer AS (
    SELECT s.lead_id, s.sequence, s.at, p.time_zone AS zone
    FROM leads_leadstep s JOIN leads_lead l ON l.id = s.lead_id JOIN programs_program p ON p.id = l.program_id
    WHERE l.vendor_id = %(vendor)s AND l.program_id = %(program)s AND s.move = 'offer'
      AND (s.at AT TIME ZONE p.time_zone)::date BETWEEN %(from_on)s AND %(to_on)s
), told AS (
    SELECT extract(epoch FROM a.at - o.at) / 3600 AS h, a.move = 'accept' AS accepted,
           a.move = 'pass_on' AND a.side = 'partner' AS declined, a.move = 'pass_on' AND a.reason = 'run_out' AS ran_out
    FROM offer o LEFT JOIN leads_leadstep a ON a.lead_id = o.lead_id AND a.sequence = o.sequence + 1
        AND a.move IN ('accept', 'pass_on') AND (a.at AT TIME ZONE o.zone)::date <= %(as_of)s
), n AS (
    SELECT count(*) AS offers, count(*) FILTER (WHERE accepted) AS accepted, count(*) FILTER (WHERE ran_out) AS ran_out,
           count(*) FILTER (WHERE accepted OR declined) AS answered,
           count(*) FILTER (WHERE accepted OR declined OR ran_out) AS over,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY h) FILTER (WHERE accepted OR declined)::numeric AS median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY h) FILTER (WHERE accepted OR declined)::numeric AS p90
    FROM told
)
SELECT NULL AS dimension, NULL AS key, median AS value, NULL::bigint AS numerator, answered AS denominator,
       offers AS rows, 0 AS rows_without_amount
FROM n
UNION ALL
SELECT NULL, 'p90_hours', p90, NULL, answered, offers, 0 FROM n
UNION ALL
SELECT NULL, 'acceptance_rate', accepted::numeric / nullif(over, 0), accepted, over, offers, 0 FROM n
UNION ALL
SELECT NULL, 'ran_out_rate', ran_out::numeric / nullif(over, 0), ran_out, over, offers, 0 FROM n
