"""Indexes of the lists, and the two searches.

Comparing text is not leakproof, so under the policies a search would read every row before it may look at one. The
searches are therefore functions of the tables' owner; each names the organization itself and returns ids only.
"""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

import comity.platform.models

FIND_DEALS = """
CREATE OR REPLACE FUNCTION comity_find_deals(program uuid, words text, most int) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path = pg_catalog, public AS $$
DECLARE
    vendor uuid := nullif(current_setting('comity.org', true), '')::uuid;
    plain text := replace(replace(replace(words, '\\', '\\\\'), '%', '\\%'), '_', '\\_');
    -- Trigrams need three letters; one or two are taken as a beginning.
    pattern text := CASE WHEN length(words) < 3 THEN plain || '%' ELSE '%' || plain || '%' END;
BEGIN
    RETURN QUERY
    SELECT found.id FROM (
        SELECT deal.id FROM deals_opportunity deal
        WHERE deal.vendor_id = vendor AND deal.program_id = program AND deal.name ILIKE pattern
        UNION
        SELECT deal.id FROM deals_opportunity deal
        WHERE deal.vendor_id = vendor AND deal.program_id = program AND deal.external_id = words
        UNION
        SELECT deal.id FROM deals_customeraccount account
        JOIN deals_opportunity deal ON deal.vendor_id = vendor AND deal.account_id = account.id
        WHERE account.vendor_id = vendor AND account.name ILIKE pattern AND deal.program_id = program
    ) found LIMIT most;
END $$;
REVOKE ALL ON FUNCTION comity_find_deals(uuid, text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comity_find_deals(uuid, text, int) TO comity_app;
"""

FIND_CUSTOMERS = """
CREATE OR REPLACE FUNCTION comity_find_customers(words text, most int) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path = pg_catalog, public AS $$
DECLARE
    vendor uuid := nullif(current_setting('comity.org', true), '')::uuid;
    plain text := replace(replace(replace(words, '\\', '\\\\'), '%', '\\%'), '_', '\\_');
    pattern text := CASE WHEN length(words) < 3 THEN plain || '%' ELSE '%' || plain || '%' END;
BEGIN
    RETURN QUERY
    SELECT account.id FROM deals_customeraccount account
    WHERE account.vendor_id = vendor
      AND (account.name ILIKE pattern OR account.external_id = words OR account.domains @> ARRAY[lower(words)::varchar])
    LIMIT most;
END $$;
REVOKE ALL ON FUNCTION comity_find_customers(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comity_find_customers(text, int) TO comity_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("deals", "0001_initial"),
    ]

    operations = [
        TrigramExtension(),
        migrations.RemoveIndex(
            model_name="customeraccount",
            name="deals_custo_vendor__85d1b0_idx",
        ),
        migrations.AlterField(
            model_name="opportunityline",
            name="opportunity",
            field=comity.platform.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="deals.opportunity",
            ),
        ),
        migrations.AlterField(
            model_name="opportunitypartner",
            name="opportunity",
            field=comity.platform.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="partners",
                to="deals.opportunity",
            ),
        ),
        migrations.AlterField(
            model_name="stagechange",
            name="opportunity",
            field=comity.platform.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="steps",
                to="deals.opportunity",
            ),
        ),
        migrations.AddIndex(
            model_name="customeraccount",
            index=models.Index(fields=["vendor_id", "name", "id"], name="customer_by_name"),
        ),
        migrations.AddIndex(
            model_name="customeraccount",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["name"], name="customer_name_words", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="customeraccount",
            index=django.contrib.postgres.indexes.GinIndex(fields=["domains"], name="customer_domains"),
        ),
        migrations.RemoveIndex(model_name="opportunity", name="opportunity_by_close"),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(
                fields=["vendor_id", "program", "-closed_on", "id"], include=["status"], name="opportunity_by_day"
            ),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(fields=["vendor_id", "program", "-opened_on"], name="opportunity_by_opening"),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(fields=["vendor_id", "program", "-amount"], name="opportunity_by_amount"),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(fields=["vendor_id", "manager"], name="opportunity_by_manager"),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["name"], name="opportunity_name_words", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.RunSQL(FIND_DEALS, "DROP FUNCTION IF EXISTS comity_find_deals(uuid, text, int)"),
        migrations.RunSQL(FIND_CUSTOMERS, "DROP FUNCTION IF EXISTS comity_find_customers(text, int)"),
    ]
