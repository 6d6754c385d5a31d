"""The two sides of a partnership: where somebody stands, and how a partner's person writes on the vendor's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from comity.identity.actors import Actor
from comity.kernel.errors import NotFound
from comity.platform.tenancy import current_scope, tenant
from comity.programs.models import Partnership


def stands_with_vendor(actor: Actor, partnership: Partnership) -> bool:
    """Whether the actor's organization is the vendor of the partnership; an organization may be one here and a partner
    there, so the role alone does not say it."""
    return actor.organization_id == partnership.vendor_id


@contextmanager
def vendor_side(partnership: Partnership, actor: Actor, missing: NotFound) -> Iterator[UUID]:
    """Write the vendor's rows for a partner's person, after asking under the person's own scope whether the partnership
    is theirs. Yields the vendor's id. Raises what `missing` is."""
    own = Partnership.objects.filter(pk=partnership.pk, partner_id=actor.organization_id)
    vendor_id = own.values_list("vendor_id", flat=True).first()
    if vendor_id is None:
        raise missing
    with tenant(organization_id=vendor_id, person_id=actor.person_id, door=current_scope().door):
        yield vendor_id
