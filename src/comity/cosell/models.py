"""Rooms, the partners in them, and what is said, shared and planned there.

A room is the vendor's alone. What a partner may read of it stands in its own row of `Member`, the deal's facts
included, so that what its role may not see is not there. Messages, files and steps belong to a *circle*: the vendor
with one partner, or, where the vendor opened one, with several. A partner reads a circle only while it has a seat in
it; the database looks.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from comity.cosell.states import (
    MEMBER_MACHINE,
    ROOM_MACHINE,
    STEP_MACHINE,
    Field,
    Known,
    MemberState,
    Role,
    RoomState,
    Side,
    StepKind,
    StepState,
)
from comity.deals.models import Opportunity
from comity.kernel.states import StateMachine
from comity.platform.history import keeps_history
from comity.platform.isolation import ORGANIZATION, VENDOR_ARM, Arm, Isolation, vendor_and_partner, with_arms
from comity.platform.models import StoredFile, TenantForeignKey, TenantModel
from comity.programs.models import Partnership, Program
from comity.programs.models.versions import DatedVersion, one_version_a_day, stays_once_used


def _choices(kind: Any) -> list[tuple[str, str]]:
    return [(one.value, one.value) for one in kind]


def _guard(name: str, machine: StateMachine[Any, Any]) -> pgtrigger.FSM:
    pairs = sorted({(start.value, end.value) for start, end in machine.allowed_pairs()})
    return pgtrigger.FSM(name=name, field="state", transitions=pairs)


def seated(column: str) -> Isolation:
    """The vendor writes; a partner reads while it has a seat in the row's circle. Reads name the room first, whose
    index leads to a few rows; the seat of each is one step of an index."""
    seat = (
        f"EXISTS (SELECT 1 FROM cosell_seat seat WHERE seat.partner_id = {ORGANIZATION} AND seat.circle_id = {column})"
    )
    return with_arms(VENDOR_ARM, Arm("partner", seat, command="SELECT"))


CONTACT: Final = ("customer_contact",)
"""Data of a person: not kept in any history."""
# Shares change together: after each statement they sum to the whole, or nobody has one; of a won deal they stay.
SHARES_STAY: Final = """
IF EXISTS (
    SELECT 1 FROM share_after a JOIN share_before b ON b.id = a.id AND b.share IS DISTINCT FROM a.share
    JOIN public.cosell_room r ON r.vendor_id = a.vendor_id AND r.id = a.room_id
    JOIN public.deals_opportunity o ON o.vendor_id = r.vendor_id AND o.id = r.opportunity_id
    WHERE o.status = 'won'
) THEN
    RAISE EXCEPTION 'the shares of a won deal stay' USING ERRCODE = 'check_violation';
END IF;
"""
SHARES_SUM: Final = """
IF EXISTS (
    SELECT 1 FROM public.cosell_member m
    WHERE (m.vendor_id, m.room_id) IN (SELECT vendor_id, room_id FROM share_after)
    GROUP BY m.vendor_id, m.room_id HAVING coalesce(sum(m.share), 1) <> 1
) THEN
    RAISE EXCEPTION 'the shares of a room do not sum to 1' USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""


def _shares_guard(name: str, operation: Any, func: str, **tables: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        operation=operation,
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(**tables),
        func=func,
    )


@keeps_history()
class ChecklistVersion(DatedVersion):
    """One version of a program's qualification checklist. Once a room answers it, its questions never change."""

    items = models.JSONField(help_text="cosell.rules.Item, in order")
    used_at = models.DateTimeField(null=True, help_text="when a room first took it")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "program", "number"], name="checklist_number"),
            one_version_a_day("one_checklist_a_day"),
        ]
        triggers = [stays_once_used("used_checklist_stays", content="items")]


