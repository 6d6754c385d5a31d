"""The whole grid of states and moves: what the table refuses, service and database refuse too."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from cast import NOW
from comity.deals.models import Registration
from comity.deals.registration.recording import THE_RULES, make_move
from comity.deals.states.registrations import MACHINE, State
from comity.kernel.states import IllegalMove

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "states.md"


@pytest.fixture
def fresh(cast):
    """Makes a registration of Fabrikam's in any state."""
    made = []

    def make(state: State) -> Registration:
        made.append(state)
        return Registration.objects.create(
            vendor_id=cast.northwind.pk, program=cast.program, partnership=cast.of_fabrikam,
            partner_id=cast.fabrikam.pk, state=state, reference=f"DR-2026-{len(made):05d}", submitted_at=NOW,
            customer_name="Acme",
        )  # fmt: skip

    with cast.scope("ada"):
        yield make


def test_the_service_follows_the_table(fresh):
    for cell in MACHINE.grid():
        registration = fresh(cell.state)
        if cell.next_state is None:
            with pytest.raises(IllegalMove):
                make_move(registration, cell.move, at=NOW, by=THE_RULES)
        else:
            step = make_move(registration, cell.move, at=NOW, by=THE_RULES)
            assert (step.from_state, step.to_state) == (cell.state, cell.next_state)
        registration.refresh_from_db()
        assert registration.state == (cell.next_state or cell.state), cell


def test_the_database_follows_the_table(fresh):
    for source in State:
        reached = set()
        for target in State:
            registration = fresh(source)
            with suppress(DatabaseError), transaction.atomic():
                Registration.objects.filter(pk=registration.pk).update(state=target)
                reached.add(target)
        assert reached == {target for start, target in MACHINE.allowed_pairs() if start is source} | {source}, source


def test_the_reference_shows_the_grid():
    text = REFERENCE.read_text("utf-8").partition("## Deal registration")[2]
    for cell in MACHINE.grid():
        assert (f"| {cell.state} | {cell.move} | {cell.next_state} |" in text) == (cell.next_state is not None), cell


def test_every_state_is_reached_and_ends_are_ends():
    assert MACHINE.reachable(State.DRAFT) == set(State)
    assert MACHINE.final_states() == (State.EXPIRED, State.WON, State.LOST, State.WITHDRAWN)


def test_the_time_of_submission_never_changes(fresh):
    registration = fresh(State.SUBMITTED)
    for change in ({"submitted_at": NOW - timedelta(days=1)}, {"submitted_at": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Registration.objects.filter(pk=registration.pk).update(**change)
