"""Two indexes of this room's own on a mart below it: the largest open deals, of a program and of a manager.

They hold open deals only, so that refilling the mart stays a matter of seconds.
"""

from django.db import migrations

MAKE = """
CREATE INDEX worklist_open_deals ON insights_dealstate (vendor_id, program_id, amount DESC NULLS LAST)
    WHERE status = 'open' AND to_on = DATE '9999-12-31';
CREATE INDEX worklist_open_deals_of_manager
    ON insights_dealstate (vendor_id, program_id, manager_id, amount DESC NULLS LAST)
    WHERE status = 'open' AND to_on = DATE '9999-12-31';
"""
DROP = "DROP INDEX worklist_open_deals; DROP INDEX worklist_open_deals_of_manager;"


class Migration(migrations.Migration):
    dependencies = [("worklist", "0001_initial"), ("insights", "0002_monthly_segments")]

    operations = [migrations.RunSQL(MAKE, DROP)]
