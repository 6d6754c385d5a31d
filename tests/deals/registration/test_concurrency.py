"""Two hundred submissions at once, one of their processes killed: each customer has one winner, and none is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from cast import make_cast, make_partnership
from comity.deals.models import Handling, Registration, RegistrationVerdict, SharedVerdict
from comity.identity.models import Organization
from comity.platform.tenancy import tenant
from registration_story import RegistrationStory

ROOT = Path(__file__).resolve().parents[3]
PARTNERS, CUSTOMERS, PROCESSES = 10, 20, 2
SPELLINGS = ("{} GmbH", "{} Gesellschaft mbH", "{}", "  {} gmbh ", "{} G.m.b.H.")
WORKER = """
import sys, django
django.setup()
from django.utils import timezone
from comity.deals.models import Registration
from comity.deals.registration.submission import submit_registration
from comity.identity.actors import Actor
from comity.identity.roles import Role
from comity.kernel.ids import uuid7
from comity.platform.tenancy import tenant
from comity.programs.models import Partnership
for line in sys.stdin:
    organization, registration = line.split()
    actor = Actor(uuid7(), organization, Role.PARTNER_SELLER, "Somebody")
    with tenant(organization_id=organization):
        drafts = Registration.objects.select_related("partnership__program").filter(state="draft")
        draft = drafts.filter(pk=registration).first()
        if draft is not None:
            submit_registration(registration=draft, partnership=draft.partnership, actor=actor, at=timezone.now())
    print(registration, flush=True)
"""


def worker() -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.Popen(
        [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )


def submit(work: list[list[str]], *, killed: int) -> None:
    """Share the work out to processes that run at once; one of them is killed in the middle of it."""
    running = [worker() for _ in work]
    for process, lines in zip(running, work, strict=True):
        assert process.stdin is not None
        process.stdin.write("".join(f"{line}\n" for line in lines))
        process.stdin.flush()
    for number, process in enumerate(running):
        assert process.stdin is not None
        assert process.stdout is not None
        if number == killed:
            for _ in range(3):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
            process.wait()
            continue
        process.stdin.close()
        process.stdout.read()
        assert process.wait(timeout=60) == 0


def test_each_customer_has_one_winner(committed_database, monkeypatch):
    cast = make_cast()
    story = RegistrationStory(cast)
    story.rules(approve_automatically=True, refuse_automatically=True, submissions_an_hour=1_000)
    names = [
        f"{first}{second}"
        for first in ("Arbor", "Birken", "Cedar", "Dorn")
        for second in ("holz", "mann", "tal", "werk", "zink")
    ]
    partners, lines = [], []
    with tenant(organization_id=cast.northwind.pk):
        for number in range(PARTNERS):
            partner = Organization.objects.create(name=f"Partner {number}", private_to_id=cast.northwind.pk)
            partners.append(make_partnership(cast.program, partner.pk, f"Partner {number}"))
        for place, partnership in enumerate(partners):
            for customer, name in enumerate(names):
                made = Registration.objects.create(
                    vendor_id=cast.northwind.pk, program=cast.program, partnership=partnership,
                    partner_id=partnership.partner_id, customer_name=SPELLINGS[(place + customer) % 5].format(name),
                    name_key=name.lower(), customer_country="Germany", contact_name="Somebody", use_case="Reports",
                    value=1_000, currency="EUR", expected_close_on="2030-01-01",
                )  # fmt: skip
                lines.append((customer, f"{partnership.partner_id} {made.pk}"))
    lines.sort(key=lambda one: one[0])  # so that the processes race for the same customer
    work = [[line for _, line in lines[number::PROCESSES]] for number in range(PROCESSES)]
    submit(work, killed=1)
    monkeypatch.setattr(sys, "stdin", work[1])
    exec(WORKER)  # what the killed one had not done is done again

    with tenant(organization_id=cast.northwind.pk):
        rows = list(Registration.objects.select_related("partnership"))
        orders = dict(Handling.objects.values_list("registration_id", "order_number"))
        assert sorted(orders.values()) == list(range(1, len(rows) + 1))
        assert len({row.reference for row in rows}) == len(rows) == PARTNERS * CUSTOMERS
        assert RegistrationVerdict.objects.values("registration").distinct().count() == len(rows)
        assert SharedVerdict.objects.values("registration").distinct().count() == len(rows)
        winners = [row for row in rows if row.state == "approved"]
        assert Counter(row.name_key for row in winners) == Counter({name.lower(): 1 for name in names})
        assert {row.state for row in rows} == {"approved", "queued"}
        for winner in winners:
            same = [row for row in rows if row.name_key == winner.name_key]
            assert min(same, key=lambda row: orders[row.pk]) == winner
