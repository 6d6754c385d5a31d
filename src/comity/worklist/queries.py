"""The figures beside the list: where one stands, and which partners changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Abs
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comity.insights.engine import quotient
from comity.programs.models import Partnership
from comity.programs.states import Status
from comity.worklist.gathering import Viewer
from comity.worklist.models import WHOLE_PROGRAM, PartnerPulse, Standing

MOVERS: Final = 5


@dataclass(frozen=True)
class Mover:
    """A partner whose last 90 days differ most from the same days a year before, with the reason."""

    partnership_id: UUID
    name: str
    recent: Decimal
    former: Decimal
    reason: str

    @property
    def change(self) -> Decimal | None:
        """Relative change; null where nothing was won before."""
        return quotient(self.recent - self.former, self.former)


def standings_of(viewer: Viewer, names: Sequence[str]) -> dict[str, Standing]:
    """The viewer's own figures by metric where they have a manager's record, else the program's; one query."""
    key = viewer.managers[0] if viewer.managers else WHOLE_PROGRAM
    rows = Standing.objects.filter(
        vendor_id=viewer.program.vendor_id, program_id=viewer.program.pk, manager_id=key, metric__in=list(names)
    )
    found = {row.metric: row for row in rows}
    return {name: found[name] for name in names if name in found}


def movers_of(viewer: Viewer) -> list[Mover]:
    """The partners that changed most in money, of the viewer's own or of the program; two queries."""
    active = Partnership.objects.filter(
        vendor_id=viewer.program.vendor_id, program=viewer.program, status=Status.ACTIVE
    )
    if viewer.managers is not None:
        active = active.filter(manager__in=viewer.managers)
    rows = (
        PartnerPulse.objects.filter(
            vendor_id=viewer.program.vendor_id, program_id=viewer.program.pk, partnership_id__in=active.values("pk")
        )
        .exclude(recent_amount=F("former_amount"))
        .order_by(Abs(F("recent_amount") - F("former_amount")).desc(), "partnership_id")
    )
    found = list(rows[:MOVERS])
    names = dict(active.filter(pk__in=[row.partnership_id for row in found]).values_list("pk", "name"))
    return [
        Mover(row.partnership_id, names[row.partnership_id], row.recent_amount, row.former_amount, _reason(row))
        for row in found
        if row.partnership_id in names
    ]


def _reason(row: PartnerPulse) -> str:
    """Which of the two it was: how many deals, or how large."""
    now = ngettext("%(count)s deal won in 90 days", "%(count)s deals won in 90 days", row.recent_deals) % {
        "count": row.recent_deals
    }
    if row.recent_deals == row.former_deals:
        return _("%(now)s, as many as a year before") % {"now": now}
    return _("%(now)s, %(then)s a year before") % {"now": now, "then": row.former_deals}
