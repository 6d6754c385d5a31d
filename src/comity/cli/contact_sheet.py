"""The contact sheet: every picture beside the question that its page answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final


@dataclass
class Shot:
    """One page in all its looks."""

    name: str
    question: str
    who: str
    path: str
    status: int = 0
    looks: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """What the browser's console said."""


_HEAD: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Comity, page by page</title>
<style>
body { font: 14px/1.5 system-ui, sans-serif; margin: 24px; color: #222; background: #fff }
section { border-top: 1px solid #ccc; padding: 16px 0 }
h2 { font-size: 16px; margin: 0 }
p { margin: 4px 0 12px; color: #555 }
.bad { color: #b00020 }
div { display: flex; gap: 16px; align-items: flex-start; overflow-x: auto }
img { height: 420px; border: 1px solid #ddd }
</style>
<h1>Comity, page by page</h1>
<p>Does each picture answer its question in the first 400 pixels?</p>
"""


def write_contact_sheet(folder: Path, shots: Sequence[Shot]) -> Path:
    """Write `index.html` beside the pictures; returns its path."""
    parts = [_HEAD]
    for shot in shots:
        wrong = [f"status {shot.status}"] if shot.status >= 400 and not shot.name.startswith("error-") else []
        wrong += shot.complaints
        told = f'<p class="bad">{escape("; ".join(wrong))}</p>' if wrong else ""
        pictures = "".join(
            f'<a href="{shot.name}.{look}.png"><img src="{shot.name}.{look}.png" loading="lazy"'
            f' alt="{escape(shot.question)} ({look})"></a>'
            for look in shot.looks
        )
        parts.append(
            f'<section id="{shot.name}"><h2>{escape(shot.question)}</h2>'
            f"<p>{escape(shot.name)} · {escape(shot.who or 'not signed in')} · {escape(shot.path)}</p>{told}"
            f"<div>{pictures}</div></section>"
        )
    sheet = folder / "index.html"
    sheet.write_text("\n".join(parts) + "\n", "utf-8")
    return sheet
