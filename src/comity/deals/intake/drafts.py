"""What came in becomes a draft: once for each key, changed while it is a draft (what it says, nothing else), left alone
once it was submitted."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from comity.deals.models import Registration
from comity.deals.registration.drafting import RegistrationDraft, checked
from comity.deals.states.registrations import State
from comity.programs.models import Partnership


class Became(StrEnum):
    """What became of something that came in."""

    CREATED = "created"
    CHANGED = "changed"
    KNOWN = "known"


def keep_draft(
    partnership: Partnership, values: dict[str, Any], *, key: str, begun_by_id: UUID | None, at: datetime
) -> tuple[Registration, Became]:
    """The draft under this key, made or brought up to date. Vendor's side. Raises Invalid (every wrong field)."""
    stored = checked(partnership, RegistrationDraft(**values), at=at)
    current = (
        Registration.objects.select_for_update(of=("self",))
        .select_related("program", "partnership")
        .filter(vendor_id=partnership.vendor_id, partnership=partnership, intake_key=key)
        .first()
    )
    if current is None:
        made = Registration.objects.create(
            vendor_id=partnership.vendor_id, program_id=partnership.program_id, partnership=partnership,
            partner_id=partnership.partner_id, begun_by_id=begun_by_id, intake_key=key, **stored,
        )  # fmt: skip
        return made, Became.CREATED
    said = {*values, *(("name_key", "domain_key") if "customer_name" in values else ())}
    differs = [name for name in stored if name in said and getattr(current, name) != stored[name]]
    if current.state != State.DRAFT or not differs:
        return current, Became.KNOWN
    for name in differs:
        setattr(current, name, stored[name])
    current.save(update_fields=differs)
    return current, Became.CHANGED
