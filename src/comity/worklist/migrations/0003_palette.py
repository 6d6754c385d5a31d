"""What a person opened lately, and the search behind the palette.

Comparing texts is not leakproof, so under the policies a search would read every row before it may look at one. This one
runs with the owner's rights, names the organization itself and returns ids only; the names are read under policies.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import comity.kernel.ids
import comity.platform.models

FIND = """
CREATE INDEX worklist_partner_words ON programs_partnership USING gin (sort_name gin_trgm_ops);

-- words as typed, key folded as sort names are. What holds the words comes first; letters gone astray are forgiven
-- where little holds them: then a name need only contain something much like them. Each step looks at a bounded number.
CREATE FUNCTION comity_find_anything(program uuid, words text, key text, most int)
RETURNS TABLE (kind text, id uuid, score real)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20 SET search_path = pg_catalog, public
SET plan_cache_mode = force_custom_plan SET pg_trgm.word_similarity_threshold = 0.45 AS $$
DECLARE
    vendor uuid := nullif(current_setting('comity.org', true), '')::uuid;
    plain text := replace(replace(replace(words, '\\', '\\\\'), '%', '\\%'), '_', '\\_');
    folded text := replace(replace(replace(key, '\\', '\\\\'), '%', '\\%'), '_', '\\_');
    -- Trigrams need three letters; one or two are taken as a beginning.
    around text := CASE WHEN length(words) < 3 THEN '' ELSE '%' END;
    found bigint;
BEGIN
    RETURN QUERY SELECT 'partner', near.id, near.rank FROM (
        SELECT held.id, comity_nearness(key, held.sort_name) AS rank FROM (
            SELECT p.id, p.sort_name FROM programs_partnership p
            WHERE p.vendor_id = vendor AND p.program_id = program AND p.sort_name LIKE around || folded || '%' LIMIT 200
        ) held) near ORDER BY near.rank DESC, near.id LIMIT most;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found < 3 AND length(words) >= 4 THEN
        RETURN QUERY SELECT 'partner', near.id, near.rank FROM (
            SELECT p.id, word_similarity(key, p.sort_name) AS rank FROM programs_partnership p
            WHERE p.vendor_id = vendor AND p.program_id = program AND key <% p.sort_name
              AND p.sort_name NOT LIKE '%' || folded || '%' LIMIT 500
        ) near ORDER BY near.rank DESC, near.id LIMIT most;
    END IF;

    RETURN QUERY SELECT 'customer', near.id, near.rank FROM (
        SELECT held.id, comity_nearness(lower(words), lower(held.name)) AS rank FROM (
            (SELECT a.id, a.name FROM deals_customeraccount a
             WHERE a.vendor_id = vendor AND a.name ILIKE around || plain || '%' LIMIT 200)
            UNION
            SELECT a.id, words FROM deals_customeraccount a
            WHERE a.vendor_id = vendor AND (a.external_id = words OR a.domains @> ARRAY[lower(words)::varchar])
        ) held) near ORDER BY near.rank DESC, near.id LIMIT most;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found < 3 AND length(words) >= 4 THEN
        RETURN QUERY SELECT 'customer', near.id, near.rank FROM (
            SELECT a.id, word_similarity(words, a.name) AS rank FROM deals_customeraccount a
            WHERE a.vendor_id = vendor AND words <% a.name AND a.name NOT ILIKE '%' || plain || '%' LIMIT 500
        ) near ORDER BY near.rank DESC, near.id LIMIT most;
    END IF;

    RETURN QUERY SELECT 'deal', near.id, near.rank FROM (
        SELECT held.id, comity_nearness(lower(words), lower(held.name)) AS rank FROM (
            (SELECT o.id, o.name FROM deals_opportunity o
             WHERE o.vendor_id = vendor AND o.program_id = program AND o.name ILIKE around || plain || '%' LIMIT 200)
            UNION
            SELECT o.id, words FROM deals_opportunity o
            WHERE o.vendor_id = vendor AND o.program_id = program AND o.external_id = words
        ) held) near ORDER BY near.rank DESC, near.id LIMIT most;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found < 3 AND length(words) >= 4 THEN
        RETURN QUERY SELECT 'deal', near.id, near.rank FROM (
            SELECT o.id, word_similarity(words, o.name) AS rank FROM deals_opportunity o
            WHERE o.vendor_id = vendor AND o.program_id = program AND words <% o.name
              AND o.name NOT ILIKE '%' || plain || '%' LIMIT 500
        ) near ORDER BY near.rank DESC, near.id LIMIT most;
    END IF;

    RETURN QUERY SELECT 'manager', m.id, greatest(
            CASE WHEN m.name ILIKE '%' || plain || '%' THEN comity_nearness(lower(words), lower(m.name)) ELSE 0 END,
            word_similarity(words, m.name))::real AS rank
        FROM programs_manager m
        WHERE m.vendor_id = vendor AND m.program_id = program
          AND (m.name ILIKE around || plain || '%' OR length(words) >= 4 AND words <% m.name)
        ORDER BY rank DESC, m.id LIMIT most;
END $$;
REVOKE ALL ON FUNCTION comity_find_anything(uuid, text, text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comity_find_anything(uuid, text, text, int) TO comity_app;
"""
# How well a name that holds the words fits them: the same, begins with them, a word of it does, somewhere inside.
NEARNESS = """
CREATE FUNCTION comity_nearness(words text, name text) RETURNS real
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public AS $$
    SELECT (CASE WHEN name = words THEN 4 WHEN starts_with(name, words) THEN 3
                 WHEN position(' ' || words IN name) > 0 THEN 2.5 ELSE 2 END
            + length(words)::real / greatest(length(name), 1))::real
$$;
"""
DROP = """
DROP FUNCTION comity_find_anything(uuid, text, text, int);
DROP FUNCTION comity_nearness(text, text);
DROP INDEX worklist_partner_words;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0001_initial"),
        ("deals", "0003_expected_close"),
        ("worklist", "0002_open_deals"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecentVisit",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=comity.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("vendor_id", models.UUIDField(editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("person_id", models.UUIDField()),
                ("kind", models.CharField(max_length=12)),
                ("subject_id", models.UUIDField()),
                ("visited_at", models.DateTimeField()),
                (
                    "program",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.program",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("vendor_id", "person_id", "program", "kind", "subject_id"), name="visited_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(NEARNESS + FIND, DROP),
    ]
