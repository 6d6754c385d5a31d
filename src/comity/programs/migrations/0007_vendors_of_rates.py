"""A function that tells the job of new rates which vendors there are."""

from django.db import migrations

# Rates are everybody's, but whoever loads them works under one tenant. The job learns ids and nothing else; under a
# tenant the answer is empty.
VENDORS = """
CREATE FUNCTION comity_vendors_with_programs() RETURNS TABLE (vendor_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT DISTINCT program.vendor_id FROM programs_program program
    WHERE nullif(current_setting('comity.org', true), '') IS NULL
        AND nullif(current_setting('comity.person', true), '') IS NULL
    ORDER BY 1
$$;
REVOKE ALL ON FUNCTION comity_vendors_with_programs() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comity_vendors_with_programs() TO comity_app;
"""


class Migration(migrations.Migration):
    dependencies = [("programs", "0006_peer_band")]

    operations = [migrations.RunSQL(VENDORS, "DROP FUNCTION comity_vendors_with_programs()")]
