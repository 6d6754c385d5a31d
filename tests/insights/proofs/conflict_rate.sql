-- Of the registrations submitted in the period, those against which something stood by the as-of date: a verdict found
-- another partner's registration, a deal of the vendor's or a customer, or such a deal came later and is a conflict still.
, claim AS (
    SELECT r.id, p.time_zone AS zone
    FROM deals_registration r JOIN programs_program p ON p.id = r.program_id
    WHERE r.vendor_id = %(vendor)s AND r.program_id = %(program)s
      AND (r.submitted_at AT TIME ZONE p.time_zone)::date BETWEEN %(from_on)s AND %(to_on)s
      AND NOT EXISTS (
          SELECT 1 FROM deals_registrationstep s
          WHERE s.registration_id = r.id AND s.reason = 'handed_over' AND s.move IN ('approve', 'approve_with_conditions'))
), finding AS (
    SELECT c.id, f.rule
    FROM claim c JOIN deals_registrationverdict v ON v.registration_id = c.id
    CROSS JOIN LATERAL jsonb_to_recordset(v.body -> 'findings') AS f(rule text, effect text)
    WHERE f.effect IN ('refuse', 'ask', 'queue', 'condition') AND (v.at AT TIME ZONE c.zone)::date <= %(as_of)s
), conflict AS (
    SELECT c.id FROM claim c JOIN deals_dealconflict d ON d.registration_id = c.id
    WHERE d.resolution <> 'no_conflict' AND (d.found_at AT TIME ZONE c.zone)::date <= %(as_of)s
), told AS (
    SELECT c.id IN (SELECT id FROM finding WHERE rule IN ('first_registrant', 'incumbent')) AS with_partner,
           c.id IN (SELECT id FROM finding WHERE rule = 'vendor_activity') OR c.id IN (SELECT id FROM conflict) AS with_deal,
           c.id IN (SELECT id FROM finding WHERE rule = 'existing_customer') AS with_customer
    FROM claim c
), n AS (
    SELECT count(*) AS submitted, count(*) FILTER (WHERE with_partner OR with_deal OR with_customer) AS conflicting,
           count(*) FILTER (WHERE with_partner) AS with_partner, count(*) FILTER (WHERE with_deal) AS with_deal,
           count(*) FILTER (WHERE with_customer) AS with_customer
    FROM told
)
SELECT NULL AS dimension, NULL AS key, conflicting::numeric / nullif(submitted, 0) AS value, conflicting AS numerator,
       submitted AS denominator, submitted AS rows, 0 AS rows_without_amount
FROM n
UNION ALL
SELECT NULL, 'with_partners', with_partner::numeric / nullif(submitted, 0), with_partner, submitted, submitted, 0 FROM n
UNION ALL
SELECT NULL, 'with_own_deals', with_deal::numeric / nullif(submitted, 0), with_deal, submitted, submitted, 0 FROM n
UNION ALL
SELECT NULL, 'with_customers', with_customer::numeric / nullif(submitted, 0), with_customer, submitted, submitted, 0 FROM n
