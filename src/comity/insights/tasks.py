"""Periodic jobs: whether the monthly evaluation of a program's segments is due."""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from comity.insights.question import today_of
from comity.insights.segmentation import revenue_of_partnerships
from comity.platform.tenancy import tenant
from comity.programs.models import Program
from comity.programs.services import evaluate_when_due


@app.periodic(cron="20 3 * * *")
@app.task(name="find_due_segment_evaluations", queueing_lock="find_due_segment_evaluations")
def find_due_segment_evaluations(timestamp: int) -> None:
    """Each night: one job for each program whose policy asks for monthly runs, under the program's own tenant."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT vendor_id, program_id FROM comity_monthly_segment_programs()")
        due = cursor.fetchall()
    for vendor_id, program_id in due:
        with tenant(organization_id=vendor_id, door="job"):
            evaluate_segments_if_due.defer(organization=str(vendor_id), program=str(program_id))


@app.task(name="evaluate_segments_if_due")
def evaluate_segments_if_due(*, organization: str, program: str) -> None:
    """Propose segments by the figures of the data-as-of date, if this month's proposal is not there yet."""
    with tenant(organization_id=UUID(organization), door="job"):
        asked = Program.objects.get(vendor_id=UUID(organization), pk=UUID(program))
        as_of = today_of(asked)
        figures = revenue_of_partnerships(asked, as_of)
        evaluate_when_due(program=asked, figures=figures, as_of=as_of, today=timezone.now().date())
