"""Protection: how long a customer is promised, its extension on shown activity, its end by calendar or deal."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from comity.deals.cards import card_of
from comity.deals.events import ProtectionEnding
from comity.deals.models import CustomerAccount, Handling, Opportunity, ProtectionExtension, Registration
from comity.deals.registration.engagement import clauses_of
from comity.deals.registration.gathering import gather
from comity.deals.registration.recording import THE_RULES, By, handling_of, locked, make_move, rules_of
from comity.deals.registration.sides import lock_program, on_vendor_side, own_locked
from comity.deals.registration.submission import promote_waiting
from comity.deals.services.customers import CustomerDraft, create_customer
from comity.deals.services.opportunities import OpportunityDraft, create_opportunity
from comity.deals.services.parts import PartnerDraft, set_partners
from comity.deals.states import DealKind, DealStatus, PartnerRole
from comity.deals.states.registrations import PROTECTED, Move, RegistrationKind, State
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words
from comity.platform.outbox import announce
from comity.programs.calendars import today_in
from comity.programs.models import Partnership, Program

REMINDERS: Final = (30, 14, 7)
"""Days before the end of a protection."""
_MOVES: Final = {DealStatus.WON: Move.WIN, DealStatus.LOST: Move.LOSE}


class NotProtected(Conflict):
    """Only an approved registration has a protection to extend or a deal to be linked with."""

    code, title = "not_protected", words("There is no protection")


class NoExtensionLeft(Conflict):
    """The rules give no further extension, or one is asked for already."""

    code, title = "no_extension_left", words("It is not extended further")


class DealLinkedAlready(Conflict):
    """The registration, or the deal, is linked with another one."""

    code, title = "deal_linked_already", words("There is a link already")


@transaction.atomic
def ask_extension(
    *, registration: Registration, partnership: Partnership, actor: Actor, activity: str, at: datetime
) -> ProtectionExtension:
    """Ask for more time and say what was done. Raises NotAllowed, RegistrationNotFound, Invalid, NotProtected,
    NoExtensionLeft."""
    with on_vendor_side(partnership, actor) as vendor_id:
        current = own_locked(partnership, registration)
        if State(current.state) not in PROTECTED:
            raise NotProtected(words("Only an approved registration is extended."))
        said = activity.strip()
        if not said or len(said) > 4_000:
            text = words("Say what you did with the customer since, in at most 4,000 characters.")
            raise Invalid(words("The extension was not asked for."), fields={"activity": text})
        clauses = clauses_of(rules_of(current))
        asked = ProtectionExtension.objects.filter(vendor_id=vendor_id, registration=current)
        if asked.filter(state="asked").exists() or asked.filter(state="granted").count() >= clauses.extensions:
            raise NoExtensionLeft(words("The rules give no further extension, or you asked for one already."))
        made = ProtectionExtension.objects.create(
            vendor_id=vendor_id, registration=current, partnership=partnership, partner_id=current.partner_id,
            activity=said, asked_at=at, asked_by_name=actor.name[:200], days=clauses.extension_days,
        )  # fmt: skip
        announce(ProtectionEnding(registration_id=current.pk, days=0))
        return made


@transaction.atomic
def decide_extension(
    *, extension: ProtectionExtension, actor: Actor, granted: bool, answer: str, at: datetime
) -> ProtectionExtension:
    """Grant more time, counted from the end of the protection, or refuse it with a reason.

    Raises NotAllowed, NotProtected, NoExtensionLeft (decided already), Invalid.
    """
    actor.require(Permission.DECIDE_REGISTRATIONS)
    registration = locked(extension.registration)
    current = ProtectionExtension.objects.select_for_update(of=("self",)).get(
        vendor_id=extension.vendor_id, pk=extension.pk
    )
    if current.state != "asked":
        raise NoExtensionLeft(words("This was decided already."))
    if State(registration.state) not in PROTECTED or registration.protected_until is None:
        raise NotProtected(words("The registration is not approved any more."))
    if not granted and not answer.strip():
        raise Invalid(
            words("Nothing was decided yet."), fields={"answer": words("Give the reason; the partner reads it.")}
        )
    current.state, current.answer = ("granted" if granted else "refused"), answer.strip()[:2_000]
    current.decided_at, current.decided_by_id = at, actor.person_id
    if granted:
        current.until_on = registration.protected_until + timedelta(days=current.days)
        registration.protected_until = current.until_on
        registration.save(update_fields=["protected_until"])
        Handling.objects.filter(vendor_id=registration.vendor_id, registration=registration).update(reminded_days=None)
    current.save()
    announce(ProtectionEnding(registration_id=registration.pk, days=0))
    return current


@transaction.atomic
def link_opportunity(
    *, registration: Registration, actor: Actor, at: datetime, opportunity: Opportunity | None = None
) -> Opportunity:
    """Tie an approved registration to a deal of the pipeline, or open one for it, with the partner as its source.

    Raises NotAllowed, NotProtected, DealLinkedAlready, StageMissing, and what recording a deal raises.
    """
    actor.require(Permission.EDIT_DEALS)
    current = locked(registration)
    handling = handling_of(current)
    if State(current.state) not in PROTECTED:
        raise NotProtected(words("Approve the registration first; then it gets its deal."))
    if handling.opportunity_id is not None:
        raise DealLinkedAlready(words("%(current)s has its deal already.", current=current.reference or ""))
    if opportunity is not None:
        taken = Handling.objects.filter(vendor_id=current.vendor_id, opportunity=opportunity)
        if taken.exclude(registration__state__in=[State.EXPIRED, State.WITHDRAWN, State.REVOKED]).exists():
            raise DealLinkedAlready(
                words("%(opportunity)s belongs to another registration.", opportunity=opportunity.name)
            )
    return join_deal(current, handling, opportunity or _opened(current, handling, actor, at=at), actor)


def join_deal(current: Registration, handling: Handling, deal: Opportunity, actor: Actor) -> Opportunity:
    """Put the partner on the deal, as its source unless somebody else was, and let it read the deal's stage."""
    known = [
        PartnerDraft(part.partnership, PartnerRole(part.role), part.share)
        for part in deal.partners.select_related("partnership")
    ]
    if all(part.partnership.pk != current.partnership_id for part in known):
        sourced = any(part.role is PartnerRole.SOURCED for part in known)
        role = PartnerRole.INFLUENCED if sourced else PartnerRole.SOURCED
        deal = set_partners(
            opportunity=deal, actor=actor, partners=[*known, PartnerDraft(partnership=current.partnership, role=role)]
        )
    handling.opportunity, handling.account = deal, deal.account or handling.account
    handling.save(update_fields=["opportunity", "account"])
    current.deal_id = deal.pk
    current.save(update_fields=["deal_id"])
    return deal


