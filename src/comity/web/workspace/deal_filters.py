"""The filters of the deals list: read from the address, shown as chips, carried into the export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from comity.deals.models import CustomerAccount, ProductFamily
from comity.deals.queries import DealFilter, stages_visible_to
from comity.deals.states import DealStatus, PartnerRole
from comity.programs.models import Manager, Partnership
from comity.web.doors import WorkspaceRequest
from comity.web.templatetags.figures import spoken_lazily

IDS: Final = ("stage", "manager", "partner", "customer", "family")
DAYS: Final = {"from": "closed_from", "to": "closed_to"}
CARRIED: Final = ("q", "status", "role", *IDS, *DAYS)
STATUSES: Final = [(status.value, spoken_lazily(status.value)) for status in DealStatus]
ROLES: Final = [(role.value, spoken_lazily(role.value)) for role in PartnerRole]


@dataclass
class Asked:
    """What an address asks for: the filter, the texts as typed, and what could not be read."""

    wanted: DealFilter
    typed: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    def query(self, **changed: str) -> str:
        """The address's filters with some changed; "" takes one off. Paging starts again."""
        values = {**self.typed, **changed}
        return urlencode({name: value for name, value in values.items() if value})


def read_filters(given: QueryDict) -> Asked:
    """Read the filters of an address. What cannot be read limits nothing and is told."""
    typed = {name: given.get(name, "").replace("\x00", "").strip() for name in (*CARRIED, "sort")}
    problems: dict[str, str] = {}
    found: dict[str, Any] = {"search": typed["q"]}
    if typed["status"] in set(DealStatus):
        found["status"] = typed["status"]
    if typed["role"] in set(PartnerRole):
        found["role"] = typed["role"]
    for name in IDS:
        try:
            found[name] = UUID(typed[name]) if typed[name] else None
        except ValueError:
            problems[name] = _("This address names something that does not exist; the filter was left out.")
    for name, column in DAYS.items():
        try:
            found[column] = date.fromisoformat(typed[name]) if typed[name] else None
        except ValueError:
            problems[name] = _("“%(day)s” is not a day; write it like 2026-03-31.") % {"day": typed[name][:40]}
    if found.get("closed_from") and found.get("closed_to") and found["closed_from"] > found["closed_to"]:
        problems["to"] = _("The last day lies before the first one; no deal can close in between.")
    return Asked(DealFilter(**found), typed, problems)


def choices(request: WorkspaceRequest) -> dict[str, list[tuple[str, str]]]:
    """What the selects of the list offer; three queries."""
    vendor_id = request.actor.organization_id
    managers = Manager.objects.filter(vendor_id=vendor_id, program=request.program).order_by("name")
    families = ProductFamily.objects.filter(vendor_id=vendor_id).order_by("name")
    return {
        "status": STATUSES,
        "stage": [(str(row.pk), row.name) for row in stages_visible_to(request.actor, request.program)],
        "manager": [(str(row.pk), row.name) for row in managers[:500]],
        "family": [(str(row.pk), row.name) for row in families[:500]],
        "role": ROLES,
    }


def chips(
    request: WorkspaceRequest, asked: Asked, offered: Mapping[str, list[tuple[str, str]]]
) -> list[dict[str, str]]:
    """One chip for each filter that is set, with the address without it."""
    labels = {
        "status": _("Status"), "stage": _("Stage"), "manager": _("Manager"), "partner": _("Partner"),
        "customer": _("Customer"), "family": _("Family"), "role": _("Role"), "from": _("Closed from"),
        "to": _("Closed to"), "q": _("Search"),
    }  # fmt: skip
    named = {name: dict(options) for name, options in offered.items()}
    named |= {"partner": _name_of(request, Partnership, asked), "customer": _name_of(request, CustomerAccount, asked)}
    found = []
    for name, label in labels.items():
        value = asked.typed[name]
        if value and name not in asked.problems:
            text = named[name].get(value, value if name in ("q", *DAYS) else _("unknown")) if name in named else value
            found.append({"key": label, "label": text[:60], "remove": f"?{asked.query(**{name: ''})}"})
    return found


def _name_of(
    request: WorkspaceRequest, model: type[Partnership] | type[CustomerAccount], asked: Asked
) -> dict[str, str]:
    """The one partner or customer the address names; they are too many for a select."""
    wanted = asked.wanted.partner if model is Partnership else asked.wanted.customer
    if wanted is None:
        return {}
    row = model._default_manager.filter(vendor_id=request.actor.organization_id, pk=wanted).first()
    return {str(wanted): row.name} if row else {}
