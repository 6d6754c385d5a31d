"""`./comity rates`: what it loads is everybody's, and everybody's figures follow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cast import make_cast
from comity.platform.home import REPOSITORY
from comity.platform.models import OutboxEvent
from comity.platform.tenancy import tenant

TABLE = "Date,USD,JPY,\n2026-03-02,1.1702,182.59,\n2026-02-27,1.1805,184.13,\n"


def rates(path: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src")}
    command = [sys.executable, "-m", "comity", "rates", str(path)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def told(vendor_id) -> list[tuple[str, str]]:
    with tenant(organization_id=vendor_id):
        events = OutboxEvent.objects.filter(name="ledger.RatesLoaded").order_by("created_at")
        return [(event.payload["first_on"], event.payload["last_on"]) for event in events]


def test_every_vendor_hears_of_new_rates_once(committed_database, tmp_path):
    cast = make_cast()
    path = tmp_path / "rates.csv"
    path.write_text(TABLE)
    assert rates(path) == "4 rates added, 0 corrected, 0 known already\n"
    assert rates(path) == "0 rates added, 0 corrected, 4 known already\n"
    both = [("2026-02-27", "2026-03-02")]
    assert (told(cast.northwind.pk), told(cast.umbra.pk)) == (both, both)
