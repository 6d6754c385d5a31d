"""Opportunities as the vendor's people see them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from comity.deals.models import Opportunity, OpportunityLine, OpportunityPartner, Stage, StageChange
from comity.deals.paging import COUNTED, Order
from comity.deals.states import DealStatus
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.programs.models import Program

DEAL_ORDERS: Final = (
    Order("closed", "closed_on", "day", nullable=True),
    Order("opened", "opened_on", "day", nullable=True),
    Order("amount", "amount", "number", nullable=True),
)
"""How a list of deals may be sorted; each has an index."""


FOUND_AT_ONCE: Final = 500
"""So many deals are shown of a search that one in twenty holds: nobody reads on, and everybody adds a word."""


@dataclass(frozen=True)
class DealFilter:
    """Which deals a list shows; what is None (or empty) does not limit it."""

    status: str | None = None
    stage: UUID | None = None
    manager: UUID | None = None
    partner: UUID | None = None
    """A partnership."""
    customer: UUID | None = None
    family: UUID | None = None
    role: str | None = None
    closed_from: date | None = None
    closed_to: date | None = None
    search: str = ""

    def lacks(self, column: str) -> bool | None:
        """Whether the deals let through all lack this column (True), all have it (False), or one cannot tell (None)."""
        if column != "closed_on":
            return None
        if self.closed_from or self.closed_to:
            return False
        return self.status == DealStatus.OPEN if self.status else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing limits the list."""
        return all(not getattr(self, item.name) for item in fields(self))


def opportunities_visible_to(actor: Actor, program: Program) -> QuerySet[Opportunity]:
    """The deals of a program: all of them for the vendor's people who may see deals, none for anybody else."""
    if not (actor.is_vendor and actor.can(Permission.VIEW_DEALS)):
        return Opportunity.objects.none()
    return Opportunity.objects.filter(vendor_id=actor.organization_id, program=program)


def deals_matching(actor: Actor, program: Program, wanted: DealFilter) -> QuerySet[Opportunity]:
    """The visible deals that a filter lets through. A search asks the database once more, here."""
    rows = opportunities_visible_to(actor, program)
    vendor_id = actor.organization_id
    plain = {
        "status": wanted.status,
        "stage_id": wanted.stage,
        "manager_id": wanted.manager,
        "account_id": wanted.customer,
        "closed_on__gte": wanted.closed_from,
        "closed_on__lte": wanted.closed_to,
    }
    rows = rows.filter(**{name: value for name, value in plain.items() if value is not None and value != ""})
    if wanted.status:
        # Implied by the status (a check of the table); said, since the order by close date keeps the two kinds apart.
        rows = rows.filter(closed_on__isnull=wanted.status == DealStatus.OPEN)
    if wanted.partner or wanted.role:
        part: dict[str, Any] = {"vendor_id": vendor_id, "opportunity_id": OuterRef("pk")}
        part |= {"partnership_id": wanted.partner} if wanted.partner else {}
        part |= {"role": wanted.role} if wanted.role else {}
        rows = rows.filter(Exists(OpportunityPartner.objects.filter(**part)))
    if wanted.family:
        line = {"vendor_id": vendor_id, "opportunity_id": OuterRef("pk"), "family_id": wanted.family}
        rows = rows.filter(Exists(OpportunityLine.objects.filter(**line)))
    return rows.filter(_found(program, wanted.search)) if wanted.search.strip() else rows


def deals_listed(actor: Actor, program: Program, wanted: DealFilter) -> tuple[QuerySet[Opportunity], bool]:
    """The same for a page. Of a search whose words very many deals hold, only the first of the usual order, and True.

    The filters by status count among what is looked at; all others take away from what was found.
    """
    words = _words(wanted.search)
    if words:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT comity_first_deals(%s, %s, %s, %s)", [program.pk, words, wanted.status or "", FOUND_AT_ONCE]
            )
            ids = [row[0] for row in cursor.fetchall()]
        if ids:
            return deals_matching(actor, program, replace(wanted, search="")).filter(pk__in=ids), True
    return deals_matching(actor, program, wanted), False


def with_parts(rows: QuerySet[Opportunity]) -> QuerySet[Opportunity]:
    """The same deals with customer, stage, manager, lines, partners and history, in a constant number of queries."""
    lines = OpportunityLine.objects.select_related("product", "family").order_by("position")
    partners = OpportunityPartner.objects.select_related("partnership").order_by("role", "partnership__sort_name")
    steps = StageChange.objects.select_related("stage").order_by("sequence")
    return rows.select_related("account", "stage", "manager").prefetch_related(
        Prefetch("lines", queryset=lines), Prefetch("partners", queryset=partners), Prefetch("steps", queryset=steps)
    )


def stages_visible_to(actor: Actor, program: Program) -> QuerySet[Stage]:
    """The stages of a program, in order; none for partners."""
    if not actor.is_vendor:
        return Stage.objects.none()
    return Stage.objects.filter(vendor_id=actor.organization_id, program=program).order_by("position", "name")


def _found(program: Program, text: str) -> Q:
    """Deals whose name or customer holds the text, or whose external id it is.

    Text comparison under a policy would read the whole table, so a function of the database's owner finds the ids
    (`comity_find_deals`). A text that more deals hold than are ever counted is met soon on any page: then it is
    compared row by row.
    """
    words = _words(text)
    with connection.cursor() as cursor:
        cursor.execute("SELECT comity_find_deals(%s, %s, %s)", [program.pk, words, COUNTED + 1])
        ids = [row[0] for row in cursor.fetchall()]
    if len(ids) <= COUNTED:
        return Q(pk__in=ids)
    return Q(name__icontains=words) | Q(account__name__icontains=words)


def _words(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())[:200]
