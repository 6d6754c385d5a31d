"""Partners that wait for an answer, go quiet, are long on their way, or have nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from django.apps import apps
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comity.programs.models import Partnership
from comity.programs.states import Status
from comity.worklist.gathering import Viewer
from comity.worklist.models import PartnerPulse
from comity.worklist.needs import Need, NeedKind, Worded, said
from comity.worklist.rules import (
    ANSWER_DAYS,
    DORMANT_DAYS,
    ONBOARDING_DAYS,
    QUIET_DAYS,
    business_days_after,
    close_of,
)

READ: Final = 100
"""So many of a kind are looked at, the most urgent ones; more than any list shows."""
DAY: Final = "DATE_FORMAT"


def applications(viewer: Viewer) -> Iterator[Need]:
    """Companies that asked to join and have no answer, by who will be their manager or has none yet."""
    rows = _of_program(viewer).filter(status=Status.APPLIED)
    if viewer.managers is not None:
        rows = rows.filter(Q(manager__in=viewer.managers) | Q(manager__isnull=True))
    before = apps.get_model("programs", "PartnershipEvent")._default_manager
    turned = before.filter(vendor_id=OuterRef("vendor_id"), id=OuterRef("pk")).exclude(status=Status.APPLIED)
    rows = rows.annotate(turned_at=Subquery(turned.order_by("-pgh_id").values("pgh_created_at")[:1]))
    for row in rows.order_by("created_at", "id")[:READ]:
        since: datetime = getattr(row, "turned_at") or row.created_at  # noqa: B009 - an annotation, not a column
        local = since.astimezone(viewer.zone)
        yield Need(
            kind=NeedKind.APPLICATION,
            subject_id=row.pk,
            in_words=said(
                _("%(partner)s asked to join and waits for an answer.") % {"partner": row.name},
                (_("since %(day)s") % {"day": date_format(local, DAY)}, *_types(row)),
            ),
            due_at=business_days_after(since, ANSWER_DAYS, viewer.zone),
            seen_at=viewer.at,
        )


def quiet_partners(viewer: Viewer) -> Iterator[Need]:
    """Active partners that brought revenue in the year and have done nothing that counts for 90 days."""
    active = _own(viewer, _of_program(viewer).filter(status=Status.ACTIVE))
    pulses = PartnerPulse.objects.filter(
        vendor_id=viewer.program.vendor_id,
        program_id=viewer.program.pk,
        last_activity_on__lte=viewer.as_of - timedelta(days=QUIET_DAYS),
        year_amount__gt=0,
        partnership_id__in=active.values("pk"),
    ).order_by("-year_amount", "partnership_id")[:READ]
    found = list(pulses.values_list("partnership_id", "last_activity_on", "year_amount"))
    names = dict(active.filter(pk__in=[key for key, _last, _amount in found]).values_list("pk", "name"))
    now, zone = viewer.as_of_morning, viewer.zone
    for key, last, amount in found:
        if last is not None and key in names:
            dormant_on = last + timedelta(days=DORMANT_DAYS)
            yield Need(
                kind=NeedKind.PARTNER_QUIET,
                subject_id=key,
                in_words=partial(_quiet, names[key], last, dormant_on, viewer.as_of),
                at_stake=amount,
                due_at=close_of(dormant_on, zone),
                seen_at=now,
            )


def _quiet(name: str, last: date, dormant_on: date, today: date) -> Worded:
    fate = _("dormant since %(day)s") if dormant_on <= today else _("dormant from %(day)s")
    return (
        _("%(partner)s has been quiet for %(days)s days.") % {"partner": name, "days": (today - last).days},
        (_("last activity %(day)s") % {"day": date_format(last, DAY)}, fate % {"day": date_format(dormant_on, DAY)}),
    )


def long_onboardings(viewer: Viewer) -> Iterator[Need]:
    """Partners that are onboarding for more than twelve weeks."""
    late = viewer.as_of - timedelta(days=ONBOARDING_DAYS)
    rows = _own(viewer, _of_program(viewer).filter(status=Status.ONBOARDING, started_on__lt=late))
    for row in rows.order_by("started_on", "id")[:READ]:
        if row.started_on is None:
            continue
        planned = row.started_on + timedelta(days=ONBOARDING_DAYS)
        yield Need(
            kind=NeedKind.ONBOARDING_LONG,
            subject_id=row.pk,
            in_words=said(
                _("%(partner)s has been onboarding for %(days)s days.")
                % {"partner": row.name, "days": (viewer.as_of - row.started_on).days},
                (
                    _("signed on %(day)s") % {"day": date_format(row.started_on, DAY)},
                    _("twelve weeks were over on %(day)s") % {"day": date_format(planned, DAY)},
                ),
            ),
            due_at=close_of(planned, viewer.zone),
            seen_at=viewer.as_of_morning,
        )


def unmanaged_partners(viewer: Viewer) -> Iterator[Need]:
    """Active partners that nobody looks after, in one line."""
    alone = _of_program(viewer).filter(status=Status.ACTIVE, manager__isnull=True)
    pulse = PartnerPulse.objects.filter(vendor_id=OuterRef("vendor_id"), partnership_id=OuterRef("pk"))
    found: dict[str, Any] = alone.annotate(brought=Subquery(pulse.values("year_amount")[:1])).aggregate(
        partners=Count("pk"), amount=Sum(F("brought"))
    )
    if not found["partners"]:
        return
    yield Need(
        kind=NeedKind.NO_MANAGER,
        subject_id=viewer.program.pk,
        in_words=said(
            ngettext(
                "%(count)s active partner has no manager.",
                "%(count)s active partners have no manager.",
                found["partners"],
            )
            % {"count": found["partners"]},
            (_("nobody is told when one of them goes quiet"),),
        ),
        at_stake=found["amount"] or Decimal(0),
        seen_at=viewer.as_of_morning,
    )


def _of_program(viewer: Viewer) -> QuerySet[Partnership]:
    return Partnership.objects.filter(vendor_id=viewer.program.vendor_id, program=viewer.program)


def _own(viewer: Viewer, rows: QuerySet[Partnership]) -> QuerySet[Partnership]:
    return rows if viewer.managers is None else rows.filter(manager__in=viewer.managers)


def _types(row: Partnership) -> tuple[str, ...]:
    return (", ".join(kind.replace("_", " ") for kind in row.types),) if row.types else ()
