"""The verbs of touches: record, confirm, refuse. What the vendor records counts; what a partner reports waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from comity.attribution.events import TouchesChanged
from comity.attribution.models import Touch
from comity.attribution.settings import settings_of, version_on
from comity.attribution.states import MACHINE, TouchKind, TouchMove, TouchSide, TouchState
from comity.deals.models import CustomerAccount, Opportunity, OpportunityPartner, Registration
from comity.deals.registration.sides import on_vendor_side
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import Figure
from comity.kernel.words import words as say
from comity.platform.outbox import announce
from comity.programs.calendars import today_in
from comity.programs.models import Partnership, Program

EARLIEST_YEAR: Final = 1990
MOST_EVIDENCE: Final = 2_000
MOST_REFUSAL: Final = 500


class TouchKnown(Conflict):
    """Another touch has this external key. Detail: `external_key`."""

    code, title = "touch_known", say("This touch is recorded already, differently")


@dataclass(frozen=True)
class TouchDraft:
    """What somebody says a partner did. It names a deal, or a customer, or the registration that claims it."""

    partnership: Partnership
    kind: TouchKind
    happened_at: datetime
    opportunity: Opportunity | None = None
    account: CustomerAccount | None = None
    registration: Registration | None = None
    evidence: str = ""
    external_key: str = ""

    def problems(self, program: Program, at: datetime) -> dict[str, str]:
        """What is wrong with it, by field."""
        wrong: dict[str, str] = {}
        if self.happened_at > at:
            wrong["happened_at"] = say("This lies in the future; record it once it happened.")
        elif self.happened_at.year < EARLIEST_YEAR:
            wrong["happened_at"] = say("Enter a day from %(earliest_year)s on.", earliest_year=EARLIEST_YEAR)
        if not (self.opportunity or self.account or self.registration):
            wrong["opportunity"] = say("Say which deal, or which customer, it was for.")
        if self.opportunity is not None and self.opportunity.program_id != program.pk:
            wrong["opportunity"] = say("This deal belongs to another program.")
        if self.partnership.program_id != program.pk:
            wrong["partnership"] = say("This partner belongs to another program.")
        if len(self.evidence) > MOST_EVIDENCE:
            wrong["evidence"] = say(
                "Please shorten this to %(most_evidence)s characters.", most_evidence=Figure(MOST_EVIDENCE)
            )
        if "\x00" in self.evidence + self.external_key:
            wrong["evidence"] = say("This holds a character that cannot be kept.")
        if len(self.external_key) > 200:
            wrong["external_key"] = say("A key has at most 200 characters.")
        return wrong

    def row(self, program: Program, side: TouchSide) -> Touch:
        """The touch, not yet saved or decided."""
        return Touch(
            vendor_id=program.vendor_id,
            program=program,
            partnership=self.partnership,
            partner_id=self.partnership.partner_id,
            opportunity=self.opportunity,
            account=self.account if self.opportunity is None else None,
            registration=self.registration,
            kind=self.kind.value,
            happened_at=self.happened_at,
            evidence=self.evidence.strip(),
            external_key=self.external_key or None,
            side=side.value,
        )


@transaction.atomic
def record_touch(*, program: Program, actor: Actor, draft: TouchDraft, at: datetime) -> Touch:
    """Record what a partner did, from the vendor's side: it counts at once. The same key again is a no-op.

    Raises NotAllowed, Invalid, TouchKnown.
    """
    actor.require(Permission.CONFIRM_TOUCHES)
    _refuse(draft, program, at)
    touch = draft.row(program, TouchSide.VENDOR)
    touch.state, touch.decided_at, touch.decided_by_id = TouchState.CONFIRMED.value, at, actor.person_id
    touch.recorded_by_id, touch.recorded_by_name = actor.person_id, actor.name
    return _told(_kept(touch))


@transaction.atomic
def report_touch(*, actor: Actor, draft: TouchDraft, opportunity_id: UUID, at: datetime) -> Touch:
    """Report one's own touch, from the partner's side, on a deal that one has a part in. It waits for the
    vendor, unless the settings of the day confirm its kind.

    Raises NotAllowed, Invalid, TouchKnown, RegistrationNotFound (a partnership of somebody else).
    """
    with on_vendor_side(draft.partnership, actor):
        program = draft.partnership.program
        mine = OpportunityPartner.objects.filter(vendor_id=program.vendor_id, partnership=draft.partnership)
        part = mine.select_related("opportunity").filter(opportunity_id=opportunity_id).first()
        if part is None:
            raise Invalid(say("Nothing was reported."), fields={"opportunity": say("Choose one of your own deals.")})
        draft = replace(draft, opportunity=part.opportunity)
        _refuse(draft, program, at)
        touch = draft.row(program, TouchSide.PARTNER)
        touch.state = TouchState.WAITING.value
        touch.recorded_by_id, touch.recorded_by_name = actor.person_id, actor.name
        if draft.kind in settings_of(version_on(program, today_in(program, at))).confirmed_kinds:
            touch.state, touch.decided_at = TouchState.CONFIRMED.value, at
        kept = _kept(touch)
        return _told(kept) if kept.state == TouchState.CONFIRMED else kept


def note_touch(*, program: Program, draft: TouchDraft, at: datetime, accepted: bool = True, by: str = "") -> Touch:
    """Note a touch that another room knows to be accepted: an approved registration, an accepted lead or referral. One
    that only the partner speaks of (not `accepted`, by whom) waits, unless the settings of the day confirm its kind.

    For handlers of events: it needs an external key, and may come twice. Raises Invalid.
    """
    _refuse(draft, program, at)
    touch = draft.row(program, TouchSide.PARTNER)
    touch.recorded_by_name = by
    if accepted or draft.kind in settings_of(version_on(program, today_in(program, at))).confirmed_kinds:
        touch.state, touch.decided_at = TouchState.CONFIRMED.value, at
    else:
        touch.state = TouchState.WAITING.value
    same = {"vendor_id": program.vendor_id, "program": program, "external_key": draft.external_key}
    known = Touch.objects.select_for_update().filter(**same).first()
    if known is None:
        touch.save()
        return _told(touch) if touch.state == TouchState.CONFIRMED else touch
    if known.state != TouchState.CONFIRMED and touch.state == TouchState.CONFIRMED:
        _move(known, TouchMove.CONFIRM, at=at, person_id=None)
        _told(known)
    return known


def retract_touch(*, program: Program, external_key: str, at: datetime) -> None:
    """Take back what `note_touch` noted: the claim was revoked or withdrawn. One that is not there stays away."""
    same = {"vendor_id": program.vendor_id, "program": program, "external_key": external_key}
    counts = [TouchState.CONFIRMED.value, TouchState.WAITING.value]
    known = Touch.objects.select_for_update().filter(**same, state__in=counts).first()
    if known is not None:
        counted = known.state == TouchState.CONFIRMED
        _move(known, TouchMove.WITHDRAW, at=at, person_id=None)
        if counted:
            _told(known)


@transaction.atomic
def confirm_touches(*, program: Program, actor: Actor, touch_ids: Sequence[UUID], at: datetime) -> list[Touch]:
    """Say that these happened; one that is confirmed already stays as it is. Raises NotAllowed, IllegalMove."""
    actor.require(Permission.CONFIRM_TOUCHES)
    found = _locked(program, touch_ids)
    new = [touch for touch in found if touch.state != TouchState.CONFIRMED]
    for touch in new:
        _move(touch, TouchMove.CONFIRM, at=at, person_id=actor.person_id)
    tell_of(new)
    return found


@transaction.atomic
def refuse_touch(*, touch: Touch, actor: Actor, reason: str, at: datetime) -> Touch:
    """Say that it did not happen like this, and why; the partner reads the reason.

    Raises NotAllowed, Invalid, IllegalMove.
    """
    actor.require(Permission.CONFIRM_TOUCHES)
    words = " ".join(reason.split())
    if not words or len(words) > MOST_REFUSAL:
        raise Invalid(
            say("The touch is not refused yet."),
            fields={
                "reason": say(
                    "Say why, in at most %(most_refusal)s characters; the partner reads it.", most_refusal=MOST_REFUSAL
                )
            },
        )
    (current,) = _locked(touch.program, [touch.pk])
    counted = current.state == TouchState.CONFIRMED
    _move(current, TouchMove.REFUSE, at=at, person_id=actor.person_id, refusal=words)
    return _told(current) if counted else current


def tell_of(touches: Sequence[Touch]) -> None:
    """Announce that these touches of one program came to count, or count no more. None: no news."""
    if touches:
        ids = tuple(touch.pk for touch in touches)
        announce(TouchesChanged(program_id=touches[0].program_id, touch_ids=ids))


def _told(touch: Touch) -> Touch:
    tell_of([touch])
    return touch


def _locked(program: Program, touch_ids: Sequence[UUID]) -> list[Touch]:
    rows = Touch.objects.select_for_update(of=("self",)).select_related("program", "partnership")
    return list(rows.filter(vendor_id=program.vendor_id, program=program, pk__in=list(touch_ids)).order_by("pk"))


def _move(touch: Touch, move: TouchMove, *, at: datetime, person_id: UUID | None, refusal: str = "") -> None:
    touch.state = MACHINE.next_state(TouchState(touch.state), move).value
    touch.decided_at, touch.decided_by_id, touch.refusal = at, person_id, refusal
    touch.save(update_fields=["state", "decided_at", "decided_by_id", "refusal"])


def _refuse(draft: TouchDraft, program: Program, at: datetime) -> None:
    wrong = draft.problems(program, at)
    if wrong:
        raise Invalid(" ".join(["The touch was not recorded.", *wrong.values()]), fields=wrong)


SAME: Final = ("partnership_id", "kind", "happened_at", "opportunity_id", "account_id")


def _kept(touch: Touch) -> Touch:
    """Save it, or give back the one with its key. Raises TouchKnown where that one says something else."""
    if touch.external_key is None:
        touch.save()
        return touch
    try:
        with transaction.atomic():
            touch.save(force_insert=True)
            return touch
    except IntegrityError:
        known = Touch.objects.get(
            vendor_id=touch.vendor_id, program_id=touch.program_id, external_key=touch.external_key
        )
    if any(getattr(known, name) != getattr(touch, name) for name in SAME):
        raise TouchKnown(
            say("Another touch has the key %(external_key)s; choose another key.", external_key=touch.external_key),
            external_key=touch.external_key,
        )
    return known
