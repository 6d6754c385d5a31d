"""Periodic and background jobs: offers whose time ran out, files of leads."""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from comity.leads.files import take_in_rows
from comity.leads.routing import pass_on_overdue
from comity.platform.tenancy import tenant


@app.periodic(cron="*/5 * * * *")
@app.task(name="find_leads_to_pass_on", queueing_lock="find_leads_to_pass_on")
def find_leads_to_pass_on(timestamp: int) -> None:
    """Every five minutes: one job for each vendor that has offers whose time ran out, under the vendor's own tenant."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT vendor_id FROM comity_vendors_with_overdue_leads()")
        due = [row[0] for row in cursor.fetchall()]
    for vendor_id in due:
        with tenant(organization_id=vendor_id, door="job"):
            pass_leads_on.defer(organization=str(vendor_id))


@app.task(name="pass_leads_on")
def pass_leads_on(*, organization: str) -> None:
    """Ask the next partner of every lead whose offer ran out."""
    with tenant(organization_id=UUID(organization), door="job"):
        pass_on_overdue(vendor_id=UUID(organization), at=timezone.now())


@app.task(name="take_file_of_leads_in")
def take_file_in(*, organization: str, file: str, source: str) -> None:
    """Take the rows of a file in."""
    take_in_rows(vendor_id=UUID(organization), file_id=UUID(file), source=source, at=timezone.now())
