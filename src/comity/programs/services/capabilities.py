"""What a partner says that it can do: skills, certifications, regions and people, told to the vendor of a programme."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid, NotFound
from comity.kernel.words import words
from comity.programs.models import DeclaredCapabilities, Partnership
from comity.programs.sides import vendor_side

MOST_ITEMS: Final = 50
LONGEST_ITEM: Final = 120
MOST_PEOPLE: Final = 1_000_000


@dataclass(frozen=True)
class CapabilitiesDraft:
    """What an administrator of the partner typed. `capacity` counts people who work with customers."""

    skills: tuple[str, ...] = ()
    certifications: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    capacity: int | None = None

    def problems(self) -> dict[str, str]:
        """What cannot be accepted, by field."""
        wrong: dict[str, str] = {}
        for name in ("skills", "certifications", "regions"):
            items: tuple[str, ...] = getattr(self, name)
            if len(items) > MOST_ITEMS:
                wrong[name] = words("Name %(most)s at most.", most=MOST_ITEMS)
            elif any(len(item) > LONGEST_ITEM for item in items):
                wrong[name] = words("Each may have %(most)s characters.", most=LONGEST_ITEM)
        if self.capacity is not None and not 0 <= self.capacity <= MOST_PEOPLE:
            wrong["capacity"] = words("Enter a number of people.")
        return wrong


@transaction.atomic
def declare_capabilities(
    *, partnership: Partnership, actor: Actor, draft: CapabilitiesDraft, at: datetime
) -> DeclaredCapabilities:
    """Tell the vendor what the partner can do, in place of what it said before.

    Raises NotAllowed, NotFound, Invalid.
    """
    actor.require(Permission.PORTAL_EDIT_COMPANY)
    if wrong := draft.problems():
        raise Invalid(words("Please correct the fields marked below; what you typed is kept."), fields=wrong)
    with vendor_side(partnership, actor, NotFound(words("There is no such partnership of yours."))) as vendor_id:
        values = {
            "partner_id": partnership.partner_id, "skills": list(draft.skills), "regions": list(draft.regions),
            "certifications": list(draft.certifications), "capacity": draft.capacity, "declared_at": at,
        }  # fmt: skip
        kept, _made = DeclaredCapabilities.objects.update_or_create(
            vendor_id=vendor_id, partnership=partnership, defaults=values
        )
        return kept
