"""What a row was before: each replaced or deleted version is kept, with who replaced it, when and through which door.

The newest version is the row itself; `…event` tables hold the older ones (a snapshot of the row as it was *until*
`pgh_created_at`). An insert writes nothing here, which keeps a bulk load as cheap as the load itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pghistory
import pgtrigger
from django.db import models

ModelType = TypeVar("ModelType", bound=type[models.Model])


def keeps_history(
    owner: str = "vendor_id", *, exclude: tuple[str, ...] = (), also_by: tuple[str, ...] = ()
) -> Callable[[ModelType], ModelType]:
    """Class decorator: record the replaced version on update, the last one on delete (statement-level triggers).

    Args:
        owner: the column of the organization whose past it is.
        exclude: fields that are not kept.
        also_by: further columns by which a policy looks rows up.
    """
    indexes = [models.Index(fields=[owner, "id"]), *(models.Index(fields=[column]) for column in also_by)]
    return pghistory.track(
        pghistory.UpdateEvent("replaced", row=pghistory.Old),
        pghistory.DeleteEvent("deleted"),
        obj_field=None,
        context_field=pghistory.ContextJSONField(),
        append_only=False,  # our own guard does it: any role can switch pgtrigger's off
        level=pgtrigger.Statement,
        exclude=list(exclude) or None,
        meta={"indexes": indexes},
    )
