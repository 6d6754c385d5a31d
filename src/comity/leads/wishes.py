"""What a partner declares of the leads that it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from comity.deals.models import ProductFamily
from comity.deals.registration.sides import on_vendor_side
from comity.identity.actors import Actor
from comity.kernel.errors import Invalid
from comity.kernel.words import words
from comity.leads.models import LeadWishes
from comity.matching.postal import country_code
from comity.programs.models import Partnership

_CODE: Final = re.compile(r"[A-Z]{2}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z]{2,8})?")


@dataclass(frozen=True)
class WishesDraft:
    """What somebody says on the form."""

    takes_leads: bool = True
    capacity: int | None = None
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    families: tuple[str, ...] = ()


@transaction.atomic
def declare_wishes(*, partnership: Partnership, actor: Actor, draft: WishesDraft) -> LeadWishes:
    """Say which leads to send and how many at once. Raises NotAllowed, RegistrationNotFound, Invalid."""
    wrong = {}
    codes = [country_code(name) for name in draft.countries]
    if unknown := [name for name, code in zip(draft.countries, codes, strict=True) if not _CODE.fullmatch(code)]:
        wrong["countries"] = words(
            "“%(unknown)s” is no country we know; write its English name or its code.", unknown=unknown[0][:60]
        )
    languages = [name.strip().lower() for name in draft.languages]
    if bad := [name for name in languages if not _LANGUAGE.fullmatch(name)]:
        wrong["languages"] = words("“%(bad)s” is no code of a language; write it like de or en.", bad=bad[0][:30])
    if draft.capacity is not None and not 0 <= draft.capacity <= 10_000:
        wrong["capacity"] = words("Enter a number from 0 to 10,000.")
    with on_vendor_side(partnership, actor) as vendor_id:
        known = set(ProductFamily.objects.filter(vendor_id=vendor_id).values_list("name", flat=True))
        if [name for name in draft.families if name not in known]:
            wrong["families"] = words("Choose product families from the list.")
        if wrong:
            raise Invalid(words("Please correct the fields marked below; what you typed is kept."), fields=wrong)
        values = {
            "takes_leads": draft.takes_leads, "capacity": draft.capacity, "countries": list(dict.fromkeys(codes)),
            "languages": list(dict.fromkeys(languages)), "families": list(dict.fromkeys(draft.families)),
            "partner_id": partnership.partner_id,
        }  # fmt: skip
        kept, _ = LeadWishes.objects.update_or_create(vendor_id=vendor_id, partnership=partnership, defaults=values)
        return kept
