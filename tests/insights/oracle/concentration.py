"""How unevenly revenue is spread over partnerships: exact arithmetic on a list of amounts."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from .rows import Row, quotient

SHARES = ("0.10", "0.15")


def how_many(share: str, partnerships: int) -> int:
    """The size of the top, rounded up (exactly: 0.15 of 20 is 3, in binary floating point it would be 4)."""
    wanted = Fraction(share) * partnerships
    return -(-wanted.numerator // wanted.denominator)


def top_share(amounts: Sequence[Decimal], share: str) -> tuple[Decimal, Decimal]:
    """Amount of the largest `share` of the members, and of all."""
    ordered = sorted(amounts, reverse=True)
    return sum(ordered[: how_many(share, len(ordered))], Decimal(0)), sum(ordered, Decimal(0))


def gini(amounts: Sequence[Decimal]) -> Decimal | None:
    """Sum of (2i - n - 1) x_i over n times the sum of x, x ascending, i from 1; no small-sample correction."""
    ordered, n = sorted(amounts), len(amounts)
    weighted = sum(((2 * place - n - 1) * amount for place, amount in enumerate(ordered, start=1)), Decimal(0))
    return quotient(weighted, n * sum(ordered, Decimal(0)))


def herfindahl(amounts: Sequence[Decimal]) -> Decimal | None:
    """Sum of squared shares (0-1), without normalisation."""
    return quotient(sum((x * x for x in amounts), Decimal(0)), sum(amounts, Decimal(0)) ** 2)


def concentration_rows(metric: str, amounts: Sequence[Decimal], *, rows_without_amount: int) -> list[Row]:
    """The headline (top 10 % of all), then each variant; `amounts` has one entry an active partnership, 0 included."""
    selling = [amount for amount in amounts if amount > 0]

    def one(
        dimension: str | None,
        key: str | None,
        label: str,
        value: Decimal | None,
        of: Sequence[Decimal],
        parts: tuple[Decimal | None, Decimal | None] = (None, None),
    ) -> Row:
        return Row(
            metric=metric,
            unit="ratio",
            currency=None,
            dimension=dimension,
            key=key,
            label=label,
            value=value,
            numerator=parts[0],
            denominator=parts[1],
            rows=len(of),
            rows_without_amount=rows_without_amount,
            reason="no revenue" if value is None else None,
        )

    def top(dimension: str | None, key: str | None, share: str, of: Sequence[Decimal]) -> Row:
        parts = top_share(of, share)
        label = f"Top {Fraction(share) * 100} %: {how_many(share, len(of))} of {len(of)}"
        return one(dimension, key, label, quotient(*parts), of, parts)

    return [
        top(None, None, SHARES[0], amounts),
        *(top("top_share", share, share, amounts) for share in SHARES),
        *(top("top_share_with_revenue", share, share, selling) for share in SHARES),
        one(None, "gini", "Gini", gini(amounts), amounts),
        one(None, "herfindahl", "Herfindahl", herfindahl(amounts), amounts),
    ]
