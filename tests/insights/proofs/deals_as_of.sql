-- Put before each proof: every deal as the as-of date knew it, from stage history, in the program's currency; and what
-- partners did on which day: deals won, registrations submitted, leads accepted, touches confirmed.
-- A deal without an opened date is there since the beginning of time; before its first stage it does not exist.
-- Roles are accepted claims: of a won deal that is credited what the credit froze, of any other what was declared and, where
-- a partner has no such role by declaration, what its confirmed touches say.
WITH frozen AS (
    SELECT o.id FROM deals_opportunity o JOIN attribution_dealcredit c ON c.opportunity_id = o.id WHERE o.status = 'won'
), claimed AS (
    SELECT o.id, o.account_id, o.opened_on, coalesce(o.closed_on, '9999-12-31') AS until, p.time_zone AS zone,
           coalesce((s.body ->> 'window_days')::int, 180) AS window_days,
           coalesce((s.body ->> 'idle_days')::int, 180) AS idle_days
    FROM deals_opportunity o JOIN programs_program p ON p.id = o.program_id
    LEFT JOIN attribution_attributionsettings s ON s.program_id = p.id
        AND s.from_on <= coalesce(o.closed_on, current_date) AND (s.to_on > coalesce(o.closed_on, current_date)) IS NOT FALSE
    WHERE o.vendor_id = %(vendor)s AND o.program_id = %(program)s AND o.id NOT IN (SELECT id FROM frozen)
), tied AS MATERIALIZED (
    SELECT c.id AS deal, c.opened_on, c.idle_days, t.partnership_id, t.kind, t.side, day.day
    FROM attribution_touch t CROSS JOIN claimed c
    CROSS JOIN LATERAL (SELECT (t.happened_at AT TIME ZONE c.zone)::date AS day) day
    WHERE t.state = 'confirmed' AND t.vendor_id = %(vendor)s AND day.day <= c.until AND (
        t.opportunity_id = c.id
        OR t.opportunity_id IS NULL AND EXISTS (
            SELECT 1 FROM deals_handling h WHERE h.opportunity_id = c.id AND h.registration_id = t.registration_id)
        OR t.opportunity_id IS NULL AND t.account_id = c.account_id AND t.program_id = %(program)s
            AND (day.day >= c.opened_on - c.window_days) IS NOT FALSE AND NOT EXISTS (
                SELECT 1 FROM deals_handling h WHERE h.registration_id = t.registration_id AND h.opportunity_id IS NOT NULL))
), moved AS (
    SELECT opportunity_id AS deal, "on" AS day FROM deals_stagechange WHERE "on" IS NOT NULL
    UNION SELECT id, opened_on FROM claimed WHERE opened_on IS NOT NULL
    UNION SELECT deal, day FROM tied WHERE side = 'vendor'
), held AS MATERIALIZED (
    SELECT m.opportunity_id, m.partnership_id, m.role::text AS role FROM deals_opportunitypartner m
    WHERE m.role IN ('implemented', 'supported') OR m.opportunity_id NOT IN (SELECT id FROM frozen)
    UNION ALL
    SELECT c.opportunity_id, c.partnership_id, c.role FROM attribution_partnercredit c
    WHERE c.role <> '' AND c.opportunity_id IN (SELECT id FROM frozen)
    UNION ALL
    SELECT c.opportunity_id, c.partnership_id, 'fulfilled' FROM attribution_partnercredit c
    WHERE c.fulfilled AND c.opportunity_id IN (SELECT id FROM frozen)
    UNION ALL
    SELECT t.deal, t.partnership_id, CASE WHEN bool_or(
               t.kind IN ('registration', 'referral') AND (t.day <= t.opened_on OR t.opened_on IS NOT NULL AND t.day - (
                   SELECT max(m.day) FROM moved m WHERE m.deal = t.deal AND m.day < t.day) >= t.idle_days)
           ) THEN 'sourced' ELSE 'influenced' END
    FROM tied t
    WHERE NOT EXISTS (
        SELECT 1 FROM deals_opportunitypartner m WHERE m.opportunity_id = t.deal
        AND m.partnership_id = t.partnership_id AND m.role IN ('sourced', 'influenced'))
    GROUP BY t.deal, t.partnership_id
    HAVING bool_or((t.day >= t.opened_on) IS NOT FALSE OR t.kind IN ('registration', 'referral') AND t.day <= t.opened_on)
), highest AS MATERIALIZED (
    SELECT DISTINCT ON (m.opportunity_id) m.opportunity_id, m.role FROM held m ORDER BY m.opportunity_id,
        array_position(ARRAY['sourced', 'influenced', 'fulfilled', 'implemented', 'supported'], m.role)
), deal AS MATERIALIZED (
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
           coalesce(highest.role, 'direct') AS role
    FROM deals_opportunity o
    JOIN programs_program p ON p.id = o.program_id
    LEFT JOIN highest ON highest.opportunity_id = o.id
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
    SELECT m.partnership_id, d.closed_on AS "on" FROM held m JOIN deal d ON d.id = m.opportunity_id
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
    UNION ALL
    SELECT t.partnership_id, (t.happened_at AT TIME ZONE p.time_zone)::date
    FROM attribution_touch t JOIN programs_program p ON p.id = t.program_id
    WHERE t.vendor_id = %(vendor)s AND t.program_id = %(program)s AND t.state = 'confirmed'
)
