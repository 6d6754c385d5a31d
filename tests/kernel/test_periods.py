"""Periods include both ends; a fiscal year is named by the calendar year in which it ends."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.kernel.periods import FiscalCalendar, Grain, Period, UnknownPeriod, rolling_months, window

calendars = st.builds(FiscalCalendar, st.integers(1, 12))
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))


@st.composite
def periods(draw):
    day, fiscal = draw(days), draw(calendars)
    custom = Period(day, day + timedelta(days=draw(st.integers(0, 1500))))
    return draw(st.sampled_from([custom, fiscal.month_of(day), fiscal.quarter_of(day), fiscal.year_of(day)]))


def period(starts_on: str, ends_on: str) -> Period:
    return Period(date.fromisoformat(starts_on), date.fromisoformat(ends_on))


def ends(value: Period) -> tuple[str, str]:
    return value.starts_on.isoformat(), value.ends_on.isoformat()


NAMED = [  # first month of the year, label, days
    (1, "2019-03", ("2019-03-01", "2019-03-31")),
    (1, "2020-02", ("2020-02-01", "2020-02-29")),
    (1, "2019-Q3", ("2019-07-01", "2019-09-30")),
    (1, "2019", ("2019-01-01", "2019-12-31")),
    (4, "FY2020", ("2019-04-01", "2020-03-31")),
    (4, "FY2020-Q1", ("2019-04-01", "2019-06-30")),
    (4, "FY2020-Q4", ("2020-01-01", "2020-03-31")),
    (7, "FY2019-Q3", ("2019-01-01", "2019-03-31")),
    (2, "FY2020-Q4", ("2019-11-01", "2020-01-31")),
    (12, "FY2019", ("2018-12-01", "2019-11-30")),
    (4, "2019-03", ("2019-03-01", "2019-03-31")),
    (4, "2019-Q3", ("2019-07-01", "2019-09-30")),  # without FY: the calendar's own, in any programme
    (4, "2019", ("2019-01-01", "2019-12-31")),
    (1, "2019-03-05..2019-04-04", ("2019-03-05", "2019-04-04")),
]


@pytest.mark.parametrize(("first_month", "label", "expected"), NAMED)
def test_labels_name_days(first_month, label, expected):
    parsed = FiscalCalendar(first_month).parse(label)
    assert (ends(parsed), parsed.label, str(parsed)) == (expected, label, label)


def test_a_fiscal_label_in_a_calendar_year_is_the_plain_one():
    assert FiscalCalendar().parse("FY2019-Q3") == FiscalCalendar().parse("2019-Q3")


@pytest.mark.parametrize(
    "label",
    ["", "2019-13", "2019-Q5", "19", "FY19", "2019-3", "FY2019-03", "0000", "2019-02-30..2019-03-01",
     "2019-03-02..2019-03-01", "2019 ", "２０１９", "fy2019"],
)  # fmt: skip
def test_other_labels_are_refused(label):
    with pytest.raises(UnknownPeriod, match="is not a period"):
        FiscalCalendar(4).parse(label)


@pytest.mark.parametrize(
    ("first_month", "label", "previous", "year_before"),
    [
        (1, "2020-03", "2020-02", "2019-03"),
        (1, "2021-02", "2021-01", "2020-02"),
        (1, "2020-Q1", "2019-Q4", "2019-Q1"),
        (4, "FY2020-Q1", "FY2019-Q4", "FY2019-Q1"),
        (1, "2020", "2019", "2019"),
        (7, "FY2020", "FY2019", "FY2019"),
        (1, "2020-03-11..2020-03-20", "2020-03-01..2020-03-10", "2019-03-11..2019-03-20"),
        (1, "2020-02-01..2020-02-28", "2020-01-04..2020-01-31", "2019-02-01..2019-02-28"),
        (1, "2020-02-29..2020-02-29", "2020-02-28..2020-02-28", "2019-02-28..2019-02-28"),
        (1, "2020-03-01..2021-02-28", "2019-03-02..2020-02-29", "2019-03-01..2020-02-29"),
    ],
)
def test_what_came_before(first_month, label, previous, year_before):
    fiscal = FiscalCalendar(first_month)
    value = fiscal.parse(label)
    assert (value.previous(), value.year_before()) == (fiscal.parse(previous), fiscal.parse(year_before))


@pytest.mark.parametrize(
    ("as_of", "months", "expected"),
    [
        ("2020-05-31", 12, ("2019-06-01", "2020-05-31")),
        ("2020-02-29", 12, ("2019-03-01", "2020-02-29")),
        ("2021-02-28", 12, ("2020-03-01", "2021-02-28")),
        ("2020-02-28", 12, ("2019-03-01", "2020-02-28")),
        ("2020-05-15", 12, ("2019-05-16", "2020-05-15")),
        ("2020-06-30", 1, ("2020-06-01", "2020-06-30")),
        ("2019-03-30", 1, ("2019-03-01", "2019-03-30")),
    ],
)
def test_rolling_months_include_both_ends(as_of, months, expected):
    assert ends(rolling_months(date.fromisoformat(as_of), months)) == expected


def test_a_window_ends_with_the_as_of_date():
    assert ends(window(date(2020, 5, 31), 90)) == ("2020-03-03", "2020-05-31")
    assert ends(window(date(2020, 5, 31), 1)) == ("2020-05-31", "2020-05-31")
    assert window(date(2020, 5, 31), 180).days == 180


def test_iteration_covers_the_period_in_whole_units():
    span, fiscal = period("2019-02-10", "2019-07-01"), FiscalCalendar(4)
    assert [str(month) for month in fiscal.months(span)] == [f"2019-0{month}" for month in range(2, 8)]
    assert [str(quarter) for quarter in fiscal.quarters(span)] == ["FY2019-Q4", "FY2020-Q1", "FY2020-Q2"]
    assert [str(year) for year in fiscal.years(span)] == ["FY2019", "FY2020"]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: period("2019-02-02", "2019-02-01"),
        lambda: Period(date(2019, 2, 1), date(2019, 2, 27), Grain.MONTH),
        lambda: Period(date(2019, 2, 2), date(2019, 4, 30), Grain.QUARTER),
        lambda: Period(date(2019, 2, 1), date(2019, 4, 30), Grain.QUARTER),
        lambda: Period(date(2019, 4, 1), date(2020, 3, 31), Grain.YEAR),
        lambda: Period(date(2019, 4, 1), date(2019, 4, 30), Grain.MONTH, 4),
        lambda: Period(date(2019, 1, 1), date(2019, 12, 31), Grain.YEAR, 13),
        lambda: FiscalCalendar(0),
        lambda: FiscalCalendar(13),
        lambda: window(date(2020, 1, 1), 0),
        lambda: rolling_months(date(2020, 1, 1), 0),
    ],
)
def test_impossible_periods_are_refused(attempt):
    with pytest.raises(ValueError, match=r"\d"):
        attempt()


def test_an_instant_is_not_a_day():
    now = datetime(2019, 1, 1, tzinfo=UTC)
    for attempt in (lambda: Period(now, now), lambda: FiscalCalendar().month_of(now)):
        with pytest.raises(TypeError):
            attempt()


@given(calendars, days)
def test_each_unit_holds_its_day_and_they_nest(fiscal, day):
    month, quarter, year = fiscal.month_of(day), fiscal.quarter_of(day), fiscal.year_of(day)
    assert all(unit.contains(day) for unit in (month, quarter, year))
    assert (len(list(fiscal.months(quarter))), len(list(fiscal.months(year))), len(list(fiscal.quarters(year)))) == (
        3, 12, 4,
    )  # fmt: skip
    assert list(fiscal.quarters(month)) == [quarter]
    assert year.starts_on.month == fiscal.first_month
    assert str(year.ends_on.year) in year.label


@given(periods())
def test_labels_read_back(value):
    assert FiscalCalendar(value.first_month).parse(value.label) == value


@given(periods())
def test_the_previous_one_lies_directly_before(value):
    before = value.previous()
    assert before.ends_on + timedelta(days=1) == value.starts_on
    assert before.grain is value.grain
    if value.grain is Grain.CUSTOM:
        assert before.days == value.days
    assert not before.contains(value.starts_on)


@given(periods())
def test_a_year_before_has_the_same_length_but_for_a_leap_day(value):
    before = value.year_before()
    assert abs(before.days - value.days) <= 1
    assert 364 <= (value.starts_on - before.starts_on).days <= 366


@given(periods(), calendars)
def test_units_tile_the_period(value, fiscal):
    for units in (list(fiscal.months(value)), list(fiscal.quarters(value)), list(fiscal.years(value))):
        assert units[0].contains(value.starts_on)
        assert units[-1].contains(value.ends_on)
        assert all(later.previous() == earlier for earlier, later in pairwise(units))


@given(days, st.integers(1, 36))
def test_rolling_months_tile_at_month_ends(as_of, months):
    rolling = rolling_months(as_of, months)
    assert rolling.ends_on == as_of
    assert 28 * months <= rolling.days <= 31 * months
    month = FiscalCalendar().month_of(as_of)
    assert len(list(FiscalCalendar().months(rolling_months(month.ends_on, months)))) == months
