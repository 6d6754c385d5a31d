"""The order of a list and the clock it goes by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from comity.worklist.needs import Need, NeedKind, said
from comity.worklist.rules import (
    business_days_after,
    business_hours,
    hours_left,
    in_order,
    is_behind_pace,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=BERLIN)  # a Monday


def need(number: int, stake: int | None = None, due: datetime | None = None) -> Need:
    return Need(
        kind=NeedKind.DEAL_SLIPPED,
        subject_id=UUID(int=number),
        in_words=said(f"Need {number}", ()),
        at_stake=None if stake is None else Decimal(stake),
        due_at=due,
        seen_at=NOW,
    )


def at(days: int, hour: int = 9) -> datetime:
    return NOW.replace(hour=hour) + timedelta(days=days)


def test_a_business_day_has_eight_hours_and_a_weekend_none():
    assert business_hours(at(0), at(0, 17), BERLIN) == 8
    assert business_hours(at(0, 7), at(0, 22), BERLIN) == 8
    assert business_hours(at(0, 16), at(1, 10), BERLIN) == 2
    assert business_hours(at(4, 16), at(7, 10), BERLIN) == 2  # Friday to Monday
    assert business_hours(at(5), at(6, 17), BERLIN) == 0
    assert business_hours(at(0), at(28), BERLIN) == 160  # the clocks change on the way
    assert business_hours(at(1), at(0), BERLIN) == 0
    assert business_hours(NOW.astimezone(UTC), at(0, 12).astimezone(UTC), BERLIN) == 3
    assert business_days_after(at(3, 20), 2, BERLIN) == at(7, 17)  # Thursday, Friday, Monday


instants = st.integers(0, 180 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))


@given(st.lists(instants, min_size=3, max_size=3).map(sorted))
def test_business_hours_add_up(days):
    first, middle, last = days
    parts = business_hours(first, middle, BERLIN) + business_hours(middle, last, BERLIN)
    assert abs(parts - business_hours(first, last, BERLIN)) < Decimal("0.000001")
    assert 0 <= business_hours(first, last, BERLIN) <= Decimal((last - first).total_seconds()) / 3600 + 2


def test_overdue_first_then_value_by_the_hour():
    overdue_small, overdue_large = need(1, 10, at(-1)), need(2, 500, at(-30))
    due_soon, due_late, open_ended, priceless = need(3, 100, at(0, 11)), need(4, 400, at(7)), need(5, 400), need(6)
    given_order = [priceless, open_ended, due_late, due_soon, overdue_small, overdue_large]
    # 100 in 2 hours is 50 an hour; 400 in 40 hours is 10, and so it is without a due instant: as gathered.
    assert in_order(given_order, BERLIN) == [overdue_large, overdue_small, due_soon, open_ended, due_late, priceless]
    assert hours_left(due_soon, BERLIN) == 2


needs = st.lists(
    st.tuples(st.none() | st.integers(0, 1000), st.none() | st.integers(-40, 40)), min_size=1, max_size=12
).map(
    lambda rows: [need(number, stake, None if days is None else at(days)) for number, (stake, days) in enumerate(rows)]
)


@given(needs)
def test_any_list_is_in_order_and_ties_keep_theirs(given_needs):
    ordered = in_order(given_needs, BERLIN)
    assert sorted(one.subject_id for one in ordered) == [one.subject_id for one in given_needs]
    assert [one.is_overdue for one in ordered] == sorted((one.is_overdue for one in ordered), reverse=True)
    assert in_order(ordered, BERLIN) == ordered
    alike = [need(number, 7, at(3)) for number in range(5)]
    assert in_order(alike, BERLIN) == alike


@given(needs, st.integers(0, 11), st.integers(1, 10_000))
def test_more_at_stake_never_comes_later(given_needs, which, more):
    which %= len(given_needs)
    raised = list(given_needs)
    one = raised[which]
    raised[which] = need(which, int(one.at_stake or 0) + more, one.due_at)

    def place(rows):
        return [row.subject_id for row in in_order(rows, BERLIN)].index(one.subject_id)

    assert place(raised) <= place(given_needs)


def test_a_quota_is_behind_when_its_days_ask_for_more():
    def behind(credited, share):
        return is_behind_pace(credited=Decimal(credited), quota=Decimal(100), share_over=Decimal(share))

    assert [behind(39, "0.5"), behind(40, "0.5"), behind(0, "0.1"), behind(0, "0.15")] == [True, False, False, True]
