"""Text to values: tables, then round trips."""

import contextlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.connectors.files.conversions import BadValue, Conventions, Remembered, converter
from comity.connectors.files.mapping import Formats
from comity.connectors.files.rows import last_day
from comity.connectors.files.targets import Field, Kind


def convert(kind: Kind, text: str, *, zone: str = "UTC", times: Decimal | None = None, **formats: Any) -> Any:
    field = Field("kind", kind, "", words=("new", "strategic_alliance"))
    conventions = Conventions(Formats(**formats), ZoneInfo(zone))
    return converter(field, conventions, split=";", times=times)(text)


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        ("YYYY-MM-DD", "2024-02-29", date(2024, 2, 29)),
        ("M/D/YYYY", "2/9/2024", date(2024, 2, 9)),
        ("M/D/YYYY", "12/31/2024", date(2024, 12, 31)),
        ("D.M.YYYY", "9.2.2024", date(2024, 2, 9)),
        ("YYYYMMDD", "20240229", date(2024, 2, 29)),
        ("YYYY-MM-DD hh:mm:ss", "2024-02-29 23:30:00", date(2024, 2, 29)),
        ("M/D/YYYY h:mm AM", "2/9/2024 12:05 AM", date(2024, 2, 9)),
        ("YYYY-MM-DDThh:mm:ssZ", "2024-02-29T23:30:00.000Z", date(2024, 2, 29)),
        ("YYYY-MM-DDThh:mm:ssZ", "2024-02-29T23:30:00-0200", date(2024, 3, 1)),
    ],
)
def test_dates(form: str, text: str, value: date) -> None:
    assert convert(Kind.DATE, text, dates=(form,)) == value


def test_the_zone_of_the_program_decides_the_day() -> None:
    late = "2024-02-29 23:30:00"
    assert convert(Kind.DATE, late, zone="Asia/Tokyo", dates=("YYYY-MM-DD hh:mm:ss",)) == date(2024, 3, 1)
    assert convert(Kind.INSTANT, late, dates=("YYYY-MM-DD hh:mm:ss",), time_zone="Europe/Berlin") == datetime(
        2024, 2, 29, 22, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "formats", "value"),
    [
        ("1054", {}, "1054"),
        ("-12.5", {}, "-12.5"),
        ("+3", {}, "3"),
        (".5", {}, "0.5"),
        ("5.", {}, "5"),
        ("-0.00", {}, "0.00"),
        ("1.20000000", {}, "1.2000"),
        ("1.25E7", {}, "12500000"),
        ("1.23456", {"excess_decimals": "round"}, "1.2346"),
        ("1,234,567.5", {"thousands": ","}, "1234567.5"),
        ("1.234.567,5", {"thousands": ".", "decimal": ","}, "1234567.5"),
        ("1'234.5", {"thousands": "'"}, "1234.5"),
        ("12,5", {"decimal": ","}, "12.5"),
        ("9999999999999999.9999", {}, "9999999999999999.9999"),
    ],
)
def test_amounts(text: str, formats: dict[str, Any], value: str) -> None:
    assert str(convert(Kind.MONEY, text, **formats)) == value


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("1,234", {}),
        ("12,34.5", {"thousands": ","}),
        ("1,2345", {"thousands": ","}),
        ("1.5", {"decimal": ","}),
        ("1 000", {}),
        ("", {}),
        (".", {}),
        ("--1", {}),
        ("0x10", {}),
        ("Infinity", {}),
        ("1_000", {}),
        ("10000000000000000", {}),
        ("1" * 70, {}),
        ("1.00001", {}),
    ],
)
def test_texts_that_are_no_amounts(text: str, formats: dict[str, Any]) -> None:
    with pytest.raises(BadValue):
        convert(Kind.MONEY, text, **formats)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.NAME, "  two \t\n words ", "two words"),
        (Kind.COUNT, "12.0", 12),
        (Kind.PERCENT, "40 %", Decimal(40)),
        (Kind.CURRENCY, "eur", "EUR"),
        (Kind.WORD, "NEW", "new"),
        (Kind.WORD, "Strategic Alliance", "strategic_alliance"),
        (Kind.WORDS, "new; Strategic Alliance;new", ["new", "strategic_alliance"]),
        (Kind.LIST, " a ;; b; a", ["a", "b"]),
        (
            Kind.DOMAINS,
            "https://www.Acme.example/de?x; sales@acme.co.uk; n/a; acme.example:8080; localhost; münchen.example",
            ["acme.example", "acme.co.uk", "münchen.example"],
        ),
    ],
)
def test_other_kinds(kind: Kind, text: str, value: object) -> None:
    assert convert(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.COUNT, "-1"),
        (Kind.COUNT, "1.5"),
        (Kind.COUNT, "2147483648"),
        (Kind.PERCENT, "101"),
        (Kind.CURRENCY, "XXY"),
        (Kind.CURRENCY, "US dollars"),
        (Kind.WORD, "renew"),
        (Kind.WORDS, "new;renew"),
        (Kind.NAME, "x" * 301),
        (Kind.DATE, "2024-13-01"),
        (Kind.DATE, "2024-02-29 "),
        (Kind.DATE, "٢٠٢٤-٠٢-٢٩"),
    ],
)
def test_texts_that_are_not_of_their_kind(kind: Kind, text: str) -> None:
    with pytest.raises(BadValue):
        convert(kind, text)


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=4))
def test_amounts_survive_both_ways_of_writing_them(amount: Decimal) -> None:
    assert convert(Kind.MONEY, f"{amount:f}") == amount
    continental = f"{amount:,f}".translate(str.maketrans(",.", ".,"))
    assert convert(Kind.MONEY, continental, decimal=",", thousands=".") == amount
    assert convert(Kind.MONEY, f"{amount:f}", times=Decimal(1)) == amount


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(2100, 12, 31)))
def test_dates_survive_every_way_of_writing_them(day: date) -> None:
    assert convert(Kind.DATE, day.isoformat()) == day
    assert convert(Kind.DATE, f"{day.month}/{day.day}/{day.year}", dates=("YYYY-MM-DD", "M/D/YYYY")) == day
    assert convert(Kind.DATE, f"{day:%d.%m.%Y}", dates=("D.M.YYYY",)) == day


@given(st.text(max_size=40))
def test_no_text_breaks_a_converter(text: str) -> None:
    for kind in Kind:
        with contextlib.suppress(BadValue):
            convert(kind, text, dates=("M/D/YYYY", "YYYY-MM-DD hh:mm", "YYYY-MM-DDThh:mm:ssZ"))


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 12, 1)), st.sampled_from([1, 3, 12]))
def test_periods_follow_each_other_without_a_gap(first: date, months: int) -> None:
    first = first.replace(day=1)
    last = last_day(first, months)
    assert (last.year * 12 + last.month) - (first.year * 12 + first.month) == months - 1
    assert last_day(date.fromordinal(last.toordinal() + 1), months) > last


def test_what_is_remembered_stays_bounded() -> None:
    remembered = Remembered(str.upper)
    for number in range(120_000):
        assert remembered[f"a{number}"] == f"A{number}"
    assert remembered["x" * 1_000] == "X" * 1_000
    assert len(remembered) <= 50_000
    assert "x" * 1_000 not in remembered
