"""Customer accounts, products, opportunities and registrations."""

from comity.deals.models.customers import CustomerAccount, CustomerSweep
from comity.deals.models.engagement import EngagementDraft, EngagementRules, RulesTrial, RulesTrialChange
from comity.deals.models.intake import LegacyBatch, RegistrationFile, RegistrationList
from comity.deals.models.mailbox import Mailbox, ReceivedMessage
from comity.deals.models.opportunity import (
    HiddenAmount,
    Opportunity,
    OpportunityLine,
    OpportunityPartner,
    SharedDeal,
    StageChange,
)
from comity.deals.models.products import Product, ProductFamily
from comity.deals.models.registration import (
    CustomerQuestion,
    DealConflict,
    Handling,
    ProtectionExtension,
    Registration,
    RegistrationAppeal,
    RegistrationCounter,
    RegistrationStep,
    RegistrationUpdate,
    RegistrationVerdict,
    SharedVerdict,
)
from comity.deals.models.stages import Stage
from comity.deals.models.stand_ins import StandIn

__all__ = [
    "CustomerAccount",
    "CustomerQuestion",
    "CustomerSweep",
    "DealConflict",
    "EngagementDraft",
    "EngagementRules",
    "Handling",
    "HiddenAmount",
    "LegacyBatch",
    "Mailbox",
    "Opportunity",
    "OpportunityLine",
    "OpportunityPartner",
    "Product",
    "ProductFamily",
    "ProtectionExtension",
    "ReceivedMessage",
    "Registration",
    "RegistrationAppeal",
    "RegistrationCounter",
    "RegistrationFile",
    "RegistrationList",
    "RegistrationStep",
    "RegistrationUpdate",
    "RegistrationVerdict",
    "RulesTrial",
    "RulesTrialChange",
    "SharedDeal",
    "SharedVerdict",
    "Stage",
    "StageChange",
    "StandIn",
]
