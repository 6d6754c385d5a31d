"""Segments by schedule: the nightly look finds the programs that ask for it, and each is evaluated once a month."""

from __future__ import annotations

from datetime import date

from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from comity.insights.marts import rebuild
from comity.insights.tasks import evaluate_segments_if_due, find_due_segment_evaluations
from comity.platform.tenancy import tenant
from comity.programs.models import SegmentMove, SegmentPolicy, SegmentRun
from insights.odd_deals import odd_deal


def test_the_nightly_look_starts_a_job_for_each_program_that_asks(cast):
    with cast.scope("ada"):
        SegmentPolicy.objects.create(vendor_id=cast.program.vendor_id, program=cast.program, runs_monthly=True)
    with cast.scope("eve"):
        SegmentPolicy.objects.create(vendor_id=cast.umbra_program.vendor_id, program=cast.umbra_program)
    find_due_segment_evaluations(timestamp=0)
    with cast.scope("ada"):
        (job,) = ProcrastinateJob.objects.filter(task_name="evaluate_segments_if_due")
    assert job.args == {"organization": str(cast.northwind.id), "program": str(cast.program.pk)}
    with tenant(organization_id=cast.umbra.id), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM comity_monthly_segment_programs()")
        assert cursor.fetchall() == []


def test_the_job_proposes_by_revenue_once_a_month(cast):
    with cast.scope("ada"):
        SegmentPolicy.objects.create(vendor_id=cast.program.vendor_id, program=cast.program, runs_monthly=True)
        type(cast.program).objects.filter(pk=cast.program.pk).update(data_as_of=date(2026, 3, 31))
        changes = [(date(2025, 9, 1), "open", None), (date(2025, 12, 1), "won", "500")]
        odd_deal(cast.program, changes, roles=[(cast.of_contoso, "influenced")])
        rebuild(cast.program)
    for _ in range(2):
        evaluate_segments_if_due(organization=str(cast.northwind.id), program=str(cast.program.pk))
    with cast.scope("ada"):
        (run,) = SegmentRun.objects.all()
        moves = SegmentMove.objects.filter(run=run).order_by("rank").values_list("partnership__name", "revenue")
        assert (run.as_of, run.run_by_id) == (date(2026, 3, 31), None)
        assert list(moves) == [("Contoso", 500), ("Fabrikam", 0)]
