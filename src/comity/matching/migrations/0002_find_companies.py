"""The look-up of one company among all that a vendor knows.

Membership in an array is not leakproof, so under the policies PostgreSQL would read every row before it may look into the
index. The look-up is therefore a function of the tables' owner; it names the organization itself.
"""

from django.db import migrations

# Each key is one step into the index; keys that too many companies have are left out, so that no step is long. What is
# rare is worth more, and the companies with the most worth are compared in full by the caller.
FIND = """
CREATE OR REPLACE FUNCTION comity_find_companies(wanted int[], worths real[], most int)
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
            WHERE company.keys @> ARRAY[wished.key] AND company.vendor_id = vendor LIMIT 600
        ) hit
        GROUP BY hit.id ORDER BY sum(wished.worth) DESC, hit.id LIMIT most
    )
    SELECT company.subject_id, company.name::text, company.core, company.forms, company.country::text,
           company.city::text, company.postcode::text, company.street::text, company.phone::text,
           company.site::text, company.mail::text, company.mailbox::text
    FROM likeliest JOIN matching_knowncompany company ON company.id = likeliest.id
    ORDER BY likeliest.worth DESC, likeliest.id;
END $$;
REVOKE ALL ON FUNCTION comity_find_companies(int[], real[], int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comity_find_companies(int[], real[], int) TO comity_app;
"""


class Migration(migrations.Migration):
    dependencies = [("matching", "0001_initial")]

    operations = [
        migrations.RunSQL(FIND, "DROP FUNCTION IF EXISTS comity_find_companies(int[], real[], int)"),
    ]
