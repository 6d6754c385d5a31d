"""Periodic jobs: protections that end, reminders, decisions that are overdue; mailboxes that are read. And the trial of
a draft of rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from comity.deals.events import RegistrationOverdue
from comity.deals.intake.mail.mailboxes import look_into
from comity.deals.intake.mail.polling import poll_mailbox
from comity.deals.models import Handling, Mailbox, Registration
from comity.deals.registration import sweeping
from comity.deals.registration.protection import end_protections
from comity.deals.registration.sweeping import COMPARE_CUSTOMERS
from comity.deals.registration.trials import TRY_RULES, break_off, work_batch
from comity.deals.states.registrations import UNDECIDED
from comity.platform.outbox import announce
from comity.platform.tenancy import tenant
from comity.programs.calendars import today_in
from comity.programs.models import Program

SOON: Final = timedelta(minutes=15)


@app.periodic(cron="7 * * * *")
@app.task(name="find_registrations_to_look_after", queueing_lock="find_registrations_to_look_after")
def find_registrations_to_look_after(timestamp: int) -> None:
    """Each hour: one job for each vendor that has registrations under way, under the vendor's own tenant."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT vendor_id FROM comity_vendors_with_registrations()")
        due = [row[0] for row in cursor.fetchall()]
    for vendor_id in due:
        with tenant(organization_id=vendor_id, door="job"):
            look_after_registrations.defer(organization=str(vendor_id))


@app.task(name="look_after_registrations")
def look_after_registrations(*, organization: str) -> None:
    """End and remind of protections by each program's own day; escalate what nobody decided in time."""
    vendor_id, at = UUID(organization), timezone.now()
    with tenant(organization_id=vendor_id, door="job"):
        for program in Program.objects.filter(vendor_id=vendor_id):
            end_protections(vendor_id=vendor_id, program=program, today=today_in(program, at), at=at)
        escalate_overdue(vendor_id=vendor_id, at=at)


def escalate_overdue(*, vendor_id: UUID, at: datetime) -> int:
    """Tell whoever stands above the partner manager, once a decision; under the vendor's tenant. How many."""
    waiting = Registration.objects.filter(vendor_id=vendor_id, state__in=[state.value for state in UNDECIDED])
    late = Handling.objects.filter(
        vendor_id=vendor_id, registration__in=waiting, escalates_at__lt=at, escalated_at__isnull=True
    )
    found = list(late.select_related("registration"))
    for handling in found:
        handling.escalated_at = at
        handling.save(update_fields=["escalated_at"])
        announce(RegistrationOverdue(registration_id=handling.registration_id))
    return len(found)


@app.periodic(cron="* * * * *")
@app.task(name="find_mailboxes", queueing_lock="find_mailboxes")
def find_mailboxes(timestamp: int) -> None:
    """Each minute: one job for each mailbox that is due, under the vendor's own tenant."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT vendor_id, mailbox_id FROM comity_mailboxes_to_read()")
        due = cursor.fetchall()
    for vendor_id, mailbox_id in due:
        with tenant(organization_id=vendor_id, door="job"):
            # Until the job has looked and says when next: that a slow one gets no row of others behind it.
            Mailbox.objects.filter(vendor_id=vendor_id, pk=mailbox_id).update(next_at=timezone.now() + SOON)
            look_into(Mailbox(pk=mailbox_id, vendor_id=vendor_id))


@app.task(name="read_mailbox")
def read_mailbox(*, organization: str, mailbox: str) -> None:
    """Read what is new in one mailbox; never two workers at once."""
    poll_mailbox(vendor_id=UUID(organization), mailbox_id=UUID(mailbox))


@app.task(name=TRY_RULES)
def try_rules(*, organization: str, trial: str) -> None:
    """Run a year's registrations through a draft, batch after batch; whoever takes a killed job up goes on."""
    try:
        while work_batch(vendor_id=UUID(organization), trial_id=UUID(trial)):
            pass
    except Exception:
        break_off(vendor_id=UUID(organization), trial_id=UUID(trial))
        raise


@app.task(name=COMPARE_CUSTOMERS)
def compare_customers(*, organization: str) -> None:
    """Compare customers with each other, batch after batch, as far as the budget goes."""
    try:
        while sweeping.work_batch(vendor_id=UUID(organization)):
            pass
    except Exception:
        sweeping.break_off(vendor_id=UUID(organization))
        raise
