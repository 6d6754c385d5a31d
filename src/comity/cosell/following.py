"""Handlers: what partners read of a room follows its deal."""

from __future__ import annotations

from comity.cosell.models import Room
from comity.cosell.recording import locked, refresh
from comity.deals.events import OpportunitiesImported, OpportunityChanged
from comity.platform.tenancy import current_organization_id


def follow_deal(event: OpportunityChanged) -> None:
    """Handler: a deal was written; the partners in its room read it as it is now."""
    for room in Room.objects.filter(vendor_id=current_organization_id(), opportunity_id=event.opportunity_id):
        refresh(locked(room))


def follow_deals(event: OpportunitiesImported) -> None:
    """Handler: an import wrote deals; those with a room are few."""
    rooms = Room.objects.filter(
        vendor_id=current_organization_id(), program_id=event.program_id, opportunity__import_run_id=event.run_id
    )
    for room in rooms.order_by("id"):
        refresh(locked(room))
