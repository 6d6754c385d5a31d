"""Where we stand among our peers, as the programme lets its partners read it: a band, never a name or a count."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _later

from comity.insights.peers import FEWEST, Measure, PeerBand, Peers, peer_bands_for
from comity.web.doors import PortalRequest

LABELS: Final = {
    Measure.REVENUE: _later("Won in 12 months"),
    Measure.DEAL_SIZE: _later("Average deal won in 12 months"),
    Measure.WIN_RATE: _later("Win rate in 12 months"),
}
GROUPS: Final = {
    Peers.TYPE_AND_TIER: _later("active partners of our type and tier"),
    Peers.TYPE: _later("active partners of our type"),
    Peers.TIER: _later("active partners of our tier"),
    Peers.PROGRAM: _later("all active partners of the programme"),
}


@dataclass(frozen=True)
class Line:
    """One figure beside its band, and the places of a drawing in per cent."""

    band: PeerBand
    label: str | Promise
    unit: str
    group: str | Promise
    place: str
    """above, within or below the middle half; empty where one side is not known."""
    low: int = 0
    middle: int = 0
    width: int = 0
    own: int | str = ""


def standing(request: PortalRequest) -> dict[str, Any]:
    """What the page shows of it: whether the programme does, and a line for each figure that there is."""
    lines = [_line(band) for band in peer_bands_for(request.actor, request.partnership)]
    return {
        "shows_peers": request.program.shows_peer_band,
        "peers": lines if any(line.band.peers for line in lines) else [],
        "peers_as_of": max((line.band.as_of for line in lines), default=None),
        "fewest_peers": FEWEST,
    }


def _line(band: PeerBand) -> Line:
    unit, label = "ratio" if band.measure is Measure.WIN_RATE else "money", LABELS[band.measure]
    if band.peers is None or band.low is None or band.middle is None or band.high is None:
        return Line(band, label, unit, "", "")
    most = max(band.high, band.own or Decimal(0)) * Decimal("1.05")
    low, middle, high = (_share(value, most) for value in (band.low, band.middle, band.high))
    own = "" if band.own is None else max(2, min(98, _share(band.own, most)))
    return Line(band, label, unit, GROUPS[band.peers], _place(band), low, middle, max(high - low, 1), own)


def _place(band: PeerBand) -> str:
    if band.own is None or band.low is None or band.high is None:
        return ""
    return "below" if band.own < band.low else "above" if band.own > band.high else "within"


def _share(value: Decimal, most: Decimal) -> int:
    return round(value / most * 100)
