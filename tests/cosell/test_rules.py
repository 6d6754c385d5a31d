"""Shares are exact for any split, and a checklist is read as it is typed."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.cosell.rules import MEDDIC, as_lines, checked_split, items_from_lines, with_share
from comity.deals.rules import SharesRefused

MILLIONTHS = st.integers(0, 1_000_000)


@given(weights=st.lists(MILLIONTHS, min_size=1, max_size=8), mine=MILLIONTHS)
def test_a_share_taken_up_leaves_the_whole(weights, mine):
    keys = [UUID(int=number) for number in range(1, len(weights) + 1)]
    whole = sum(weights) or 1
    before = {key: Decimal(weight * 1_000_000 // whole) / 1_000_000 for key, weight in zip(keys, weights, strict=True)}
    me, share = UUID(int=99), Decimal(mine) / 1_000_000
    after = with_share({**before, me: Decimal(0)}, me, share)
    assert sum(after.values()) == 1
    assert after.get(me, 0) == share
    rest = 1 - share
    total = sum(before.values())
    for key in keys:
        fair = rest * before[key] / total if total else rest / len(keys)
        assert abs(after.get(key, Decimal(0)) - fair) <= Decimal("0.000001")


def test_what_is_no_split_is_refused():
    one, two = UUID(int=1), UUID(int=2)
    assert checked_split({one: Decimal(1), two: Decimal(0)}) == {one: Decimal(1)}
    assert checked_split({one: Decimal(0)}) == {}
    for wrong in ({one: Decimal("0.5")}, {one: Decimal("1.5"), two: Decimal("-0.5")}, {one: Decimal("NaN")}):
        with pytest.raises(SharesRefused):
            checked_split(wrong)
    with pytest.raises(SharesRefused):
        checked_split({one: Decimal("0.3333333"), two: Decimal("0.6666667")})
    with pytest.raises(SharesRefused):
        with_share({one: Decimal(0)}, one, Decimal("0.4"))


def test_a_checklist_is_read_as_it_is_typed():
    assert items_from_lines(as_lines(MEDDIC)) == MEDDIC
    assert [item.key for item in items_from_lines("2nd buyer: who?\n\nÄrger\n")] == ["q_2nd_buyer", "rger"]
