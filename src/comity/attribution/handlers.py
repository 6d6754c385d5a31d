"""What changes frozen credit: a person's reversal. And the handlers by which credit follows deals and registrations."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from comity.attribution.crediting import Occasion, credit, credit_deal
from comity.attribution.runs import start_run
from comity.attribution.states import Cause, TouchKind
from comity.attribution.touches import TouchDraft, note_touch, retract_touch
from comity.cosell.events import PlanStepMoved
from comity.cosell.models import Member, PlanStep, Room, Seat
from comity.cosell.states import Side, StepKind
from comity.deals.events import OpportunitiesImported, OpportunityChanged, RegistrationMoved
from comity.deals.models import Handling, Opportunity, Registration
from comity.deals.states import DealStatus
from comity.deals.states.registrations import State
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import Figure
from comity.kernel.words import words as say
from comity.leads.events import LeadConverted
from comity.leads.models import Lead
from comity.ledger.events import RatesLoaded
from comity.platform.tenancy import current_organization_id
from comity.programs.events import ProgramCurrencyChanged
from comity.programs.models import Partnership, Program

ACCEPTED: Final = (State.APPROVED, State.CONDITIONALLY_APPROVED, State.WON)
ENDED: Final = (State.WITHDRAWN, State.REVOKED, State.REJECTED)
MOST_REASON: Final = 1_000


class NothingToReverse(Conflict):
    """Only the credit of a won deal is frozen and can be reversed."""

    code, title = "nothing_to_reverse", say("This deal has no frozen credit")


class CreditUnchanged(Conflict):
    """Worked out anew, the credit is the same: nothing was reversed."""

    code, title = "credit_unchanged", say("The credit stays as it is")


@transaction.atomic
def reverse_credit(*, opportunity: Opportunity, actor: Actor, reason: str, at: datetime) -> None:
    """Work the frozen credit of a won deal out anew, with the touches and partners it has now; both steps are kept.

    Raises NotAllowed, Invalid, NothingToReverse, CreditUnchanged.
    """
    actor.require(Permission.REVERSE_CREDIT)
    words = " ".join(reason.split())
    if not words or len(words) > MOST_REASON:
        raise Invalid(
            say("The credit is not reversed."),
            fields={
                "reason": say(
                    "Say why, in at most %(most_reason)s characters; it is kept for good.",
                    most_reason=Figure(MOST_REASON),
                )
            },
        )
    if opportunity.status != DealStatus.WON:
        raise NothingToReverse(
            say("%(opportunity)s is not won; its credit follows its touches by itself.", opportunity=opportunity.name)
        )
    occasion = Occasion(Cause.REVERSAL, at, thaw=True, reason=words, person_id=actor.person_id, person_name=actor.name)
    if not credit_deal(opportunity.program, occasion, opportunity.pk):
        raise CreditUnchanged(say("Nothing has changed since this deal was credited, so there is nothing to reverse."))


@transaction.atomic
def recompute_deal(*, opportunity: Opportunity, actor: Actor, at: datetime) -> None:
    """Bring the credit of one deal up to date: frozen shares stay, the amount follows, a won deal without gets its own.

    Raises NotAllowed, NothingToReverse (not won), CreditUnchanged.
    """
    actor.require(Permission.REVERSE_CREDIT)
    if opportunity.status != DealStatus.WON:
        raise NothingToReverse(
            say("%(opportunity)s is not won; its credit follows its touches by itself.", opportunity=opportunity.name)
        )
    occasion = Occasion(Cause.WON, at, person_id=actor.person_id, person_name=actor.name)
    if not credit_deal(opportunity.program, occasion, opportunity.pk):
        raise CreditUnchanged(say("The credit of this deal is up to date. To share it out anew, reverse it."))


def credit_after_change(event: OpportunityChanged) -> None:
    """Handler: a deal was written; won it is credited, opened again its credit is taken back."""
    credit_deal(_program(event.program_id), Occasion(Cause.WON, timezone.now()), event.opportunity_id)


def credit_after_import(event: OpportunitiesImported) -> None:
    """Handler: an import wrote deals. What the system of record says of won deals counts, as a step of its own."""
    program = _program(event.program_id)
    occasion = Occasion(Cause.IMPORT, timezone.now(), thaw=True, reason="An import wrote the deal anew.")
    credit(program, occasion, deals="o.import_run_id = %(run)s", values={"run": event.run_id})


def follow_registration(event: RegistrationMoved) -> None:
    """Handler: an approved registration is a touch, dated by its submission; a revoked one is none."""
    registration = (
        Registration.objects.select_related("program", "partnership")
        .filter(vendor_id=current_organization_id(), pk=event.registration_id)
        .first()
    )
    if registration is None or registration.submitted_at is None:
        return
    key, at = f"registration:{registration.pk}", timezone.now()
    if registration.state in ACCEPTED:
        handling = Handling.objects.filter(vendor_id=registration.vendor_id, registration=registration).first()
        draft = TouchDraft(
            partnership=registration.partnership,
            kind=TouchKind.REGISTRATION,
            happened_at=registration.submitted_at,
            account=handling.account if handling else None,
            registration=registration,
            evidence=registration.reference or "",
            external_key=key,
        )
        note_touch(program=registration.program, draft=draft, at=max(at, registration.submitted_at))
    elif registration.state in ENDED:
        retract_touch(program=registration.program, external_key=key, at=at)


def follow_lead(event: LeadConverted) -> None:
    """Handler: a lead became a deal; whoever referred it and whoever took it touched that deal, on the day they did."""
    lead = Lead.objects.filter(vendor_id=current_organization_id(), pk=event.lead_id).first()
    if lead is None or event.opportunity_id is None:
        return
    deal = Opportunity.objects.get(vendor_id=lead.vendor_id, pk=event.opportunity_id)
    touches = (
        (TouchKind.REFERRAL, event.referrer_id, lead.received_at),
        (TouchKind.LEAD_ACCEPTED, event.holder_id, lead.answered_at),
    )
    for kind, partnership_id, happened_at in touches:
        if partnership_id is None or happened_at is None:
            continue
        draft = TouchDraft(
            partnership=Partnership.objects.get(vendor_id=lead.vendor_id, pk=partnership_id),
            kind=kind,
            happened_at=happened_at,
            opportunity=deal,
            evidence=lead.reference,
            external_key=f"{kind}:{lead.pk}",
        )
        note_touch(program=deal.program, draft=draft, at=max(timezone.now(), happened_at))


def follow_plan_step(event: PlanStepMoved) -> None:
    """Handler: a call, meeting or demo of a close plan is done, so each partner of its circle (or the one that owned
    it) touched the deal; what a partner says is done waits for the vendor. Opened again it is none."""
    step = PlanStep.objects.filter(vendor_id=current_organization_id(), pk=event.step_id).first()
    if step is None or step.kind == StepKind.TASK:
        return
    deal = Opportunity.objects.select_related("program").get(
        vendor_id=step.vendor_id, pk__in=Room.objects.filter(pk=step.room_id).values("opportunity_id")
    )
    at, rows = timezone.now(), {"vendor_id": step.vendor_id}
    if step.done_at is None:
        for key in Member.objects.filter(**rows, room_id=step.room_id).values_list("partnership_id", flat=True):
            for turn in range(step.times_reopened):
                retract_touch(program=deal.program, external_key=f"plan_step:{step.pk}:{turn}:{key}", at=at)
        return
    of_circle = Seat.objects.filter(**rows, circle_id=step.circle_id).values_list("partnership_id", flat=True)
    concerned = [step.owner_partnership_id] if step.owner_partnership_id else list(of_circle)
    for partnership in Partnership.objects.filter(**rows, pk__in=concerned).order_by("pk"):
        draft = TouchDraft(
            partnership=partnership, kind=TouchKind(step.kind), happened_at=step.done_at, opportunity=deal,
            evidence=step.title,
            external_key=f"plan_step:{step.pk}:{step.times_reopened}:{partnership.pk}",
        )  # fmt: skip
        note_touch(
            program=deal.program, draft=draft, at=max(at, step.done_at), accepted=step.done_side == Side.VENDOR,
            by=step.done_by_name,
        )  # fmt: skip


def credit_with_new_rates(event: RatesLoaded) -> None:
    """Handler: rates were loaded; programs with won deals in other currencies have their amounts worked out again."""
    for program in Program.objects.filter(vendor_id=current_organization_id()):
        won = Opportunity.objects.filter(vendor_id=program.vendor_id, program=program, status=DealStatus.WON)
        if won.exclude(currency=program.currency).exists():
            start_run(program=program)


def credit_in_new_currency(event: ProgramCurrencyChanged) -> None:
    """Handler: the program counts in another currency."""
    start_run(program=_program(event.program_id))


def _program(program_id: UUID) -> Program:
    return Program.objects.get(vendor_id=current_organization_id(), pk=program_id)
