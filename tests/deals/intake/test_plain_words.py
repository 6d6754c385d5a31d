"""Fields in plain words: never an error, never a word lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from comity.deals.intake.labels import field_of
from comity.deals.intake.plain_words import read, understand
from comity.deals.intake.values import read_amount, read_day

LETTER = """Hello,

* Customer: Acme GmbH
- Website = https://www.acme.de
Expected value:\t20,000 EUR
Erwarteter Abschluss: 31. März 2027
Art: Neukunde
Use case: They want to replace their reporting.
It takes a week now.

Competitors: Globex, Initech
Ausschreibung: vielleicht
Could you hurry?
--
Bo, Fabrikam
> Customer: somebody quoted
"""


def test_a_letter_in_two_languages():
    said = understand(LETTER)
    found = read(said.fields)
    assert found.values == {
        "customer_name": "Acme GmbH", "customer_domain": "https://www.acme.de", "value": Decimal(20_000),
        "currency": "EUR", "expected_close_on": date(2027, 3, 31), "kind": "new",
        "use_case": "They want to replace their reporting.\nIt takes a week now.",
        "competitors": ("Globex", "Initech"),
    }  # fmt: skip
    assert found.wrong == {"rfp": "This is none of: none, expected, invited, public tender."}
    assert said.rest + found.rest == ["Hello,", "Could you hurry?", "Rfp: vielleicht"]


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("20,000 EUR", "20000", "EUR"), ("€ 20.000,50", "20000.50", "EUR"), ("20k", "20000", ""),
        ("1,5 Mio. EUR", "1500000", "EUR"), ("CHF 12'500", "12500", "CHF"), ("20.000", "20000", ""),
        ("1,234,567.89 usd", "1234567.89", "USD"), ("20,5", "20.5", ""), ("0.500", "0.500", ""),
    ],
)  # fmt: skip
def test_amounts(text, amount, currency):
    assert read_amount(text) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    "text", ["", "a lot", "20-30k", "-5 EUR", "1.2.3", "1,23,4 EUR", "EUR", "20 EUR 30", "12 EURO PAX"]
)
def test_no_amounts(text):
    assert read_amount(text) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2027-03-31", (2027, 3, 31)), ("31.03.2027", (2027, 3, 31)), ("March 31st, 2027", (2027, 3, 31)),
        ("31/03/2027", (2027, 3, 31)), ("3/31/2027", (2027, 3, 31)), ("Q1 2027", (2027, 3, 31)),
        ("Ende Februar 2027", (2027, 2, 28)), ("1. Dez 2026", (2026, 12, 1)),
    ],
)  # fmt: skip
def test_days(text, day):
    assert read_day(text) == date(*day)


@pytest.mark.parametrize(
    "text", ["", "soon", "03/04/2027", "31.02.2027", "1.1.27", "٣١.٠٣.٢٠٢٧", "0001-01-01", "Q5 2027"]
)
def test_no_days(text):
    assert read_day(text) is None


def test_labels_have_one_meaning():
    known = {"Währung": "currency", "E-Mail": "contact_email", "customer_name": "customer_name", "Farbe": ""}
    assert {label: field_of(label) for label in known} == known


LABELS = some.sampled_from(["Customer", "Kunde", "Wert", "Expected close", "Need", "Art", "Colour", "=", "::", ""])
LINES = some.lists(some.tuples(LABELS, some.sampled_from([":", " = ", "\t", ""]), some.text(max_size=40)), max_size=12)


@given(LINES, some.text(max_size=300))
def test_nothing_is_raised_and_nothing_is_lost(lines, text):
    letter = "\n".join([f"{label}{mark}{value}" for label, mark, value in lines] + [text])
    said = understand(letter)
    found = read(said.fields)
    kept = "\n".join([*said.fields.values(), *said.rest])
    for line in understand(kept).rest:
        assert line in kept
    unread = {name: said.fields[name] for name in found.wrong}
    assert all(any(value in line for line in found.rest) for value in unread.values())


@given(some.lists(some.text(alphabet="abc xyz", min_size=1, max_size=20), max_size=10))
def test_what_no_field_takes_is_in_the_rest(lines):
    said = understand("\n".join(lines))
    assert said.rest == [line.strip() for line in lines if line.strip()]
    assert said.fields == {}
