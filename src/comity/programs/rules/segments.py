"""Who is Strategic, Core or Emerging: by rank of revenue, potential breaking ties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple
from uuid import UUID

from comity.kernel.words import Figure, words
from comity.programs.states import Segment


class SegmentRow(NamedTuple):
    """What is known of one partnership: revenue of the window (None: not available) and potential 0-100."""

    partnership_id: UUID
    revenue: Decimal | None
    potential: int | None


@dataclass(frozen=True)
class Placement:
    """Where one partnership falls, and why. `rank` counts from 1."""

    partnership_id: UUID
    rank: int
    revenue: Decimal | None
    potential: int | None
    segment: Segment
    explanation: str


def place_in_segments(
    rows: Iterable[SegmentRow],
    *,
    strategic_share: Decimal = Decimal("0.125"),
    core_share: Decimal = Decimal("0.375"),
    currency: str = "",
) -> list[Placement]:
    """Rank by revenue, then potential, then the order of entry (the key); cut by shares, counts rounded up.

    A revenue that is not available ranks below every known one, a potential that nobody set below 0.
    Raises ValueError for shares outside 0-1 or together above 1.
    """
    if min(strategic_share, core_share) < 0 or strategic_share + core_share > 1:
        raise ValueError(f"Shares lie between 0 and 1 and sum to at most 1, not {strategic_share} and {core_share}.")
    ranked = sorted(rows, key=_standing)
    total = len(ranked)
    strategic = _rounded_up(total, strategic_share)
    core = min(_rounded_up(total, core_share), total - strategic)
    bounds = ((Segment.STRATEGIC, strategic), (Segment.CORE, strategic + core), (Segment.EMERGING, total))
    same_revenue = Counter(row.revenue for row in ranked)
    placements = []
    for rank, row in enumerate(ranked, start=1):
        segment = next(candidate for candidate, last in bounds if rank <= last)
        why = _explanation(row, rank, total, segment, dict(bounds), same_revenue[row.revenue], currency)
        placements.append(Placement(row.partnership_id, rank, row.revenue, row.potential, segment, why))
    return placements


def _standing(row: SegmentRow) -> tuple[bool, Decimal, int, int]:
    revenue = row.revenue if row.revenue is not None else Decimal(0)
    potential = row.potential if row.potential is not None else -1
    return row.revenue is None, -revenue, -potential, row.partnership_id.int


def _rounded_up(total: int, share: Decimal) -> int:
    return int((total * share).to_integral_value(rounding=ROUND_CEILING))


def _explanation(
    row: SegmentRow, rank: int, total: int, segment: Segment, last: dict[Segment, int], tied: int, currency: str
) -> str:
    """One sentence on the rank, one on a tie if there was one, one on the cut."""
    amount = (
        words("revenue not available")
        if row.revenue is None
        else words("revenue %(currency)s %(revenue)s", currency=currency, revenue=Figure(row.revenue, 2))
    )
    sentences = [words("Rank %(rank)s of %(total)s: %(amount)s.", rank=rank, total=total, amount=amount)]
    if tied > 1:
        known = (
            words("no potential set")
            if row.potential is None
            else words("potential %(potential)s", potential=row.potential)
        )
        sentences.append(
            words(
                "%(tied)s partners have the same revenue; %(known)s and then the order of entry decide.",
                tied=tied,
                known=known,
            )
        )
    sentences.append(
        {
            Segment.STRATEGIC: words("Ranks 1 to %(last)s are Strategic.", last=last[Segment.STRATEGIC]),
            Segment.CORE: words(
                "Ranks %(first)s to %(last)s are Core.", first=last[Segment.STRATEGIC] + 1, last=last[Segment.CORE]
            ),
            Segment.EMERGING: words("Ranks from %(first)s are Emerging.", first=last[Segment.CORE] + 1),
        }[segment]
    )
    return " ".join(sentences)
