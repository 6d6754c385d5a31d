"""Money: exact arithmetic, commercial rounding, and splits that never lose a cent."""

import copy
import pickle
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.kernel.currencies import MINOR_UNITS, WITHDRAWN, UnknownCurrency, minor_units
from comity.kernel.money import CurrencyMismatch, InvalidAmount, Money, zero

currencies = st.sampled_from(sorted(MINOR_UNITS))
amounts = st.decimals(min_value=Decimal("-1e15"), max_value=Decimal("1e15"), places=4)
numbers = st.decimals(min_value=Decimal("-1e6"), max_value=Decimal("1e6"), places=6)
weights = st.lists(
    st.one_of(st.integers(0, 10_000), st.decimals(min_value=0, max_value=1000, places=4)), min_size=1, max_size=12
).filter(any)
euros = st.builds(Money, amounts, st.just("EUR"))


def eur(amount: str) -> Money:
    return Money(amount, "EUR")


@pytest.mark.parametrize(
    ("amount", "held"),
    [("12.50", "12.50"), (12, "12"), (Decimal("-0.0001"), "-0.0001"), ("1E+3", "1E+3"), (" 7 ", "7")],
)
def test_amounts_are_kept_as_they_come(amount, held):
    assert repr(Money(amount, "EUR")) == f'Money("{held}", "EUR")'


@pytest.mark.parametrize("amount", [1.5, True, None, b"1"])
def test_what_is_not_exact_is_refused(amount):
    with pytest.raises(TypeError):
        Money(amount, "EUR")


@pytest.mark.parametrize("amount", ["", "NULL", "1,234.50", "NaN", "Infinity", "1_000", Decimal("NaN")])
def test_what_is_no_amount_is_told(amount):
    with pytest.raises(InvalidAmount, match="is not an amount"):
        Money(amount, "EUR")


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "XAU", "XXX", None])
def test_unknown_currencies_are_refused(currency):
    with pytest.raises(UnknownCurrency):
        Money(1, currency)


@pytest.mark.parametrize(
    ("currency", "digits"), [("EUR", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("TND", 3), ("CLF", 4)]
)
def test_minor_units(currency, digits):
    assert minor_units(currency) == digits


def test_the_currency_table_is_iso_4217():
    assert len(MINOR_UNITS.keys() - WITHDRAWN) == 165  # 178 codes of the list, 13 of which have no minor unit
    assert set(MINOR_UNITS.values()) == {0, 2, 3, 4}


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (eur("0.125"), "0.13"),
        (eur("-0.125"), "-0.13"),
        (eur("0.124999"), "0.12"),
        (eur("-0.001"), "0.00"),
        (Money("0.5", "JPY"), "1"),
        (Money("1.0005", "KWD"), "1.001"),
        (Money("1.00005", "CLF"), "1.0001"),
    ],
)
def test_rounding_is_commercial(value, rounded):
    assert str(value.rounded().amount) == rounded


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (eur("1234.5"), "1,234.50 EUR"),
        (eur("-1234567.005"), "-1,234,567.01 EUR"),
        (Money("1E+3", "JPY"), "1,000 JPY"),
        (eur("-0.001"), "0.00 EUR"),
        (Money("0.5", "KWD"), "0.500 KWD"),
    ],
)
def test_money_reads_plainly(value, text):
    assert (str(value), f"{value:>20}") == (text, text.rjust(20))


def test_a_cent_is_never_lost():
    assert eur("100.00").split([1, 1, 1]) == (eur("33.34"), eur("33.33"), eur("33.33"))


@pytest.mark.parametrize(
    ("value", "by", "parts"),
    [
        (eur("-100"), [1, 1, 1], ["-33.34", "-33.33", "-33.33"]),
        (eur("0.05"), [3, 7], ["0.02", "0.03"]),  # 0.015 and 0.035 tie: the earlier one gets the cent
        (eur("0.01"), [0, 1, 1], ["0.00", "0.01", "0.00"]),
        (eur("1"), [Decimal("0.4"), Decimal("0.2"), Decimal("0.4")], ["0.40", "0.20", "0.40"]),
        (Money("100", "JPY"), [1, 1, 1], ["34", "33", "33"]),
        (Money("1E+3", "JPY"), [1, 2], ["333", "667"]),
        (eur("0.0005"), [1, 1], ["0.0003", "0.0002"]),  # finer than a cent: shared out in its own last digit
        (eur("0"), [5], ["0.00"]),
    ],
)
def test_splits(value, by, parts):
    assert [str(part.amount) for part in value.split(by)] == parts


