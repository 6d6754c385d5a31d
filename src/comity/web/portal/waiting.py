"""What a partner's person can settle now: only what really exists, the nearest clock first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comity.cosell.queries import members_visible_to, own_steps_due
from comity.cosell.states import LIVE, MemberState
from comity.deals.models import Registration
from comity.deals.registration.queries import registrations_of_partnership, registrations_visible_to
from comity.deals.states.registrations import State
from comity.identity.queries import invitations_visible_to, organization_of
from comity.identity.roles import Permission
from comity.leads.queries import offers_to_answer
from comity.programs.calendars import today_in
from comity.timeline.queries import tasks_visible_to
from comity.web.doors import PortalRequest

READ: Final = 50
DAYS_AHEAD: Final = timedelta(days=3)
"""Steps of a close plan are shown from then on."""
DAY: Final = "DATE_FORMAT"


@dataclass(frozen=True)
class Waiting:
    """One line: what, the facts behind it, until when, and what one does about it."""

    icon: str
    sentence: str
    evidence: str
    url: str
    action: str
    due_at: datetime | None = None
    clock: str = ""
    is_late: bool = False
    value: Decimal | None = None
    currency: str = ""

    @property
    def tone(self) -> str:
        """Red once it is late."""
        return "bad" if self.is_late else ""


def waiting_for(request: PortalRequest) -> list[Waiting]:
    """Everything, what has a clock first. Registrations of all vendors stand in one list, with the vendor's name."""
    found = [*_leads(request), *_rooms(request), *_registrations(request), *_tasks(request), *_company(request)]
    return sorted(found, key=lambda one: (one.due_at is None, one.due_at.timestamp() if one.due_at else 0))


def _leads(request: PortalRequest) -> Iterator[Waiting]:
    """Leads that wait for an answer, of all vendors in one list."""
    rows = offers_to_answer(request.actor)
    if request.actor.is_vendor:
        rows = rows.filter(partnership=request.partnership)
    for row in rows.filter(due_at__gt=request.received_at)[:READ]:
        clock, late = _until(request, row.due_at)
        told = {"vendor": row.partnership.program.vendor_name, "customer": row.customer_name}
        yield Waiting(
            icon="inbox",
            sentence=_("%(vendor)s offers you a lead: %(customer)s.") % told,
            evidence=" · ".join(part for part in (row.reference, row.customer_country, row.need[:120]) if part),
            url=reverse("portal:lead", args=[row.partnership_id, row.pk]),
            action=_("Answer"),
            due_at=row.due_at,
            clock=clock,
            is_late=late,
            value=row.value,
            currency=row.currency,
        )


def _rooms(request: PortalRequest) -> Iterator[Waiting]:
    """Rooms that we are asked into, and our own steps of close plans that are due."""
    rows = members_visible_to(request.actor, request.partnership if request.actor.is_vendor else None)
    mine = list(rows.filter(state__in=[state.value for state in LIVE], room_is_open=True)[:READ])
    for one in mine:
        if one.state == MemberState.INVITED:
            told = {"vendor": one.partnership.program.vendor_name, "deal": one.title}
            yield Waiting(
                icon="handshake",
                sentence=_("%(vendor)s asks you to work together on %(deal)s.") % told,
                evidence=" · ".join(part for part in (one.customer_name, one.welcome[:120]) if part),
                url=reverse("portal:our_room", args=[one.partnership_id, one.pk]),
                action=_("Answer"),
            )
    today = today_in(request.program, request.received_at)
    zone = ZoneInfo(request.program.time_zone)
    for one, step in own_steps_due(request.actor, mine, today + DAYS_AHEAD):
        due = datetime.combine(step.due_on, time(18), zone) if step.due_on else None
        clock, late = _until(request, due)
        yield Waiting(
            icon="calendar",
            sentence=step.title,
            evidence=_("close plan of %(deal)s") % {"deal": one.title},
            url=reverse("portal:our_room", args=[one.partnership_id, one.pk]),
            action=_("Look at it"),
            due_at=due,
            clock=clock,
            is_late=late,
        )