@keeps_history(exclude=CONTACT)
class Room(TenantModel):
    """The room of one opportunity. Vendor only: partners read their `Member`."""

    program = TenantForeignKey(Program)
    opportunity = TenantForeignKey(Opportunity)
    state = models.CharField(max_length=8, choices=_choices(RoomState), default=RoomState.OPEN.value)
    hidden = models.JSONField(default=dict, help_text="by role: the names of fields that it does not see")
    customer_contact = models.CharField(max_length=300, blank=True, help_text="whom to speak with at the customer's")
    checklist = TenantForeignKey(ChecklistVersion)
    opened_at = models.DateTimeField()
    opened_by_id = models.UUIDField(null=True)
    opened_by_name = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_reason = models.CharField(max_length=1_000, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "opportunity"], name="room_once_a_deal")]
        indexes = [models.Index(fields=["vendor_id", "program", "state", "-opened_at"], name="rooms_by_state")]
        triggers = [_guard("room_state", ROOM_MACHINE)]


@keeps_history(exclude=CONTACT)
class Member(TenantModel):
    """One partner in a room, and all that it may read of it: what its role may not see is not in the row."""

    room = TenantForeignKey(Room, related_name="members")
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField(help_text="the partner organization, for its side of the policy")
    role = models.CharField(max_length=10, choices=_choices(Role))
    state = models.CharField(max_length=8, choices=_choices(MemberState), default=MemberState.INVITED.value)
    share = models.DecimalField(max_digits=7, decimal_places=6, null=True, help_text="declared, 0 to 1")
    proposed_share = models.DecimalField(max_digits=7, decimal_places=6, null=True, help_text="waits for the vendor")
    proposed_text = models.CharField(max_length=500, blank=True)
    proposed_at = models.DateTimeField(null=True)
    welcome = models.CharField(max_length=1_000, blank=True, help_text="what the vendor wrote with the invitation")
    invited_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    answered_by_name = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=1_000, blank=True, help_text="why it declined, left or was removed")
    title = models.CharField(max_length=300)
    customer_name = models.CharField(max_length=300, blank=True)
    customer_contact = models.CharField(max_length=300, blank=True)
    stage_name = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=10, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    recurring_amount = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    expected_close_on = models.DateField(null=True)
    competitors = ArrayField(models.CharField(max_length=200), default=list)
    checklist = models.JSONField(default=list, help_text="label, question, known and evidence of each question")
    hidden = ArrayField(models.CharField(max_length=20, choices=_choices(Field)), default=list)
    room_is_open = models.BooleanField(default=True)

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "room", "partnership"], name="room_member_once")]
        indexes = [
            models.Index(fields=["partner_id", "-invited_at", "id"], name="room_partner_side"),
            models.Index(fields=["vendor_id", "partnership"], name="rooms_of_partnership"),
        ]
        triggers = [
            _guard("member_state", MEMBER_MACHINE),
            _shares_guard(
                "shares_sum_changed", pgtrigger.Update, SHARES_STAY + SHARES_SUM, old="share_before", new="share_after"
            ),
            _shares_guard("shares_sum_new", pgtrigger.Insert, SHARES_SUM, new="share_after"),
        ]

    def __str__(self) -> str:
        return self.title


class ShareDeclaration(TenantModel):
    """How the deal was shared out from an instant on, and who said so. Vendor only; nothing is taken back."""

    room = TenantForeignKey(Room, related_name="declarations")
    at = models.DateTimeField()
    shares = models.JSONField(help_text="share by partnership, as text; empty: none is declared any more")
    reason = models.CharField(max_length=500, blank=True)
    person_id = models.UUIDField(null=True)
    person_name = models.CharField(max_length=200, blank=True)

    append_only = True

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "room", "-at"], name="declarations_of_room")]


@keeps_history()
class Circle(TenantModel):
    """Who hears each other in a room: the vendor and one partner, or several that the vendor brought together."""

    room = TenantForeignKey(Room, related_name="circles")
    name = models.CharField(max_length=700, help_text="the partners in it, by name; all of them read it")
    partnership = TenantForeignKey(Partnership, null=True, help_text="whose own it is; null: of several")
    opened_at = models.DateTimeField()
    opened_by_id = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)

    isolation: ClassVar[Isolation] = seated("cosell_circle.id")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "room", "partnership"], name="own_circle_once")]
        indexes = [models.Index(fields=["vendor_id", "room"], name="circles_of_room")]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class Seat(TenantModel):
    """A partner in a circle. Without the row it reads nothing there; each partner sees its own seats only."""

    circle = TenantForeignKey(Circle, related_name="seats")
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField(help_text="the partner organization, for its side of the policy")

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "circle", "partnership"], name="seat_once")]
        indexes = [models.Index(fields=["partner_id", "circle"], name="seat_partner_side")]


