"""What was known of registrations and partners at an earlier instant, from their steps and the kept past."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db.models import OuterRef, Q, QuerySet, Subquery

from comity.deals.models import Handling, Opportunity, Registration, RegistrationStep
from comity.deals.states import DealStatus
from comity.deals.states.registrations import OPEN, State
from comity.programs.calendars import today_in
from comity.programs.models import Partnership

_OPEN: Final = [state.value for state in OPEN]


def states_then(rows: Iterable[Registration], at: datetime) -> dict[UUID, State]:
    """Where each of these submitted registrations stood; one that had no step yet was just submitted. One query."""
    known = {row.pk: State.SUBMITTED for row in rows}
    if not known:
        return known
    steps = RegistrationStep.objects.filter(registration_id__in=list(known), at__lte=at).order_by("sequence")
    known.update((key, State(state)) for key, state in steps.values_list("registration_id", "to_state"))
    return known


def open_then(registration: Registration, at: datetime) -> int:
    """How many other registrations of the same partner were open."""
    of_row = {"vendor_id": registration.vendor_id, "registration": OuterRef("pk"), "at__lte": at}
    last = RegistrationStep.objects.filter(**of_row).order_by("-sequence").values("to_state")[:1]
    others = Registration.objects.filter(
        vendor_id=registration.vendor_id, partnership=registration.partnership_id, submitted_at__lte=at
    ).exclude(pk=registration.pk)
    return others.annotate(stood=Subquery(last)).filter(stood__in=_OPEN).count()


def partnership_then(partnership: Partnership, at: datetime) -> Any:
    """Status, types, tier and region of a partner: of a row in the history, or today's row where none replaced it.

    Of a time before the partnership was entered nothing is known: it counts as it is today.
    """
    if at < partnership.created_at:
        return partnership
    past: Any = apps.get_model("programs", "PartnershipEvent")
    mine = past.objects.filter(vendor_id=partnership.vendor_id, id=partnership.pk, pgh_created_at__gt=at)
    return mine.select_related("tier", "region").order_by("pgh_created_at", "pgh_id").first() or partnership


def deals_then(registration: Registration, deals: QuerySet[Opportunity], at: datetime) -> QuerySet[Opportunity]:
    """Those of these deals that were open on that day, but for what had grown out of a registration by then."""
    day = today_in(registration.program, at)
    grown = Handling.objects.filter(
        vendor_id=registration.vendor_id, opportunity__isnull=False, registration__submitted_at__lte=at
    ).exclude(registration=registration)
    opened = Q(opened_on__isnull=True) | Q(opened_on__lte=day)
    closed_later = Q(status=DealStatus.OPEN) | Q(closed_on__gt=day)
    own = {"pk__in": own_deal(registration), "opened_on__gte": day}
    return deals.filter(opened, closed_later).exclude(pk__in=grown.values("opportunity_id")).exclude(**own)


def own_deal(registration: Registration) -> list[UUID]:
    """The deal that grew out of the registration, or was joined to it, later: none or one."""
    kept = Handling.objects.filter(vendor_id=registration.vendor_id, registration=registration)
    return [key for key in kept.values_list("opportunity_id", flat=True) if key is not None]
