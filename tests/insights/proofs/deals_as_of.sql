-- Put before each proof: every deal as the as-of date knew it, from stage history, in the program's currency; and what
-- partners did on which day: deals won, registrations submitted, leads accepted.
-- A deal without an opened date is there since the beginning of time; before its first stage it does not exist.
WITH deal AS MATERIALIZED (
    SELECT o.id, o.opened_on, o.manager_id, stood.status,
           CASE WHEN stood.status <> 'open' THEN (
               SELECT min(c."on") FROM deals_stagechange c
               WHERE c.opportunity_id = o.id AND c.sequence <= stood.sequence AND NOT EXISTS (
                   SELECT 1 FROM deals_stagechange d
                   WHERE d.opportunity_id = o.id AND d.sequence BETWEEN c.sequence AND stood.sequence
                     AND d.status <> stood.status)
           ) END AS closed_on,
           round(stood.amount * CASE WHEN o.currency = p.currency THEN 1 ELSE (
               CASE WHEN p.currency = 'EUR' THEN 1 ELSE (
                   SELECT r.rate FROM ledger_exchangerate r
                   WHERE r.currency = p.currency AND r."on" BETWEEN stood."on" - 9 AND stood."on"
                   ORDER BY r."on" DESC LIMIT 1) END
               / CASE WHEN o.currency = 'EUR' THEN 1 ELSE (
                   SELECT r.rate FROM ledger_exchangerate r
                   WHERE r.currency = o.currency AND r."on" BETWEEN stood."on" - 9 AND stood."on"
                   ORDER BY r."on" DESC LIMIT 1) END
           ) END, 4) AS amount,
           coalesce((
               SELECT m.role FROM deals_opportunitypartner m WHERE m.opportunity_id = o.id
               ORDER BY array_position(ARRAY['sourced', 'influenced', 'fulfilled', 'implemented', 'supported'], m.role::text)
               LIMIT 1
           ), 'direct') AS role
    FROM deals_opportunity o
    JOIN programs_program p ON p.id = o.program_id
    CROSS JOIN LATERAL (
        SELECT c.* FROM deals_stagechange c
        WHERE c.opportunity_id = o.id AND (c."on" IS NULL OR c."on" <= %(as_of)s)
        ORDER BY c.sequence DESC LIMIT 1
    ) stood
    WHERE o.vendor_id = %(vendor)s AND o.program_id = %(program)s
), won AS (
    SELECT * FROM deal WHERE status = 'won' AND closed_on BETWEEN %(from_on)s AND %(to_on)s
), lost AS (
    SELECT * FROM deal WHERE status = 'lost' AND closed_on BETWEEN %(from_on)s AND %(to_on)s
), active_partnership AS (
    SELECT * FROM programs_partnership
    WHERE vendor_id = %(vendor)s AND program_id = %(program)s AND status = 'active'
), activity AS (
    SELECT m.partnership_id, d.closed_on AS "on" FROM deals_opportunitypartner m JOIN deal d ON d.id = m.opportunity_id
    WHERE d.status = 'won'
    UNION ALL
    SELECT r.partnership_id, (r.submitted_at AT TIME ZONE p.time_zone)::date
    FROM deals_registration r JOIN programs_program p ON p.id = r.program_id
    WHERE r.vendor_id = %(vendor)s AND r.program_id = %(program)s AND NOT EXISTS (
        SELECT 1 FROM deals_registrationstep s
        WHERE s.registration_id = r.id AND s.reason = 'handed_over' AND s.move IN ('approve', 'approve_with_conditions'))
    UNION ALL
    SELECT s.partnership_id, (s.at AT TIME ZONE p.time_zone)::date
    FROM leads_leadstep s JOIN leads_lead l ON l.id = s.lead_id JOIN programs_program p ON p.id = l.program_id
    WHERE l.vendor_id = %(vendor)s AND l.program_id = %(program)s AND s.move = 'accept'
)
