"""The touch models and the split as set-based SQL: one definition, spoken by PostgreSQL and by DuckDB.

`weights` and `amounts` are queries over relations that the caller names; they know neither tenants nor where the rows
come from. `rules.py` says the same for one deal, and tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from comity.attribution.rules import Settings
from comity.attribution.states import TOUCH_MODELS, Model

WHOLE: Final = (Model.FIRST_TOUCH, Model.LAST_TOUCH, Model.REGISTRATION_HOLDER)
"""Models that give one partner everything: nothing is left over to hand out."""


@dataclass(frozen=True)
class Dialect:
    """Where the two engines differ: the whole numbers that hold an amount times a weight, and how to divide them."""

    wide: str
    quotient: str

    def divided(self, value: str, by: str) -> str:
        """The whole part of a quotient."""
        return self.quotient.format(value=value, by=by)


POSTGRESQL: Final = Dialect("numeric", "div({value}, {by})")
DUCKDB: Final = Dialect("hugeint", "(({value}) // ({by}))")


def weights(*, touches: str, decay: str, settings: Settings) -> str:
    """Rows of (deal, partner, one weight a touch model).

    Args:
        touches: a relation (deal, partner, id, happened_at, day) of the touches that count, one row each.
        decay: a relation (age, weight) as `rules.decay_weights` gives it.
    """
    first, middle, last = settings.first_percent, settings.middle_percent, settings.last_percent
    return f"""
WITH placed AS (
    SELECT deal, partner, day,
           row_number() OVER (PARTITION BY deal ORDER BY happened_at, id) AS place,
           count(*) OVER (PARTITION BY deal) AS places,
           max(day) OVER (PARTITION BY deal) AS newest
    FROM {touches}
)
SELECT p.deal, p.partner,
       CAST(sum(CASE WHEN place = 1 THEN 1 ELSE 0 END) AS bigint) AS {Model.FIRST_TOUCH},
       CAST(sum(CASE WHEN place = places THEN 1 ELSE 0 END) AS bigint) AS {Model.LAST_TOUCH},
       count(*) AS {Model.LINEAR},
       CAST(sum(coalesce(d.weight, 0)) AS bigint) AS {Model.TIME_DECAY},
       CAST(sum(CASE WHEN places < 3 THEN 1
                     WHEN place = 1 THEN {first} * (places - 2)
                     WHEN place = places THEN {last} * (places - 2)
                     ELSE {middle} END) AS bigint) AS {Model.POSITION_BASED}
FROM placed p LEFT JOIN {decay} d ON d.age = p.newest - p.day
GROUP BY p.deal, p.partner"""


def amounts(dialect: Dialect, *, deals: str, weighted: str, models: Sequence[Model] = TOUCH_MODELS) -> str:
    """Rows of (deal, partner, one amount a model), in minor units, by largest remainder.

    Parts are rounded down; what is left goes, one unit each, to the largest remainders, equal ones by the partner's id.
    A negative amount splits as its positive would.

    Args:
        deals: a relation (deal, units): the amount in minor units, a whole number.
        weighted: a relation (deal, partner, one weight a model).
    """
    split = [model for model in models if model not in WHOLE]
    kept = "".join(f", w.{model}" for model in models)
    totals = "".join(f", sum({model}) OVER (PARTITION BY w.deal) AS total_{model}" for model in split)
    carried = "".join([f", {model}" for model in models if model in WHOLE] + [f", total_{model}" for model in split])
    given = "".join(
        f", sign * units * {model} AS {model}"
        if model in WHOLE
        else f", sign * (part_{model} + over_{model}) AS {model}"
        for model in models
    )
    return f"""
WITH totals AS (
    SELECT w.deal, w.partner, abs(d.units) AS units, CASE WHEN d.units < 0 THEN -1 ELSE 1 END AS sign{kept}{totals}
    FROM {weighted} w JOIN {deals} d ON d.deal = w.deal
), floored AS (
    SELECT deal, partner, units, sign{carried}{"".join(_floor(dialect, model) for model in split)} FROM totals
), ranked AS (
    SELECT *{"".join(_rank(model) for model in split)} FROM floored
), rounded AS (
    SELECT *{"".join(_over(model) for model in split)} FROM ranked
)
SELECT deal, partner{given} FROM rounded"""


def _floor(dialect: Dialect, model: Model) -> str:
    """The part rounded down, and what that drops."""
    product = f"CAST(units AS {dialect.wide}) * {model}"
    return (
        f", CASE WHEN total_{model} > 0 THEN {dialect.divided(product, f'total_{model}')}"
        f" ELSE units * 0 END AS part_{model}"
        f", CASE WHEN total_{model} > 0 THEN mod({product}, total_{model}) ELSE 0 END AS rest_{model}"
    )


def _rank(model: Model) -> str:
    """Whose remainder is how large, and how many units are left over."""
    return (
        f", row_number() OVER (PARTITION BY deal ORDER BY rest_{model} DESC, partner) AS rank_{model}"
        f", units - sum(part_{model}) OVER (PARTITION BY deal) AS left_{model}"
    )


def _over(model: Model) -> str:
    """One unit more for the largest remainders."""
    return f", CASE WHEN rank_{model} <= left_{model} AND total_{model} > 0 THEN 1 ELSE 0 END AS over_{model}"
