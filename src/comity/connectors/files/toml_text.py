"""A mapping as the text of a TOML file: what `tomllib` reads back as the same content."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def write_toml(content: Mapping[str, Any]) -> str:
    """The text of a content made of tables, lists, texts, numbers and booleans; tables of tables as sections."""
    lines: list[str] = []
    for name, value in content.items():
        if isinstance(value, Mapping) and value and all(isinstance(one, Mapping) for one in value.values()):
            for inner, table in value.items():
                lines += ["", f"[{_key(name)}.{_key(inner)}]", *_lines(table)]
        elif isinstance(value, Mapping):
            lines += ["", f"[{_key(name)}]", *_lines(value)]
        elif isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
            for item in value:
                lines += ["", f"[[{_key(name)}]]", *_item(name, item)]
        else:
            lines.insert(0, f"{_key(name)} = {_value(value)}")
    return "\n".join(lines).strip() + "\n"


def _item(name: str, item: Mapping[str, Any]) -> list[str]:
    """One of several tables: its plain values first, its tables as sections of it."""
    plain = {key: value for key, value in item.items() if not isinstance(value, Mapping)}
    lines = _lines(plain)
    for key, value in item.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{_key(name)}.{_key(key)}]", *_lines(value)]
    return lines


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(name)} = {_value(value)}" for name, value in table.items()]


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal | float):
        return str(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {_value(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _text(str(value))
