"""Stage histories that a source has kept, written for many deals at once in the place of what an import could infer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.db import transaction

from comity.deals.events import OpportunitiesImported
from comity.deals.models import Opportunity, StageChange
from comity.deals.rules import History
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.kernel.words import words
from comity.platform.outbox import announce
from comity.programs.models import Program

BY_HAND: Final = frozenset({"stage", "amount", "opened_on", "closed_on"})
"""Edits after which a deal's steps are a person's."""


class HistoryRefused(Invalid):
    """A history does not lead to where its deal stands, or its days do not follow each other. Detail: `deal`."""

    code, title = "history_refused", words("This history does not fit the deal")


@transaction.atomic
def record_histories(*, program: Program, actor: Actor, histories: Mapping[str, History]) -> list[UUID]:
    """Put these histories (external id to steps) in the place of those that an import inferred.

    Deals that no import wrote, or whose steps a person took, are left alone. One event is announced for each import run
    whose deals are among them; their ids are returned. Raises NotAllowed, HistoryRefused.
    """
    actor.require(Permission.IMPORT_DATA)
    found = Opportunity.objects.filter(
        vendor_id=program.vendor_id, program=program, import_run_id__isnull=False, external_id__isnull=False
    ).only("id", "external_id", "stage_id", "import_run_id", "edited_fields")
    deals = [deal for deal in found if deal.external_id in histories and not BY_HAND.intersection(deal.edited_fields)]
    for deal in deals:
        _refuse_unfit(deal, histories[deal.external_id or ""])
    StageChange.objects.filter(vendor_id=program.vendor_id, opportunity_id__in=[deal.pk for deal in deals]).delete()
    StageChange.objects.bulk_create(
        (
            StageChange(
                vendor_id=program.vendor_id,
                opportunity_id=deal.pk,
                sequence=sequence,
                on=step.on,
                stage_id=step.stage_id,
                status=step.status.value,
                amount=step.amount,
                recurring_amount=step.recurring_amount,
            )
            for deal in deals
            for sequence, step in enumerate(histories[deal.external_id or ""], start=1)
        ),
        batch_size=2000,
    )
    runs = {deal.import_run_id for deal in deals if deal.import_run_id}
    return [announce(OpportunitiesImported(run_id=run_id, program_id=program.pk)) for run_id in sorted(runs)]


def _refuse_unfit(deal: Opportunity, history: History) -> None:
    if not history or history[-1].stage_id != deal.stage_id:
        raise HistoryRefused(
            words("The history of %(external_id)s does not end in its stage.", external_id=deal.external_id or ""),
            deal=deal.external_id,
        )
    days = [step.on for step in history if step.on is not None]
    if days != sorted(days) or any(step.on is None for step in history[1:]):
        raise HistoryRefused(
            words("The days of %(external_id)s do not follow each other.", external_id=deal.external_id or ""),
            deal=deal.external_id,
        )
