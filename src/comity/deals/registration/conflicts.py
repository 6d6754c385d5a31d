"""Conflicts: a deal of the vendor's on a customer that is promised to a partner. Found when deals change or come in."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from comity.deals.cards import card_of, card_of_account, look_up
from comity.deals.events import ConflictFound, ConflictSettled, CustomersIndexed, OpportunityChanged
from comity.deals.models import CustomerAccount, DealConflict, Handling, Opportunity, OpportunityPartner, Registration
from comity.deals.registration.concerned import concerns, overlaps
from comity.deals.registration.engagement import clauses_of
from comity.deals.registration.evidence import Band, Match
from comity.deals.registration.identity import family_of, kinship, recognition
from comity.deals.registration.protection import follow_opportunity
from comity.deals.registration.recording import rules_of
from comity.deals.states import DealStatus
from comity.deals.states.registrations import PROTECTED
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words
from comity.matching.record import Kind
from comity.platform.outbox import announce
from comity.platform.tenancy import current_organization_id
from comity.programs.models import Program

RESOLUTIONS: Final = ("partner_leads", "vendor_leads", "co_sell", "no_conflict")


class ConflictResolved(Conflict):
    """Somebody resolved the conflict already."""

    code, title = "conflict_resolved", words("This conflict is resolved")


def conflicts_visible_to(actor: Actor, program: Program) -> QuerySet[DealConflict]:
    """The conflicts of a program, unresolved first; vendor only."""
    if not (actor.is_vendor and actor.can(Permission.VIEW_DEALS)):
        return DealConflict.objects.none()
    rows = DealConflict.objects.filter(vendor_id=actor.organization_id, registration__program=program)
    return rows.select_related(
        "registration", "registration__partnership", "opportunity", "opportunity__account", "opportunity__manager"
    ).order_by("resolution", "-found_at")


@transaction.atomic
def resolve_conflict(
    *, conflict: DealConflict, actor: Actor, resolution: str, at: datetime, share: Decimal | None = None, text: str = ""
) -> DealConflict:
    """Write down who leads, with which share in a co-sell. Raises NotAllowed, Invalid, ConflictResolved."""
    actor.require(Permission.DECIDE_REGISTRATIONS)
    current = DealConflict.objects.select_for_update(of=("self",)).get(vendor_id=conflict.vendor_id, pk=conflict.pk)
    if current.resolution:
        raise ConflictResolved(words("Somebody resolved this conflict already."))
    wrong = {}
    if resolution not in RESOLUTIONS:
        wrong["resolution"] = words("Choose who leads.")
    if resolution == "co_sell" and (share is None or not 0 < share < 1):
        wrong["share"] = words("Enter the partner's share, between 0 and 100 %.")
    if not text.strip() or len(text) > 2_000:
        wrong["text"] = words("Write the reason down, in at most 2,000 characters.")
    if wrong:
        raise Invalid(words("The conflict is not resolved yet."), fields=wrong)
    current.resolution, current.share = resolution, share if resolution == "co_sell" else None
    current.resolution_text, current.resolved_at, current.resolved_by_id = text.strip(), at, actor.person_id
    current.save()
    announce(ConflictSettled(conflict_id=current.pk))
    return current


def look_after_change(event: OpportunityChanged) -> None:
    """Handler: a deal was written; it may end a registration, or stand in the way of one."""
    deal = Opportunity.objects.filter(pk=event.opportunity_id).select_related("account", "program").first()
    if deal is not None:
        follow_opportunity(opportunity=deal, at=timezone.now())
        find_conflicts(deal, at=timezone.now())


def look_after_import(event: CustomersIndexed) -> None:
    """Handler: an import wrote deals and its customers can be found; those of protected customers are looked at, the
    others cost one query."""
    vendor_id = current_organization_id()
    rows = Opportunity.objects.filter(vendor_id=vendor_id, import_run_id=event.run_id).select_related(
        "account", "program"
    )
    linked = Handling.objects.filter(vendor_id=vendor_id, opportunity__import_run_id=event.run_id)
    for deal in rows.filter(pk__in=linked.values("opportunity_id")).exclude(status=DealStatus.OPEN):
        follow_opportunity(opportunity=deal, at=timezone.now())
    standing = Registration.objects.filter(
        vendor_id=vendor_id, program_id=event.program_id, state__in=[state.value for state in PROTECTED]
    )
    for registration in standing.select_related("program"):
        accounts = look_up(vendor_id, card_of(registration), Kind.CUSTOMER)
        for deal in rows.filter(account_id__in=family_of(vendor_id, accounts), status=DealStatus.OPEN):
            _compare(deal, [registration], at=timezone.now())


def find_conflicts(deal: Opportunity, *, at: datetime) -> list[DealConflict]:
    """Write down each protected registration that an open deal stands against; finding it again changes nothing."""
    if deal.status != DealStatus.OPEN or deal.account is None:
        return []
    ids = look_up(deal.vendor_id, card_of_account(deal.account), Kind.REGISTRATION)
    family = family_of(deal.vendor_id, [deal.account.pk])
    held = Handling.objects.filter(vendor_id=deal.vendor_id, account_id__in=family)
    rows = Registration.objects.filter(
        vendor_id=deal.vendor_id, program_id=deal.program_id, state__in=[state.value for state in PROTECTED],
        pk__in={*ids, *held.values_list("registration_id", flat=True)},
    )  # fmt: skip
    return _compare(deal, list(rows.select_related("program")), at=at)


def _compare(deal: Opportunity, registrations: list[Registration], *, at: datetime) -> list[DealConflict]:
    assert deal.account is not None
    theirs = card_of_account(deal.account)
    part_of = {"vendor_id": deal.vendor_id, "opportunity": deal}
    partners = set(OpportunityPartner.objects.filter(**part_of).values_list("partnership_id", flat=True))
    families = frozenset(name for name in deal.lines.values_list("family__name", flat=True) if name is not None)
    kept = Handling.objects.filter(vendor_id=deal.vendor_id, registration__in=registrations).select_related("account")
    handlings = {one.registration_id: one for one in kept}
    known = recognition(deal.vendor_id, theirs, map(card_of, registrations))
    made = []
    for registration in registrations:
        handling = handlings[registration.pk]
        if handling.opportunity_id == deal.pk or registration.partnership_id in partners:
            continue
        match = _with_account(known.match(card_of(registration)), deal.account, handling.account)
        clauses = clauses_of(rules_of(registration))
        if not concerns(match, clauses) or not overlaps(frozenset(registration.families), families, clauses):
            continue
        if found := _keep(registration, deal, match, at=at):
            made.append(found)
    return made


def _with_account(match: Match, account: CustomerAccount, held: CustomerAccount | None) -> Match:
    """The registration's customer in our own records says more than its name does."""
    if held is None or match.band is Band.SAME:
        return match
    if held.pk == account.pk:
        return Match(Band.SAME, (words("%(account)s is the customer of the registration", account=account.name),))
    if held.pk in family_of(account.vendor_id, [account.pk]):
        return kinship(account, {held.pk: held})
    return match


def _keep(registration: Registration, deal: Opportunity, match: Match, *, at: datetime) -> DealConflict | None:
    assert registration.submitted_at is not None
    opened = datetime(*deal.opened_on.timetuple()[:3], tzinfo=UTC) if deal.opened_on else None
    first = "opportunity" if opened is None or opened.date() < registration.submitted_at.date() else "registration"
    conflict, is_new = DealConflict.objects.get_or_create(
        vendor_id=deal.vendor_id, registration=registration, opportunity=deal,
        defaults={"found_at": at, "first": first, "reasons": list(match.reasons)},
    )  # fmt: skip
    if not is_new:
        return None
    announce(ConflictFound(conflict_id=conflict.pk))
    return conflict
