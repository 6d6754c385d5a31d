"""Leads that wait for one of the vendor's people: nobody is left to ask, they may be known, or they came back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from comity.leads.models import Lead
from comity.leads.queries import waiting_leads
from comity.leads.states import State
from comity.leads.wording import HELD
from comity.worklist.gathering import Viewer
from comity.worklist.needs import Need, NeedKind, said

READ: Final = 100


def leads_to_decide(viewer: Viewer) -> Iterator[Need]:
    """The leads of the program that wait for a person, the longest first; the clock is the real one."""
    for row in waiting_leads(viewer.actor, viewer.program)[:READ]:
        since = date_format(row.moved_at.astimezone(viewer.zone), "DATE_FORMAT")
        why = str(HELD.get(row.held_for, "")) if row.state == State.HELD else _("A partner gave it back.")
        evidence = (why, row.reference, _("since %(day)s") % {"day": since})
        yield Need(
            kind=NeedKind.LEAD,
            subject_id=row.pk,
            in_words=said(_sentence(row) % {"customer": row.customer_name}, tuple(part for part in evidence if part)),
            at_stake=row.value if row.currency == viewer.program.currency else None,
            seen_at=viewer.at,
        )


def _sentence(row: Lead) -> str:
    if row.state == State.RETURNED:
        return _("The lead %(customer)s came back.")
    return _("The lead %(customer)s has no partner.")
