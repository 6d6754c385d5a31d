"""What every set of rules with a date has in common: numbered versions, one in force a day, none changed once used."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models

from comity.platform.models import TenantForeignKey, TenantModel
from comity.programs.models.program import Program


class DatedVersion(TenantModel):
    """A version of a program's rules, in force from a day on. Whoever inherits adds what it says and `used_at`."""

    program = TenantForeignKey(Program)
    number = models.PositiveIntegerField()
    from_on = models.DateField()
    to_on = models.DateField(null=True, help_text="excluded; null while it lasts")
    note = models.CharField(max_length=500, blank=True, help_text="why it was made")
    made_by_id = models.UUIDField(null=True)

    class Meta:
        abstract = True


def one_version_a_day(name: str) -> ExclusionConstraint:
    """No two versions of a program hold on the same day."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            ("vendor_id", RangeOperators.EQUAL),
            ("program", RangeOperators.EQUAL),
            (
                models.Func("from_on", "to_on", function="DATERANGE", output_field=DateRangeField()),
                RangeOperators.OVERLAPS,
            ),
        ],
    )


def stays_once_used(name: str, *, content: str) -> pgtrigger.Protect:
    """Once `used_at` is set, neither the content (the field of that name) nor number nor first day ever changes."""
    changes: list[Any] = [
        pgtrigger.Q(**{f"old__{field}__df": pgtrigger.F(f"new__{field}")}) for field in (content, "number", "from_on")
    ]
    return pgtrigger.Protect(
        name=name,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__used_at__isnull=False) & reduce(or_, changes),
    )
