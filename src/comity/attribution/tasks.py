"""The job that works out the credit of a whole program, batch after batch. Its arguments hold ids only."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from comity.attribution.runs import CREDIT_PROGRAM, break_off, work_batch


@app.task(name=CREDIT_PROGRAM)
def credit_program(*, organization: str, run: str) -> None:
    """Each batch is a transaction of its own, until none is left. A killed worker's successor goes on where it was."""
    try:
        while work_batch(vendor_id=UUID(organization), run_id=UUID(run)):
            pass
    except Exception:
        break_off(vendor_id=UUID(organization), run_id=UUID(run))
        raise
