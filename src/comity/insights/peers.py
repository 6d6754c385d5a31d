"""Where a partner stands among its peers: a band that names nobody, tells no count and gives no single figure away.

The database's owner works it out from the mart of partners' figures (`comity_peer_band`); a partner reads no row, only
the answer about its own partnership. What the band may say is decided there, not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from django.db import connection

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.programs.models import Partnership

FEWEST: Final = 9
"""Partners, the reader included, below which a group tells nothing; the function in the database holds the same."""


class Measure(StrEnum):
    """What is compared, in the order in which it is shown."""

    REVENUE = "revenue"
    DEAL_SIZE = "deal_size"
    WIN_RATE = "win_rate"


class Peers(StrEnum):
    """Who is compared: the narrowest group that is large and even enough."""

    TYPE_AND_TIER = "type_and_tier"
    TYPE = "type"
    TIER = "tier"
    PROGRAM = "program"


@dataclass(frozen=True)
class PeerBand:
    """One figure of the 12 months to a day: the reader's own, exact, and the middle half of its peers, rounded.

    Money in the program's currency, the win rate as a ratio. `peers` is null, and with it the band, where no group is
    large and even enough; `own` where nothing is known, or where the vendor keeps amounts to itself.
    """

    measure: Measure
    as_of: date
    own: Decimal | None
    peers: Peers | None
    low: Decimal | None
    middle: Decimal | None
    high: Decimal | None


def peer_bands_for(actor: Actor, partnership: Partnership) -> list[PeerBand]:
    """The bands of one's own partnership; none while the program does not show them, or for one that is not active.

    One query. Raises NotAllowed.
    """
    actor.require(Permission.PORTAL_PERFORMANCE)
    if not partnership.program.shows_peer_band:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT measure, as_of, own, peers, low, middle, high FROM comity_peer_band(%s)", [partnership.pk]
        )
        found = {row[0]: row for row in cursor.fetchall()}
    return [
        PeerBand(measure, row[1], row[2], Peers(row[3]) if row[3] else None, *row[4:])
        for measure in Measure
        if (row := found.get(measure.value))
    ]
