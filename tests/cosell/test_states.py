"""The grids of rooms, members and plan steps: the database refuses what the tables refuse; the reference shows them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from cast import NOW
from comity.cosell.models import Circle, Member, PlanStep, Room
from comity.cosell.states import MEMBER_MACHINE, ROOM_MACHINE, STEP_MACHINE, MemberState, StepState
from room_story import make_room

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "states.md"


def test_the_database_follows_the_tables(cast):
    story = make_room(cast)
    with cast.scope("ada"):
        room = story.room
        circle = Circle.objects.create(vendor_id=room.vendor_id, room=room, name="Fabrikam", opened_at=NOW)

        def member(state):
            return Member.objects.create(
                vendor_id=room.vendor_id, room=room, partnership=cast.of_fabrikam, partner_id=cast.fabrikam.pk,
                role="co_sell", state=state, invited_at=NOW, moved_at=NOW, title="Isar",
            )  # fmt: skip

        def step(state):
            done = {"done_at": NOW, "done_on": NOW.date()} if state == StepState.DONE else {}
            return PlanStep.objects.create(
                vendor_id=room.vendor_id, room_id=room.pk, circle=circle, kind="task", title="x", state=state,
                owner_side="vendor", **done,
            )  # fmt: skip

        made = {Member: (MEMBER_MACHINE, member), PlanStep: (STEP_MACHINE, step), Room: (ROOM_MACHINE, None)}
        for model, (machine, make) in made.items():
            for source in machine.states:
                if make is None:
                    row = room
                    Room.objects.filter(pk=row.pk).exclude(state=source).update(state=source)
                else:
                    row = make(source)
                reached = set()
                for target in machine.states:
                    with suppress(DatabaseError), transaction.atomic():
                        at = NOW if target == StepState.DONE else None
                        more = {"done_at": at, "done_on": at and at.date()} if model is PlanStep else {}
                        model.objects.filter(pk=row.pk).update(state=target, **more)
                        reached.add(target)
                        raise DatabaseError
                allowed = {end for start, end in machine.allowed_pairs() if start is source}
                assert reached == allowed | {source}, (model, source)
                if make is not None:
                    row.delete()


@pytest.mark.parametrize(
    ("heading", "machine"),
    [("Co-sell room", ROOM_MACHINE), ("Room member", MEMBER_MACHINE), ("Plan step", STEP_MACHINE)],
)
def test_the_reference_shows_the_grids(heading, machine):
    shown = REFERENCE.read_text("utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    for cell in machine.grid():
        line = f"| {cell.state} | {cell.move} | {cell.next_state} |"
        assert (line in shown) == (cell.next_state is not None), cell


def test_every_state_is_reached():
    assert MEMBER_MACHINE.reachable(MemberState.INVITED) == set(MemberState)
    assert STEP_MACHINE.reachable(StepState.OPEN) == set(StepState)
