"""The whole grid of statuses and moves: what the table refuses, service and database refuse too."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import ProgrammingError, transaction

from cast import NOW, make_partnership
from comity.identity.models import Organization
from comity.kernel.errors import Invalid, NotAllowed
from comity.kernel.states import IllegalMove
from comity.programs.models import Partnership
from comity.programs.services import move_partnership
from comity.programs.states import MACHINE, Move, Status

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "states.md"
TODAY = NOW.date()


@pytest.fixture
def fresh(cast):
    """Makes a partnership of Northwind in any status."""

    def make(status: Status, **fields: object) -> Partnership:
        partner = Organization.objects.create(name="Adatum", private_to_id=cast.northwind.pk)
        return make_partnership(cast.program, partner.pk, "Adatum", status=status, **{"started_on": None, **fields})

    with cast.scope("ada"):
        yield make


@pytest.mark.parametrize("cell", list(MACHINE.grid()), ids=lambda cell: f"{cell.state}-{cell.move}")
def test_the_service_follows_the_table(cast, fresh, cell):
    partnership = fresh(cell.state)
    move = {"partnership": partnership, "actor": cast.actor("ada"), "move": cell.move, "at": NOW}
    if cell.next_state is None:
        with pytest.raises(IllegalMove):
            move_partnership(**move)
    else:
        assert move_partnership(**move).status == cell.next_state
    partnership.refresh_from_db()
    assert partnership.status == (cell.next_state or cell.state)


@pytest.mark.parametrize("source", Status)
def test_the_database_follows_the_table(fresh, source):
    reached = set()
    for target in Status:
        partnership = fresh(source)
        with suppress(ProgrammingError), transaction.atomic():
            Partnership.objects.filter(pk=partnership.pk).update(status=target)
            reached.add(target)
    allowed = {target for start, target in MACHINE.allowed_pairs() if start is source}
    assert reached == allowed | {source}


def test_the_reference_shows_the_grid():
    text = REFERENCE.read_text("utf-8")
    for cell in MACHINE.grid():
        assert (f"| {cell.state} | {cell.move} | {cell.next_state} |" in text) == (cell.next_state is not None)


def test_a_partnership_is_dated_on_its_way(cast, fresh):
    partnership, actor = fresh(Status.PROSPECT), cast.actor("ada")
    story = [(Move.APPLY, 9), (Move.ACCEPT, 8), (Move.ACTIVATE, 6), (Move.PAUSE, 4), (Move.RESUME, 3), (Move.END, 1)]
    for move, days_ago in story:
        on = TODAY - timedelta(days=days_ago)
        partnership = move_partnership(partnership=partnership, actor=actor, move=move, at=NOW, on=on)
    dates = (partnership.started_on, partnership.launched_on, partnership.ended_on)
    assert dates == (date(2026, 2, 22), date(2026, 2, 24), date(2026, 3, 1))
    again = move_partnership(partnership=partnership, actor=actor, move=Move.REAPPLY, at=NOW)
    assert (again.status, again.started_on, again.launched_on, again.ended_on) == ("applied", None, None, None)
    assert again.edited_fields == ["ended_on", "launched_on", "started_on", "status"]


def test_days_that_cannot_be_are_refused(cast, fresh):
    partnership, actor = fresh(Status.ACTIVE, started_on=TODAY), cast.actor("ada")
    for days in (1, -1):
        with pytest.raises(Invalid):
            move_partnership(
                partnership=partnership, actor=actor, move=Move.END, at=NOW, on=TODAY + timedelta(days=days)
            )


def test_finance_looks_but_does_not_move(cast, fresh):
    with pytest.raises(NotAllowed):
        move_partnership(partnership=fresh(Status.PROSPECT), actor=cast.actor("di"), move=Move.APPLY, at=NOW)
