"""Registrations: who sees which, the decision queue, and what a partner may read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from comity.deals.models import (
    EngagementRules,
    Handling,
    ProductFamily,
    Registration,
    RegistrationAppeal,
    RegistrationStep,
    SharedVerdict,
)
from comity.deals.paging import Order
from comity.deals.registration.appeals import appeal_until
from comity.deals.registration.clauses import sentences
from comity.deals.registration.engagement import clauses_of, rules_on
from comity.deals.registration.recording import rules_of
from comity.deals.registration.sides import RegistrationNotFound, on_vendor_side
from comity.deals.states.registrations import MACHINE, OPEN, PROTECTED, UNDECIDED, Move, State
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.programs.models import Partnership, Program

REGISTRATION_ORDERS: Final = (
    Order("begun", "created_at", "text"),
    Order("submitted", "submitted_at", "text", nullable=True),
    Order("due", "due_at", "text", nullable=True),
    Order("value", "value", "number", nullable=True),
)


@dataclass(frozen=True)
class RegistrationFilter:
    """Which registrations a list shows; what is empty does not limit it."""

    state: str = ""
    partner: UUID | None = None
    search: str = ""
    flagged: bool = False


def registrations_visible_to(actor: Actor, program: Program | None = None) -> QuerySet[Registration]:
    """The vendor's registrations (drafts are the partner's own affair), a partner's own; an administrator, who looks
    after both sides of an organization, sees both where no program is named."""
    seen = Q(pk__in=[])
    if actor.is_vendor and actor.can(Permission.VIEW_DEALS):
        seen |= Q(vendor_id=actor.organization_id) & ~Q(state=State.DRAFT)
    if actor.can(Permission.PORTAL_DEALS) and (program is None or not actor.is_vendor):
        seen |= Q(partner_id=actor.organization_id)
    rows = Registration.objects.filter(seen)
    if program is not None:
        rows = rows.filter(program=program)
    return rows.select_related("partnership", "program")


def registrations_of_partnership(actor: Actor, partnership: Partnership) -> QuerySet[Registration]:
    """The registrations of one partnership from the partner's side, drafts included; an administrator of both sides
    may look too."""
    if not actor.can(Permission.PORTAL_DEALS):
        return Registration.objects.none()
    return Registration.objects.filter(
        partner_id=actor.organization_id, vendor_id=partnership.vendor_id, partnership=partnership
    ).select_related("program")


def registration_visible_to(actor: Actor, registration_id: UUID, program: Program | None = None) -> Registration:
    """One registration. Raises RegistrationNotFound."""
    found = registrations_visible_to(actor, program).filter(pk=registration_id).first()
    if found is None:
        raise RegistrationNotFound(words("There is no such registration here."))
    return found


def registrations_matching(actor: Actor, program: Program, wanted: RegistrationFilter) -> QuerySet[Registration]:
    """The visible registrations that a filter lets through."""
    rows = registrations_visible_to(actor, program)
    if wanted.state == "open":
        rows = rows.filter(state__in=[state.value for state in OPEN])
    elif wanted.state == "undecided":
        rows = rows.filter(state__in=[state.value for state in UNDECIDED])
    elif wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.partner:
        rows = rows.filter(partnership=wanted.partner)
    if wanted.flagged:
        kept = Handling.objects.filter(vendor_id=OuterRef("vendor_id"), registration=OuterRef("pk")).exclude(flag="")
        rows = rows.filter(Exists(kept))
    words = " ".join(wanted.search.replace("\x00", "").split())[:200]
    if words:
        rows = rows.filter(Q(customer_name__icontains=words) | Q(reference__iexact=words) | Q(domain_key=words.lower()))
    return rows


def decision_queue(actor: Actor, program: Program) -> QuerySet[Registration]:
    """What waits for a decision, the nearest clock first; with a second look that is asked for, and open appeals."""
    handling = {"vendor_id": OuterRef("vendor_id"), "registration": OuterRef("pk")}
    override = Handling.objects.filter(**handling).exclude(override_move="")
    appeal = RegistrationAppeal.objects.filter(**handling, state="open")
    rows = registrations_visible_to(actor, program).annotate(second_look=Exists(override), appealed=Exists(appeal))
    undecided = Q(state__in=[state.value for state in UNDECIDED])
    return rows.filter(undecided | Q(second_look=True) | Q(appealed=True)).order_by(
        F("due_at").asc(nulls_last=True), "submitted_at", "id"
    )


def next_to_decide(actor: Actor, program: Program, after: Registration) -> Registration | None:
    """The registration whose clock runs out next, but for the one just decided."""
    return decision_queue(actor, program).exclude(pk=after.pk).first()


def steps_of(registration: Registration) -> QuerySet[RegistrationStep]:
    """What happened to it, the newest first."""
    return RegistrationStep.objects.filter(vendor_id=registration.vendor_id, registration=registration).order_by(
        "-sequence"
    )


def masked_verdict_of(registration: Registration) -> dict[str, Any] | None:
    """What the partner may read of the newest verdict; None for a draft."""
    kept = SharedVerdict.objects.filter(vendor_id=registration.vendor_id, registration=registration)
    body: dict[str, Any] | None = kept.order_by("-id").values_list("body", flat=True).first()
    return body


def own_duplicates(actor: Actor, partnership: Partnership, registration: Registration) -> QuerySet[Registration]:
    """The partner's own registrations that seem to mean the same customer: all a form may say while one types."""
    same = Q()
    if registration.name_key:
        same |= Q(name_key=registration.name_key)
    if registration.domain_key:
        same |= Q(domain_key=registration.domain_key)
    if not same:
        return Registration.objects.none()
    return registrations_of_partnership(actor, partnership).filter(same).exclude(pk=registration.pk)


