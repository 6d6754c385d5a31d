"""An e-mail's text into fields: "Customer: Acme GmbH". What is not understood is handed back, never lost.

Pure: text in, values out; it never raises, whatever the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from comity.deals.intake.labels import BESIDE, LONG, field_of
from comity.deals.intake.values import CHOICES, read_amount, read_choice, read_day

_LINE: Final = re.compile(r"^[\s>]*(?:[-*•–]\s+|\d{1,2}[.)]\s+)?[*_]*([^:：=\t]{1,60}?)[*_]*\s*[:：=\t][*_]*\s*(.*)$")
_CUT: Final = re.compile(
    r"^(-- |--|_{5,}|-{3,}\s*(original message|ursprüngliche nachricht).*|on .{5,120} wrote:|am .{5,120} schrieb.*:)$",
    re.IGNORECASE,
)
"""Where a signature or the message begins that was answered."""
MOST_LINES: Final = 2_000
_WHY: Final = {
    "value": "This is not an amount that could be read; write it like 20,000 EUR.",
    "expected_close_on": "This day could not be read; write it like 2027-03-31.",
    "kind": "This is none of: new, expansion, renewal, teaming.",
    "rfp": "This is none of: none, expected, invited, public tender.",
    "source": "This is none of: prospecting, existing customer, inbound, event, referral, other.",
}


@dataclass
class Said:
    """What a text says: the value of each field as text, and the lines that no field takes."""

    fields: dict[str, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)


@dataclass
class Read:
    """Values for a draft, why some could not be read, and the texts that go into its notes."""

    values: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)


def understand(text: str) -> Said:
    """Every line "label: value" whose label is known; long fields go on until a line is empty or has a label."""
    said, running = Said(), ""
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")):
        bare = line.strip()
        if number >= MOST_LINES or (_CUT.match(line.rstrip()) and (said.fields or said.rest)):
            break
        if bare.startswith(">"):
            continue
        found = _LINE.match(line)
        name = field_of(found[1]) if found else ""
        if found and name and name not in BESIDE and name not in said.fields:
            said.fields[name] = found[2].strip()
            running = name if name in LONG else ""
        elif not bare:
            running = ""
        elif running and not name:
            said.fields[running] = f"{said.fields[running]}\n{bare}".strip()
        else:
            said.rest.append(bare)
    return said


def read(said: dict[str, str]) -> Read:
    """Texts into the values of a draft. What cannot be read is named in `wrong` and kept in `rest`."""
    found = Read()
    for name, text in said.items():
        if not text.strip() or name in BESIDE:
            continue
        if name == "value":
            _amount(found, text)
        elif name == "expected_close_on":
            _take(found, name, read_day(text), text)
        elif name in CHOICES:
            _take(found, name, read_choice(name, text), text)
        elif name in ("families", "competitors"):
            found.values[name] = tuple(one.strip() for one in re.split(r"[,;\n]", text) if one.strip())
        else:
            found.values[name] = text.strip()
    if found.values.get("currency"):
        found.values["currency"] = found.values["currency"].upper()
    return found


def _amount(found: Read, text: str) -> None:
    read_as = read_amount(text)
    _take(found, "value", read_as[0] if read_as else None, text)
    if read_as and read_as[1]:
        found.values["currency"] = read_as[1]


def _take(found: Read, name: str, value: Decimal | date | str | None, text: str) -> None:
    if value is None:
        found.wrong[name] = _WHY[name]
        found.rest.append(f"{name.replace('_', ' ').capitalize()}: {text}")
    else:
        found.values[name] = value
