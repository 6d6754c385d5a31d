"""Partnerships: taken in, edited, moved from status to status. What a person set, imports leave alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.models import Organization
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.names import clean_name, sort_key
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.programs.models import Partnership, PartnershipSegment, Program, Region, Tier
from comity.programs.states import MACHINE, Move, PartnerType, Status


class PartnerExists(Conflict):
    """The program has a partner of that name in that country, of that organization, or with that external id."""

    code, title = "partner_exists", words("This partner is in the program already")


class ChangedMeanwhile(Conflict):
    """The partner was changed after the form was opened. Detail: `changed` (the fields of the form that now differ)."""

    code, title = "changed_meanwhile", words("Somebody changed this meanwhile")


@dataclass(frozen=True)
class PartnershipDraft:
    """What a person says of a partner on a form; the keys are those of the table."""

    name: str
    types: tuple[str, ...] = ()
    sub_type: str = ""
    tier: Tier | None = None
    region: Region | None = None
    website: str = ""
    country: str = ""
    state: str = ""
    city: str = ""
    started_on: date | None = None
    launched_on: date | None = None
    ended_on: date | None = None
    external_id: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Inputs of the form that could not be read, by field; they are reported with the rest."""


EDITABLE: Final = tuple(item.name for item in fields(PartnershipDraft) if item.name != "extra")


@transaction.atomic
def create_partnership(
    *,
    program: Program,
    actor: Actor,
    draft: PartnershipDraft,
    organization: Organization | None = None,
    status: Status = Status.PROSPECT,
) -> Partnership:
    """Take a partner in. Without an organization of its own it gets one private to the vendor.

    Raises NotAllowed, Invalid, PartnerExists.
    """
    actor.require(Permission.EDIT_PARTNERS)
    values = _checked(program, draft)
    same = Partnership.objects.filter(vendor_id=program.vendor_id, program=program)
    if organization is not None and same.filter(partner_id=organization.pk).exists():
        raise PartnerExists(
            words("%(organization)s is a partner of this program already.", organization=organization.name)
        )
    if organization is None and same.filter(sort_name=values["sort_name"], country=values["country"]).exists():
        raise PartnerExists(
            words("“%(values)s” is there already, in the same country.", values=values["name"]),
            fields={"name": words("Open that partner instead, or tell the two apart by name or country.")},
        )
    _refuse_known_external_id(same, values["external_id"])
    if organization is None:
        organization = Organization.objects.create(
            name=values["name"],
            website=values["website"],
            country=values["country"],
            private_to_id=program.vendor_id,
        )
    return Partnership.objects.create(
        vendor_id=program.vendor_id,
        program=program,
        partner=organization,
        status=status,
        edited_fields=sorted(name for name in EDITABLE if values[name]),
        **values,
    )


@transaction.atomic
def edit_partnership(
    *, partnership: Partnership, actor: Actor, draft: PartnershipDraft, loaded: str = ""
) -> Partnership:
    """Change what the form shows; each changed field is kept from imports from now on.

    `loaded` is `version_of` the row the form was filled from.
    Raises NotAllowed, Invalid, PartnerExists, ChangedMeanwhile.
    """
    actor.require(Permission.EDIT_PARTNERS)
    current = locked(partnership)
    values = _checked(current.program, draft, is_ended=current.status == Status.ENDED)
    if loaded and loaded != version_of(current):
        differing = [name for name in EDITABLE if _plain(getattr(current, name)) != _plain(values[name])]
        raise ChangedMeanwhile(
            words(
                "Somebody changed this partner after you opened the form. What you typed is kept; the "
                "fields marked below differ from what is stored now. Save again to put yours in their "
                "place."
            ),
            fields={
                name: words("Now stored: %(spoken)s", spoken=_spoken(getattr(current, name))) for name in differing
            },
            changed=differing,
        )
    if values["external_id"] != current.external_id:
        same = Partnership.objects.filter(vendor_id=current.vendor_id, program=current.program_id)
        _refuse_known_external_id(same.exclude(pk=current.pk), values["external_id"])
    return change_fields(current, values)


@transaction.atomic
def move_partnership(
    *, partnership: Partnership, actor: Actor, move: Move, at: datetime, on: date | None = None
) -> Partnership:
    """Move it on to its next status, as of a day (today, unless said; never later).

    Acceptance starts the partnership, activation launches it, an end dates it; a new application begins anew.
    Raises NotAllowed, IllegalMove, Invalid.
    """
    actor.require(Permission.EDIT_PARTNERS)
    current = locked(partnership)
    target = MACHINE.next_state(Status(current.status), move)
    today = today_in(current.program, at)
    day = on or today
    if day > today:
        raise Invalid(
            words("It is %(today)s now; a status changes today or earlier.", today=today),
            fields={"on": words("Choose a past day.")},
        )
    values: dict[str, Any] = {"status": target.value}
    if target in (Status.ONBOARDING, Status.ACTIVE) and current.started_on is None:
        values["started_on"] = day
    if target is Status.ACTIVE and current.launched_on is None:
        values["launched_on"] = day
    if target is Status.ENDED:
        if current.started_on and day < current.started_on:
            raise Invalid(
                words(
                    "The partnership started on %(started_on)s; it cannot end before.", started_on=current.started_on
                ),
                fields={"on": words("Choose a later day.")},
            )
        values["ended_on"] = day
    if move is Move.REAPPLY:
        values |= {"started_on": None, "launched_on": None, "ended_on": None}
    return change_fields(current, values)


