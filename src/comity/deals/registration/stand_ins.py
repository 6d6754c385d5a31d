"""Who decides for whom on a day: named by the person who goes away, or by whoever looks after the program."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from comity.deals.models import StandIn
from comity.identity.actors import Actor
from comity.identity.models import Membership
from comity.identity.queries import memberships_visible_to
from comity.identity.roles import Permission, Role, permissions_of
from comity.kernel.errors import Conflict, Invalid, NotAllowed
from comity.kernel.words import words


class AwayAlready(Conflict):
    """Somebody stands in for the person on some of these days already."""

    code, title = "away_already", words("There is a stand-in already")


def deciders(actor: Actor) -> list[Membership]:
    """The vendor's people who may decide registrations."""
    rows = memberships_visible_to(actor)
    return [one for one in rows if Permission.DECIDE_REGISTRATIONS in permissions_of(Role(one.role))]


def stand_ins_visible_to(actor: Actor, today: date) -> QuerySet[StandIn]:
    """Those of today and later; vendor only."""
    if not (actor.is_vendor and actor.can(Permission.VIEW_DEALS)):
        return StandIn.objects.none()
    rows = StandIn.objects.filter(vendor_id=actor.organization_id, to_on__gte=today)
    return rows.select_related("person", "stand_in").order_by("from_on", "id")


@transaction.atomic
def name_stand_in(
    *, actor: Actor, person_id: UUID, stand_in_id: UUID, from_on: date, to_on: date, today: date
) -> StandIn:
    """Let one person decide for another on these days. Raises NotAllowed, Invalid, AwayAlready."""
    _require(actor, person_id)
    known = {one.person_id for one in deciders(actor)}
    wrong = {}
    if person_id not in known:
        wrong["person"] = words("Choose somebody who decides registrations.")
    if stand_in_id not in known or stand_in_id == person_id:
        wrong["stand_in"] = words("Choose somebody else who may decide registrations.")
    if to_on < from_on or to_on < today:
        wrong["to_on"] = words("The last day does not lie before the first one, nor before today.")
    if wrong:
        raise Invalid(words("Nobody was named."), fields=wrong)
    same = StandIn.objects.select_for_update().filter(vendor_id=actor.organization_id, person_id=person_id)
    if same.filter(from_on__lte=to_on, to_on__gte=from_on).exists():
        raise AwayAlready(words("Somebody stands in on some of these days already; take that back first."))
    return StandIn.objects.create(
        vendor_id=actor.organization_id, person_id=person_id, stand_in_id=stand_in_id, from_on=from_on, to_on=to_on,
        named_by_id=actor.person_id,
    )  # fmt: skip


@transaction.atomic
def take_back_stand_in(*, stand_in: StandIn, actor: Actor) -> None:
    """End it, or let it not begin. Raises NotAllowed."""
    _require(actor, stand_in.person_id)
    StandIn.objects.filter(vendor_id=actor.organization_id, pk=stand_in.pk).delete()


def who_stands_in(vendor_id: UUID, person_id: UUID | None, day: date) -> StandIn | None:
    """Who decides for this person on the day; None where they do so themselves. Vendor's side."""
    if person_id is None:
        return None
    rows = StandIn.objects.filter(vendor_id=vendor_id, person_id=person_id, from_on__lte=day, to_on__gte=day)
    return rows.select_related("stand_in").first()


def for_whom(vendor_id: UUID, person_id: UUID, day: date) -> list[UUID]:
    """The people for whom this one decides on the day. Vendor's side."""
    rows = StandIn.objects.filter(vendor_id=vendor_id, stand_in_id=person_id, from_on__lte=day, to_on__gte=day)
    return list(rows.values_list("person_id", flat=True))


def _require(actor: Actor, person_id: UUID) -> None:
    actor.require(Permission.DECIDE_REGISTRATIONS)
    if person_id != actor.person_id and not actor.can(Permission.MANAGE_PROGRAM):
        raise NotAllowed(words("Each person names their own stand-in; operations and administrators for everybody."))
