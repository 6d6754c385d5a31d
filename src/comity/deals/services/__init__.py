"""The verbs of deals, customers, products and stages."""

from comity.deals.services.customers import CustomerDraft, create_customer, edit_customer
from comity.deals.services.histories import record_histories
from comity.deals.services.opportunities import (
    OpportunityDraft,
    close_lost,
    close_won,
    create_opportunity,
    edit_opportunity,
    move_stage,
)
from comity.deals.services.parts import LineDraft, PartnerDraft, set_lines, set_partners
from comity.deals.services.products import ProductDraft, create_family, create_product, edit_product, rename_family
from comity.deals.services.stages import (
    StageDraft,
    create_default_stages,
    create_stage,
    edit_stage,
    remove_stage,
    reorder_stages,
)
from comity.deals.services.taking_back import MoveNotTakenBack, moved_version, take_back_move

__all__ = [
    "CustomerDraft",
    "LineDraft",
    "MoveNotTakenBack",
    "OpportunityDraft",
    "PartnerDraft",
    "ProductDraft",
    "StageDraft",
    "close_lost",
    "close_won",
    "create_customer",
    "create_default_stages",
    "create_family",
    "create_opportunity",
    "create_product",
    "create_stage",
    "edit_customer",
    "edit_opportunity",
    "edit_product",
    "edit_stage",
    "move_stage",
    "moved_version",
    "record_histories",
    "remove_stage",
    "rename_family",
    "reorder_stages",
    "set_lines",
    "set_partners",
    "take_back_move",
]