class RoomMessage(TenantModel):
    """What somebody wrote into a circle. Plain text; nobody changes it."""

    room_id = models.UUIDField()
    circle = TenantForeignKey(Circle)
    side = models.CharField(max_length=8, choices=_choices(Side))
    company = models.CharField(max_length=300, help_text="for whom the author writes, as it was called then")
    author_id = models.UUIDField(null=True)
    author_name = models.CharField(max_length=200)
    written_at = models.DateTimeField()
    text = models.CharField(max_length=10_000)

    append_only = True
    isolation: ClassVar[Isolation] = seated("cosell_roommessage.circle_id")

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "room_id", "-written_at", "-id"], name="room_messages")]


class RoomFile(TenantModel):
    """A file that came with a message, or by itself. Name and size stand here: a partner reads no stored files."""

    room_id = models.UUIDField()
    circle = TenantForeignKey(Circle)
    message = TenantForeignKey(RoomMessage)
    file = TenantForeignKey(StoredFile)
    name = models.CharField(max_length=255)
    size = models.BigIntegerField(help_text="bytes")

    append_only = True
    isolation: ClassVar[Isolation] = seated("cosell_roomfile.circle_id")

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "room_id", "-created_at"], name="room_files")]


@keeps_history()
class PlanStep(TenantModel):
    """One step of the mutual close plan: what, by whom, by when. All of its circle read it."""

    room_id = models.UUIDField()
    circle = TenantForeignKey(Circle)
    kind = models.CharField(max_length=16, choices=_choices(StepKind))
    title = models.CharField(max_length=300)
    state = models.CharField(max_length=8, choices=_choices(StepState), default=StepState.OPEN.value)
    due_on = models.DateField(null=True)
    owner_side = models.CharField(max_length=8, choices=_choices(Side))
    owner_partnership = TenantForeignKey(Partnership, null=True, help_text="null: the vendor's")
    owner_id = models.UUIDField(null=True, help_text="the person; null: nobody is named yet")
    owner_name = models.CharField(max_length=200, blank=True)
    owner_company = models.CharField(max_length=300, blank=True, help_text="as it was called then")
    blocked_by = models.CharField(max_length=500, blank=True)
    done_on = models.DateField(null=True)
    done_at = models.DateTimeField(null=True, help_text="when it happened, as a touch is dated")
    done_side = models.CharField(max_length=8, blank=True, choices=[("", ""), *_choices(Side)])
    done_by_name = models.CharField(max_length=200, blank=True)
    written_by_name = models.CharField(max_length=200, blank=True)
    times_reopened = models.PositiveSmallIntegerField(default=0)

    isolation: ClassVar[Isolation] = seated("cosell_planstep.circle_id")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state=StepState.DONE, done_at__isnull=False, done_on__isnull=False)
                | (~models.Q(state=StepState.DONE) & models.Q(done_at__isnull=True, done_on__isnull=True)),
                name="plan_step_done_has_day",
            ),
            models.CheckConstraint(
                condition=models.Q(owner_side=Side.PARTNER) | models.Q(owner_partnership__isnull=True),
                name="plan_step_owner_side",
            ),
        ]
        indexes = [
            models.Index(fields=["vendor_id", "room_id", "due_on"], name="plan_of_room"),
            models.Index(
                fields=["vendor_id", "due_on"],
                condition=models.Q(state__in=[StepState.OPEN.value, StepState.BLOCKED.value]),
                name="plan_steps_due",
            ),
        ]
        triggers = [_guard("plan_step_state", STEP_MACHINE)]

    def __str__(self) -> str:
        return self.title


@keeps_history()
class ChecklistAnswer(TenantModel):
    """What is known of one question of a room's checklist, and by what. Vendor only; partners read their `Member`."""

    room = TenantForeignKey(Room, related_name="answers")
    key = models.CharField(max_length=40)
    known = models.CharField(max_length=8, choices=_choices(Known))
    evidence = models.CharField(max_length=2_000, blank=True)
    answered_at = models.DateTimeField()
    answered_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "room", "key"], name="checklist_answer_once")]
