"""Periodic jobs: digests in everybody's own morning, and forgetting what is old."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from comity.notices.digests import digests_due, write_digest
from comity.notices.states import Way
from comity.platform.tenancy import tenant

NOTICES_KEPT_DAYS: Final = 365
"""Of read notices; unread ones stay twice as long."""
LETTERS_KEPT_DAYS: Final = 90


@app.periodic(cron="*/15 * * * *")
@app.task(name="find_digests", queueing_lock="find_digests")
def find_digests(timestamp: int) -> None:
    """Each quarter of an hour, since time zones differ by that: one job for each digest that is due."""
    for vendor_id, person_id, way in digests_due(timezone.now()):
        with tenant(organization_id=vendor_id, door="job"):
            write_one_digest.defer(organization=str(vendor_id), person=str(person_id), way=way.value)


@app.task(name="write_digest")
def write_one_digest(*, organization: str, person: str, way: str) -> None:
    """Write one digest; a second job for the same one changes nothing."""
    write_digest(vendor_id=UUID(organization), person_id=UUID(person), way=Way(way), now=timezone.now())


@app.periodic(cron="29 3 * * *")
@app.task(name="forget_old_notices", queueing_lock="forget_old_notices")
def forget_old_notices(timestamp: int) -> None:
    """Drop what was read long ago, and letters that went out or were given up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT comity_forget_notices(%s, %s)", [NOTICES_KEPT_DAYS, LETTERS_KEPT_DAYS])
