"""What keeps things true and going: data that are old, news that was given up, a mailbox that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comity.deals.models import Mailbox
from comity.platform.models import Delivery, DeliveryState
from comity.worklist.gathering import Viewer
from comity.worklist.needs import Need, NeedKind, said
from comity.worklist.rules import STALE_DAYS, close_of

FAILURES: Final = 3
"""In a row, a quarter of an hour: a server that is started anew is back by then."""


def stale_data(viewer: Viewer) -> Iterator[Need]:
    """The newest fact is more than two weeks old."""
    as_of = viewer.program.data_as_of
    if as_of is None or (viewer.today - as_of).days <= STALE_DAYS:
        return
    yield Need(
        kind=NeedKind.DATA_STALE,
        subject_id=viewer.program.pk,
        in_words=said(
            _("The data end on %(day)s.") % {"day": date_format(as_of, "DATE_FORMAT")},
            (
                _("%(days)s days ago") % {"days": (viewer.today - as_of).days},
                _("what came after stands in no figure"),
            ),
        ),
        due_at=close_of(as_of + timedelta(days=STALE_DAYS), viewer.zone),
        seen_at=viewer.at,
    )


def dead_deliveries(viewer: Viewer) -> Iterator[Need]:
    """News between the parts of Comity that nobody could handle, in one line."""
    given_up = Delivery.objects.filter(vendor_id=viewer.program.vendor_id, state=DeliveryState.DEAD).count()
    if not given_up:
        return
    yield Need(
        kind=NeedKind.DELIVERY_DEAD,
        subject_id=viewer.program.pk,
        in_words=said(
            ngettext("%(count)s piece of news was given up.", "%(count)s pieces of news were given up.", given_up)
            % {"count": given_up},
            (_("figures may lag behind until they are tried again"),),
        ),
        seen_at=viewer.at,
    )


def silent_mailbox(viewer: Viewer) -> Iterator[Need]:
    """The mailbox that partners write to could not be read several times in a row: what they send waits."""
    own = Mailbox.objects.filter(vendor_id=viewer.program.vendor_id, program=viewer.program, is_on=True)
    mailbox = own.filter(failures__gte=FAILURES).first()
    if mailbox is None:
        return
    yield Need(
        kind=NeedKind.MAILBOX_SILENT,
        subject_id=mailbox.pk,
        in_words=said(
            _("The mailbox %(address)s cannot be read.") % {"address": mailbox.address},
            (_("what partners register by e-mail waits there"),),
        ),
        seen_at=viewer.at,
    )
