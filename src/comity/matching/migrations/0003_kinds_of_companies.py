"""Registrations are looked up as customers are, each kind by itself."""

from importlib import import_module

from django.db import migrations, models

FIND_ONE_KIND = import_module("comity.matching.migrations.0002_find_companies").FIND
DROP_ONE_KIND = "DROP FUNCTION IF EXISTS comity_find_companies(int[], real[], int);"
DROP = "DROP FUNCTION IF EXISTS comity_find_companies(int[], real[], int, text);"
FIND = """
CREATE OR REPLACE FUNCTION comity_find_companies(wanted int[], worths real[], most int,
                                                 wanted_kind text DEFAULT 'customer')
RETURNS TABLE (subject_id uuid, name text, core text[], forms text[], country text, city text, postcode text,
               street text, phone text, site text, mail text, mailbox text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 30
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off AS $$
DECLARE
    vendor uuid := nullif(current_setting('comity.org', true), '')::uuid;
BEGIN
    RETURN QUERY
    WITH wished AS MATERIALIZED (
        SELECT w.key, w.worth FROM unnest(wanted, worths) AS w(key, worth)
        WHERE NOT EXISTS (SELECT FROM matching_commonkey c WHERE c.vendor_id = vendor AND c.key = w.key)
    ),
    likeliest AS MATERIALIZED (
        SELECT hit.id, sum(wished.worth) AS worth FROM wished CROSS JOIN LATERAL (
            SELECT company.id FROM matching_knowncompany company
            WHERE company.keys @> ARRAY[wished.key] AND company.vendor_id = vendor
                AND company.kind = wanted_kind LIMIT 600
        ) hit
        GROUP BY hit.id ORDER BY sum(wished.worth) DESC, hit.id LIMIT most
    )
    SELECT company.subject_id, company.name::text, company.core, company.forms, company.country::text,
           company.city::text, company.postcode::text, company.street::text, company.phone::text,
           company.site::text, company.mail::text, company.mailbox::text
    FROM likeliest JOIN matching_knowncompany company ON company.id = likeliest.id
    ORDER BY likeliest.worth DESC, likeliest.id;
END $$;
REVOKE ALL ON FUNCTION comity_find_companies(int[], real[], int, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comity_find_companies(int[], real[], int, text) TO comity_app;
"""


class Migration(migrations.Migration):
    dependencies = [("matching", "0002_find_companies")]

    operations = [
        migrations.AddField(
            model_name="knowncompany",
            name="kind",
            field=models.CharField(
                choices=[("customer", "customer"), ("registration", "registration")], default="customer", max_length=12
            ),
        ),
        migrations.AlterField(
            model_name="knowncompany",
            name="subject_id",
            field=models.UUIDField(help_text="the vendor's record of that kind"),
        ),
        migrations.RunSQL(DROP_ONE_KIND + FIND, DROP + FIND_ONE_KIND),
    ]
