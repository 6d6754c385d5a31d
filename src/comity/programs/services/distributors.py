"""Two-tier: the distributors above a partner, without circles."""

from __future__ import annotations

from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words
from comity.programs.models import DistributorLink, Partnership, Program
from comity.programs.states import PartnerType


class DistributorCircle(Conflict):
    """The distributor buys, directly or through others, from the partner it should stand above."""

    code, title = "distributor_circle", words("They would stand above each other")


@transaction.atomic
def add_distributor(*, partnership: Partnership, distributor: Partnership, actor: Actor) -> DistributorLink:
    """Put a distributor above a partner; twice changes nothing. Raises NotAllowed, Invalid, DistributorCircle."""
    actor.require(Permission.EDIT_PARTNERS)
    if distributor.program_id != partnership.program_id or distributor.vendor_id != partnership.vendor_id:
        raise Invalid(
            words("Both belong to one program."), fields={"distributor": words("Choose a distributor of this program.")}
        )
    if PartnerType.DISTRIBUTOR not in distributor.types:
        raise Invalid(
            words("%(distributor)s is no distributor.", distributor=distributor.name),
            fields={"distributor": words("Choose a partner of the type distributor.")},
        )
    # One at a time in a program: two links written at once could close a circle that neither sees.
    Program.objects.select_for_update().get(vendor_id=partnership.vendor_id, pk=partnership.program_id)
    if partnership.pk == distributor.pk or _stands_above(partnership, distributor):
        raise DistributorCircle(
            words(
                "%(distributor)s itself buys through %(partnership)s; one of the two stands above.",
                distributor=distributor.name,
                partnership=partnership.name,
            ),
            fields={"distributor": words("Choose another distributor.")},
        )
    link, _ = DistributorLink.objects.get_or_create(
        vendor_id=partnership.vendor_id,
        partnership=partnership,
        distributor=distributor,
        defaults={"partner_id": partnership.partner_id},
    )
    return link


@transaction.atomic
def remove_distributor(*, partnership: Partnership, distributor: Partnership, actor: Actor) -> None:
    """Take a distributor away from above a partner. Raises NotAllowed."""
    actor.require(Permission.EDIT_PARTNERS)
    DistributorLink.objects.filter(
        vendor_id=partnership.vendor_id, partnership=partnership, distributor=distributor
    ).delete()


def _stands_above(partnership: Partnership, distributor: Partnership) -> bool:
    """Whether the partnership is, at any height, a distributor of the distributor."""
    seen = {distributor.pk}
    level = {distributor.pk}
    while level:
        above = set(
            DistributorLink.objects.filter(vendor_id=partnership.vendor_id, partnership_id__in=level).values_list(
                "distributor_id", flat=True
            )
        )
        if partnership.pk in above:
            return True
        level = above - seen
        seen |= level
    return False
