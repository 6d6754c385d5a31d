"""The job that works out the credit of a whole program, batch after batch. Its arguments hold ids only."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from comity.attribution.runs import CREDIT_PROGRAM, work_batch


@app.task(name=CREDIT_PROGRAM)
def credit_program(*, organization: str, run: str) -> None:
    """Each batch is a transaction of its own, until none is left."""
    while work_batch(vendor_id=UUID(organization), run_id=UUID(run)):
        pass
