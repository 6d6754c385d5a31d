"""The function that finds leads which may be the same, and the one by which a job learns whose offers ran out."""

from django.db import migrations

CANDIDATES = """
CREATE OR REPLACE FUNCTION comity_lead_candidates(program uuid, core_name text, domain text, email text)
RETURNS TABLE (id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = pg_catalog, public AS $$
#variable_conflict use_column
DECLARE
    vendor uuid := nullif(current_setting('comity.org', true), '')::uuid;
BEGIN
    RETURN QUERY
    (SELECT lead.id FROM leads_lead lead
     WHERE lead.vendor_id = vendor AND lead.program_id = program AND domain <> '' AND lead.domain_key = domain
     ORDER BY lead.received_at DESC LIMIT 100)
    UNION
    (SELECT lead.id FROM leads_lead lead
     WHERE lead.vendor_id = vendor AND lead.program_id = program AND email <> '' AND lead.contact_email = email
     ORDER BY lead.received_at DESC LIMIT 100)
    UNION
    (SELECT lead.id FROM leads_lead lead
     WHERE lead.vendor_id = vendor AND lead.program_id = program AND core_name <> '' AND lead.customer_name % core_name
     ORDER BY similarity(lead.customer_name, core_name) DESC, lead.id LIMIT 100);
END $$;
REVOKE ALL ON FUNCTION comity_lead_candidates(uuid, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comity_lead_candidates(uuid, text, text, text) TO comity_app;
"""
OVERDUE = """
CREATE OR REPLACE FUNCTION comity_vendors_with_overdue_leads() RETURNS TABLE (vendor_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
#variable_conflict use_column
BEGIN
    IF coalesce(current_setting('comity.org', true), '') <> '' THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT DISTINCT offer.vendor_id FROM leads_leadoffer offer
    WHERE offer.state = 'offered' AND offer.due_at <= now();
END $$;
REVOKE ALL ON FUNCTION comity_vendors_with_overdue_leads() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comity_vendors_with_overdue_leads() TO comity_app;
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]

    operations = [
        # By the address of its contact a lead is found, too.
        migrations.RunSQL(
            "CREATE INDEX leads_by_contact ON leads_lead (vendor_id, program_id, contact_email)"
            " WHERE contact_email <> ''",
            "DROP INDEX leads_by_contact",
        ),
        migrations.RunSQL(CANDIDATES, "DROP FUNCTION IF EXISTS comity_lead_candidates(uuid, text, text, text)"),
        migrations.RunSQL(OVERDUE, "DROP FUNCTION IF EXISTS comity_vendors_with_overdue_leads()"),
    ]
