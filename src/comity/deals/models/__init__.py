"""Customer accounts, products and opportunities."""

from comity.deals.models.customers import CustomerAccount
from comity.deals.models.opportunity import Opportunity, OpportunityLine, OpportunityPartner, SharedDeal, StageChange
from comity.deals.models.products import Product, ProductFamily
from comity.deals.models.stages import Stage

__all__ = [
    "CustomerAccount",
    "Opportunity",
    "OpportunityLine",
    "OpportunityPartner",
    "Product",
    "ProductFamily",
    "SharedDeal",
    "Stage",
    "StageChange",
]
