"""Deal registrations, the rules of engagement, and the function that finds what may stand against a claim."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import comity.deals.states.registrations
import comity.kernel.ids
import comity.platform.models

CANDIDATES = """
CREATE OR REPLACE FUNCTION comity_registration_candidates(program uuid, core_name text, domain text)
RETURNS TABLE (kind text, id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path = pg_catalog, public AS $$
#variable_conflict use_column
DECLARE
    vendor uuid := nullif(current_setting('comity.org', true), '')::uuid;
BEGIN
    RETURN QUERY
    WITH near AS (
        (SELECT account.id, account.parent_id FROM deals_customeraccount account
         WHERE account.vendor_id = vendor AND core_name <> '' AND account.name % core_name
         ORDER BY similarity(account.name, core_name) DESC, account.id LIMIT 60)
        UNION
        (SELECT account.id, account.parent_id FROM deals_customeraccount account
         WHERE account.vendor_id = vendor AND domain <> '' AND account.domains @> ARRAY[domain::varchar] LIMIT 60)
    ), relatives AS (
        SELECT near.id FROM near
        UNION SELECT account.id FROM deals_customeraccount account
              JOIN near ON account.vendor_id = vendor AND account.parent_id = near.id
        UNION SELECT near.parent_id FROM near WHERE near.parent_id IS NOT NULL
    )
    (SELECT 'registration', claim.id FROM deals_registration claim
     WHERE claim.vendor_id = vendor AND claim.program_id = program AND claim.state <> 'draft'
       AND domain <> '' AND claim.domain_key = domain
     ORDER BY claim.submitted_at DESC LIMIT 500)
    UNION
    (SELECT 'registration', claim.id FROM deals_registration claim
     WHERE claim.vendor_id = vendor AND claim.program_id = program AND claim.state <> 'draft'
       AND core_name <> '' AND claim.customer_name % core_name
     ORDER BY similarity(claim.customer_name, core_name) DESC, claim.id LIMIT 500)
    UNION
    (SELECT 'registration', claim.id FROM deals_registration claim
     JOIN deals_handling handling ON handling.vendor_id = vendor AND handling.registration_id = claim.id
     JOIN relatives ON relatives.id = handling.account_id
     WHERE claim.vendor_id = vendor AND claim.program_id = program LIMIT 500)
    UNION
    SELECT 'customer', relatives.id FROM relatives;
END $$;
REVOKE ALL ON FUNCTION comity_registration_candidates(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION comity_registration_candidates(uuid, text, text) TO comity_app;
"""
DROP_CANDIDATES = "DROP FUNCTION IF EXISTS comity_registration_candidates(uuid, text, text)"


class Migration(migrations.Migration):
    dependencies = [
        ("deals", "0003_expected_close"),
        ("programs", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="EngagementRules",
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
                ("number", models.PositiveIntegerField()),
                ("from_on", models.DateField()),
                ("to_on", models.DateField(help_text="excluded; null while it lasts", null=True)),
                ("clauses", models.JSONField(help_text="deals.registration.clauses.Clauses")),
                ("note", models.CharField(blank=True, help_text="why it was made", max_length=500)),
                ("made_by_id", models.UUIDField(null=True)),
                ("used_at", models.DateTimeField(help_text="when a registration was first judged by it", null=True)),
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
                    models.UniqueConstraint(fields=("vendor_id", "program", "number"), name="engagement_rules_number"),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("vendor_id", "="),
                            ("program", "="),
                            (
                                models.Func(
                                    "from_on",
                                    "to_on",
                                    function="DATERANGE",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="one_version_of_rules_a_day",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EngagementRulesEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.UUIDField(default=comity.kernel.ids.uuid7, editable=False, serialize=False)),
                ("vendor_id", models.UUIDField(editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("number", models.PositiveIntegerField()),
                ("from_on", models.DateField()),
                ("to_on", models.DateField(help_text="excluded; null while it lasts", null=True)),
                ("clauses", models.JSONField(help_text="deals.registration.clauses.Clauses")),
                ("note", models.CharField(blank=True, help_text="why it was made", max_length=500)),
                ("made_by_id", models.UUIDField(null=True)),
                ("used_at", models.DateTimeField(help_text="when a registration was first judged by it", null=True)),
                (
                    "program",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="programs.program",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["vendor_id", "id"], name="deals_engag_vendor__dab1cc_idx")],
            },
        ),
        migrations.CreateModel(
            name="Registration",
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
                ("partner_id", models.UUIDField(help_text="the partner organization, for its side of the policy")),
                ("reference", models.CharField(help_text="drawn when it is submitted", max_length=20, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "submitted"),
                            ("in_review", "in_review"),
                            ("returned", "returned"),
                            ("queued", "queued"),
                            ("conditionally_approved", "conditionally_approved"),
                            ("approved", "approved"),
                            ("rejected", "rejected"),
                            ("expired", "expired"),
                            ("won", "won"),
                            ("lost", "lost"),
                            ("withdrawn", "withdrawn"),
                            ("revoked", "revoked"),
                        ],
                        default="draft",
                        max_length=24,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("expansion", "expansion"),
                            ("renewal", "renewal"),
                            ("teaming", "teaming"),
                        ],
                        default="new",
                        max_length=12,
                    ),
                ),
                ("customer_name", models.CharField(blank=True, max_length=300)),
                ("customer_domain", models.CharField(blank=True, max_length=253)),
                ("customer_country", models.CharField(blank=True, max_length=100)),
                ("customer_industry", models.CharField(blank=True, max_length=120)),
                ("contact_name", models.CharField(blank=True, max_length=200)),
                ("contact_email", models.CharField(blank=True, max_length=254)),
                ("name_key", models.CharField(blank=True, help_text="the customer's name, normalised", max_length=300)),
                ("domain_key", models.CharField(blank=True, help_text="its registrable domain", max_length=253)),
                (
                    "families",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), blank=True, default=list, help_text="names then"
                    ),
                ),
                ("use_case", models.CharField(blank=True, max_length=4000)),
                ("value", models.DecimalField(decimal_places=4, help_text="expected", max_digits=20, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("expected_close_on", models.DateField(null=True)),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("prospecting", "prospecting"),
                            ("existing_customer", "existing_customer"),
                            ("inbound", "inbound"),
                            ("event", "event"),
                            ("referral", "referral"),
                            ("other", "other"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "rfp",
                    models.CharField(
                        choices=[
                            ("none", "none"),
                            ("expected", "expected"),
                            ("invited", "invited"),
                            ("public_tender", "public_tender"),
                        ],
                        default="none",
                        max_length=16,
                    ),
                ),
                ("incumbent", models.CharField(blank=True, max_length=200)),
                (
                    "competitors",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), blank=True, default=list
                    ),
                ),
                (
                    "evidence",
                    models.CharField(blank=True, help_text="what shows that the partner works on it", max_length=4000),
                ),
                (
                    "has_letter",
                    models.BooleanField(default=False, help_text="a signed letter of the customer names the partner"),
                ),
                ("begun_by_id", models.UUIDField(null=True)),
                ("submitted_by_id", models.UUIDField(null=True)),
                ("submitted_at", models.DateTimeField(help_text="the first time; it never changes", null=True)),
                ("due_at", models.DateTimeField(help_text="by when it is to be decided", null=True)),
                (
                    "answer_by",
                    models.DateTimeField(help_text="by when a return is answered to keep its place", null=True),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "reason",
                    models.CharField(blank=True, help_text="of the last decision, from the list", max_length=40),
                ),
                (
                    "reason_text",
                    models.CharField(blank=True, help_text="in the decider's words, for the partner", max_length=2000),
                ),
                ("conditions", models.CharField(blank=True, max_length=2000)),
                ("protected_until", models.DateField(help_text="the last day of the protection", null=True)),
                (
                    "partnership",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.partnership",
                    ),
                ),
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
                "indexes": [
                    models.Index(fields=["vendor_id", "program", "state", "due_at"], name="registration_queue"),
                    models.Index(fields=["vendor_id", "program", "-submitted_at"], name="registration_by_time"),
                    models.Index(fields=["vendor_id", "program", "domain_key"], name="registration_by_domain"),
                    models.Index(fields=["vendor_id", "program", "name_key"], name="registration_by_name"),
                    models.Index(fields=["vendor_id", "partnership", "state"], name="registration_of_partner"),
                    models.Index(fields=["partner_id", "-created_at"], name="registration_partner_side"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["customer_name"], name="registration_name_words", opclasses=["gin_trgm_ops"]
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("vendor_id", "reference"), name="registration_reference_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", comity.deals.states.registrations.State["DRAFT"]),
                            models.Q(("reference__isnull", False), ("submitted_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="registration_submitted",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProtectionExtensionEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.UUIDField(default=comity.kernel.ids.uuid7, editable=False, serialize=False)),
                ("vendor_id", models.UUIDField(editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("partner_id", models.UUIDField()),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "asked"), ("granted", "granted"), ("refused", "refused")],
                        default="asked",
                        max_length=8,
                    ),
                ),
                ("activity", models.CharField(max_length=4000)),
                ("asked_at", models.DateTimeField()),
                ("asked_by_name", models.CharField(blank=True, max_length=200)),
                ("days", models.PositiveSmallIntegerField()),
                ("until_on", models.DateField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_id", models.UUIDField(null=True)),
                ("answer", models.CharField(blank=True, max_length=2000)),
                (
                    "partnership",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="programs.partnership",
                    ),
                ),
                (
                    "registration",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.registration",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["vendor_id", "id"], name="deals_prote_vendor__cd5088_idx")],
            },
        ),
        migrations.CreateModel(
            name="ProtectionExtension",
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
                ("partner_id", models.UUIDField()),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "asked"), ("granted", "granted"), ("refused", "refused")],
                        default="asked",
                        max_length=8,
                    ),
                ),
                ("activity", models.CharField(max_length=4000)),
                ("asked_at", models.DateTimeField()),
                ("asked_by_name", models.CharField(blank=True, max_length=200)),
                ("days", models.PositiveSmallIntegerField()),
                ("until_on", models.DateField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_id", models.UUIDField(null=True)),
                ("answer", models.CharField(blank=True, max_length=2000)),
                (
                    "partnership",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.partnership",
                    ),
                ),
                (
                    "registration",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extensions",
                        to="deals.registration",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["partner_id"], name="extension_partner_side")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "asked")),
                        fields=("vendor_id", "registration"),
                        name="one_open_extension",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HandlingEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.UUIDField(default=comity.kernel.ids.uuid7, editable=False, serialize=False)),
                ("vendor_id", models.UUIDField(editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "order_number",
                    models.PositiveIntegerField(help_text="drawn under the program's lock; the lower one was first"),
                ),
                ("flag", models.CharField(blank=True, help_text="why somebody should look twice", max_length=200)),
                ("escalates_at", models.DateTimeField(null=True)),
                ("escalated_at", models.DateTimeField(null=True)),
                ("decided_by_id", models.UUIDField(null=True)),
                (
                    "override_move",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", ""),
                            ("submit", "submit"),
                            ("review", "review"),
                            ("approve", "approve"),
                            ("approve_with_conditions", "approve_with_conditions"),
                            ("queue", "queue"),
                            ("reject", "reject"),
                            ("return", "return"),
                            ("answer", "answer"),
                            ("expire", "expire"),
                            ("win", "win"),
                            ("lose", "lose"),
                            ("withdraw", "withdraw"),
                            ("revoke", "revoke"),
                        ],
                        max_length=24,
                    ),
                ),
                ("override_reason", models.CharField(blank=True, max_length=2000)),
                ("override_by_id", models.UUIDField(help_text="who asked; somebody else confirms", null=True)),
                (
                    "reminded_days",
                    models.PositiveSmallIntegerField(help_text="the last reminder: days before the end", null=True),
                ),
                (
                    "account",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="the customer, once it is known which",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.customeraccount",
                    ),
                ),
                (
                    "opportunity",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="the deal in the pipeline",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.opportunity",
                    ),
                ),
                (
                    "queued_behind",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.registration",
                    ),
                ),
                (
                    "registration",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.registration",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["vendor_id", "id"], name="deals_handl_vendor__eacabe_idx")],
            },
        ),
        migrations.CreateModel(
            name="Handling",
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
                (
                    "order_number",
                    models.PositiveIntegerField(help_text="drawn under the program's lock; the lower one was first"),
                ),
                ("flag", models.CharField(blank=True, help_text="why somebody should look twice", max_length=200)),
                ("escalates_at", models.DateTimeField(null=True)),
                ("escalated_at", models.DateTimeField(null=True)),
                ("decided_by_id", models.UUIDField(null=True)),
                (
                    "override_move",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", ""),
                            ("submit", "submit"),
                            ("review", "review"),
                            ("approve", "approve"),
                            ("approve_with_conditions", "approve_with_conditions"),
                            ("queue", "queue"),
                            ("reject", "reject"),
                            ("return", "return"),
                            ("answer", "answer"),
                            ("expire", "expire"),
                            ("win", "win"),
                            ("lose", "lose"),
                            ("withdraw", "withdraw"),
                            ("revoke", "revoke"),
                        ],
                        max_length=24,
                    ),
                ),
                ("override_reason", models.CharField(blank=True, max_length=2000)),
                ("override_by_id", models.UUIDField(help_text="who asked; somebody else confirms", null=True)),
                (
                    "reminded_days",
                    models.PositiveSmallIntegerField(help_text="the last reminder: days before the end", null=True),
                ),
                (
                    "account",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="the customer, once it is known which",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="deals.customeraccount",
                    ),
                ),
                (
                    "opportunity",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="the deal in the pipeline",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="deals.opportunity",
                    ),
                ),
                (
                    "queued_behind",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="deals.registration",
                    ),
                ),
                (
                    "registration",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handling",
                        to="deals.registration",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["vendor_id", "opportunity"], name="registration_of_deal")],
                "constraints": [
                    models.UniqueConstraint(fields=("vendor_id", "registration"), name="handling_once"),
                    models.UniqueConstraint(fields=("vendor_id", "order_number"), name="registration_order_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DealConflictEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.UUIDField(default=comity.kernel.ids.uuid7, editable=False, serialize=False)),
                ("vendor_id", models.UUIDField(editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("found_at", models.DateTimeField()),
                (
                    "first",
                    models.CharField(
                        choices=[("registration", "registration"), ("opportunity", "opportunity")], max_length=12
                    ),
                ),
                ("reasons", models.JSONField(default=list)),
                (
                    "resolution",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", ""),
                            ("partner_leads", "partner_leads"),
                            ("vendor_leads", "vendor_leads"),
                            ("co_sell", "co_sell"),
                            ("no_conflict", "no_conflict"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "share",
                    models.DecimalField(
                        decimal_places=6, help_text="the partner's, of a co-sell", max_digits=7, null=True
                    ),
                ),
                ("resolution_text", models.CharField(blank=True, max_length=2000)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolved_by_id", models.UUIDField(null=True)),
                (
                    "opportunity",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.opportunity",
                    ),
                ),
                (
                    "registration",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.registration",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["vendor_id", "id"], name="deals_dealc_vendor__34d628_idx")],
            },
        ),
        migrations.CreateModel(
            name="DealConflict",
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
                ("found_at", models.DateTimeField()),
                (
                    "first",
                    models.CharField(
                        choices=[("registration", "registration"), ("opportunity", "opportunity")], max_length=12
                    ),
                ),
                ("reasons", models.JSONField(default=list)),
                (
                    "resolution",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", ""),
                            ("partner_leads", "partner_leads"),
                            ("vendor_leads", "vendor_leads"),
                            ("co_sell", "co_sell"),
                            ("no_conflict", "no_conflict"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "share",
                    models.DecimalField(
                        decimal_places=6, help_text="the partner's, of a co-sell", max_digits=7, null=True
                    ),
                ),
                ("resolution_text", models.CharField(blank=True, max_length=2000)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolved_by_id", models.UUIDField(null=True)),
                (
                    "opportunity",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conflicts",
                        to="deals.opportunity",
                    ),
                ),
                (
                    "registration",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conflicts",
                        to="deals.registration",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["vendor_id", "opportunity"], name="conflicts_of_deal")],
                "constraints": [
                    models.UniqueConstraint(fields=("vendor_id", "registration", "opportunity"), name="conflict_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="RegistrationAppeal",
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
                ("partner_id", models.UUIDField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("granted", "granted"), ("dismissed", "dismissed")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("grounds", models.CharField(max_length=4000)),
                ("filed_at", models.DateTimeField()),
                ("filed_by_id", models.UUIDField(null=True)),
                ("filed_by_name", models.CharField(blank=True, max_length=200)),
                ("due_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_id", models.UUIDField(null=True)),
                ("decided_by_name", models.CharField(blank=True, max_length=200)),
                ("answer", models.CharField(blank=True, max_length=2000)),
                (
                    "partnership",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.partnership",
                    ),
                ),
                (
                    "registration",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appeals",
                        to="deals.registration",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["partner_id"], name="appeal_partner_side")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("vendor_id", "registration"),
                        name="one_open_appeal",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RegistrationAppealEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.UUIDField(default=comity.kernel.ids.uuid7, editable=False, serialize=False)),
                ("vendor_id", models.UUIDField(editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("partner_id", models.UUIDField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("granted", "granted"), ("dismissed", "dismissed")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("grounds", models.CharField(max_length=4000)),
                ("filed_at", models.DateTimeField()),
                ("filed_by_id", models.UUIDField(null=True)),
                ("filed_by_name", models.CharField(blank=True, max_length=200)),
                ("due_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_id", models.UUIDField(null=True)),
                ("decided_by_name", models.CharField(blank=True, max_length=200)),
                ("answer", models.CharField(blank=True, max_length=2000)),
                (
                    "partnership",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="programs.partnership",
                    ),
                ),
                (
                    "registration",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="deals.registration",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["vendor_id", "id"], name="deals_regis_vendor__f2e4a8_idx")],
            },
        ),
        migrations.CreateModel(
            name="RegistrationCounter",
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
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("vendor_id", "year"), name="registration_counter_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="RegistrationEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.UUIDField(default=comity.kernel.ids.uuid7, editable=False, serialize=False)),
                ("vendor_id", models.UUIDField(editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("partner_id", models.UUIDField(help_text="the partner organization, for its side of the policy")),
                ("reference", models.CharField(help_text="drawn when it is submitted", max_length=20, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "submitted"),
                            ("in_review", "in_review"),
                            ("returned", "returned"),
                            ("queued", "queued"),
                            ("conditionally_approved", "conditionally_approved"),
                            ("approved", "approved"),
                            ("rejected", "rejected"),
                            ("expired", "expired"),
                            ("won", "won"),
                            ("lost", "lost"),
                            ("withdrawn", "withdrawn"),
                            ("revoked", "revoked"),
                        ],
                        default="draft",
                        max_length=24,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("expansion", "expansion"),
                            ("renewal", "renewal"),
                            ("teaming", "teaming"),
                        ],
                        default="new",
                        max_length=12,
                    ),
                ),
                ("customer_name", models.CharField(blank=True, max_length=300)),
                ("customer_domain", models.CharField(blank=True, max_length=253)),
                ("customer_country", models.CharField(blank=True, max_length=100)),
                ("customer_industry", models.CharField(blank=True, max_length=120)),
                ("contact_name", models.CharField(blank=True, max_length=200)),
                ("contact_email", models.CharField(blank=True, max_length=254)),
                ("name_key", models.CharField(blank=True, help_text="the customer's name, normalised", max_length=300)),
                ("domain_key", models.CharField(blank=True, help_text="its registrable domain", max_length=253)),
                (
                    "families",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), blank=True, default=list, help_text="names then"
                    ),
                ),
                ("use_case", models.CharField(blank=True, max_length=4000)),
                ("value", models.DecimalField(decimal_places=4, help_text="expected", max_digits=20, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("expected_close_on", models.DateField(null=True)),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("prospecting", "prospecting"),
                            ("existing_customer", "existing_customer"),
                            ("inbound", "inbound"),
                            ("event", "event"),
                            ("referral", "referral"),
                            ("other", "other"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "rfp",
                    models.CharField(
                        choices=[
                            ("none", "none"),
                            ("expected", "expected"),
                            ("invited", "invited"),
                            ("public_tender", "public_tender"),
                        ],
                        default="none",
                        max_length=16,
                    ),
                ),
                ("incumbent", models.CharField(blank=True, max_length=200)),
                (
                    "competitors",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), blank=True, default=list
                    ),
                ),
                (
                    "evidence",
                    models.CharField(blank=True, help_text="what shows that the partner works on it", max_length=4000),
                ),
                (
                    "has_letter",
                    models.BooleanField(default=False, help_text="a signed letter of the customer names the partner"),
                ),
                ("begun_by_id", models.UUIDField(null=True)),
                ("submitted_by_id", models.UUIDField(null=True)),
                ("submitted_at", models.DateTimeField(help_text="the first time; it never changes", null=True)),
                ("due_at", models.DateTimeField(help_text="by when it is to be decided", null=True)),
                (
                    "answer_by",
                    models.DateTimeField(help_text="by when a return is answered to keep its place", null=True),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "reason",
                    models.CharField(blank=True, help_text="of the last decision, from the list", max_length=40),
                ),
                (
                    "reason_text",
                    models.CharField(blank=True, help_text="in the decider's words, for the partner", max_length=2000),
                ),
                ("conditions", models.CharField(blank=True, max_length=2000)),
                ("protected_until", models.DateField(help_text="the last day of the protection", null=True)),
                (
                    "partnership",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="programs.partnership",
                    ),
                ),
                (
                    "program",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="programs.program",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["vendor_id", "id"], name="deals_regis_vendor__afd45c_idx")],
            },
        ),
        migrations.CreateModel(
            name="RegistrationStep",
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
                ("partner_id", models.UUIDField()),
                ("sequence", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "move",
                    models.CharField(
                        choices=[
                            ("submit", "submit"),
                            ("review", "review"),
                            ("approve", "approve"),
                            ("approve_with_conditions", "approve_with_conditions"),
                            ("queue", "queue"),
                            ("reject", "reject"),
                            ("return", "return"),
                            ("answer", "answer"),
                            ("expire", "expire"),
                            ("win", "win"),
                            ("lose", "lose"),
                            ("withdraw", "withdraw"),
                            ("revoke", "revoke"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "from_state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "submitted"),
                            ("in_review", "in_review"),
                            ("returned", "returned"),
                            ("queued", "queued"),
                            ("conditionally_approved", "conditionally_approved"),
                            ("approved", "approved"),
                            ("rejected", "rejected"),
                            ("expired", "expired"),
                            ("won", "won"),
                            ("lost", "lost"),
                            ("withdrawn", "withdrawn"),
                            ("revoked", "revoked"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "to_state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "submitted"),
                            ("in_review", "in_review"),
                            ("returned", "returned"),
                            ("queued", "queued"),
                            ("conditionally_approved", "conditionally_approved"),
                            ("approved", "approved"),
                            ("rejected", "rejected"),
                            ("expired", "expired"),
                            ("won", "won"),
                            ("lost", "lost"),
                            ("withdrawn", "withdrawn"),
                            ("revoked", "revoked"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("partner", "partner"), ("vendor", "vendor"), ("rules", "rules")], max_length=8
                    ),
                ),
                ("person_id", models.UUIDField(null=True)),
                ("person_name", models.CharField(blank=True, max_length=200)),
                ("reason", models.CharField(blank=True, max_length=40)),
                ("text", models.CharField(blank=True, max_length=2000)),
                (
                    "against_verdict",
                    models.BooleanField(default=False, help_text="a person decided otherwise than the rules say"),
                ),
                (
                    "partnership",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.partnership",
                    ),
                ),
                (
                    "registration",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="deals.registration",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["partner_id"], name="step_partner_side")],
                "constraints": [
                    models.UniqueConstraint(fields=("vendor_id", "registration", "sequence"), name="registration_step")
                ],
            },
        ),
        migrations.CreateModel(
            name="RegistrationVerdict",
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
                ("at", models.DateTimeField()),
                ("outcome", models.CharField(max_length=24)),
                ("automatic", models.BooleanField(default=False)),
                ("body", models.JSONField()),
                (
                    "registration",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="verdicts",
                        to="deals.registration",
                    ),
                ),
                (
                    "rules",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="deals.engagementrules",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["vendor_id", "registration", "-at"], name="verdicts_of_registration")],
            },
        ),
        migrations.CreateModel(
            name="SharedVerdict",
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
                ("partner_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("body", models.JSONField()),
                (
                    "partnership",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.partnership",
                    ),
                ),
                (
                    "registration",
                    comity.platform.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shared_verdicts",
                        to="deals.registration",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["vendor_id", "registration", "-at"], name="shared_verdicts"),
                    models.Index(fields=["partner_id"], name="shared_verdict_partner_side"),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="engagementrules",
            trigger=pgtrigger.compiler.Trigger(
                name="used_rules_stay",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."used_at" IS NOT NULL AND (OLD."clauses" IS DISTINCT FROM (NEW."clauses") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."from_on" IS DISTINCT FROM (NEW."from_on")))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="4ac5933426e6d254f3691896968386cbb5e15d46",
                    operation="UPDATE",
                    pgid="pgtrigger_used_rules_stay_6e21f",
                    table="deals_engagementrules",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="engagementrules",
            trigger=pgtrigger.compiler.Trigger(
                name="replaced_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "deals_engagementrulesevent" ("clauses", "created_at", "from_on", "id", "made_by_id", "note", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "program_id", "to_on", "used_at", "vendor_id") SELECT old_values."clauses", old_values."created_at", old_values."from_on", old_values."id", old_values."made_by_id", old_values."note", old_values."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'replaced\', old_values."program_id", old_values."to_on", old_values."used_at", old_values."vendor_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="fd7bd448af6942d84fcf167da1bed1beba4f7357",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_replaced_update_91f06",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="deals_engagementrules",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="engagementrules",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "deals_engagementrulesevent" ("clauses", "created_at", "from_on", "id", "made_by_id", "note", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "program_id", "to_on", "used_at", "vendor_id") SELECT old_values."clauses", old_values."created_at", old_values."from_on", old_values."id", old_values."made_by_id", old_values."note", old_values."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', old_values."program_id", old_values."to_on", old_values."used_at", old_values."vendor_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="61590527547597752fd1a239a3603fc52dffab58",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_bfe2c",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="deals_engagementrules",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="registration",
            trigger=pgtrigger.compiler.Trigger(
                name="registration_state",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{approved:expired,approved:lost,approved:revoked,approved:withdrawn,approved:won,conditionally_approved:approved,conditionally_approved:expired,conditionally_approved:lost,conditionally_approved:revoked,conditionally_approved:withdrawn,conditionally_approved:won,draft:submitted,in_review:approved,in_review:conditionally_approved,in_review:queued,in_review:rejected,in_review:returned,in_review:withdrawn,queued:approved,queued:conditionally_approved,queued:in_review,queued:rejected,queued:returned,queued:withdrawn,rejected:in_review,returned:rejected,returned:submitted,returned:withdrawn,revoked:in_review,submitted:approved,submitted:conditionally_approved,submitted:in_review,submitted:queued,submitted:rejected,submitted:returned,submitted:withdrawn}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="4ea7e23c99104a50c03cc631af2dc78bd21c9bf2",
                    operation="UPDATE",
                    pgid="pgtrigger_registration_state_89d86",
                    table="deals_registration",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="registration",
            trigger=pgtrigger.compiler.Trigger(
                name="registration_time_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."submitted_at" IS NOT NULL AND OLD."submitted_at" IS DISTINCT FROM (NEW."submitted_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="4c83df14aacedef28bb4d2108136849f8b46b51a",
                    operation="UPDATE",
                    pgid="pgtrigger_registration_time_stays_e8744",
                    table="deals_registration",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="registration",
            trigger=pgtrigger.compiler.Trigger(
                name="replaced_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "deals_registrationevent" ("answer_by", "begun_by_id", "competitors", "conditions", "contact_email", "contact_name", "created_at", "currency", "customer_country", "customer_domain", "customer_industry", "customer_name", "decided_at", "domain_key", "due_at", "evidence", "expected_close_on", "families", "has_letter", "id", "incumbent", "kind", "name_key", "partner_id", "partnership_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "program_id", "protected_until", "reason", "reason_text", "reference", "rfp", "source", "state", "submitted_at", "submitted_by_id", "use_case", "value", "vendor_id") SELECT old_values."answer_by", old_values."begun_by_id", old_values."competitors", old_values."conditions", old_values."contact_email", old_values."contact_name", old_values."created_at", old_values."currency", old_values."customer_country", old_values."customer_domain", old_values."customer_industry", old_values."customer_name", old_values."decided_at", old_values."domain_key", old_values."due_at", old_values."evidence", old_values."expected_close_on", old_values."families", old_values."has_letter", old_values."id", old_values."incumbent", old_values."kind", old_values."name_key", old_values."partner_id", old_values."partnership_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'replaced\', old_values."program_id", old_values."protected_until", old_values."reason", old_values."reason_text", old_values."reference", old_values."rfp", old_values."source", old_values."state", old_values."submitted_at", old_values."submitted_by_id", old_values."use_case", old_values."value", old_values."vendor_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="b07c9bf178a6bd9bde531a9a2eac809aa3f68c7a",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_replaced_update_0cce7",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="deals_registration",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="registration",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "deals_registrationevent" ("answer_by", "begun_by_id", "competitors", "conditions", "contact_email", "contact_name", "created_at", "currency", "customer_country", "customer_domain", "customer_industry", "customer_name", "decided_at", "domain_key", "due_at", "evidence", "expected_close_on", "families", "has_letter", "id", "incumbent", "kind", "name_key", "partner_id", "partnership_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "program_id", "protected_until", "reason", "reason_text", "reference", "rfp", "source", "state", "submitted_at", "submitted_by_id", "use_case", "value", "vendor_id") SELECT old_values."answer_by", old_values."begun_by_id", old_values."competitors", old_values."conditions", old_values."contact_email", old_values."contact_name", old_values."created_at", old_values."currency", old_values."customer_country", old_values."customer_domain", old_values."customer_industry", old_values."customer_name", old_values."decided_at", old_values."domain_key", old_values."due_at", old_values."evidence", old_values."expected_close_on", old_values."families", old_values."has_letter", old_values."id", old_values."incumbent", old_values."kind", old_values."name_key", old_values."partner_id", old_values."partnership_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', old_values."program_id", old_values."protected_until", old_values."reason", old_values."reason_text", old_values."reference", old_values."rfp", old_values."source", old_values."state", old_values."submitted_at", old_values."submitted_by_id", old_values."use_case", old_values."value", old_values."vendor_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="3549b9ed684710bdcbe9974c49de7a5baabd72e1",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_9b51d",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="deals_registration",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="protectionextension",
            trigger=pgtrigger.compiler.Trigger(
                name="replaced_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "deals_protectionextensionevent" ("activity", "answer", "asked_at", "asked_by_name", "created_at", "days", "decided_at", "decided_by_id", "id", "partner_id", "partnership_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "registration_id", "state", "until_on", "vendor_id") SELECT old_values."activity", old_values."answer", old_values."asked_at", old_values."asked_by_name", old_values."created_at", old_values."days", old_values."decided_at", old_values."decided_by_id", old_values."id", old_values."partner_id", old_values."partnership_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'replaced\', old_values."registration_id", old_values."state", old_values."until_on", old_values."vendor_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="d9dbd0555a4320cfb3bea7df9d49958fc9246450",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_replaced_update_bb96a",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="deals_protectionextension",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="protectionextension",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "deals_protectionextensionevent" ("activity", "answer", "asked_at", "asked_by_name", "created_at", "days", "decided_at", "decided_by_id", "id", "partner_id", "partnership_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "registration_id", "state", "until_on", "vendor_id") SELECT old_values."activity", old_values."answer", old_values."asked_at", old_values."asked_by_name", old_values."created_at", old_values."days", old_values."decided_at", old_values."decided_by_id", old_values."id", old_values."partner_id", old_values."partnership_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', old_values."registration_id", old_values."state", old_values."until_on", old_values."vendor_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="c1b224ad8fee140e9167328ee83fa465e6e4cf80",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_2290e",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="deals_protectionextension",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="handling",
            trigger=pgtrigger.compiler.Trigger(
                name="replaced_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "deals_handlingevent" ("account_id", "created_at", "decided_by_id", "escalated_at", "escalates_at", "flag", "id", "opportunity_id", "order_number", "override_by_id", "override_move", "override_reason", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "queued_behind_id", "registration_id", "reminded_days", "vendor_id") SELECT old_values."account_id", old_values."created_at", old_values."decided_by_id", old_values."escalated_at", old_values."escalates_at", old_values."flag", old_values."id", old_values."opportunity_id", old_values."order_number", old_values."override_by_id", old_values."override_move", old_values."override_reason", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'replaced\', old_values."queued_behind_id", old_values."registration_id", old_values."reminded_days", old_values."vendor_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="4a66156fc469519ae4c5145700f5e2751f50bfb9",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_replaced_update_0f7da",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="deals_handling",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="handling",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "deals_handlingevent" ("account_id", "created_at", "decided_by_id", "escalated_at", "escalates_at", "flag", "id", "opportunity_id", "order_number", "override_by_id", "override_move", "override_reason", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "queued_behind_id", "registration_id", "reminded_days", "vendor_id") SELECT old_values."account_id", old_values."created_at", old_values."decided_by_id", old_values."escalated_at", old_values."escalates_at", old_values."flag", old_values."id", old_values."opportunity_id", old_values."order_number", old_values."override_by_id", old_values."override_move", old_values."override_reason", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', old_values."queued_behind_id", old_values."registration_id", old_values."reminded_days", old_values."vendor_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="1b3f677b7dcbb9166b558d818803c928350af685",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_230fc",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="deals_handling",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dealconflict",
            trigger=pgtrigger.compiler.Trigger(
                name="replaced_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "deals_dealconflictevent" ("created_at", "first", "found_at", "id", "opportunity_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "reasons", "registration_id", "resolution", "resolution_text", "resolved_at", "resolved_by_id", "share", "vendor_id") SELECT old_values."created_at", old_values."first", old_values."found_at", old_values."id", old_values."opportunity_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'replaced\', old_values."reasons", old_values."registration_id", old_values."resolution", old_values."resolution_text", old_values."resolved_at", old_values."resolved_by_id", old_values."share", old_values."vendor_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="704835a3920029e8c5eb8b65559909c86932dfd5",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_replaced_update_36097",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="deals_dealconflict",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dealconflict",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "deals_dealconflictevent" ("created_at", "first", "found_at", "id", "opportunity_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "reasons", "registration_id", "resolution", "resolution_text", "resolved_at", "resolved_by_id", "share", "vendor_id") SELECT old_values."created_at", old_values."first", old_values."found_at", old_values."id", old_values."opportunity_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', old_values."reasons", old_values."registration_id", old_values."resolution", old_values."resolution_text", old_values."resolved_at", old_values."resolved_by_id", old_values."share", old_values."vendor_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="a65614e7411255be0714d06c54d5a5ac93ac0ffe",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_35985",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="deals_dealconflict",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="registrationappeal",
            trigger=pgtrigger.compiler.Trigger(
                name="replaced_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "deals_registrationappealevent" ("answer", "created_at", "decided_at", "decided_by_id", "decided_by_name", "due_at", "filed_at", "filed_by_id", "filed_by_name", "grounds", "id", "partner_id", "partnership_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "registration_id", "state", "vendor_id") SELECT old_values."answer", old_values."created_at", old_values."decided_at", old_values."decided_by_id", old_values."decided_by_name", old_values."due_at", old_values."filed_at", old_values."filed_by_id", old_values."filed_by_name", old_values."grounds", old_values."id", old_values."partner_id", old_values."partnership_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'replaced\', old_values."registration_id", old_values."state", old_values."vendor_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="0d3efc8b3d377f84a0feadc0c91bdda717260fd3",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_replaced_update_d1025",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="deals_registrationappeal",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="registrationappeal",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "deals_registrationappealevent" ("answer", "created_at", "decided_at", "decided_by_id", "decided_by_name", "due_at", "filed_at", "filed_by_id", "filed_by_name", "grounds", "id", "partner_id", "partnership_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "registration_id", "state", "vendor_id") SELECT old_values."answer", old_values."created_at", old_values."decided_at", old_values."decided_by_id", old_values."decided_by_name", old_values."due_at", old_values."filed_at", old_values."filed_by_id", old_values."filed_by_name", old_values."grounds", old_values."id", old_values."partner_id", old_values."partnership_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', old_values."registration_id", old_values."state", old_values."vendor_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="f0d88ec6f4da9a0da6ced0bc361592c4c3fd8add",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_97c67",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="deals_registrationappeal",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(CANDIDATES, DROP_CANDIDATES),
    ]