def _registrations(request: PortalRequest) -> Iterator[Waiting]:
    """Returned ones that want an answer, and drafts that were never sent."""
    actor = request.actor
    rows = (
        registrations_of_partnership(actor, request.partnership) if actor.is_vendor else registrations_visible_to(actor)
    )
    rows = rows.filter(state__in=[State.RETURNED, State.DRAFT])
    for row in rows.order_by("-state", "answer_by", "-created_at", "-id")[:READ]:
        place = reverse("portal:registration_edit", args=[row.partnership_id, row.pk])
        name = row.customer_name or _("a customer without a name")
        if row.state == State.RETURNED:
            clock, late = _until(request, row.answer_by)
            yield Waiting(
                icon="inbox",
                sentence=_("%(vendor)s asks you something about %(customer)s.") % _told(row, name),
                evidence=" · ".join(part for part in (row.reference or "", row.reason_text[:120]) if part),
                url=place,
                action=_("Answer"),
                due_at=row.answer_by,
                clock=clock,
                is_late=late,
                value=row.value,
                currency=row.currency,
            )
        else:
            yield Waiting(
                icon="pencil",
                sentence=_("The registration of %(customer)s is not sent yet.") % _told(row, name),
                evidence=_("a draft for %(vendor)s; the first complete one counts") % _told(row, name),
                url=place,
                action=_("Go on"),
                value=row.value,
                currency=row.currency,
            )


def _told(row: Registration, name: str) -> dict[str, str]:
    return {"vendor": row.program.vendor_name, "customer": name}


def _tasks(request: PortalRequest) -> Iterator[Waiting]:
    """Open tasks that the vendor shared."""
    if request.actor.is_vendor:
        return
    for task in tasks_visible_to(request.actor, partnership=request.partnership, is_open=True)[:READ]:
        due = "" if task.due_on is None else _("due %(day)s") % {"day": date_format(task.due_on, DAY)}
        yield Waiting(
            icon="check",
            sentence=task.title,
            evidence=" · ".join(part for part in (_("shared with you by %(vendor)s") % _vendor(request), due) if part),
            url=f"{reverse('portal:company', args=[request.partnership.pk])}#contact",
            action=_("Whom to ask"),
        )


def _vendor(request: PortalRequest) -> dict[str, str]:
    return {"vendor": request.program.vendor_name}


def _company(request: PortalRequest) -> Iterator[Waiting]:
    """A profile with gaps, and invitations that nobody followed."""
    company = reverse("portal:company", args=[request.partnership.pk])
    if request.actor.can(Permission.PORTAL_EDIT_COMPANY):
        own = organization_of(request.actor)
        wanted = ((_("website"), own.website), (_("country"), own.country), (_("description"), own.about))
        missing = [label for label, value in wanted if not value]
        if missing:
            text = _("Your company profile lacks: %(what)s.") % {"what": ", ".join(missing)}
            yield Waiting("building-2", text, _("your vendors see it"), company, _("Complete it"))
    if request.actor.can(Permission.PORTAL_PEOPLE):
        letters = invitations_visible_to(request.actor).filter(
            accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=request.received_at
        )
        if count := letters.count():
            text = ngettext(
                "%(count)s colleague has not followed the invitation yet.",
                "%(count)s colleagues have not followed the invitation yet.",
                count,
            ) % {"count": count}
            yield Waiting("user-plus", text, _("send it again, or take it back"), f"{company}#people", _("See them"))


def _until(request: PortalRequest, instant: datetime | None) -> tuple[str, bool]:
    """By when an answer keeps its place."""
    if instant is None:
        return "", False
    zone = ZoneInfo(request.program.time_zone)
    if instant <= request.received_at:
        return _("late since %(day)s") % {"day": date_format(instant.astimezone(zone), DAY)}, True
    return _("until %(day)s") % {"day": date_format(instant.astimezone(zone), DAY)}, False
