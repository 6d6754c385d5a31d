"""What people said they would do: tasks of one's own, and the next steps with one's partners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from comity.timeline.models import NextStep, Task
from comity.worklist.gathering import Viewer
from comity.worklist.needs import Need, NeedKind, said
from comity.worklist.rules import close_of

READ: Final = 100
DAY: Final = "DATE_FORMAT"


def own_tasks(viewer: Viewer) -> Iterator[Need]:
    """Open tasks of the viewer that are due today or were before; the calendar is the real one."""
    rows = Task.objects.filter(
        vendor_id=viewer.program.vendor_id,
        partnership__program=viewer.program,
        owner=viewer.actor.person_id,
        done_at__isnull=True,
        due_on__lte=viewer.today,
    ).select_related("partnership")
    for row in rows.order_by("due_on", "id")[:READ]:
        if row.due_on is not None:
            yield Need(
                kind=NeedKind.TASK_DUE,
                subject_id=row.pk,
                opens_id=row.partnership_id,
                in_words=said(
                    row.title,
                    (
                        _("your task with %(partner)s") % {"partner": row.partnership.name},
                        _("due %(day)s") % {"day": date_format(row.due_on, DAY)},
                    ),
                ),
                due_at=close_of(row.due_on, viewer.zone),
                seen_at=viewer.at,
            )


def next_steps(viewer: Viewer) -> Iterator[Need]:
    """Next steps with the viewer's own partners whose day is past."""
    if viewer.managers is None:
        return
    rows = NextStep.objects.filter(
        vendor_id=viewer.program.vendor_id,
        partnership__program=viewer.program,
        partnership__manager__in=viewer.managers,
        due_on__lt=viewer.today,
    ).select_related("partnership")
    for row in rows.order_by("due_on", "id")[:READ]:
        if row.due_on is not None:
            yield Need(
                kind=NeedKind.STEP_DUE,
                subject_id=row.pk,
                opens_id=row.partnership_id,
                in_words=said(
                    _("Next step with %(partner)s: %(step)s") % {"partner": row.partnership.name, "step": row.text},
                    (_("due %(day)s") % {"day": date_format(row.due_on, DAY)},),
                ),
                due_at=close_of(row.due_on, viewer.zone),
                seen_at=viewer.at,
            )
