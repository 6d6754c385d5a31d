"""Putting a need off, and taking it up again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid, NotFound
from comity.kernel.words import words
from comity.programs.models import Program
from comity.worklist.models import Snooze
from comity.worklist.needs import NeedKind


class NeedGone(NotFound):
    """No line of this kind and subject stands in the person's list: it is settled, or somebody else's."""

    code, title = "need_gone", words("This is settled already")


LONGEST: Final = timedelta(days=366)


@transaction.atomic
def snooze_need(
    *, program: Program, actor: Actor, kind: NeedKind, subject_id: UUID, until: date, reason: str, today: date
) -> Snooze:
    """Leave a need out of the actor's own list until a day; again moves the day. Raises NotAllowed, Invalid."""
    actor.require(Permission.VIEW_PARTNERS)
    wrong = {}
    if not today < until <= today + LONGEST:
        wrong["until"] = _("Choose a day from tomorrow on, within a year.")
    said = " ".join(reason.split())
    if not 1 <= len(said) <= 500:
        wrong["reason"] = _("Say in a few words why it can wait.")
    if wrong:
        raise Invalid(" ".join(wrong.values()), fields=wrong)
    found, _made = Snooze.objects.update_or_create(
        vendor_id=actor.organization_id,
        program=program,
        person_id=actor.person_id,
        kind=kind,
        subject_id=subject_id,
        defaults={"until": until, "reason": said},
    )
    return found


@transaction.atomic
def wake_need(*, program: Program, actor: Actor, kind: NeedKind, subject_id: UUID) -> None:
    """Put a need back into the actor's own list. Raises NotAllowed, NeedGone where it was not put off."""
    actor.require(Permission.VIEW_PARTNERS)
    put_off = Snooze.objects.filter(
        vendor_id=actor.organization_id,
        program=program,
        person_id=actor.person_id,
        kind=kind,
        subject_id=subject_id,
    )
    if not put_off.delete()[0]:
        raise NeedGone(_("It stands in your list already."))
