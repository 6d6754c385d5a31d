"""People of partners for the palette: who wrote to the vendor, who registered deals, whom the vendor invited.

It runs with the owner's rights for the same reason as `comity_find_anything`: comparing texts under the policies would
read every row. It names the organization itself and returns ids only; the names are read under policies.
"""

from django.db import migrations

# One id a person and partner: of the first row that names them, so that it stays the same. The list of members of a
# partner is its own affair and is not looked at.
FIND = """
CREATE INDEX worklist_message_authors ON timeline_message USING gin (author_name gin_trgm_ops) WHERE side = 'partner';
CREATE INDEX worklist_step_people ON deals_registrationstep USING gin (person_name gin_trgm_ops)
    WHERE side = 'partner';
CREATE INDEX worklist_invited ON identity_invitation USING gin (email gin_trgm_ops);
CREATE INDEX worklist_person_names ON identity_person USING gin (name gin_trgm_ops);

CREATE FUNCTION comity_find_people(program uuid, words text, most int)
RETURNS TABLE (id uuid, score real)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20 SET search_path = pg_catalog, public
SET plan_cache_mode = force_custom_plan SET pg_trgm.word_similarity_threshold = 0.45 AS $$
DECLARE
    vendor uuid := nullif(current_setting('comity.org', true), '')::uuid;
    plain text := replace(replace(replace(words, '\\', '\\\\'), '%', '\\%'), '_', '\\_');
    -- Trigrams need three letters; one or two are taken as a beginning.
    wanted text := CASE WHEN length(words) < 3 THEN plain || '%' ELSE '%' || plain || '%' END;
BEGIN
    RETURN QUERY SELECT near.id, near.rank FROM (
        SELECT (array_agg(held.id ORDER BY held.id))[1] AS id, max(greatest(
            CASE WHEN held.word ILIKE wanted THEN comity_nearness(lower(words), lower(held.word)) ELSE 0 END,
            word_similarity(words, held.word)))::real AS rank
        FROM (
            (SELECT m.id, m.partnership_id AS place, m.author_name AS name, m.author_name AS word
             FROM timeline_message m WHERE m.vendor_id = vendor AND m.side = 'partner'
               AND (m.author_name ILIKE wanted OR (length(words) >= 4 AND words <% m.author_name)) LIMIT 500)
            UNION ALL
            (SELECT s.id, s.partnership_id, s.person_name, s.person_name
             FROM deals_registrationstep s WHERE s.vendor_id = vendor AND s.side = 'partner' AND s.person_name <> ''
               AND (s.person_name ILIKE wanted OR (length(words) >= 4 AND words <% s.person_name)) LIMIT 500)
            UNION ALL
            (SELECT i.id, p.id, i.email, i.email
             FROM identity_invitation i
             JOIN programs_partnership p ON p.vendor_id = vendor AND p.partner_id = i.organization_id
             WHERE i.inviting_id = vendor AND i.revoked_at IS NULL AND i.email ILIKE wanted LIMIT 200)
            UNION ALL
            (SELECT i.id, p.id, i.email, w.name
             FROM identity_person w JOIN identity_invitation i ON i.accepted_by_id = w.id
             JOIN programs_partnership p ON p.vendor_id = vendor AND p.partner_id = i.organization_id
             WHERE i.inviting_id = vendor AND i.revoked_at IS NULL
               AND (w.name ILIKE wanted OR (length(words) >= 4 AND words <% w.name)) LIMIT 200)
        ) held
        JOIN programs_partnership p ON p.vendor_id = vendor AND p.id = held.place
        WHERE p.program_id = program
        GROUP BY held.place, lower(held.name)
    ) near ORDER BY near.rank DESC, near.id LIMIT most;
END $$;
REVOKE ALL ON FUNCTION comity_find_people(uuid, text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comity_find_people(uuid, text, int) TO comity_app;
"""
DROP = """
DROP FUNCTION comity_find_people(uuid, text, int);
DROP INDEX worklist_message_authors, worklist_step_people, worklist_invited, worklist_person_names;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("worklist", "0004_pulses_in_order"),
        ("timeline", "0003_conversation"),
        ("deals", "0004_registrations"),
        ("identity", "0001_initial"),
        ("programs", "0001_initial"),
    ]

    operations = [migrations.RunSQL(FIND, DROP)]
