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


def keeps_history() -> Callable[[ModelType], ModelType]:
    """Class decorator: record the replaced version on update, the last one on delete (statement-level triggers)."""
    return pghistory.track(  # type: ignore[no-any-return]
        pghistory.UpdateEvent("replaced", row=pghistory.Old),
        pghistory.DeleteEvent("deleted"),
        obj_field=None,
        context_field=pghistory.ContextJSONField(),
        append_only=False,  # our own guard does it: any role can switch pgtrigger's off
        level=pgtrigger.Statement,
        meta={"indexes": [models.Index(fields=["vendor_id", "id"])]},
    )
