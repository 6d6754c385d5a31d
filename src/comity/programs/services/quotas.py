"""Quotas: what a manager or a partnership is to bring in a period."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.kernel.periods import Period
from comity.kernel.words import words
from comity.platform.outbox import announce
from comity.programs.events import QuotasChanged
from comity.programs.models import Manager, Partnership, Program, Quota

LARGEST = Decimal(10) ** 15


@transaction.atomic
def set_quota(
    *,
    program: Program,
    actor: Actor,
    period: Period,
    amount: Decimal,
    manager: Manager | None = None,
    partnership: Partnership | None = None,
) -> Quota:
    """Set (or replace) the quota of one manager or one partnership for a period, in the program's currency.

    Periods come from `calendar_of(program)`. Raises NotAllowed, Invalid.
    """
    actor.require(Permission.MANAGE_PROGRAM)
    if (manager is None) == (partnership is None):
        wrong = {"manager": words("Choose a manager or a partner, not both.")}
        raise Invalid(words("A quota is of a manager or of a partner."), fields=wrong)
    if not 0 < amount < LARGEST:
        raise Invalid(
            words("A quota is an amount above zero."), fields={"amount": words("Enter an amount above zero.")}
        )
    quota, _ = Quota.objects.update_or_create(
        vendor_id=program.vendor_id,
        program=program,
        manager=manager,
        partnership=partnership,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        defaults={"amount": amount, "currency": program.currency},
    )
    announce(QuotasChanged(program_id=program.pk))
    return quota


@transaction.atomic
def remove_quota(*, quota: Quota, actor: Actor) -> None:
    """Take a quota away; its history stays. Raises NotAllowed."""
    actor.require(Permission.MANAGE_PROGRAM)
    program_id = quota.program_id
    quota.delete()
    announce(QuotasChanged(program_id=program_id))
