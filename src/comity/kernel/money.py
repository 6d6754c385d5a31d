"""Money: an exact decimal amount and its ISO 4217 currency, as one immutable value.

Amounts keep every digit they are given; only `rounded()` drops some. Rounding is *commercial* (half up, away from
zero at the tie: 0.125 -> 0.13, -0.125 -> -0.13), as invoices and commission statements are checked by hand.
Nothing here touches a float: 0.1 has no exact float, and one lost cent a line is found at the year's end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction
from typing import Final, Self, SupportsIndex

from comity.kernel.currencies import minor_units
from comity.kernel.errors import Invalid
from comity.kernel.words import words

# Not the thread's context: its 28 digits would round a product of two numeric(20,4) columns. Sums and products are
# exact up to 100 digits; a quotient that does not end is cut there, far below any cent.
_EXACT: Final = Context(prec=100, rounding=ROUND_HALF_UP, traps=[InvalidOperation])


class CurrencyMismatch(Invalid):
    """Two amounts in different currencies were added, subtracted or compared. Details: `left`, `right` (codes)."""

    code, title = "currency_mismatch", words("Different currencies")


class InvalidAmount(Invalid):
    """The text is not a finite decimal number. Detail: `amount` (the text)."""

    code, title = "invalid_amount", words("Not an amount")


@dataclass(frozen=True, slots=True, init=False)
class Money:
    """An amount in a currency.

    Equal amounts are equal whatever their trailing zeros; amounts in two currencies are simply not equal, but to
    order, add or subtract them raises CurrencyMismatch.
    """

    amount: Decimal
    currency: str

    def __init__(self, amount: Decimal | int | str, currency: str) -> None:
        """Take a decimal, an integer, or text such as "1234.50".

        Raises InvalidAmount, UnknownCurrency; TypeError for a float.
        """
        minor_units(currency)
        object.__setattr__(self, "amount", _decimal(amount))
        object.__setattr__(self, "currency", currency)

    def __add__(self, other: "Money") -> "Money":
        """The sum. Raises CurrencyMismatch."""
        return Money(_EXACT.add(self.amount, self._same_currency(other)), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """The difference. Raises CurrencyMismatch."""
        return Money(_EXACT.subtract(self.amount, self._same_currency(other)), self.currency)

    def __mul__(self, factor: Decimal | int) -> "Money":
        """The amount times a plain number, not rounded."""
        return Money(_EXACT.multiply(self.amount, _number(factor)), self.currency)

    __rmul__ = __mul__

    def __truediv__(self, divisor: Decimal | int) -> "Money":
        """The amount divided by a plain number, not rounded. Raises ZeroDivisionError. To share out, use `split`."""
        number = _number(divisor)
        if number == 0:
            raise ZeroDivisionError(f"{self!r} cannot be divided by zero.")
        return Money(_EXACT.divide(self.amount, number), self.currency)

    def __neg__(self) -> "Money":
        """The same amount the other way."""
        return Money(self.amount.copy_negate() if self.amount else Decimal(0), self.currency)

    def __abs__(self) -> "Money":
        """The amount without its sign."""
        return Money(self.amount.copy_abs(), self.currency)

    def __lt__(self, other: "Money") -> bool:
        """Whether this is less. Raises CurrencyMismatch."""
        return self.amount < self._same_currency(other)

    def __le__(self, other: "Money") -> bool:
        """Whether this is less or equal. Raises CurrencyMismatch."""
        return self.amount <= self._same_currency(other)

    def __gt__(self, other: "Money") -> bool:
        """Whether this is more. Raises CurrencyMismatch."""
        return self.amount > self._same_currency(other)

    def __ge__(self, other: "Money") -> bool:
        """Whether this is more or equal. Raises CurrencyMismatch."""
        return self.amount >= self._same_currency(other)

    def __bool__(self) -> bool:
        """Refuse: `if amount` reads as "is there an amount" and means "is it not zero". Raises TypeError."""
        raise TypeError("Ask `amount.is_zero` or `amount is None`; the truth of money is ambiguous.")

    def __str__(self) -> str:
        """The amount rounded to its minor unit, with commas: "1,234.50 EUR". For people; `repr` keeps every digit."""
        return f"{self.rounded().amount:,f} {self.currency}"

    def __format__(self, spec: str) -> str:
        """The text of `str`, with a width and alignment as for any text: f"{amount:>16}"."""
        return format(str(self), spec)

    def __repr__(self) -> str:
        """The constructor call that gives this value."""
        return f'Money("{self.amount}", "{self.currency}")'

    @property
    def is_zero(self) -> bool:
        """Whether the amount, unrounded, is zero."""
        return self.amount == 0

    def rounded(self) -> "Money":
        """Rounded half up to the currency's minor unit; a zero loses its sign."""
        amount = self.amount.quantize(_unit(self.currency), context=_EXACT)
        return Money(amount if amount else amount.copy_abs(), self.currency)

    def split(self, weights: Sequence[Decimal | int]) -> tuple["Money", ...]:
        """Share out by weight, by largest remainder: the parts always sum to exactly this amount.

        Parts are whole minor units (or whole last digits, where this amount has finer ones: round first). What is
        left after rounding down goes, one unit each, to the largest remainders; at a tie to the earlier position.
        A negative amount splits as its positive would, so a reversal undoes each part exactly.

        Raises ValueError for no weights, a negative one, or a sum of zero.
        """
        shares = [Fraction(_number(weight)) for weight in weights]
        total = sum(shares, Fraction(0))
        if total <= 0 or min(shares) < 0:
            raise ValueError(f"Weights must not be negative and must sum to more than zero, not {list(weights)!r}.")
        unit = min(_unit(self.currency), Decimal((0, (1,), _exponent(self.amount))))
        units = abs(Fraction(self.amount) / Fraction(unit))
        exact = [units * share / total for share in shares]
        parts = [int(part) for part in exact]
        by_remainder = sorted(range(len(parts)), key=lambda position: (parts[position] - exact[position], position))
        for position in by_remainder[: int(units) - sum(parts)]:
            parts[position] += 1
        sign = -1 if self.amount < 0 else 1
        return tuple(Money(_EXACT.multiply(Decimal(sign * part), unit), self.currency) for part in parts)

    def converted(self, *, to: str, rate: Decimal | int) -> "Money":
        """This amount in another currency, not rounded.

        Args:
            to: code of the other currency.
            rate: units of `to` for one unit of this currency, on the day of the event; more than zero.

        Raises UnknownCurrency; ValueError for a rate of zero or less, or one other than 1 into the same currency.
        """
        number = _number(rate)
        if number <= 0:
            raise ValueError(f"An exchange rate is more than zero, not {rate}.")
        if to == self.currency and number != 1:
            raise ValueError(f"{to} into {to} has the rate 1, not {rate}.")
        return Money(_EXACT.multiply(self.amount, number), to)

    def __copy__(self) -> Self:
        """Itself: it never changes."""
        return self

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: it never changes."""
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type["Money"], tuple[Decimal, str]]:
        """Pickle by value: the slots are frozen."""
        return Money, (self.amount, self.currency)

    def _same_currency(self, other: "Money") -> Decimal:
        if not isinstance(other, Money):
            raise TypeError(f"Money goes with money only, not with {other!r}.")
        if other.currency != self.currency:
            raise CurrencyMismatch(
                words(
                    "%(one)s and %(other)s are in different currencies. Convert one at the rate of its day first.",
                    one=str(self),
                    other=str(other),
                ),
                left=self.currency,
                right=other.currency,
            )
        return other.amount


def zero(currency: str) -> Money:
    """Nothing, in this currency: the start of a sum. Raises UnknownCurrency."""
    return Money(0, currency)


def _unit(currency: str) -> Decimal:
    """One minor unit: 0.01 for EUR, 1 for JPY."""
    return Decimal((0, (1,), -minor_units(currency)))


def _exponent(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int), "Money is finite."
    return exponent


def _number(value: Decimal | int) -> Decimal:
    """A plain factor, weight or rate. Raises TypeError for a float, text or boolean, ValueError for NaN."""
    if isinstance(value, bool) or not isinstance(value, (Decimal, int)):
        raise TypeError(f"Use Decimal or int with money, not {type(value).__name__}.")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{value} is not a finite number.")
    return number


def _decimal(amount: Decimal | int | str) -> Decimal:
    if isinstance(amount, bool) or not isinstance(amount, (Decimal, int, str)):
        raise TypeError(f"Money takes Decimal, int or text, not {type(amount).__name__}.")
    try:
        decimal = Decimal(amount)
    except InvalidOperation:
        decimal = Decimal("NaN")
    if not decimal.is_finite() or (isinstance(amount, str) and "_" in amount):
        raise InvalidAmount(
            words(
                "“%(amount)s” is not an amount. Write digits with a point before the cents, such as 1234.50.",
                amount=amount,
            ),
            amount=str(amount),
        )
    return decimal
