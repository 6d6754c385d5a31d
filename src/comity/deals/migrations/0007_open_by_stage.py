"""The board reads the newest open deals of each stage."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deals", "0006_registration_files")]

    operations = [
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(
                condition=models.Q(("status", "open")),
                fields=["vendor_id", "program", "stage", "-opened_on"],
                name="opportunity_open_by_stage",
            ),
        ),
    ]
