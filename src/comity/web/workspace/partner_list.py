"""The rows of the list of partners: asked for by the address, found, sorted, and dressed with figures and health."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.http.request import QueryDict
from django.urls import reverse

from comity.identity.roles import Permission
from comity.insights.models import PartnerFigures
from comity.insights.question import today_of
from comity.insights.rules import Facts, score_of
from comity.insights.trends import figures_of
from comity.programs.calendars import today_in
from comity.programs.models import Partnership
from comity.programs.queries import PartnershipFilter, filter_partnerships, partnerships_visible_to, tags_of
from comity.timeline.queries import with_touches
from comity.web.doors import WorkspaceRequest
from comity.web.workspace.partner_health import FIGURES, DaysBefore, ShownHealth, assess

PAGE_SIZE: Final = 50
#: A filter's name in the address -> its field in PartnershipFilter.
FILTERS: Final = {
    "q": "search", "status": "status", "tier": "tier", "type": "partner_type",
    "segment": "segment", "region": "region", "manager": "manager", "tag": "tag", "sort": "sort",
}  # fmt: skip
QUIET_DAYS: Final = ("30", "60", "90", "never")
STEPS: Final = ("late", "none", "set")
#: Orders that no column of the partnership gives -> what the rows are annotated with.
OWN_SORTS: Final = {"contact": "last_contact_at", "step": "next_step_on", "revenue": "revenue"}
UNKNOWN_SCORE: Final = -1


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    wanted: PartnershipFilter
    quiet: str = ""
    """Not spoken with for so many days, or never."""
    step: str = ""
    """The next step: late, none or set."""

    @property
    def is_filtered(self) -> bool:
        """Whether anything limits the rows."""
        own = [getattr(self.wanted, item.name) for item in fields(self.wanted) if item.name != "sort"]
        return any([*own, self.quiet, self.step])

    def query(self, **changes: str) -> str:
        """The query of an address for the same list."""
        now = {name: getattr(self.wanted, field) for name, field in FILTERS.items()}
        values = {**now, "quiet": self.quiet, "step": self.step, **changes}
        return urlencode({name: value for name, value in values.items() if value and (name, value) != ("sort", "name")})


@dataclass(frozen=True)
class Line:
    """One partner as the list shows it."""

    partner: Any
    address: str
    figures: PartnerFigures | None
    health: ShownHealth
    tags: Sequence[str]
    last_contact_on: date | None
    is_late: bool


def read(given: QueryDict) -> Asked:
    """What is asked for; what is not understood finds nothing or is left out."""
    wanted = {field: given.get(name, "").strip().replace("\x00", "") for name, field in FILTERS.items()}
    quiet, step = given.get("quiet", ""), given.get("step", "")
    return Asked(
        PartnershipFilter(**{**wanted, "sort": wanted["sort"] or "name"}),
        quiet if quiet in QUIET_DAYS else "",
        step if step in STEPS else "",
    )


def matching(request: WorkspaceRequest, asked: Asked) -> QuerySet[Partnership]:
    """The partners that are asked for, in their order; not sorted where health decides it."""
    rows = filter_partnerships(partnerships_visible_to(request.actor, request.program), asked.wanted)
    rows = with_touches(rows)
    if asked.quiet:
        rows = rows.filter(_quiet(request, asked.quiet))
    if asked.step == "late":
        rows = rows.filter(Q(("next_step_on__lt", today_in(request.program, request.received_at))))
    elif asked.step:
        rows = rows.filter(Q(("next_step__isnull", asked.step == "none")))
    column = OWN_SORTS.get(asked.wanted.sort.removeprefix("-"))
    if column is None:
        return rows
    if column == "revenue":
        rows = _with_revenue(request, rows)
    descending = asked.wanted.sort.startswith("-")
    first = F(column).desc(nulls_last=True) if descending else F(column).asc(nulls_last=True)
    return rows.order_by(first, "sort_name", "id")


def page_of(request: WorkspaceRequest, asked: Asked, number: str | None) -> tuple[Page[Any], list[Line]]:
    """One page, with its lines. The number of queries does not depend on that of the rows."""
    if asked.wanted.sort.removeprefix("-") == "health" and request.actor.can(Permission.VIEW_METRICS):
        keys = _by_health(request, asked)
        page: Page[Any] = Paginator(keys, PAGE_SIZE).get_page(number)
        return page, lines_of(request, _in_order(request, list(page)))
    rows = matching(request, asked)
    page = Paginator(rows, PAGE_SIZE).get_page(number)
    return page, lines_of(request, list(page))


def lines_of(request: WorkspaceRequest, rows: Sequence[Any]) -> list[Line]:
    """Rows of `matching` with figures, health and tags: two queries."""
    keys = [row.pk for row in rows]
    figures = figures_of(request.program.vendor_id, keys) if request.actor.can(Permission.VIEW_METRICS) else {}
    tags = tags_of(request.program.vendor_id, keys)
    place = reverse("workspace:partners", args=[request.program.slug])  # a reversal a row would cost more than the rest
    zone, today = ZoneInfo(request.program.time_zone), today_in(request.program, request.received_at)
    return [
        Line(
            partner=row,
            address=f"{place}{row.pk}/",
            figures=figures.get(row.pk),
            health=assess(row, figures.get(row.pk), row.last_contact_at, request.program),
            tags=tags.get(row.pk, ()),
            last_contact_on=row.last_contact_at.astimezone(zone).date() if row.last_contact_at else None,
            is_late=row.next_step_on is not None and row.next_step_on < today,
        )
        for row in rows
    ]


def all_lines(request: WorkspaceRequest, asked: Asked, only: Iterable[UUID] | None = None) -> list[Line]:
    """Every line of the list, or those of some partners, in the list's order: for an export."""
    if asked.wanted.sort.removeprefix("-") == "health" and request.actor.can(Permission.VIEW_METRICS):
        keys = _by_health(request, asked)
        chosen = set(only) if only is not None else None
        return lines_of(request, _in_order(request, [key for key in keys if chosen is None or key in chosen]))
    rows = matching(request, asked)
    return lines_of(request, list(rows if only is None else rows.filter(pk__in=list(only))))


