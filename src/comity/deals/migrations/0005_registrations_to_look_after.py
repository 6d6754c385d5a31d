"""A function by which an hourly job learns whose registrations to look after; it answers no tenant."""

from django.db import migrations

VENDORS = """
CREATE OR REPLACE FUNCTION comity_vendors_with_registrations() RETURNS TABLE (vendor_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
#variable_conflict use_column
BEGIN
    IF coalesce(current_setting('comity.org', true), '') <> '' THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT DISTINCT claim.vendor_id FROM deals_registration claim
    WHERE claim.state IN ('submitted', 'in_review', 'approved', 'conditionally_approved');
END $$;
REVOKE ALL ON FUNCTION comity_vendors_with_registrations() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comity_vendors_with_registrations() TO comity_app;
"""


class Migration(migrations.Migration):
    dependencies = [("deals", "0004_registrations")]

    operations = [migrations.RunSQL(VENDORS, "DROP FUNCTION IF EXISTS comity_vendors_with_registrations()")]
