"""What stands in every row of a long list, as plain tags: the components' markup at a tenth of their cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as noop

from comity.web.templatetags.figures import amount, day, figure, initials, spoken
from comity.web.templatetags.figures import tone as tone_of
from comity.web.templatetags.icons import drawn

register = template.Library()

CHANGE: Final = {
    "tier": noop("Change the tier of"),
    "manager": noop("Change the manager of"),
    "step": noop("Change the next step of"),
}


@register.simple_tag
def state(code: str, label: object = "") -> SafeString:
    """A state in its tone, as c-status has it."""
    return format_html('<span class="pill" data-tone="{}">{}</span>', tone_of(code), label or spoken(code))


@register.simple_tag
def pill(tone: str, label: object, title: str = "") -> SafeString:
    """A state, as c-status has it."""
    return format_html('<span class="pill" data-tone="{}" title="{}">{}</span>', tone, title, label)


@register.simple_tag
def bare_money(value: object, currency: str) -> SafeString:
    """An amount without its currency, which the head of the list names, and without the minor unit; else a dash."""
    digits = amount(value, currency, 0)
    if not digits:
        return format_html('<span class="unavailable">{}</span>', "—")
    return format_html('<span class="money">{}</span>', digits)


@register.simple_tag
def money(value: object, currency: str, missing: str = "—", *, bare: bool = False) -> SafeString:
    """An amount with its currency (`bare`: which the head of the list names), as c-money has it."""
    digits = amount(value, currency)
    if not digits:
        return format_html('<span class="unavailable">{}</span>', missing)
    before = "" if bare else format_html('<span class="money-currency">{}</span>&nbsp;', currency)
    return format_html('<span class="money">{}{}</span>', before, digits)


@register.simple_tag
def linked_figure(value: object, *address: object) -> SafeString:
    """A count that leads to what was counted, as c-figure has it; the address in parts."""
    href = "".join(map(str, address))
    return format_html('<a class="figure-link" href="{}"><span class="figure">{}</span></a>', href, figure(value))


@register.simple_tag
def avatar(name: str) -> SafeString:
    """Initials of a person, as c-avatar has them."""
    return format_html('<span class="avatar" aria-hidden="true">{}</span>', initials(name))


@register.simple_tag
def options(pairs: Iterable[tuple[object, object]], chosen: object = "") -> SafeString:
    """The options of a select, of which one may be chosen."""
    mark, picked = mark_safe(" selected"), str(chosen)
    shown = ((value, mark if str(value) == picked else "", label) for value, label in pairs)
    return format_html_join("", '<option value="{}"{}>{}</option>', shown)


@register.simple_tag
def partner_cell(line: Any, field: str, may_change: bool) -> SafeString:
    """What a cell of the list of partners says, and the pencil that changes it in place."""
    held = None if field == "step" else getattr(line.partner, field)
    said = _step(line) if field == "step" else format_html("{}", held.name if held else "")
    said = said or format_html('<span class="unavailable">{}</span>', "—")
    return said + _pencil(line, field) if may_change else said


def _step(line: Any) -> SafeString:
    step, on = line.partner.next_step, line.partner.next_step_on
    if not step:
        return SafeString("")
    said = format_html('<span class="clip" title="{}">{}</span>', step, step)
    if not on:
        return said
    tone, word = (mark_safe(' data-tone="bad"'), gettext("was due")) if line.is_late else ("", gettext("by"))
    return said + format_html('<span class="sub"{}>{} {}</span>', tone, word, day(on))


def _pencil(line: Any, field: str) -> SafeString:
    address, what = f"{line.address}field/{field}/", f"{gettext(CHANGE[field])} {line.partner.name}"
    return format_html(
        '<a class="cell-edit" href="{0}" hx-get="{0}" hx-target="closest td" hx-swap="innerHTML" title="{1}"'
        ' aria-label="{1}">{2}</a>',
        address, what, drawn("pencil"),
    )  # fmt: skip
