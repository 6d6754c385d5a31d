"""Where nobody covers: partner types by regions, each cell by segment, down to the partners that stand there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comity.programs.queries import coverage_of, regions_of, standing_of
from comity.programs.queries.team import StandingHere
from comity.programs.rules import CoverageCell
from comity.programs.states import Segment, Status
from comity.web.doors import WorkspaceRequest
from comity.web.templatetags.figures import spoken_lazily

NOWHERE: Final = StandingHere()


@dataclass(frozen=True)
class ShownCell:
    """One cell: who covers it, its partners with the address of their list, each segment with its own, and those that
    nobody manages."""

    cell: CoverageCell
    count: int
    address: str
    segments: list[tuple[str, str]]
    without_manager: tuple[str, str] | None


def coverage_page(request: WorkspaceRequest) -> dict[str, Any]:
    """Regions, rows of cells, segments to choose from, and how many partners stand where nobody covers."""
    standing = standing_of(request.program)
    regions, rows = coverage_of(request.program, standing)
    keys = {region.name: str(region.pk) for region in regions_of(request.program)}
    chosen = request.GET.get("segment", "")
    chosen = chosen if chosen in [*Segment, "none"] else ""
    shown = [[_cell(request, cell, keys, standing, chosen) for cell in row] for row in rows]
    gaps = [one for row in shown for one in row if one.cell.is_gap]
    return {
        "regions": [region or _("No region") for region in regions] or [_("Everywhere")],
        "rows": shown,
        "gaps": len(gaps),
        "uncovered": sum(one.count for one in gaps),
        "segments": [("?", _("All segments"), not chosen)]
        + [(f"?segment={one.value}", spoken_lazily(one.value), one == chosen) for one in Segment]
        + [("?segment=none", _("No segment"), chosen == "none")],
    }


def _cell(
    request: WorkspaceRequest,
    cell: CoverageCell,
    keys: Mapping[str, str],
    standing: Mapping[tuple[str, str], StandingHere],
    chosen: str,
) -> ShownCell:
    here = standing.get((cell.partner_type, cell.region), NOWHERE)
    base = {"status": Status.ACTIVE.value, "type": cell.partner_type, "region": keys.get(cell.region, "none")}
    if not keys:
        del base["region"]
    if chosen:
        count = here.segments["" if chosen == "none" else chosen]
        return ShownCell(cell, count, _list(request, base | {"segment": chosen}), [], None)
    segments = [
        (f"{here.segments[one.value]} {spoken_lazily(one.value)}", _list(request, base | {"segment": one.value}))
        for one in Segment
        if here.segments[one.value]
    ]
    alone = None
    if here.without_manager:
        count = here.without_manager
        said = ngettext("%(count)s without a manager", "%(count)s without a manager", count) % {"count": count}
        alone = (said, _list(request, base | {"manager": "none"}))
    return ShownCell(cell, cell.partnerships, _list(request, base), segments, alone)


def _list(request: WorkspaceRequest, query: Mapping[str, str]) -> str:
    return f"{reverse('workspace:partners', args=[request.program.slug])}?{urlencode(query)}"