def families_offered(partnership: Partnership, actor: Actor) -> list[str]:
    """The names of the vendor's product families, for the partner's form. Raises NotAllowed, RegistrationNotFound."""
    with on_vendor_side(partnership, actor) as vendor_id:
        return list(ProductFamily.objects.filter(vendor_id=vendor_id).order_by("name").values_list("name", flat=True))


def rules_as_read(partnership: Partnership, actor: Actor, at: datetime) -> list[str]:
    """Today's rules of engagement in sentences, for the partner: without the automatic bands."""
    with on_vendor_side(partnership, actor):
        program = Program.objects.get(pk=partnership.program_id)
        return sentences(clauses_of(rules_on(program, today_in(program, at))), program.currency)


def rules_visible_to(actor: Actor, program: Program) -> QuerySet[EngagementRules]:
    """The versions of a program's rules, the newest first; vendor only."""
    if not (actor.is_vendor and actor.can(Permission.VIEW_DEALS)):
        return EngagementRules.objects.none()
    return EngagementRules.objects.filter(vendor_id=actor.organization_id, program=program).order_by("-number")


@dataclass(frozen=True)
class Choices:
    """What the partner may do with a registration now."""

    edit: bool = False
    withdraw: bool = False
    discard: bool = False
    appeal_until: datetime | None = None
    extend: bool = False
    tell: bool = False


def partner_choices(partnership: Partnership, actor: Actor, registration: Registration, at: datetime) -> Choices:
    """What the rules leave the partner to do. Raises NotAllowed, RegistrationNotFound."""
    state = State(registration.state)
    if state is State.DRAFT:
        return Choices(edit=True, discard=True)
    with on_vendor_side(partnership, actor):
        kept = Registration.objects.select_related("program").get(pk=registration.pk)
        until = appeal_until(kept)
        appealed = kept.appeals.filter(filed_at__gte=kept.decided_at).exists() if kept.decided_at else False
        extended = kept.extensions.filter(state="granted").count() >= clauses_of(rules_of(kept)).extensions
        return Choices(
            edit=state is State.RETURNED,
            withdraw=MACHINE.allows(state, Move.WITHDRAW),
            appeal_until=until if until and at <= until and not appealed else None,
            tell=state in PROTECTED,
            extend=state in PROTECTED and not extended and not kept.extensions.filter(state="asked").exists(),
        )