def deals_offered(registration: Registration) -> list[Opportunity]:
    """Open deals of the customer and its family to which no registration belongs, for a person to choose from."""
    gathered = gather(registration, handling_of(registration).order_number)
    ids = [one.id for one in gathered.evidence.deals]
    rows = Opportunity.objects.filter(vendor_id=registration.vendor_id, pk__in=ids)
    return list(rows.select_related("account", "stage").order_by("-opened_on", "id"))


def _opened(current: Registration, handling: Handling, actor: Actor, *, at: datetime) -> Opportunity:
    account = handling.account or _new_customer(current, actor)
    kind = DealKind.NEW if current.kind == RegistrationKind.TEAMING else DealKind(current.kind)
    products = ", ".join(current.families)
    draft = OpportunityDraft(
        name=f"{current.customer_name}{f' · {products}' if products else ''}"[:300],
        account=account,
        kind=kind.value,
        opened_on=today_in(current.program, at),
        currency=current.currency,
        amount=current.value,
        manager=current.partnership.manager,
        competitors=tuple(current.competitors),
    )
    return create_opportunity(program=current.program, actor=actor, draft=draft, at=at)


def _new_customer(current: Registration, actor: Actor) -> CustomerAccount:
    domains = tuple(card_of(current).domains)
    return create_customer(
        actor=actor,
        draft=CustomerDraft(
            name=current.customer_name, domains=domains, country=current.customer_country,
            industry=current.customer_industry,
        ),
    )  # fmt: skip


@transaction.atomic
def end_protections(*, vendor_id: UUID, program: Program, today: date, at: datetime) -> int:
    """Expire what ended before today and remind 30, 14 and 7 days before; under the vendor's tenant. How many ended."""
    states = [state.value for state in PROTECTED]
    rows = Registration.objects.filter(vendor_id=vendor_id, program=program, state__in=states)
    ended = list(rows.filter(protected_until__lt=today).order_by("protected_until", "id"))
    for one in ended:
        lock_program(one.program_id)
        current = locked(one)
        if State(current.state) in PROTECTED and current.protected_until and current.protected_until < today:
            make_move(current, Move.EXPIRE, at=at, by=THE_RULES)
            promote_waiting(current, at=at)
    soon = rows.filter(protected_until__gte=today, protected_until__lte=today + timedelta(days=max(REMINDERS)))
    for one in soon:
        _remind(one, today)
    return len(ended)


def _remind(registration: Registration, today: date) -> None:
    assert registration.protected_until is not None
    left = (registration.protected_until - today).days
    step = min(days for days in REMINDERS if left <= days)
    handling = handling_of(registration)
    if handling.reminded_days is not None and handling.reminded_days <= step:
        return
    handling.reminded_days = step
    handling.save(update_fields=["reminded_days"])
    announce(ProtectionEnding(registration_id=registration.pk, days=left))


@transaction.atomic
def follow_opportunity(*, opportunity: Opportunity, at: datetime) -> Registration | None:
    """Close the registration of a deal that was won or lost; whoever waits behind it moves up. Vendor's side."""
    move = _MOVES.get(DealStatus(opportunity.status))
    held = Handling.objects.filter(
        vendor_id=opportunity.vendor_id, opportunity=opportunity,
        registration__state__in=[state.value for state in PROTECTED],
    ).select_related("registration").first()  # fmt: skip
    if move is None or held is None:
        return None
    lock_program(opportunity.program_id)
    current = locked(held.registration)
    if State(current.state) not in PROTECTED:
        return None
    make_move(current, move, at=at, by=By("rules"))
    promote_waiting(current, at=at)
    return current
