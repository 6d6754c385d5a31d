"""Exchange rates as the European Central Bank publishes them."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from comity.kernel.currencies import UnknownCurrency
from comity.kernel.money import Money
from comity.ledger.models import ExchangeRate
from comity.ledger.queries import RateMissing, converted, currencies_covered, newest_day, rate
from comity.ledger.reading import NotARateTable
from comity.ledger.services import load_rates

TODAY = date(2026, 3, 2)
HISTORY = b"""Date,USD,JPY,CYP,GBP,\r
2026-02-27,1.2500,160.00,N/A,0.8000,\r
2026-02-26,1.2000,159.50,0.5853,0.8100,\r
"""
DAILY = b"Date, USD, JPY, \n27 February 2026, 1.2500, 160.00, \n"


def load(text: bytes, **options):
    return load_rates(source=io.BytesIO(text), today=TODAY, **options)


@pytest.mark.django_db
def test_the_history_is_loaded_and_the_same_file_twice_changes_nothing():
    first, second = load(HISTORY), load(HISTORY)
    assert (first.added, first.changed, first.unchanged, first.ignored_columns) == (6, 0, 0, ["CYP"])
    assert (second.added, second.changed, second.unchanged) == (0, 0, 6)
    assert (first.first_on, first.last_on, newest_day()) == (date(2026, 2, 26), date(2026, 2, 27), date(2026, 2, 27))
    assert [(row.currency, row.days, row.newest) for row in currencies_covered()] == [
        ("GBP", 2, Decimal("0.8")),
        ("JPY", 2, Decimal("160")),
        ("USD", 2, Decimal("1.25")),
    ]


@pytest.mark.django_db
def test_the_days_file_and_the_zip_are_the_same_table():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("eurofxref-hist.csv", HISTORY)
    assert load(archive.getvalue()).added == 6
    assert load(DAILY).unchanged == 2


@pytest.mark.django_db
def test_rates_cross_through_the_euro():
    load(HISTORY)
    friday = date(2026, 2, 27)
    assert rate(friday, "EUR", "USD") == Decimal("1.25")
    assert rate(friday, "USD", "EUR") == Decimal("0.8")
    assert rate(friday, "USD", "GBP") == Decimal("0.64")
    assert rate(friday, "CHF", "CHF") == 1
    assert converted(Money("125", "USD"), "JPY", friday) == Money("16000", "JPY")


@pytest.mark.django_db
def test_a_weekend_takes_the_last_published_rate_but_never_an_old_one():
    load(HISTORY)
    assert rate(date(2026, 3, 6), "EUR", "USD") == Decimal("1.25")
    with pytest.raises(RateMissing):
        rate(date(2026, 3, 7), "EUR", "USD")
    with pytest.raises(RateMissing):
        rate(date(2026, 2, 25), "EUR", "USD")
    with pytest.raises(UnknownCurrency):
        rate(date(2026, 2, 27), "EUR", "XXX")


@pytest.mark.django_db
def test_bad_cells_are_listed_and_the_good_ones_kept():
    result = load(
        b"Date,USD,GBP\n"
        b"2026-02-27,1.25,zero\n"
        b"27/02/2026,1.3,0.9\n"
        b"2026-02-26,-1,0\n"
        b"2027-01-01,1.1,0.8\n"
        b"\n"
        b"2026-02-25,1.24\n"
        b'2026-02-24,"1,24",0.7\n'
    )
    assert result.added == 3
    assert [(bad.line, bad.column, bad.value) for bad in result.bad_lines] == [
        (2, "GBP", "zero"),
        (3, "Date", "27/02/2026"),
        (4, "USD", "-1"),
        (4, "GBP", "0"),
        (5, "Date", "2027-01-01"),
        (8, "USD", "1,24"),
    ]


@pytest.mark.django_db
def test_a_published_rate_is_corrected_only_on_request():
    load(HISTORY)
    other = HISTORY.replace(b"1.2500", b"1.2600")
    assert (load(other).differing, rate(date(2026, 2, 27), "EUR", "USD")) == (1, Decimal("1.25"))
    assert (load(other, replace=True).changed, rate(date(2026, 2, 27), "EUR", "USD")) == (1, Decimal("1.26"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"name,price\na,1\n",
        b"Date,AAA,bbb\n2026-01-01,1,2\n",
        b"Date,USD\n",
        b"\xff\xfe\x00D\x00a",
        b"Date,USD\n2026-02-27,\xff\n",
        b"PK\x03\x04 not a zip",
        b"Date,USD\n" + b"9" * 50_000,
        b'Date,USD\n"2026-02-27,1.2\n' + b"x" * 25_000,
    ],
)
def test_what_is_no_table_of_rates_is_refused_whole(text):
    with pytest.raises(NotARateTable):
        load(text)
    assert ExchangeRate.objects.count() == 0


@pytest.mark.django_db
def test_a_zip_without_one_table_is_refused():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("readme.txt", "hello")
    with pytest.raises(NotARateTable, match="must hold one CSV"):
        load(archive.getvalue())


def test_the_news_of_new_rates_is_announced_in_a_scope(cast):
    from comity.platform.models import OutboxEvent

    with cast.scope("olga"):
        load(HISTORY)
        load(HISTORY)
        told = list(OutboxEvent.objects.filter(name="ledger.RatesLoaded").values_list("payload", flat=True))
    assert told == [{"first_on": "2026-02-26", "last_on": "2026-02-27", "everybody_told": False}]
