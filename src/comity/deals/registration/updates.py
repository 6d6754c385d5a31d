"""A registered deal on its way: the partner reads the stage of the deal, the vendor what the partner tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from comity.deals.events import RegistrationUpdated
from comity.deals.models import Registration, RegistrationUpdate, SharedDeal
from comity.deals.registration.drafting import FURTHEST
from comity.deals.registration.protection import NotProtected
from comity.deals.registration.sides import on_vendor_side, own_locked
from comity.deals.states.registrations import PROTECTED, State
from comity.identity.actors import Actor
from comity.kernel.errors import Invalid
from comity.kernel.words import words
from comity.platform.outbox import announce
from comity.programs.calendars import today_in
from comity.programs.models import Partnership


@dataclass(frozen=True)
class Progress:
    """What the partner says of the deal."""

    note: str
    expected_close_on: date | None = None


@transaction.atomic
def tell_progress(
    *, registration: Registration, partnership: Partnership, actor: Actor, progress: Progress, at: datetime
) -> RegistrationUpdate:
    """Tell the vendor how the deal goes; a new expected day stands on the registration from then on.

    Raises NotAllowed, RegistrationNotFound, NotProtected, Invalid (note, expected_close_on).
    """
    with on_vendor_side(partnership, actor) as vendor_id:
        current = own_locked(partnership, registration)
        if State(current.state) not in PROTECTED:
            raise NotProtected(words("Only of an approved registration the vendor is told how it goes."))
        note, day, today = progress.note.strip(), progress.expected_close_on, today_in(current.program, at)
        wrong = {}
        if not note or len(note) > 4_000:
            wrong["note"] = words("Say where it stands, in at most 4,000 characters.")
        if day is not None and not today <= day <= today + FURTHEST:
            wrong["expected_close_on"] = words("Enter a day from today on, within five years.")
        if wrong:
            raise Invalid(words("Nothing was sent."), fields=wrong)
        made = RegistrationUpdate.objects.create(
            vendor_id=vendor_id, registration=current, partnership=partnership, partner_id=current.partner_id, at=at,
            person_id=actor.person_id, person_name=actor.name[:200], note=note, expected_close_on=day,
        )  # fmt: skip
        if day is not None:
            current.expected_close_on = day
            current.save(update_fields=["expected_close_on"])
        announce(RegistrationUpdated(update_id=made.pk))
        return made


def updates_of(registration: Registration) -> QuerySet[RegistrationUpdate]:
    """What the partner told, the newest first; either side."""
    rows = RegistrationUpdate.objects.filter(vendor_id=registration.vendor_id, registration=registration)
    return rows.order_by("-at", "-id")


def shared_deal_of(registration: Registration) -> SharedDeal | None:
    """The deal as the partner may see it, with its stage; None before there is one. Either side."""
    if registration.deal_id is None:
        return None
    return SharedDeal.objects.filter(
        vendor_id=registration.vendor_id, opportunity_id=registration.deal_id, partnership=registration.partnership_id
    ).first()
