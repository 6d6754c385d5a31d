"""Two workers on the same leads, in processes of their own, one of them killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from django.db import connections, transaction
from django.utils import timezone

from cast import make_cast
from comity.leads.clauses import RoutingRule
from comity.leads.models import Lead, LeadOffer, LeadStep
from comity.leads.routing import pass_on_overdue
from comity.platform.tenancy import tenant
from lead_story import LeadStory

NAMES = ("Isar Werke", "Borealis Foods", "Quantum Optik", "Zephyr Logistics", "Halden Marine")


def test_a_worker_killed_while_it_passes_leads_on_loses_none_and_moves_none_twice(
    committed_database: str, tmp_path: Path
):
    with transaction.atomic():
        cast = make_cast()
    story, now = LeadStory(cast), timezone.now()
    story.rules(RoutingRule(name="Everybody"), at=now - timedelta(days=30))
    leads = [
        story.lead(name, at=now - timedelta(days=20), contact_email=f"buyer@{name.split()[0].lower()}.example").pk
        for name in NAMES
    ]
    with cast.scope("ada"):
        first = dict(LeadOffer.objects.values_list("lead_id", "partnership_id"))
    assert set(first) == set(leads)
    mark, environment = tmp_path / "mark", {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    order = [sys.executable, "-m", "lead_worker", str(cast.northwind.pk), now.isoformat()]
    lost = subprocess.Popen([*order, str(mark)], env=environment)
    deadline = time.monotonic() + 90
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    held = set(mark.read_text().split())
    # The other one neither waits for what the first holds nor touches it.
    beside = subprocess.run(order, env=environment, capture_output=True, text=True, check=True, timeout=90)
    assert int(beside.stdout) == len(leads) - len(held)
    lost.send_signal(signal.SIGKILL)
    lost.wait()
    with cast.scope("ada"):
        waiting = LeadOffer.objects.filter(state="offered", due_at__lte=now).values_list("lead_id", flat=True)
        assert {str(key) for key in waiting} == held  # what the dead one did was never done

    def again(_number: int) -> int:
        try:
            with tenant(organization_id=cast.northwind.pk, door="job"):
                return pass_on_overdue(vendor_id=cast.northwind.pk, at=now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(again, range(2))) == len(held)
    with cast.scope("ada"):
        for key in leads:
            offers = LeadOffer.objects.filter(lead_id=key).order_by("offered_at", "id")
            assert [one.state for one in offers] == ["ran_out", "offered"]
            assert offers[0].partnership_id == first[key] != offers[1].partnership_id
            steps = LeadStep.objects.filter(lead_id=key).order_by("sequence").values_list("sequence", flat=True)
            assert list(steps) == list(range(1, len(steps) + 1))
        assert Lead.objects.filter(state="offered").count() == len(leads)
