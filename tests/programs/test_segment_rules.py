"""Placement by rank: the cut adds up, ties break by potential, and nothing depends on the order of the input."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.programs.rules import SegmentRow, place_in_segments
from comity.programs.states import Segment

revenues = (
    st.none() | st.sampled_from([Decimal(0), Decimal("0.01"), Decimal(100)]) | st.decimals(-1000, 10**9, places=4)
)
rows = st.lists(
    st.builds(SegmentRow, st.uuids(), revenues, st.none() | st.integers(0, 100)),
    max_size=60,
    unique_by=lambda row: row.partnership_id,
)
shares = st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)).filter(lambda pair: sum(pair) <= 10_000)


def key(number: int) -> UUID:
    return UUID(int=number)


@given(rows, shares)
def test_the_cut_takes_rounded_up_counts_from_the_top(rows, shares):
    strategic, core = (Decimal(share) / 10_000 for share in shares)
    placed = place_in_segments(rows, strategic_share=strategic, core_share=core)
    assert [place.rank for place in placed] == list(range(1, len(rows) + 1))
    assert {place.partnership_id for place in placed} == {row.partnership_id for row in rows}
    top = math.ceil(len(rows) * Fraction(shares[0], 10_000))
    middle = min(math.ceil(len(rows) * Fraction(shares[1], 10_000)), len(rows) - top)
    expected = [Segment.STRATEGIC] * top + [Segment.CORE] * middle
    expected += [Segment.EMERGING] * (len(rows) - top - middle)
    assert [place.segment for place in placed] == expected


@given(rows, st.randoms())
def test_the_order_of_the_input_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    assert place_in_segments(shuffled) == place_in_segments(rows)


@given(rows)
def test_nobody_stands_above_somebody_with_more(rows):
    placed = place_in_segments(rows)
    for upper, lower in pairwise(placed):
        if upper.revenue is None:
            assert lower.revenue is None
        elif lower.revenue is not None:
            assert upper.revenue >= lower.revenue
        if upper.revenue == lower.revenue:
            assert (upper.potential if upper.potential is not None else -1) >= (
                lower.potential if lower.potential is not None else -1
            )


def test_eight_partners_are_cut_and_told_why():
    revenue = [900, 500, 500, 500, 20, 0, None, None]
    potential = [None, 10, 80, None, 99, None, None, 5]
    rows = [
        SegmentRow(key(number), None if amount is None else Decimal(amount), score)
        for number, (amount, score) in enumerate(zip(revenue, potential, strict=True), start=1)
    ]
    placed = place_in_segments(rows, currency="EUR")
    assert [(place.partnership_id.int, place.segment.value) for place in placed] == [
        (1, "strategic"),
        (3, "core"),
        (2, "core"),
        (4, "core"),
        (5, "emerging"),
        (6, "emerging"),
        (8, "emerging"),
        (7, "emerging"),
    ]
    assert [placed[index].explanation for index in (0, 1, 6)] == [
        "Rank 1 of 8: revenue EUR 900.00. Ranks 1 to 1 are Strategic.",
        "Rank 2 of 8: revenue EUR 500.00. 3 partners have the same revenue; potential 80 and then the order of entry "
        "decide. Ranks 2 to 4 are Core.",
        "Rank 7 of 8: revenue not available. 2 partners have the same revenue; potential 5 and then the order of entry "
        "decide. Ranks from 5 are Emerging.",
    ]


def test_nobody_is_placed_where_nobody_is():
    assert place_in_segments([]) == []


@pytest.mark.parametrize("shares", [("-0.1", "0.5"), ("0.6", "0.5"), ("0.1", "-0.5")])
def test_shares_that_are_none_are_refused(shares):
    strategic, core = map(Decimal, shares)
    with pytest.raises(ValueError, match="Shares lie between 0 and 1"):
        place_in_segments([], strategic_share=strategic, core_share=core)
