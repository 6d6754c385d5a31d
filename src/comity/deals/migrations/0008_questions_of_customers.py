"""Pairs that people are asked about; candidates come from `matching` alone."""

from importlib import import_module

import django.db.models.functions.datetime
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import comity.kernel.ids

CANDIDATES = import_module("comity.deals.migrations.0004_registrations").CANDIDATES
DROP_CANDIDATES = "DROP FUNCTION IF EXISTS comity_registration_candidates(uuid, text, text)"


class Migration(migrations.Migration):
    dependencies = [
        ("deals", "0007_open_by_stage"),
    ]

    operations = [
        migrations.RunSQL(DROP_CANDIDATES, CANDIDATES),
        migrations.CreateModel(
            name="CustomerQuestion",
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
                    "pair",
                    models.CharField(help_text="fingerprint of both records, whichever came first", max_length=64),
                ),
                (
                    "left_kind",
                    models.CharField(
                        choices=[("customer", "customer"), ("registration", "registration")], max_length=12
                    ),
                ),
                ("left_id", models.UUIDField()),
                ("left", models.JSONField(help_text="the record as it was")),
                (
                    "right_kind",
                    models.CharField(
                        choices=[("customer", "customer"), ("registration", "registration")], max_length=12
                    ),
                ),
                ("right_id", models.UUIDField()),
                ("right", models.JSONField(help_text="the record as it was")),
                ("reasons", models.JSONField(default=list)),
                ("found_at", models.DateTimeField()),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("", ""), ("same", "same"), ("family", "family"), ("different", "different")],
                        max_length=10,
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                ("answered_by_id", models.UUIDField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["vendor_id", "answer", "found_at"], name="customer_questions_open")],
                "constraints": [models.UniqueConstraint(fields=("vendor_id", "pair"), name="customer_question_once")],
            },
        ),
        migrations.CreateModel(
            name="CustomerQuestionEvent",
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
                    "pair",
                    models.CharField(help_text="fingerprint of both records, whichever came first", max_length=64),
                ),
                (
                    "left_kind",
                    models.CharField(
                        choices=[("customer", "customer"), ("registration", "registration")], max_length=12
                    ),
                ),
                ("left_id", models.UUIDField()),
                ("left", models.JSONField(help_text="the record as it was")),
                (
                    "right_kind",
                    models.CharField(
                        choices=[("customer", "customer"), ("registration", "registration")], max_length=12
                    ),
                ),
                ("right_id", models.UUIDField()),
                ("right", models.JSONField(help_text="the record as it was")),
                ("reasons", models.JSONField(default=list)),
                ("found_at", models.DateTimeField()),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("", ""), ("same", "same"), ("family", "family"), ("different", "different")],
                        max_length=10,
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                ("answered_by_id", models.UUIDField(null=True)),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["vendor_id", "id"], name="deals_custo_vendor__0191a7_idx")],
            },
        ),
        migrations.AddIndex(
            model_name="handling",
            index=models.Index(fields=["vendor_id", "account"], name="registration_of_customer"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="customerquestion",
            trigger=pgtrigger.compiler.Trigger(
                name="replaced_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "deals_customerquestionevent" ("answer", "answered_at", "answered_by_id", "created_at", "found_at", "id", "left", "left_id", "left_kind", "pair", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "reasons", "right", "right_id", "right_kind", "vendor_id") SELECT old_values."answer", old_values."answered_at", old_values."answered_by_id", old_values."created_at", old_values."found_at", old_values."id", old_values."left", old_values."left_id", old_values."left_kind", old_values."pair", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'replaced\', old_values."reasons", old_values."right", old_values."right_id", old_values."right_kind", old_values."vendor_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="ec01057524d90a2379ebc7a032af7f02de147368",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_replaced_update_6f414",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="deals_customerquestion",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="customerquestion",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "deals_customerquestionevent" ("answer", "answered_at", "answered_by_id", "created_at", "found_at", "id", "left", "left_id", "left_kind", "pair", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "reasons", "right", "right_id", "right_kind", "vendor_id") SELECT old_values."answer", old_values."answered_at", old_values."answered_by_id", old_values."created_at", old_values."found_at", old_values."id", old_values."left", old_values."left_id", old_values."left_kind", old_values."pair", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'deleted\', old_values."reasons", old_values."right", old_values."right_id", old_values."right_kind", old_values."vendor_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="83c6af930037856443f88a1a81c1b26168ef54a6",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_delete_8d70e",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="deals_customerquestion",
                    when="AFTER",
                ),
            ),
        ),
    ]
