import django.db.models.functions.datetime
from django.db import migrations, models

import comity.kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="IdempotentAnswer",
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
                ("key", models.CharField(max_length=255)),
                (
                    "fingerprint",
                    models.CharField(help_text="SHA-256 of token, method, address and body", max_length=64),
                ),
                (
                    "status",
                    models.PositiveSmallIntegerField(help_text="null only within the request's transaction", null=True),
                ),
                ("headers", models.JSONField(default=dict)),
                ("body", models.TextField(blank=True)),
            ],
            options={
                "indexes": [models.Index(fields=["created_at"], name="idempotency_by_age")],
                "constraints": [models.UniqueConstraint(fields=("vendor_id", "key"), name="idempotency_key_once")],
            },
        ),
        migrations.CreateModel(
            name="TokenMinute",
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
                ("token_id", models.UUIDField()),
                ("starts_at", models.DateTimeField()),
                ("requests", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("vendor_id", "token_id"), name="one_minute_a_token")],
            },
        ),
    ]
