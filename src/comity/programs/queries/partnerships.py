"""Partnerships: who sees which, found by name, filters and order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import StrIndex

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.names import sort_key
from comity.kernel.words import words
from comity.platform.tenancy import current_scope, tenant
from comity.programs.models import (
    DeclaredCapabilities,
    DistributorLink,
    ManagerAssignment,
    Partnership,
    PartnershipSegment,
    PartnershipTag,
    Program,
)
from comity.programs.states import MACHINE


class PartnershipNotFound(NotFound):
    """There is no such partner, or the reader may not know of it."""

    code, title = "partnership_not_found", words("No such partner")


#: What a list may be sorted by -> the column; the name and the key always come after, so that pages never overlap.
SORTS: Final = {
    "name": "sort_name",
    "tier": "tier__rank",
    "segment": "segment",
    "manager": "manager__name",
    "region": "region__name",
    "status": "status",
    "started": "started_on",
}


@dataclass(frozen=True)
class PartnershipFilter:
    """What a list asks for; the keys are ids, "none" asks for partners without one, "" for all."""

    search: str = ""
    status: str = ""
    tier: str = ""
    partner_type: str = ""
    region: str = ""
    manager: str = ""
    segment: str = ""
    tag: str = ""
    sort: str = "name"


@dataclass(frozen=True)
class Contact:
    """What a partner learns of its manager."""

    name: str
    email: str


def partnerships_visible_to(actor: Actor, program: Program | None = None) -> QuerySet[Partnership]:
    """The vendor's partnerships (of one program), or a partner's own, by name.

    For a vendor each row also has `segment` and `potential`: its own lens, which the partner's rows never carry.
    """
    if not actor.is_vendor:
        found = Partnership.objects.filter(partner_id=actor.organization_id)
    elif actor.can(Permission.VIEW_PARTNERS):
        found = Partnership.objects.filter(vendor_id=actor.organization_id).select_related("manager")
        record = PartnershipSegment.objects.filter(vendor_id=OuterRef("vendor_id"), partnership=OuterRef("pk"))
        found = found.annotate(
            segment=Subquery(record.values("segment")[:1]), potential=Subquery(record.values("potential")[:1])
        )
    else:
        found = Partnership.objects.none()
    if program is not None:
        found = found.filter(program=program)
    return found.select_related("program", "tier", "region").order_by("sort_name", "id")


def filter_partnerships(rows: QuerySet[Partnership], wanted: PartnershipFilter) -> QuerySet[Partnership]:
    """Narrow and sort a vendor's rows. Unknown ids find nothing, unknown orders are those by name."""
    if text := sort_key(wanted.search):
        # position(), not LIKE: both are evaluated after the policy, and this needs no escaping.
        rows = rows.annotate(found_at=StrIndex(F("sort_name"), Value(text))).filter(found_at__gt=0)
    if wanted.status:
        rows = rows.filter(status=wanted.status)
    if wanted.partner_type:
        rows = rows.filter(types__contains=[wanted.partner_type])
    for field, value in (("tier", wanted.tier), ("region", wanted.region), ("manager", wanted.manager)):
        if value == "none":
            rows = rows.filter(**{f"{field}__isnull": True})
        elif value:
            rows = rows.filter(**{field: _key(value)})
    if wanted.tag:
        tagged = PartnershipTag.objects.filter(vendor_id=OuterRef("vendor_id"), partnership=OuterRef("pk"))
        rows = rows.filter(Exists(tagged.filter(name=wanted.tag)))
    if wanted.segment == "none":
        rows = rows.filter(Q(("segment__isnull", True)) | Q(("segment", "")))
    elif wanted.segment:
        rows = rows.filter(Q(("segment", wanted.segment)))
    return _sorted(rows, wanted.sort)


def partnership_visible_to(actor: Actor, partnership_id: UUID, program: Program | None = None) -> Partnership:
    """One partnership, as in `partnerships_visible_to`. Raises PartnershipNotFound."""
    found = partnerships_visible_to(actor, program).filter(pk=partnership_id).first()
    if found is None:
        raise PartnershipNotFound(words("There is no such partner here."))
    return found


def capabilities_of(partnership: Partnership) -> DeclaredCapabilities | None:
    """What the partner says that it can do; nothing where it said nothing. Both sides may read it."""
    return DeclaredCapabilities.objects.filter(vendor_id=partnership.vendor_id, partnership=partnership).first()


def assignments_of(partnership: Partnership) -> QuerySet[ManagerAssignment]:
    """Who managed it from when to when, the newest first; vendor only."""
    return (
        ManagerAssignment.objects.filter(vendor_id=partnership.vendor_id, partnership=partnership)
        .select_related("manager")
        .order_by(F("to_on").desc(nulls_first=True), F("from_on").desc(nulls_last=True), "-id")
    )


def distributors_of(partnership: Partnership) -> QuerySet[DistributorLink]:
    """The distributors directly above it; vendor only, since it reads their names."""
    links = DistributorLink.objects.filter(vendor_id=partnership.vendor_id, partnership=partnership)
    return links.select_related("distributor").order_by("distributor__sort_name", "id")


def resellers_of(partnership: Partnership) -> QuerySet[DistributorLink]:
    """The partners that buy through it; vendor only."""
    links = DistributorLink.objects.filter(vendor_id=partnership.vendor_id, distributor=partnership)
    return links.select_related("partnership").order_by("partnership__sort_name", "id")


def segment_record_of(partnership: Partnership) -> PartnershipSegment | None:
    """Segment and potential; vendor only."""
    return PartnershipSegment.objects.filter(vendor_id=partnership.vendor_id, partnership=partnership).first()


def contact_of(partnership: Partnership) -> Contact | None:
    """Name and e-mail of the partner manager, for the partner's pages; None where nobody is assigned.

    Managers are rows of the vendor alone. This one function opens the vendor's scope deliberately, for these two
    values of one row: a partner must know whom to ask, and nothing else about the vendor's team. That the reader has
    the partnership is asked again under their own scope first.
    """
    seen = Partnership.objects.filter(pk=partnership.pk).values_list("vendor_id", "manager_id").first()
    if seen is None or seen[1] is None:
        return None
    vendor_id, manager_id = seen
    with tenant(organization_id=vendor_id, door=current_scope().door):
        row = Partnership.objects.filter(vendor_id=vendor_id, pk=partnership.pk, manager=manager_id)
        found = row.values_list("manager__name", "manager__email", "manager__person__email").first()
    if found is None:
        return None
    name, email, login = found
    return Contact(name=name, email=email or login or "")


def moves_possible(partnership: Partnership) -> Sequence[str]:
    """The moves its status allows, in the order of the table."""
    states = {state.value: state for state in MACHINE.states}
    return [move.value for move in MACHINE.moves_from(states[partnership.status])]


def _sorted(rows: QuerySet[Partnership], sort: str) -> QuerySet[Partnership]:
    column = SORTS.get(sort.removeprefix("-"), "sort_name")
    descending = sort.startswith("-")
    first = F(column).desc(nulls_last=True) if descending else F(column).asc(nulls_last=True)
    return rows.order_by(first, "sort_name", "id") if column != "sort_name" else rows.order_by(first, "id")


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
