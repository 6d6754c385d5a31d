"""The four figures at the head of a partner's page: each over the last year, beside the median of its peers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from comity.identity.roles import Permission
from comity.insights.engine import quotient
from comity.insights.question import twelve_months_to
from comity.insights.trends import Point, Trend, trends_of
from comity.programs.models import Partnership
from comity.web.doors import WorkspaceRequest

WIDTH, HEIGHT, MARGIN = 120, 28, 2


@dataclass(frozen=True)
class Sparkline:
    """Two lines as the points of an SVG: the partner's, and the median's."""

    own: str
    median: str


def tiles(request: WorkspaceRequest, partnership: Partnership) -> list[dict[str, Any]]:
    """The tiles, or none before the first figures were counted. Two queries."""
    trends = trends_of(request.program, partnership.pk)
    return [
        {
            **_tile(request, trends[name]),
            "label": label(),
            "unit": unit,
            "href": link(request, partnership, trends[name]),
        }
        for name, (label, unit, link) in _TILES.items()
        if trends[name].now is not None
    ]


def _tile(request: WorkspaceRequest, trend: Trend) -> dict[str, Any]:
    now, first = trend.points[-1], trend.points[0]
    change = None
    if now.value is not None and first.value:
        change = quotient(now.value - first.value, abs(first.value))
    return {
        "value": now.value,
        "currency": request.program.currency if trend.name != "win_rate" else "",
        "as_of": now.on,
        "change": change,
        "median": now.median,
        "peers": trend.peers,
        "period": _("open") if trend.name == "pipeline" else _("12 months"),
        "line": draw(trend.points),
        "reason": _("nothing was closed") if trend.name == "win_rate" else _("no amount is known"),
    }


def draw(points: Sequence[Point]) -> Sparkline:
    """Both lines on one scale, from nought to the most of either."""
    known = [value for point in points for value in (point.value, point.median) if value is not None]
    most = max(known, default=Decimal(0)) or Decimal(1)
    return Sparkline(_line([point.value for point in points], most), _line([point.median for point in points], most))


def _line(values: Sequence[Decimal | None], most: Decimal) -> str:
    step = WIDTH / max(len(values) - 1, 1)
    room = HEIGHT - 2 * MARGIN
    return " ".join(
        f"{place * step:.1f},{HEIGHT - MARGIN - float(value / most) * room:.1f}"
        for place, value in enumerate(values)
        if value is not None
    )


def _metric(name: str) -> Callable[[WorkspaceRequest, Partnership, Trend], str]:
    def link(request: WorkspaceRequest, partnership: Partnership, trend: Trend) -> str:
        on = trend.points[-1].on
        days = {"from": twelve_months_to(on), "to": on, "by": "partner", "key": partnership.pk}
        return f"{reverse('workspace:metric', args=[request.program.slug, name])}?{urlencode(days)}"

    return link


def _open_deals(request: WorkspaceRequest, partnership: Partnership, trend: Trend) -> str:
    if not request.actor.can(Permission.VIEW_DEALS):
        return ""
    query = urlencode({"partner": partnership.pk, "status": "open"})
    return f"{reverse('workspace:deals', args=[request.program.slug])}?{query}"


_TILES: Final[dict[str, tuple[Callable[[], str], str, Callable[[WorkspaceRequest, Partnership, Trend], str]]]] = {
    "revenue": (lambda: _("Revenue"), "money", _metric("partner_revenue")),
    "pipeline": (lambda: _("Open pipeline"), "money", _open_deals),
    "win_rate": (lambda: _("Win rate"), "ratio", _metric("win_rate")),
    "deal_size": (lambda: _("Average deal size"), "money", _metric("average_deal_size")),
}
