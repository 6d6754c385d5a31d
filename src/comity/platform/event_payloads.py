"""Events as JSON and back: ids, dates, decimals and tuples of them keep their types."""

from __future__ import annotations

import dataclasses
import datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID


def to_payload(event: Any) -> dict[str, Any]:
    """The fields of an event as JSON values. Raises TypeError for what would not come back as it went."""
    return {field.name: _as_json(getattr(event, field.name)) for field in dataclasses.fields(event)}


def from_payload[Fact](event_type: type[Fact], payload: dict[str, Any]) -> Fact:
    """The event of a stored payload. Fields it does not know yet take their defaults; unknown ones are left out."""
    hints = get_type_hints(event_type)
    known = {field.name for field in dataclasses.fields(event_type)}  # type: ignore[arg-type]
    return event_type(**{name: _from_json(value, hints[name]) for name, value in payload.items() if name in known})


def _as_json(value: Any) -> Any:
    match value:
        case Enum():
            return _as_json(value.value)
        case None | bool() | int() | str():
            return value
        case UUID() | Decimal():
            return str(value)
        case datetime.date() | datetime.time():
            return value.isoformat()
        case tuple() | list():
            return [_as_json(item) for item in value]
    raise TypeError(f"An event cannot carry {type(value).__name__}: only ids, dates, numbers, text and tuples of them.")


def _from_json(value: Any, hint: Any) -> Any:
    if value is None:
        return None
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _from_json(value, next(kind for kind in inner if kind is not NoneType))
    if origin in (tuple, list):
        return origin(_from_json(item, inner[0]) for item in value)
    if hint in (datetime.date, datetime.datetime, datetime.time):
        return hint.fromisoformat(value)
    if hint in (UUID, Decimal) or (isinstance(hint, type) and issubclass(hint, Enum)):
        return hint(value)
    return value
