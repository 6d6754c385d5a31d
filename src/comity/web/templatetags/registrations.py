"""How the clocks of registrations are told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comity.deals.models import Registration
from comity.deals.states.registrations import PROTECTED, UNDECIDED, State
from comity.programs.calendars import today_in
from comity.web.registration_words import clock_told

register = template.Library()


@register.simple_tag
def registration_clock(registration: Registration, now: datetime, holidays: Collection[date] = ()) -> dict[str, str]:
    """The clock that runs: of the decision, of the answer, or of the protection; red under four business hours."""
    state, zone = State(registration.state), registration.program.time_zone
    if state in UNDECIDED:
        return clock_told(registration.due_at, now, zone, holidays)
    if state is State.RETURNED:
        return clock_told(registration.answer_by, now, zone, holidays)
    if state in PROTECTED and registration.protected_until:
        left = (registration.protected_until - today_in(registration.program, now)).days
        text = ngettext("protected %(days)s day more", "protected %(days)s days more", left) % {"days": left}
        return {"text": text if left >= 0 else _("protection over"), "tone": "warn" if left < 14 else ""}
    return {"text": "", "tone": ""}
