"""One expected row of `./comity metrics --json`, and how it is compared with an actual one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Context, Decimal
from fractions import Fraction

FULL = Context(prec=40)
TOLERANCE = Fraction(1, 10**9)
"""Relative; only for quotients, whose digits never end. Sums and counts agree to the last digit."""

EXACT_UNITS = ("count",)
COMPARED = ("value", "numerator", "denominator", "rows", "rows_without_amount")


@dataclass(frozen=True)
class Row:
    """A figure: the total has neither dimension nor key, a variant has a key, a slice has both."""

    metric: str
    unit: str
    currency: str | None
    dimension: str | None
    key: str | None
    label: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    rows: int
    rows_without_amount: int
    reason: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        assert (self.value is None) == (self.reason is not None), self

    @property
    def place(self) -> tuple[str | None, str | None]:
        """What tells this row from the other rows of its metric."""
        return self.dimension, self.key

    def as_json(self) -> dict[str, object]:
        """The row as the command prints it: decimals as strings, `reason` only where the value is missing."""
        shown = {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(self).items()}
        if self.reason is None:
            del shown["reason"]
        return shown


def quotient(numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    """Numerator over denominator to 40 digits; None where either is unknown or the denominator is zero."""
    if numerator is None or not denominator:
        return None
    return FULL.divide(numerator, denominator)


def differences(expected: Row, actual: Mapping[str, object]) -> list[str]:
    """Say what an actual row (as printed in JSON) gets wrong; an empty list when it agrees."""
    wrong = [
        f"{expected.metric}{expected.place}.{name}: expected {getattr(expected, name)}, got {actual.get(name)}"
        for name in COMPARED
        if not _agree(getattr(expected, name), actual.get(name), exact=name != "value" or expected.unit in EXACT_UNITS)
    ]
    if expected.unit != actual.get("unit") or expected.currency != actual.get("currency"):
        wrong.append(f"{expected.metric}{expected.place}: unit {actual.get('unit')}, currency {actual.get('currency')}")
    if expected.value is None and not actual.get("reason"):
        wrong.append(f"{expected.metric}{expected.place}: no value and no reason")
    return wrong


def _agree(expected: Decimal | int | None, actual: object, *, exact: bool) -> bool:
    if expected is None or actual is None:
        return expected is None and actual is None
    wanted, given = Fraction(expected), Fraction(str(actual))
    if exact:
        return wanted == given
    return abs(wanted - given) <= TOLERANCE * max(abs(wanted), abs(given))
