"""The styleguide: every component in its states, with the sentence that says when to use it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

COMPONENTS: Final = Path(__file__).parent / "templates" / "cotton"
#: The chapters of the page, each a template in styleguide/.
CHAPTERS: Final = (
    ("foundations", "Foundations"),
    ("actions", "Actions"),
    ("forms", "Forms"),
    ("figures", "Figures"),
    ("tables", "Tables"),
    ("states", "States and news"),
    ("structure", "Structure"),
    ("records", "Records"),
)
COLOURS: Final = (
    *("background", "sidebar", "muted", "border", "input", "foreground", "muted-foreground"),
    *("primary", "link", "selected", "good", "good-soft", "warn", "warn-soft", "bad", "bad-soft", "info", "info-soft"),
    *(f"chart-{number}" for number in range(1, 9)),
)


class ExampleForm(forms.Form):
    """A form as a Django form brings it: bound, with one field in error."""

    customer = forms.CharField(label="Customer", help_text="The legal name, as on its invoices.")
    value = forms.DecimalField(label="Expected value", widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    notify = forms.BooleanField(label="Tell the partner by e-mail", required=False)


@cache
def usages() -> dict[str, SafeString]:
    """Return each component's usage sentence: the comment in the first line of its file."""
    found: dict[str, SafeString] = {}
    for path in sorted(COMPONENTS.glob("*.html")):
        first = path.read_text("utf-8").split("\n", 1)[0]
        comment = re.fullmatch(r"\{# (.+) #\}", first.strip())
        text = escape(comment.group(1)) if comment else ""
        found[path.stem] = mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", text))  # noqa: S308  our own files
    return found


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component; the whole page from right to left where asked for."""
    return render(request, "styleguide/index.html", _context() | {"mirrored": request.GET.get("dir") == "rtl"})


def _context() -> dict[str, Any]:
    return {
        "page_title": "Styleguide",
        "chapters": [{"template": f"styleguide/{name}.html", "name": name, "title": title} for name, title in CHAPTERS],
        "usage": usages(),
        "colours": COLOURS,
        "form": ExampleForm({"customer": "Acme GmbH", "value": "twelve", "note": "", "notify": "on"}),
        "tiers": [("registered", "Registered"), ("silver", "Silver"), ("gold", "Gold")],
        "revenue": Decimal("77548570.20"),
        "share": Decimal("0.4698"),
        "small": Decimal("2360.91"),
        "loss": Decimal("-1840.5"),
        "growth": Decimal("0.124"),
        "decline": Decimal("-0.031"),
        "steady": Decimal("0"),
        "as_of": date(2026, 3, 31),
        "nothing": None,
        "partners": [
            ("Contoso", "Gold", "active", Decimal("1204310.00"), 62),
            ("Fabrikam Cloud Services and Consulting Northern Europe", "Silver", "onboarding", Decimal("88400.50"), 48),
            ("Adatum", "Registered", "paused", None, None),
        ],
        "sections": [
            {"label": "Overview", "url": "#", "current": True},
            {"label": "Deals", "url": "#", "count": 3616},
            {"label": "People", "url": "#"},
        ],
        "trail": [("Partners", "#"), ("Contoso", "")],
        "page": Paginator(range(701), 50).page(2),
        "open_deal": _stages("Prospect", "Qualify", "Propose", "Close", at=2),
        "won_deal": [*_stages("Prospect", "Qualify", "Propose", at=3), {"label": "Won", "state": "won"}],
        "lost_deal": [*_stages("Prospect", "Qualify", at=2), {"label": "Lost", "state": "lost"}],
        "record": [("Country", "Germany"), ("Website", "contoso.example"), ("Distributor", None)],
        "chart": _chart(),
    }


def _stages(*labels: str, at: int) -> list[dict[str, str]]:
    state = {-1: "done", 0: "current", 1: "ahead"}
    return [{"label": label, "state": state[(i > at) - (i < at)]} for i, label in enumerate(labels)]


def _chart() -> dict[str, Any]:
    values = [{"quarter": f"Q{number}", "revenue": revenue} for number, revenue in enumerate((3.1, 3.4, 2.9, 4.2), 1)]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "height": 200,
        "data": {"values": values},
        "mark": "bar",
        "encoding": {
            "x": {"field": "quarter", "type": "nominal", "title": None, "axis": {"labelAngle": 0}},
            "y": {"field": "revenue", "type": "quantitative", "title": "USD million"},
        },
    }
