"""Managers behind the pace of their quota, and managers with more than fits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from comity.kernel.periods import Period
from comity.programs.calendars import calendar_of
from comity.programs.models import Manager, Partnership
from comity.programs.queries import policy_of, segments_of, team_visible_to, weights_of
from comity.programs.rules import load_of
from comity.programs.states import Status
from comity.worklist.gathering import Viewer
from comity.worklist.models import WHOLE_PROGRAM, Standing
from comity.worklist.needs import Need, NeedKind, said
from comity.worklist.rules import close_of, is_behind_pace


def quotas_behind(viewer: Viewer) -> Iterator[Need]:
    """Managers of whose quota too little is won for the days that are over."""
    rows = Standing.objects.filter(
        vendor_id=viewer.program.vendor_id, program_id=viewer.program.pk, metric="quota_attainment"
    ).exclude(manager_id=WHOLE_PROGRAM)
    if viewer.managers is not None:
        rows = rows.filter(manager_id__in=viewer.managers)
    found = list(rows.order_by("manager_id"))
    people = Manager.objects.filter(vendor_id=viewer.program.vendor_id, pk__in=[row.manager_id for row in found])
    managers = {manager.pk: manager for manager in people.filter(is_active=True)}
    for row in found:
        if row.manager_id in managers and row.numerator is not None and row.denominator:
            yield from _quota(viewer, row, managers[row.manager_id])


def overloaded_managers(viewer: Viewer) -> Iterator[Need]:
    """Managers whose partners weigh more than their capacity."""
    if viewer.managers is not None:
        yield from _own_overload(viewer, viewer.managers)
        return
    for member in team_visible_to(viewer.actor, viewer.program):
        if member.manager.capacity is not None and member.load > member.manager.capacity:
            yield _overload(viewer, member.manager, member.load, member.manager.capacity)


def _own_overload(viewer: Viewer, managers: tuple[UUID, ...]) -> Iterator[Need]:
    """The same of the viewer's own records, without looking at everybody's partners."""
    kept = Partnership.objects.filter(
        vendor_id=viewer.program.vendor_id, program=viewer.program, manager__in=managers, status=Status.ACTIVE
    )
    holders = {key: manager for key, manager in kept.values_list("pk", "manager_id") if manager}
    segments = segments_of(viewer.program.vendor_id, holders)
    held: dict[UUID, list[str]] = {}
    for key, holder in holders.items():
        held.setdefault(holder, []).append(segments.get(key, ""))
    weights = weights_of(policy_of(viewer.program))
    people = Manager.objects.filter(vendor_id=viewer.program.vendor_id, pk__in=held, is_active=True)
    for manager in people.order_by("name", "id"):
        load = load_of(held[manager.pk], weights)
        if manager.capacity is not None and load > manager.capacity:
            yield _overload(viewer, manager, load, manager.capacity)


def _quota(viewer: Viewer, row: Standing, manager: Manager) -> Iterator[Need]:
    credited, quota = row.numerator or Decimal(0), row.denominator or Decimal(0)
    period = calendar_of(viewer.program).parse(row.period)
    share_over = _share_over(period, viewer.as_of)
    if not is_behind_pace(credited=credited, quota=quota, share_over=share_over):
        return
    is_own = manager.person_id == viewer.actor.person_id
    yield Need(
        kind=NeedKind.QUOTA_BEHIND,
        subject_id=manager.pk,
        in_words=said(
            _("You are behind the pace of your quota.")
            if is_own
            else _("%(manager)s is behind the pace of the quota.") % {"manager": manager.name},
            (
                _("%(share)s of %(period)s attained") % {"share": _percent(credited / quota), "period": period.label},
                _("%(share)s of its days are over") % {"share": _percent(share_over)},
                _("ends on %(day)s") % {"day": date_format(period.ends_on, "DATE_FORMAT")},
            ),
        ),
        at_stake=(quota * share_over - credited).quantize(Decimal("0.0001")),
        due_at=close_of(period.ends_on, viewer.zone),
        seen_at=viewer.as_of_morning,
    )


def _overload(viewer: Viewer, manager: Manager, load: Decimal, capacity: Decimal) -> Need:
    is_own = manager.person_id == viewer.actor.person_id
    return Need(
        kind=NeedKind.MANAGER_OVERLOADED,
        subject_id=manager.pk,
        in_words=said(
            _("You look after more partners than fit.")
            if is_own
            else _("%(manager)s looks after more partners than fit.") % {"manager": manager.name},
            (_("load %(load)s, capacity %(capacity)s") % {"load": _plain(load), "capacity": _plain(capacity)},),
        ),
        seen_at=viewer.as_of_morning,
    )


def _share_over(period: Period, day: date) -> Decimal:
    days = (min(day, period.ends_on) - period.starts_on).days + 1
    return Decimal(max(days, 0)) / period.days


def _percent(share: Decimal) -> str:
    return f"{number_format(share * 100, decimal_pos=0)}\u202f%"


def _plain(figure: Decimal) -> str:
    return number_format(figure, decimal_pos=0 if figure == figure.to_integral_value() else 1)
