"""The people of a partner as far as the vendor knows them: whom it invited, who wrote to it, who registered deals.

Who else works there is the partner's own affair: its list of members is not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from comity.deals.models import RegistrationStep
from comity.identity.actors import Actor
from comity.identity.models import Invitation
from comity.identity.queries import invitations_visible_to
from comity.programs.models import Partnership, Program
from comity.programs.queries import partnerships_visible_to
from comity.timeline.models import Message


@dataclass(frozen=True)
class KnownPerson:
    """Somebody of a partner: the name we read last, and when they last wrote or worked on a registration."""

    name: str
    wrote_at: datetime | None
    registered_at: datetime | None

    @property
    def last_at(self) -> datetime:
        """When we last heard of them."""
        return max(moment for moment in (self.wrote_at, self.registered_at) if moment is not None)


def known_people(actor: Actor, partnership: Partnership) -> list[KnownPerson]:
    """Who wrote to us or moved a registration for this partner, the last heard of first. Two queries."""
    mine: dict[str, Any] = {
        "vendor_id": actor.organization_id,
        "partner_id": partnership.partner_id,
        "partnership": partnership,
        "side": "partner",
    }
    wrote = Message.objects.filter(**mine).order_by("written_by_id", "-created_at").distinct("written_by_id")
    steps: Any = RegistrationStep.objects.filter(**mine, person_id__isnull=False).exclude(person_name="")
    moved = steps.order_by("person_id", "-at").distinct("person_id")
    found: dict[UUID, KnownPerson] = {
        key: KnownPerson(name, wrote_at, None)
        for key, name, wrote_at in wrote.values_list("written_by_id", "author_name", "created_at")
    }
    for key, name, registered_at in moved.values_list("person_id", "person_name", "at"):
        known = found.get(key, KnownPerson(name, None, None))
        is_newer = known.wrote_at is None or known.wrote_at < registered_at
        found[key] = KnownPerson(name if is_newer else known.name, known.wrote_at, registered_at)
    return sorted(found.values(), key=lambda one: one.last_at, reverse=True)


def people_behind(actor: Actor, program: Program, keys: Iterable[UUID]) -> list[tuple[UUID, str, Partnership]]:
    """Who the rows of these ids name (messages, steps of registrations, invitations), and of which partner they are.

    Each name once a partner, in the order of the ids given. At most four queries.
    """
    wanted = list(keys)
    at_vendor: dict[str, Any] = {"vendor_id": actor.organization_id, "pk__in": wanted, "side": "partner"}
    named: dict[UUID, tuple[str, UUID]] = {
        row[0]: (row[1], row[2])
        for row in Message.objects.filter(**at_vendor).values_list("pk", "author_name", "partnership_id")
    }
    steps = RegistrationStep.objects.filter(**at_vendor).values_list("pk", "person_name", "partnership_id")
    named |= {row[0]: (row[1], row[2]) for row in steps}
    letters = list(
        invitations_visible_to(actor).filter(pk__in=wanted, revoked_at__isnull=True).select_related("accepted_by")
    )
    partners = {row.pk: row for row in _partners(actor, program, named.values(), letters)}
    by_partner = {row.partner_id: row.pk for row in partners.values()}
    for letter in letters:
        if letter.organization_id in by_partner:
            named[letter.pk] = (_called(letter), by_partner[letter.organization_id])
    seen: set[tuple[UUID, str]] = set()
    found = []
    for key in wanted:
        name, place = named.get(key, ("", None))
        if place in partners and (place, name.lower()) not in seen:
            seen.add((place, name.lower()))
            found.append((key, name, partners[place]))
    return found


def _partners(
    actor: Actor, program: Program, named: Iterable[tuple[str, UUID]], letters: Iterable[Invitation]
) -> Iterable[Partnership]:
    rows = partnerships_visible_to(actor, program)
    organizations = [letter.organization_id for letter in letters]
    return rows.filter(pk__in=[place for _name, place in named]) | rows.filter(partner_id__in=organizations)


def _called(letter: Invitation) -> str:
    person = letter.accepted_by
    return str(person) if person is not None else letter.email