def _quiet(request: WorkspaceRequest, days: str) -> Q:
    if days == "never":
        return Q(("last_contact_at__isnull", True))
    day = today_of(request.program) - timedelta(days=int(days))
    since = datetime.combine(day, time.max, ZoneInfo(request.program.time_zone))
    return Q(("last_contact_at__lte", since)) | Q(("last_contact_at__isnull", True))


def _with_revenue(request: WorkspaceRequest, rows: QuerySet[Partnership]) -> QuerySet[Partnership]:
    if not request.actor.can(Permission.VIEW_METRICS):
        return rows.annotate(revenue=F("sort_name"))
    figures = PartnerFigures.objects.filter(vendor_id=OuterRef("vendor_id"), partnership_id=OuterRef("pk"))
    return rows.annotate(revenue=Subquery(figures.values("revenue")[:1]))


def _by_health(request: WorkspaceRequest, asked: Asked) -> list[UUID]:
    """The keys of all rows by their score, which no column holds: the rule decides, over two queries."""
    named = PartnershipFilter(**{**asked.wanted.__dict__, "sort": "name"})
    rows: Any = matching(request, Asked(named, asked.quiet, asked.step))
    known = PartnerFigures.objects.filter(vendor_id=request.program.vendor_id, program_id=request.program.pk)
    figures = {key: rest for key, *rest in known.values_list("partnership_id", *FIGURES)}
    days = DaysBefore(today_of(request.program), ZoneInfo(request.program.time_zone))
    scored: list[tuple[int, UUID]] = []
    for key, status, segment, started_on, last_contact_at in rows.values_list(
        "pk", "status", "segment", "started_on", "last_contact_at"
    ):
        active_on, revenue, before, deals, moved_on = figures.get(key, (None, None, None, 0, None))
        facts = Facts(
            status, segment or "", days.since(started_on), days.since_instant(last_contact_at), days.since(active_on),
            revenue, before, deals, days.since(moved_on),
        )  # fmt: skip
        score = score_of(facts)
        scored.append((UNKNOWN_SCORE if score is None else score, key))
    descending = asked.wanted.sort.startswith("-")
    rest = [pair for pair in scored if pair[0] == UNKNOWN_SCORE]
    ranked = sorted((pair for pair in scored if pair[0] != UNKNOWN_SCORE), key=lambda pair: pair[0], reverse=descending)
    return [key for _, key in [*ranked, *rest]]


def _in_order(request: WorkspaceRequest, keys: Sequence[UUID]) -> list[Partnership]:
    rows = with_touches(partnerships_visible_to(request.actor, request.program).filter(pk__in=list(keys)))
    found = {row.pk: row for row in rows}
    return [found[key] for key in keys if key in found]
