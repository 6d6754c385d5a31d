"""Conflicts: a deal of the vendor's on a customer that is promised to a partner. Found when deals change or come in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from comity.deals.events import ConflictFound, OpportunitiesImported, OpportunityChanged
from comity.deals.models import DealConflict, Handling, Opportunity, OpportunityPartner, Registration
from comity.deals.registration.engagement import clauses_of
from comity.deals.registration.evidence import Match
from comity.deals.registration.gathering import card_of, keys_of
from comity.deals.registration.identity import card, compare
from comity.deals.registration.protection import follow_opportunity
from comity.deals.registration.recording import rules_of
from comity.deals.registration.rules import concerns, overlaps
from comity.deals.states import DealStatus
from comity.deals.states.registrations import PROTECTED
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.platform.outbox import announce
from comity.platform.tenancy import current_organization_id
from comity.programs.models import Program

RESOLUTIONS: Final = ("partner_leads", "vendor_leads", "co_sell", "no_conflict")


class ConflictResolved(Conflict):
    """Somebody resolved the conflict already."""

    code, title = "conflict_resolved", "This conflict is resolved"


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
        raise ConflictResolved("Somebody resolved this conflict already.")
    wrong = {}
    if resolution not in RESOLUTIONS:
        wrong["resolution"] = "Choose who leads."
    if resolution == "co_sell" and (share is None or not 0 < share < 1):
        wrong["share"] = "Enter the partner's share, between 0 and 100 %."
    if not text.strip() or len(text) > 2_000:
        wrong["text"] = "Write the reason down, in at most 2,000 characters."
    if wrong:
        raise Invalid("The conflict is not resolved yet.", fields=wrong)
    current.resolution, current.share = resolution, share if resolution == "co_sell" else None
    current.resolution_text, current.resolved_at, current.resolved_by_id = text.strip(), at, actor.person_id
    current.save()
    return current


def look_after_change(event: OpportunityChanged) -> None:
    """Handler: a deal was written; it may end a registration, or stand in the way of one."""
    deal = Opportunity.objects.filter(pk=event.opportunity_id).select_related("account", "program").first()
    if deal is not None:
        follow_opportunity(opportunity=deal, at=timezone.now())
        find_conflicts(deal, at=timezone.now())


def look_after_import(event: OpportunitiesImported) -> None:
    """Handler: an import wrote deals; those of protected customers are looked at, the others cost one query."""
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
        accounts = _ids(registration.program, registration.name_key, registration.domain_key, "customer")
        for deal in rows.filter(account_id__in=accounts, status=DealStatus.OPEN):
            _compare(deal, [registration], at=timezone.now())


def find_conflicts(deal: Opportunity, *, at: datetime) -> list[DealConflict]:
    """Write down each protected registration that an open deal stands against; finding it again changes nothing."""
    if deal.status != DealStatus.OPEN or deal.account is None:
        return []
    domain = next(iter(deal.account.domains), "")
    ids = _ids(deal.program, *keys_of(deal.account.name, domain), "registration")
    rows = Registration.objects.filter(
        vendor_id=deal.vendor_id, pk__in=ids, state__in=[state.value for state in PROTECTED]
    )
    return _compare(deal, rows.select_related("program"), at=at)


def _compare(deal: Opportunity, registrations: Iterable[Registration], *, at: datetime) -> list[DealConflict]:
    assert deal.account is not None
    theirs = card(deal.account.name, deal.account.domains, deal.account.country)
    part_of = {"vendor_id": deal.vendor_id, "opportunity": deal}
    partners = set(OpportunityPartner.objects.filter(**part_of).values_list("partnership_id", flat=True))
    families = frozenset(name for name in deal.lines.values_list("family__name", flat=True) if name is not None)
    grown = Handling.objects.filter(**part_of).values_list("registration_id", flat=True)
    made = []
    for registration in registrations:
        if registration.pk in set(grown) or registration.partnership_id in partners:
            continue
        match = compare(card_of(registration), theirs)
        clauses = clauses_of(rules_of(registration))
        if not concerns(match, clauses) or not overlaps(frozenset(registration.families), families, clauses):
            continue
        if found := _keep(registration, deal, match, at=at):
            made.append(found)
    return made


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


def _ids(program: Program, core: str, domain: str, kind: str) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM comity_registration_candidates(%s, %s, %s) WHERE kind = %s",
            [program.pk, core, domain, kind],
        )
        return [row[0] for row in cursor.fetchall()]