@transaction.atomic
def set_tier(*, partnership: Partnership, actor: Actor, tier: Tier | None) -> Partnership:
    """Put a partner on a tier, or on none. Raises NotAllowed, Invalid for a tier of another program."""
    actor.require(Permission.EDIT_PARTNERS)
    current = locked(partnership)
    _refuse_stranger(current.program, tier=tier)
    return change_fields(current, {"tier": tier})


@transaction.atomic
def set_region(*, partnership: Partnership, actor: Actor, region: Region | None) -> Partnership:
    """Put a partner into a region, or into none. Raises NotAllowed, Invalid for a region of another program."""
    actor.require(Permission.EDIT_PARTNERS)
    current = locked(partnership)
    _refuse_stranger(current.program, region=region)
    return change_fields(current, {"region": region})


@transaction.atomic
def set_potential(*, partnership: Partnership, actor: Actor, potential: int | None) -> PartnershipSegment:
    """Set the potential by hand, 0 to 100; it breaks ties of revenue between partners. Raises NotAllowed, Invalid."""
    actor.require(Permission.EDIT_PARTNERS)
    if potential is not None and not 0 <= potential <= 100:
        raise Invalid(
            words("Potential goes from 0 to 100."), fields={"potential": words("Enter a number from 0 to 100.")}
        )
    current = locked(partnership)
    # Made empty and then changed: the history keeps what a change replaces, but not what an insert says.
    record, _ = PartnershipSegment.objects.get_or_create(vendor_id=current.vendor_id, partnership=current)
    if record.potential != potential:
        record.potential = potential
        record.save(update_fields=["potential"])
    return record


def version_of(partnership: Partnership) -> str:
    """A fingerprint of what the form shows, to notice that somebody else changed it meanwhile."""
    values = [_plain(getattr(partnership, name)) for name in EDITABLE]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]


def locked(partnership: Partnership) -> Partnership:
    """The row as it is now, held until the end of the transaction, with its program, tier and region."""
    return (
        Partnership.objects.select_for_update(of=("self",))
        .select_related("program", "tier", "region", "manager")
        .get(vendor_id=partnership.vendor_id, pk=partnership.pk)
    )


def change_fields(partnership: Partnership, values: Mapping[str, Any]) -> Partnership:
    """Write what differs, and note it as set by a person. Nothing is written where nothing differs."""
    changed = [name for name, value in values.items() if _plain(getattr(partnership, name)) != _plain(value)]
    if not changed:
        return partnership
    for name in changed:
        setattr(partnership, name, values[name])
    own = [name for name in changed if name != "sort_name"]
    partnership.edited_fields = sorted({*partnership.edited_fields, *own})
    partnership.save(update_fields=[*changed, "edited_fields"])
    return partnership


def _checked(program: Program, draft: PartnershipDraft, *, is_ended: bool = False) -> dict[str, Any]:
    """The values to store. Raises Invalid with every field that is wrong, InvalidName."""
    wrong = dict(draft.extra)
    types = list(dict.fromkeys(draft.types))
    if unknown := set(types) - set(PartnerType):
        wrong["types"] = words("There is no partner type %(listed)s.", listed=tuple(sorted(unknown)))
    if not _is_web_address(draft.website):
        wrong["website"] = words("Enter an address such as contoso.com or https://contoso.com.")
    days = [day for day in (draft.started_on, draft.launched_on) if day]
    if draft.started_on and draft.launched_on and draft.launched_on < draft.started_on:
        wrong["launched_on"] = words("It cannot be launched before it started.")
    if draft.ended_on and days and draft.ended_on < max(days):
        wrong["ended_on"] = words("It cannot end before it started.")
    if draft.ended_on and not is_ended:
        wrong["ended_on"] = words("Only an ended partnership has this day.")
    if wrong:
        raise Invalid(words("The partner was not saved."), fields=wrong)
    _refuse_stranger(program, tier=draft.tier, region=draft.region)
    name = clean_name(draft.name)
    values: dict[str, Any] = {key: getattr(draft, key) for key in EDITABLE}
    texts = {key: " ".join(value.split()) for key, value in values.items() if isinstance(value, str)}
    external_id = texts["external_id"] or None
    return {
        **values, **texts, "name": name, "sort_name": sort_key(name), "types": types, "external_id": external_id
    }  # fmt: skip


def _refuse_stranger(program: Program, *, tier: Tier | None = None, region: Region | None = None) -> None:
    if tier is not None and tier.program_id != program.pk:
        raise Invalid(
            words("%(tier)s is no tier of %(program)s.", tier=tier.name, program=program.name),
            fields={"tier": words("Choose a tier of this program.")},
        )
    if region is not None and region.program_id != program.pk:
        raise Invalid(
            words("%(region)s is no region of %(program)s.", region=region.name, program=program.name),
            fields={"region": words("Choose a region of this program.")},
        )


def _refuse_known_external_id(same: Any, external_id: str | None) -> None:
    if external_id and same.filter(external_id=external_id).exists():
        raise PartnerExists(
            words("Another partner has the external id %(external_id)s.", external_id=external_id),
            fields={"external_id": words("Enter another, or none.")},
        )


def _is_web_address(text: str) -> bool:
    """Empty, or a host with a dot; only http and https, since it becomes a link."""
    if not text.strip():
        return True
    try:
        parts = urlsplit(text.strip() if "://" in text else f"https://{text.strip()}")
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in (parts.hostname or "") and " " not in text.strip()


def _plain(value: Any) -> Any:
    """A value as compared and fingerprinted: keys by their id, days and choices by their text."""
    if value is None or value == "":
        return None
    if isinstance(value, list | tuple):
        return sorted(str(item) for item in value)
    return str(getattr(value, "pk", value))


def _spoken(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(item).replace("_", " ") for item in value) or "nothing"
    return str(value) if value not in (None, "") else "nothing"
