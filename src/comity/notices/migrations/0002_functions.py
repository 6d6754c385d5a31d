"""Functions of the nightly jobs, which work for everybody and so for nobody: they answer no tenant."""

from django.db import migrations

WAITING = """
CREATE OR REPLACE FUNCTION comity_digests_waiting()
RETURNS TABLE (vendor_id uuid, person_id uuid, way varchar, oldest timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
#variable_conflict use_column
BEGIN
    IF coalesce(current_setting('comity.org', true), '') <> '' THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT told.vendor_id, told.person_id, told.way, min(told.created_at) FROM notices_notice told
    WHERE told.way IN ('daily', 'weekly') AND told.read_at IS NULL AND told.letter_id IS NULL
        AND told.created_at > now() - interval '35 days'
    GROUP BY told.vendor_id, told.person_id, told.way;
END $$;
REVOKE ALL ON FUNCTION comity_digests_waiting() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comity_digests_waiting() TO comity_app;
"""

FORGET = """
CREATE OR REPLACE FUNCTION comity_forget_notices(notices_days int, letters_days int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF coalesce(current_setting('comity.org', true), '') <> '' OR notices_days < 30 OR letters_days < 30 THEN
        RETURN;
    END IF;
    DELETE FROM notices_notice WHERE read_at < now() - make_interval(days => notices_days)
        OR created_at < now() - make_interval(days => 2 * notices_days);
    UPDATE notices_notice SET letter_id = NULL, way = 'inbox' WHERE letter_id IN (
        SELECT id FROM notices_letter WHERE created_at < now() - make_interval(days => letters_days));
    DELETE FROM notices_letter WHERE created_at < now() - make_interval(days => letters_days);
END $$;
REVOKE ALL ON FUNCTION comity_forget_notices(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comity_forget_notices(int, int) TO comity_app;
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]

    operations = [
        migrations.RunSQL(WAITING, "DROP FUNCTION IF EXISTS comity_digests_waiting()"),
        migrations.RunSQL(FORGET, "DROP FUNCTION IF EXISTS comity_forget_notices(int, int)"),
    ]
