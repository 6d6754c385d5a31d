"""Two co-sell rooms of the demo: one at work with two partners who do not know of each other, one that waits for an
answer and in which a partner proposes its share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from comity.cosell.checklists import answer_question
from comity.cosell.models import Circle, Member, PlanStep, Room
from comity.cosell.planning import StepDraft, move_step, move_step_as_partner, plan_step
from comity.cosell.rooms import answer_invitation, invite_partner, open_room
from comity.cosell.sharing import declare_shares, propose_share
from comity.cosell.states import Known, Role, StepKind, StepMove
from comity.cosell.writing import write_as_partner, write_message
from comity.deals.models import Opportunity
from comity.demo import partners as known
from comity.demo.loading import DOOR
from comity.identity.actors import Actor
from comity.identity.roles import Role as Work
from comity.kernel.ids import uuid7
from comity.platform.tenancy import tenant
from comity.programs.models import Partnership, Program

DAY: Final = timedelta(days=1)
ANSWERS: Final = (
    ("metrics", Known.ANSWERED, "Month-end closes in one day instead of four: 38 working days a year."),
    ("economic_buyer", Known.ANSWERED, "Their CFO; we met on the first joint call."),
    ("decision_process", Known.PARTLY, "Board meeting in December; who prepares it is open."),
    ("champion", Known.PARTLY, "Head of controlling argues for us, has not seen the price yet."),
)


@dataclass
class _Stage:
    """Who works in the rooms: Ada for the vendor, Bo for Fabrikam, somebody for the others."""

    program: Program
    ada: Actor
    seller: Actor
    now: datetime

    @contextmanager
    def vendor(self) -> Iterator[None]:
        with tenant(organization_id=self.program.vendor_id, person_id=self.ada.person_id, door=DOOR):
            yield

    def partnership(self, key: str) -> Partnership:
        with self.vendor():
            own = Partnership.objects.select_related("program")
            return own.get(vendor_id=self.program.vendor_id, program=self.program, external_id=key)

    def invite(self, room: Room, key: str, role: Role, *, days: int, welcome: str = "") -> Member:
        partnership, at = self.partnership(key), self.now - days * DAY
        with self.vendor():
            return invite_partner(room=room, actor=self.ada, partnership=partnership, role=role, at=at, welcome=welcome)

    def does(self, member: Member, verb: Any, **said: Any) -> Any:
        """Something that a partner's person does."""
        with self.vendor():
            partnership = Partnership.objects.select_related("program").get(pk=member.partnership_id)
        mine = self.seller.organization_id == partnership.partner_id
        actor = self.seller if mine else Actor(uuid7(), partnership.partner_id, Work.PARTNER_SELLER, "Carla Ruiz")
        with tenant(organization_id=actor.organization_id, person_id=actor.person_id, door="portal"):
            return verb(member=member, partnership=partnership, actor=actor, **said)

    def circle(self, room: Room, member: Member) -> Circle:
        with self.vendor():
            return Circle.objects.get(vendor_id=room.vendor_id, room=room, partnership_id=member.partnership_id)


def work_in_rooms(program: Program, ada: Actor, *, seller: Actor) -> None:
    """Open both rooms on the two largest open deals, and play what happened in them."""
    stage = _Stage(program, ada, seller, timezone.now())
    with stage.vendor():
        open_deals = Opportunity.objects.filter(program=program, status="open", amount__isnull=False)
        first, second = open_deals.order_by("-amount", "id")[:2]
        room = open_room(
            opportunity=first, actor=ada, at=stage.now - 30 * DAY, customer_contact="Dr. Helga Brandt, CFO"
        )
        other = open_room(opportunity=second, actor=ada, at=stage.now - 6 * DAY)
    _at_work(stage, room)
    _waiting(stage, other)


def _at_work(stage: _Stage, room: Room) -> None:
    now = stage.now
    fabrikam = stage.invite(room, known.FABRIKAM, Role.CO_SELL, days=30, welcome="You know them best. Shall we?")
    contoso = stage.invite(room, known.CONTOSO, Role.IMPLEMENT, days=28, welcome="Could you plan the roll-out?")
    stage.does(fabrikam, answer_invitation, joins=True, at=now - 29 * DAY)
    stage.does(contoso, answer_invitation, joins=True, at=now - 27 * DAY)
    own, theirs = stage.circle(room, fabrikam), stage.circle(room, contoso)
    plans = (
        (own, StepDraft("First joint call with the CFO", StepKind.JOINT_CALL, _day(now, -20))),
        (own, StepDraft("Demo on their own figures", StepKind.DEMO, _day(now, -9), fabrikam.partnership_id)),
        (own, StepDraft("Legal answers the data questions", StepKind.TASK, _day(now, -2), None, stage.ada.person_id)),
        (own, StepDraft("Meeting with the board", StepKind.MEETING, _day(now, 16), fabrikam.partnership_id)),
        (theirs, StepDraft("Plan of the roll-out, in weeks", StepKind.TASK, _day(now, 5), contoso.partnership_id)),
    )
    with stage.vendor():
        steps = [plan_step(room=room, actor=stage.ada, circle=circle, draft=draft) for circle, draft in plans]
        move_step(step=steps[0], actor=stage.ada, move=StepMove.FINISH, at=now, done_on=_day(now, -20))
        move_step(step=steps[2], actor=stage.ada, move=StepMove.BLOCK, at=now, text="Their lawyer is away until Monday")
        for key, how_far, evidence in ANSWERS:
            answer_question(room=room, actor=stage.ada, key=key, known=how_far, evidence=evidence, at=now - 3 * DAY)
        declare_shares(
            room=room,
            actor=stage.ada,
            at=now - 8 * DAY,
            reason="As agreed on the call",
            shares={fabrikam.partnership_id: Decimal("0.7"), contoso.partnership_id: Decimal("0.3")},
        )
    _finish(stage, fabrikam, steps[1])
    _talk(stage, room, fabrikam, own, theirs)


def _talk(stage: _Stage, room: Room, fabrikam: Member, own: Circle, theirs: Circle) -> None:
    now = stage.now
    stage.does(
        fabrikam,
        write_as_partner,
        circle=own,
        at=now - 8 * DAY,
        text="The demo went well. They want to see their own cost centres next time; can somebody load them?",
    )
    with stage.vendor():
        write_message(
            room=room,
            actor=stage.ada,
            circle=own,
            at=now - 7 * DAY,
            text="Great work. Our engineer loads them by Thursday; the board meeting stands in the plan.",
        )
        write_message(
            room=room,
            actor=stage.ada,
            circle=theirs,
            at=now - 4 * DAY,
            text="Which people would you plan for the first eight weeks?",
        )


def _finish(stage: _Stage, member: Member, step: PlanStep) -> None:
    done = {"move": StepMove.FINISH, "at": stage.now, "done_on": _day(stage.now, -9)}
    stage.does(member, move_step_as_partner, step=step, **done)


def _waiting(stage: _Stage, room: Room) -> None:
    contoso = stage.invite(room, known.CONTOSO, Role.RESELL, days=6)
    stage.does(contoso, answer_invitation, joins=True, at=stage.now - 5 * DAY)
    stage.does(
        contoso,
        propose_share,
        share=Decimal("0.65"),
        text="We place the order and carry the risk.",
        at=stage.now - DAY,
    )
    stage.invite(room, known.FABRIKAM, Role.SUPPORT, days=1, welcome="They ask for support in German, day and night.")


def _day(now: datetime, days: int) -> Any:
    return (now + days * DAY).date()
