"""The partner's side and the vendor's: a partner reads its own rows; what it claims is judged on the vendor's side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection

from comity.deals.models import Registration
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.programs.models import Partnership
from comity.programs.sides import vendor_side


class RegistrationNotFound(NotFound):
    """There is no such registration, or the reader may not know of it."""

    code, title = "registration_not_found", words("No such registration")


@contextmanager
def on_vendor_side(partnership: Partnership, actor: Actor) -> Iterator[UUID]:
    """Write the vendor's rows for a partner's person, after asking under the person's own scope whether the partnership
    is theirs. Yields the vendor's id. Raises NotAllowed, RegistrationNotFound."""
    actor.require(Permission.PORTAL_DEALS)
    missing = RegistrationNotFound(words("There is no such partnership of yours."))
    with vendor_side(partnership, actor, missing) as vendor_id:
        yield vendor_id


def own_locked(partnership: Partnership, registration: Registration) -> Registration:
    """The partnership's registration as it is now, held; on the vendor's side. Raises RegistrationNotFound."""
    found = (
        Registration.objects.select_for_update(of=("self",))
        .select_related("program", "partnership")
        .filter(vendor_id=partnership.vendor_id, partnership=partnership, pk=registration.pk)
        .first()
    )
    if found is None:
        raise RegistrationNotFound(words("There is no such registration of yours."))
    return found


def lock_program(program_id: UUID) -> None:
    """Hold the program's order until the end of the transaction: who comes first is decided here, not by a clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"registrations of {program_id}"])
