"""Whoever began an import learns how it ended."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from comity.connectors.models import ImportRun, RunState
from comity.notices.services import Fact, readers, tell
from comity.platform.tenancy import tenant

_SENTENCES: Final = {
    RunState.DONE: _("The import of %(file)s is done."),
    RunState.REFUSED: _("The import of %(file)s was refused: %(problem)s"),
    RunState.FAILED: _("The import of %(file)s failed; nothing was changed."),
}


def tell_of_end(record: ImportRun) -> None:
    """Tell the one who began it, if somebody did; a run that still goes tells nothing."""
    with tenant(organization_id=record.vendor_id, door="job"):
        run = ImportRun.objects.select_related("program").get(pk=record.pk)
        sentence = _SENTENCES.get(RunState(run.state))
        if run.started_by_id is None or sentence is None:
            return
        fact = Fact(
            kind="import_finished",
            key=f"{run.pk}:{run.finished_at}",
            path=f"/workspace/{run.program.slug}/imports/{run.pk}/",
            values={"file": run.source_name, "problem": run.problem},
            sentence=sentence,
        )
        tell(vendor_id=run.vendor_id, to=readers(run.started_by_id), fact=fact)
