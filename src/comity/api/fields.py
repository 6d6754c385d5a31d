"""How values look in JSON: amounts as decimal strings, dates by ISO 8601, texts with their bounds."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from comity.kernel.currencies import minor_units

INSTANT_PATTERN: Final = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
DECIMAL_PATTERN: Final = r"^-?[0-9]{1,16}(?:\.[0-9]{1,4})?$"


def decimal_text(value: Decimal) -> str:
    """Plain digits without trailing zeros: `1250`, `0.5`; never an exponent."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _only_decimal_text(value: Any) -> Any:
    """Amounts come as text; a number of JSON may have gone through a float. Raises ValueError."""
    if not isinstance(value, str) or not re.fullmatch(DECIMAL_PATTERN, value):
        raise ValueError('Write a decimal in quotes, such as "1250.00".')
    return value


def _only_day_text(value: Any) -> Any:
    """Days come as text; a number would be taken for seconds since 1970. Raises ValueError."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.ASCII):
        return value
    raise ValueError("Write a day as 2026-03-31.")


def _only_instant_text(value: Any) -> Any:
    """Instants come as text with their offset; without one nobody knows which instant is meant. Raises ValueError."""
    if isinstance(value, str) and re.fullmatch(INSTANT_PATTERN, value, re.ASCII):
        return value
    raise ValueError("Write an instant with its offset, such as 2026-03-31T14:30:00Z.")


def _known_currency(value: str) -> str:
    try:
        minor_units(value)
    except Exception as error:
        raise ValueError("An ISO 4217 code of three capital letters, such as EUR.") from error
    return value


AmountIn = Annotated[
    Decimal,
    BeforeValidator(_only_decimal_text),
    Field(max_digits=20, decimal_places=4, allow_inf_nan=False),
    WithJsonSchema({"type": "string", "pattern": DECIMAL_PATTERN, "examples": ["1250.00"]}),
]
Amount = Annotated[
    Decimal,
    PlainSerializer(decimal_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(?:\.[0-9]+)?$", "examples": ["1250.5"]}),
]
Portion = Annotated[
    Decimal,
    BeforeValidator(_only_decimal_text),
    Field(ge=0, le=1, max_digits=7, decimal_places=6, allow_inf_nan=False, description="0 to 1, six digits."),
    WithJsonSchema({"type": "string", "pattern": DECIMAL_PATTERN, "examples": ["0.333333"]}),
]
Currency = Annotated[
    str,
    AfterValidator(_known_currency),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"]}),
]
Day = Annotated[date, BeforeValidator(_only_day_text), WithJsonSchema({"type": "string", "format": "date"})]
Instant = Annotated[
    AwareDatetime, BeforeValidator(_only_instant_text), WithJsonSchema({"type": "string", "format": "date-time"})
]
Text = Annotated[str, Field(max_length=300)]
ShortText = Annotated[str, Field(max_length=120)]


class Input(BaseModel):
    """Base of bodies: an unknown member is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")

    def given(self) -> dict[str, Any]:
        """The members that the caller sent, as values."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def left_out() -> Any:
    """The default of a member that a change may leave out, but not set to null."""
    return Field(default=None)


class Output(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(extra="forbid")


class Named(Output):
    """A thing one can point at."""

    id: UUID
    name: str


def named(thing: Any) -> Named | None:
    """The thing as its id and name; None stays None."""
    return Named(id=thing.pk, name=str(thing)) if thing is not None else None