@pytest.mark.parametrize("by", [[], [0], [0, Decimal(0)], [2, -1]])
def test_impossible_weights_are_refused(by):
    with pytest.raises(ValueError, match="Weights must"):
        eur("1").split(by)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: eur("1") * 1.5,
        lambda: eur("1") * True,
        lambda: eur("1") / 2.0,
        lambda: eur("1").split([0.5, 0.5]),
        lambda: eur("1").converted(to="USD", rate=1.1),
        lambda: eur("1") + 1,
        lambda: eur("1") < Decimal(2),
        lambda: sum([eur("1")]),
        lambda: bool(eur("1")),
    ],
)
def test_floats_and_bare_numbers_are_mistakes(attempt):
    with pytest.raises(TypeError):
        attempt()


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: eur("1") + Money(1, "USD"),
        lambda: eur("1") - Money(1, "USD"),
        lambda: eur("1") < Money(1, "USD"),
        lambda: eur("1") <= Money(1, "USD"),
        lambda: eur("1") > Money(1, "USD"),
        lambda: eur("1") >= Money(1, "USD"),
    ],
)
def test_currencies_do_not_mix(attempt):
    with pytest.raises(CurrencyMismatch) as caught:
        attempt()
    assert caught.value.detail == {"left": "EUR", "right": "USD"}
    assert eur("1") != Money(1, "USD")


def test_conversion_is_exact_until_rounded():
    converted = eur("19.99").converted(to="USD", rate=Decimal("1.0837"))
    assert (converted, converted.rounded()) == (Money("21.663163", "USD"), Money("21.66", "USD"))
    assert eur("5").converted(to="EUR", rate=1) == eur("5")


@pytest.mark.parametrize(("to", "rate"), [("USD", 0), ("USD", -1), ("EUR", Decimal("1.1")), ("USD", Decimal("NaN"))])
def test_impossible_rates_are_refused(to, rate):
    with pytest.raises(ValueError, match=r"rate|finite"):
        eur("1").converted(to=to, rate=rate)


def test_division_is_rounded_by_the_caller():
    assert (eur("100") / 3).rounded() == eur("33.33")
    assert ((eur("100") * 20) / 3 * 3).rounded() == eur("2000")
    with pytest.raises(ZeroDivisionError):
        eur("1") / 0


def test_zero_and_signs():
    assert zero("EUR").is_zero
    assert not eur("0.0001").is_zero
    assert (-eur("1.5"), abs(eur("-1.5")), str((-zero("EUR")).amount)) == (eur("-1.5"), eur("1.5"), "0")


def test_the_precision_of_the_thread_does_not_matter():
    with localcontext(prec=3):
        assert eur("123456.78") + eur("0.01") == eur("123456.79")
        assert str(eur("123456.785")) == "123,456.79 EUR"
        assert sum(eur("123456.79").split([1, 1]), zero("EUR")) == eur("123456.79")


@given(euros)
def test_money_is_a_value(value):
    assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value
    assert hash(Money(value.amount + Decimal("0E-9"), "EUR")) == hash(value)
    with pytest.raises(AttributeError):
        value.amount = Decimal(1)


@given(euros, euros, euros)
def test_sums_are_exact(left, middle, right):
    assert (left + middle) + right == left + (middle + right)
    assert left + middle - middle == left
    assert (left < middle) == (left.amount < middle.amount) == (middle > left)
    assert (left <= middle) == (not left > middle)


@given(euros, numbers, numbers)
def test_products_are_exact(value, first, second):
    assert value * first * second == second * (first * value)
    assert value * first + value * second == value * (Decimal(first) + Decimal(second))


@given(amounts, currencies)
def test_rounding_moves_at_most_half_a_unit(amount, currency):
    value = Money(amount, currency)
    rounded = value.rounded()
    assert abs(rounded - value).amount <= Decimal("0.5").scaleb(-minor_units(currency))
    assert rounded.rounded() == rounded
    assert (-value).rounded() == -rounded


@given(amounts, currencies, weights)
def test_parts_sum_to_the_whole_and_stay_near_their_share(amount, currency, by):
    value = Money(amount, currency)
    parts = value.split(by)
    unit = min(Decimal(1).scaleb(-minor_units(currency)), Decimal("0.0001"))
    assert sum(parts, zero(currency)) == value
    for part, weight in zip(parts, by, strict=True):
        assert abs(part.amount - amount * Decimal(weight) / sum(map(Decimal, by))) < max(unit, Decimal("1e-8"))
    assert tuple(-part for part in parts) == (-value).split(by)
    assert all(part.is_zero for part, weight in zip(parts, by, strict=True) if weight == 0)


@given(euros, weights)
def test_a_rounded_amount_splits_into_cents(value, by):
    assert all(part.rounded() == part for part in value.rounded().split(by))
