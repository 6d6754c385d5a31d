"""A process that passes overdue leads on: `python -m lead_worker VENDOR MOMENT [MARK]`.

With a mark it stops midway in its work, holding what it holds, says so in that file, and does not come back.
"""

import sys
import time
from datetime import datetime
from pathlib import Path
from uuid import UUID

import django

MIDWAY = 2

if __name__ == "__main__":
    django.setup()
    from comity.leads import routing
    from comity.platform.tenancy import tenant

    vendor, moment = UUID(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
    passed, pass_on = [], routing.pass_on

    def pass_on_and_stop(lead, *rest, **said):
        pass_on(lead, *rest, **said)
        passed.append(str(lead.pk))
        if len(passed) == MIDWAY:
            Path(sys.argv[3]).write_text(" ".join(passed))
            time.sleep(120)

    if len(sys.argv) > 3:
        routing.pass_on = pass_on_and_stop
    with tenant(organization_id=vendor, door="job"):
        print(routing.pass_on_overdue(vendor_id=vendor, at=moment))
