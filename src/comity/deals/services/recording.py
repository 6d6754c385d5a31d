"""What every change of a deal shares: its lock, its history, the partners' view, the news."""

from __future__ import annotations

from comity.deals.events import OpportunityChanged
from comity.deals.models import Opportunity, StageChange
from comity.deals.rules import History, Step
from comity.deals.sharing import refresh_shared_deals
from comity.deals.states import DealStatus
from comity.platform.outbox import announce


def locked(opportunity: Opportunity) -> Opportunity:
    """The deal as it is now, held until the end of the transaction, with its program and stage."""
    return (
        Opportunity.objects.select_for_update(of=("self",))
        .select_related("program", "stage", "account", "manager")
        .get(vendor_id=opportunity.vendor_id, pk=opportunity.pk)
    )


def history_of(opportunity: Opportunity) -> History:
    """The stage history of a deal, oldest first; of a deal without any, what it says now."""
    rows = StageChange.objects.filter(vendor_id=opportunity.vendor_id, opportunity_id=opportunity.pk)
    steps = tuple(
        Step(row.on, row.stage_id, DealStatus(row.status), row.amount, row.recurring_amount)
        for row in rows.order_by("sequence")
    )
    return steps or (
        Step(
            opportunity.closed_on or opportunity.opened_on,
            opportunity.stage_id,
            DealStatus(opportunity.status),
            opportunity.amount,
            opportunity.recurring_amount,
        ),
    )


def write_history(opportunity: Opportunity, history: History) -> None:
    """Put this history in the place of the one kept; rows that stay the same are left alone."""
    kept = {
        row.sequence: row
        for row in StageChange.objects.filter(vendor_id=opportunity.vendor_id, opportunity_id=opportunity.pk)
    }
    stale = [row.pk for sequence, row in kept.items() if sequence > len(history)]
    if stale:
        StageChange.objects.filter(vendor_id=opportunity.vendor_id, pk__in=stale).delete()
    for sequence, step in enumerate(history, start=1):
        row = kept.get(sequence)
        if row is not None and step == Step(
            row.on, row.stage_id, DealStatus(row.status), row.amount, row.recurring_amount
        ):
            continue
        StageChange.objects.update_or_create(
            vendor_id=opportunity.vendor_id,
            opportunity_id=opportunity.pk,
            sequence=sequence,
            defaults={
                "on": step.on,
                "stage_id": step.stage_id,
                "status": step.status.value,
                "amount": step.amount,
                "recurring_amount": step.recurring_amount,
            },
        )


def tell(opportunity: Opportunity) -> None:
    """Bring the partners' view up to date and announce the change."""
    refresh_shared_deals(vendor_id=opportunity.vendor_id, opportunity_ids=[opportunity.pk])
    announce(OpportunityChanged(opportunity_id=opportunity.pk, program_id=opportunity.program_id))
