"""Co-sell rooms: steps of close plans whose day is past, and shares that partners propose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db.models import Exists, OuterRef, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from comity.cosell.models import Member, Room
from comity.cosell.queries import overdue_steps, proposals_waiting
from comity.worklist.gathering import Viewer
from comity.worklist.needs import Need, NeedKind, said
from comity.worklist.rules import close_of

READ: Final = 100


def late_plan_steps(viewer: Viewer) -> Iterator[Need]:
    """Steps of open rooms that are overdue; a partner manager's own, and those with the manager's partners."""
    rows = overdue_steps(viewer.actor, viewer.program, viewer.today)
    if viewer.managers is not None:
        own = Member.objects.filter(
            vendor_id=OuterRef("vendor_id"), room_id=OuterRef("room_id"), partnership__manager__in=viewer.managers
        )
        rows = rows.filter(Q(owner_id=viewer.actor.person_id) | Exists(own))
    shown = list(rows[:READ])
    rooms = Room.objects.filter(vendor_id=viewer.program.vendor_id, pk__in={row.room_id for row in shown})
    by_id = {room.pk: room for room in rooms.select_related("opportunity")}
    for row in shown:
        deal = by_id[row.room_id].opportunity
        if row.due_on is not None:
            yield Need(
                kind=NeedKind.PLAN_STEP_LATE,
                subject_id=row.pk,
                opens_id=row.room_id,
                in_words=said(
                    _("Close plan of %(deal)s: %(step)s") % {"deal": deal.name, "step": row.title},
                    (
                        row.owner_name or row.owner_company,
                        _("due %(day)s") % {"day": date_format(row.due_on, "DATE_FORMAT")},
                        *((_("blocked: %(why)s") % {"why": row.blocked_by},) if row.blocked_by else ()),
                    ),
                ),
                at_stake=deal.amount if deal.currency == viewer.program.currency else None,
                due_at=close_of(row.due_on, viewer.zone),
                seen_at=viewer.at,
            )


def proposed_shares(viewer: Viewer) -> Iterator[Need]:
    """Shares that wait for an answer, the longest first."""
    rows = proposals_waiting(viewer.actor, viewer.program)
    if viewer.managers is not None:
        rows = rows.filter(partnership__manager__in=viewer.managers)
    for row in rows[:READ]:
        deal, share = row.room.opportunity, f"{(row.proposed_share or 0) * 100:.4f}".rstrip("0").rstrip(".")
        yield Need(
            kind=NeedKind.SHARE_PROPOSED,
            subject_id=row.pk,
            opens_id=row.room_id,
            in_words=said(
                _("%(partner)s proposes its share of %(deal)s.") % {"partner": row.partnership.name, "deal": deal.name},
                tuple(part for part in (f"{share} %", row.proposed_text) if part),
            ),
            at_stake=deal.amount if deal.currency == viewer.program.currency else None,
            seen_at=viewer.at,
        )
