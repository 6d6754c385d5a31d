"""Imports that left rows behind: this room's part of the worklist."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.db.models import Count
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comity.connectors.models import ImportRun, Reject, RunState
from comity.worklist.gathering import Viewer
from comity.worklist.needs import Need, NeedKind, said

LATELY: Final = timedelta(days=30)
RUNS: Final = 20


def imports_with_rejects(viewer: Viewer) -> Iterator[Need]:
    """The newest import of each export within 30 days, if it left rows behind and no corrected file followed."""
    runs = ImportRun.objects.filter(
        vendor_id=viewer.program.vendor_id,
        program=viewer.program,
        state=RunState.DONE,
        dry_run=False,
        created_at__gte=viewer.at - LATELY,
    ).order_by("-created_at", "-id")[:RUNS]
    newest: dict[tuple[str, str], ImportRun] = {}
    corrected = set()
    for run in runs:
        corrected.add(run.corrects_id)
        newest.setdefault((run.mapping, run.source_name), run)
    open_runs = {run.pk: run for run in newest.values() if run.pk not in corrected}
    left = Reject.objects.filter(vendor_id=viewer.program.vendor_id, run__in=list(open_runs))
    for key, count in left.order_by("run_id").values_list("run_id").annotate(count=Count("pk")):
        run = open_runs[key]
        yield Need(
            kind=NeedKind.IMPORT_REJECTS,
            subject_id=key,
            in_words=said(
                ngettext(
                    "%(count)s row of %(file)s was not taken.", "%(count)s rows of %(file)s were not taken.", count
                )
                % {"count": count, "file": run.source_name},
                (
                    _("imported on %(day)s")
                    % {"day": date_format(run.created_at.astimezone(viewer.zone), "DATE_FORMAT")},
                    _("each says what is wrong with it"),
                ),
            ),
            seen_at=viewer.at,
        )
