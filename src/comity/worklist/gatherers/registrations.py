"""Deal registrations that wait for a decision, a second look or the answer to an appeal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comity.deals.models import Registration
from comity.deals.registration.queries import decision_queue
from comity.deals.registration.questions import open_questions
from comity.deals.registration.stand_ins import for_whom
from comity.deals.states.registrations import UNDECIDED
from comity.worklist.gathering import Viewer
from comity.worklist.needs import Need, NeedKind, said

READ: Final = 100


def registrations_to_decide(viewer: Viewer) -> Iterator[Need]:
    """The decision queue of the viewer's own partners, or of the program; its clocks are real ones."""
    rows = decision_queue(viewer.actor, viewer.program)
    if viewer.managers is not None:
        away = for_whom(viewer.program.vendor_id, viewer.actor.person_id, viewer.today)
        mine = Q(partnership__manager__in=viewer.managers) | Q(partnership__manager__person__in=away)
        rows = rows.filter(mine | Q(partnership__manager__isnull=True))
    for row in rows[:READ]:
        told = {"partner": row.partnership.name, "customer": row.customer_name}
        evidence = [row.reference or "", ", ".join(row.families)]
        if row.submitted_at is not None:
            day = date_format(row.submitted_at.astimezone(viewer.zone), "DATE_FORMAT")
            evidence.append(_("submitted on %(day)s") % {"day": day})
        yield Need(
            kind=NeedKind.REGISTRATION,
            subject_id=row.pk,
            in_words=said(_sentence(row) % told, tuple(part for part in evidence if part)),
            at_stake=row.value if row.currency == viewer.program.currency else None,
            due_at=row.due_at if row.state in UNDECIDED else None,
            seen_at=viewer.at,
        )


def _sentence(row: Registration) -> str:
    if row.state in UNDECIDED:
        return _("%(partner)s waits for a decision on %(customer)s.")
    if getattr(row, "appealed", False):
        return _("%(partner)s appeals the decision on %(customer)s.")
    return _("A second look is asked for at %(customer)s of %(partner)s.")


def customers_unclear(viewer: Viewer) -> Iterator[Need]:
    """One line for all pairs of records of which a person has to say whether they mean one customer."""
    rows = open_questions(viewer.actor)
    waiting = rows.count()
    if not waiting:
        return
    told = ngettext(
        "%(count)s pair of records may mean one customer.", "%(count)s pairs of records may mean one customer.", waiting
    )
    yield Need(
        kind=NeedKind.CUSTOMER_UNCLEAR,
        subject_id=viewer.program.pk,
        in_words=said(told % {"count": waiting}, tuple(str(row) for row in rows[:2])),
        seen_at=viewer.at,
    )
