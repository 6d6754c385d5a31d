"""A function that tells the nightly job which programs have their segments evaluated each month."""

from django.db import migrations

# Before it works under any tenant the job must learn for whom; it learns two ids and nothing else. Under a tenant (a
# request, another job) the answer is empty.
MONTHLY = """
CREATE FUNCTION comity_monthly_segment_programs() RETURNS TABLE (vendor_id uuid, program_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT policy.vendor_id, policy.program_id FROM programs_segmentpolicy policy WHERE policy.runs_monthly
        AND nullif(current_setting('comity.org', true), '') IS NULL
        AND nullif(current_setting('comity.person', true), '') IS NULL
$$;
REVOKE ALL ON FUNCTION comity_monthly_segment_programs() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comity_monthly_segment_programs() TO comity_app;
"""


class Migration(migrations.Migration):
    dependencies = [("insights", "0001_initial"), ("programs", "0001_initial")]

    operations = [migrations.RunSQL(MONTHLY, "DROP FUNCTION comity_monthly_segment_programs()")]
