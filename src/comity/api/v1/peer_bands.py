"""Where a partner stands among its peers, for the partner itself."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from ninja import Router
from pydantic import Field

from comity.api.fields import Amount, Currency, Output
from comity.api.tokens import READ
from comity.api.v1.lookups import partnership_of
from comity.insights.peers import Measure, Peers, peer_bands_for

router = Router(tags=["Performance"])


class PeerBandOut(Output):
    """One figure of the 12 months to a day: one's own, and the middle half of the peers, rounded."""

    measure: Measure
    as_of: date
    currency: Annotated[Currency | None, Field(description="Of money; null for the win rate, a ratio.")]
    own: Annotated[Amount | None, Field(description="Null: nothing known, or some amounts are kept from you.")]
    peers: Annotated[Peers | None, Field(description="The group compared with; null: no group is large enough.")]
    low: Annotated[Amount | None, Field(description="A quarter of the peers is below.")]
    middle: Annotated[Amount | None, Field(description="The median of the peers.")]
    high: Annotated[Amount | None, Field(description="A quarter of the peers is above.")]


class PeerBands(Output):
    """The bands of a partnership; none while the program does not show them."""

    items: list[PeerBandOut]


@router.get(
    "/partnerships/{uuid:partnership_id}/peer-bands",
    response=PeerBands,
    auth=READ,
    summary="Read where you stand among your peers",
)
def read_peer_bands(request: Any, partnership_id: UUID) -> Any:
    """A partner's own figures beside bands over at least nine partners. Needs “portal performance”."""
    partnership = partnership_of(request.actor, partnership_id)
    return PeerBands(
        items=[
            PeerBandOut(
                measure=band.measure,
                as_of=band.as_of,
                currency=None if band.measure is Measure.WIN_RATE else partnership.program.currency,
                own=band.own,
                peers=band.peers,
                low=band.low,
                middle=band.middle,
                high=band.high,
            )
            for band in peer_bands_for(request.actor, partnership)
        ]
    )
