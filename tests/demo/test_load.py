"""What `load_demo` leaves behind."""

from __future__ import annotations

from typing import Any

from django.db import connections

from comity.deals.models import Opportunity
from comity.demo import northwind
from comity.demo.load import load_demo
from comity.demo.loading import PASSWORD
from comity.demo.partners import FABRIKAM
from comity.demo.story import LAST_DAY, REVIEWED_ON
from comity.identity.models import Person
from comity.insights.engine import evaluate
from comity.platform.tenancy import tenant
from comity.programs.models import ManagerAssignment, Partnership, Program, SegmentMove, SegmentRun
from comity.programs.operator import find_program

TABLES = "SELECT schemaname || '.' || relname FROM pg_stat_user_tables WHERE relname NOT LIKE 'django%' ORDER BY 1"


def counts() -> dict[str, int]:
    """Rows of every table."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(TABLES)
        names = [name for (name,) in cursor.fetchall()]
        found = {}
        for name in names:
            cursor.execute(f"SELECT count(*) FROM {name}")
            found[name] = int(cursor.fetchone()[0])
        return found


def program_of(name: str) -> Program:
    found = find_program(name)
    with tenant(organization_id=found.vendor_id):
        return Program.objects.get(pk=found.program_id)


def test_loading_twice_changes_nothing(demo_database: str) -> None:
    before, told = counts(), []
    people = load_demo(report=told.append)
    assert counts() == before
    assert told == []
    assert {"Partner manager", "Executive", "Partner seller"} <= {one.who for one in people}


def test_everybody_can_sign_in(demo_database: str, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    for one in load_demo(report=print):
        person = Person.objects.get(email=one.email)
        assert person.check_password(PASSWORD), one.email


def test_the_figures_are_those_of_the_last_day_and_know_every_amount(demo_database: str) -> None:
    for name in (northwind.DRAFT.name, "Lucerne Partner Network"):
        program = program_of(name)
        assert program.data_as_of == LAST_DAY
        with tenant(organization_id=program.vendor_id):
            currencies = set(Opportunity.objects.filter(program=program).values_list("currency", flat=True))
            [revenue, pipeline] = evaluate(program, ["partner_revenue", "partner_sourced_pipeline"])
        assert currencies == {program.currency}
        assert revenue.value is not None
        assert (revenue.rows > 50, revenue.rows_without_amount) == (True, 0)
        assert pipeline.value is not None


def test_the_star_leads(demo_database: str) -> None:
    program = program_of(northwind.DRAFT.name)
    with tenant(organization_id=program.vendor_id):
        rows = evaluate(program, ["partner_revenue"], from_on=REVIEWED_ON.replace(year=2025), by="partner")
    best: Any = max((row for row in rows if row.key), key=lambda row: row.value or 0)
    assert best.label == "Halden Systems"


def test_segments_were_applied_once_and_are_proposed_anew(demo_database: str) -> None:
    program = program_of(northwind.DRAFT.name)
    with tenant(organization_id=program.vendor_id):
        runs = list(SegmentRun.objects.filter(program=program).order_by("as_of"))
        moves = SegmentMove.objects.filter(run=runs[-1]).exclude(to_segment__in=[""])
        moving = [move for move in moves if move.from_segment != move.to_segment]
    assert [(run.as_of, run.applied_at is not None) for run in runs] == [(REVIEWED_ON, True), (LAST_DAY, False)]
    assert 2 < len(moving) < 15


def test_fabrikam_changed_hands_and_works_with_both(demo_database: str) -> None:
    program, other = program_of(northwind.DRAFT.name), program_of("Lucerne Partner Network")
    with tenant(organization_id=program.vendor_id):
        fabrikam = Partnership.objects.get(program=program, external_id=FABRIKAM)
        managers = ManagerAssignment.objects.filter(partnership=fabrikam).order_by("from_on")
        assert [one.manager.name for one in managers.select_related("manager")] == ["Ada Lindqvist", "Jonas Weber"]
    with tenant(organization_id=other.vendor_id):
        assert Partnership.objects.filter(program=other, partner_id=fabrikam.partner_id).exists()
