"""The job that runs an uploaded import, under the tenant it belongs to. Its arguments hold ids only."""

from __future__ import annotations

from uuid import UUID

import structlog
from procrastinate.contrib.django import app

from comity.connectors.models import ImportRun
from comity.connectors.services import execute_run
from comity.connectors.uploads import RUN_IMPORT, mapping_of, paths_beside, paths_of
from comity.kernel.errors import DomainError
from comity.platform.tenancy import tenant

log = structlog.get_logger(__name__)


@app.task(name=RUN_IMPORT)
def run_import(*, organization: str, run: str) -> None:
    """Import what was uploaded. A worker that was killed on the way is followed by another, which starts over."""
    with tenant(organization_id=UUID(organization), door="job"):
        record = ImportRun.objects.select_related("program").get(vendor_id=UUID(organization), pk=UUID(run))
    try:
        with tenant(organization_id=record.vendor_id, door="job"):
            mapping, paths, beside = mapping_of(record), paths_of(record), paths_beside(record)
        execute_run(record=record, mapping=mapping, path=paths, beside=beside)
    except DomainError as refusal:
        log.info("import_refused", run=run, problem=refusal.message)  # the run says so to people
