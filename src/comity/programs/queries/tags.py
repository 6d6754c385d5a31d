"""Tags and saved views: the vendor's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.programs.models import PartnershipTag, Program, SavedView


def tags_of(vendor_id: UUID, partnership_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The tags of these partnerships, by name: one query."""
    found: defaultdict[UUID, list[str]] = defaultdict(list)
    rows = PartnershipTag.objects.filter(vendor_id=vendor_id, partnership_id__in=list(partnership_ids))
    for key, name in rows.order_by("name").values_list("partnership_id", "name"):
        found[key].append(name)
    return dict(found)


def tag_names(program: Program) -> list[str]:
    """Every tag in use in a program."""
    rows = PartnershipTag.objects.filter(vendor_id=program.vendor_id, partnership__program=program)
    return list(rows.order_by("name").values_list("name", flat=True).distinct())


def views_visible_to(actor: Actor, program: Program, page: str) -> QuerySet[SavedView]:
    """One's own views of a list, and those that others share, by name."""
    if not actor.is_vendor or not actor.can(Permission.VIEW_PARTNERS):
        return SavedView.objects.none()
    found = SavedView.objects.filter(vendor_id=actor.organization_id, program=program, page=page)
    return found.filter(Q(owner_id=actor.person_id) | Q(is_shared=True)).select_related("owner").order_by("name", "id")
