"""The versions of a program's settings of attribution: which one holds on a day, a new one from a day on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max, Q
from pydantic import ValidationError

from comity.attribution.models import AttributionSettings
from comity.attribution.rules import DEFAULTS, Settings
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words as say
from comity.programs.calendars import today_in
from comity.programs.models import Program

BEGINNING: Final = date.min


class SettingsInForce(Conflict):
    """Deals were credited by the version of that day already; it is not rewritten."""

    code, title = "settings_in_force", say("Settings in force are not rewritten")


def first_version(program: Program) -> None:
    """Where nobody made any yet, the defaults become version 1, from the beginning of time."""
    versions = AttributionSettings.objects.filter(vendor_id=program.vendor_id, program=program)
    if not versions.exists():
        AttributionSettings.objects.get_or_create(
            vendor_id=program.vendor_id,
            program=program,
            number=1,
            defaults={"from_on": BEGINNING, "body": DEFAULTS.model_dump(mode="json"), "note": "Comity's defaults"},
        )


def version_on(program: Program, day: date) -> AttributionSettings:
    """The version that holds on a day."""
    first_version(program)
    versions = AttributionSettings.objects.filter(vendor_id=program.vendor_id, program=program)
    return versions.get(Q(to_on__isnull=True) | Q(to_on__gt=day), from_on__lte=day)


def settings_of(version: AttributionSettings) -> Settings:
    """The settings of a version, typed."""
    return Settings.model_validate(version.body)


@transaction.atomic
def publish_settings(
    *, program: Program, actor: Actor, values: dict[str, Any], from_on: date, at: datetime, note: str = ""
) -> AttributionSettings:
    """Let these settings hold for deals won from a day on. An unused version of that day or later gives way.

    Raises NotAllowed, Invalid (a day in the past, a number out of range), SettingsInForce.
    """
    actor.require(Permission.MANAGE_PROGRAM)
    today = today_in(program, at)
    wrong = _problems(values)
    if from_on < today:
        wrong["from_on"] = say("Choose today or a later day: what was won already keeps its settings.")
    words = " ".join(note.split())
    if len(words) > 500:
        wrong["note"] = say("Please shorten this to 500 characters.")
    if wrong:
        raise Invalid(say("The settings were not published."), fields=wrong)
    current = version_on(program, today)
    versions = AttributionSettings.objects.select_for_update().filter(vendor_id=program.vendor_id, program=program)
    versions.filter(from_on__gte=from_on, used_at__isnull=True).exclude(pk=current.pk, from_on__lt=from_on).delete()
    if versions.filter(from_on__gte=from_on).exists():
        raise SettingsInForce(
            say("Deals won on that day were credited by its settings already; let the new ones begin later."),
            fields={"from_on": say("Choose a later day.")},
        )
    last = versions.aggregate(last=Max("number"))["last"] or 0
    versions.filter(Q(to_on__isnull=True) | Q(to_on__gt=from_on), from_on__lt=from_on).update(to_on=from_on)
    return AttributionSettings.objects.create(
        vendor_id=program.vendor_id,
        program=program,
        number=last + 1,
        from_on=from_on,
        body=Settings.model_validate(values).model_dump(mode="json"),
        note=words,
        made_by_id=actor.person_id,
    )


def _problems(values: dict[str, Any]) -> dict[str, str]:
    """What is wrong with typed values, by field."""
    try:
        Settings.model_validate(values)
    except ValidationError as refused:
        return {
            str(error["loc"][0]) if error["loc"] else "last_percent": f"{error['msg'].removeprefix('Value error, ')}."
            for error in refused.errors()
        }
    return {}
