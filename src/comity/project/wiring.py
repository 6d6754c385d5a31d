"""Who hears which news, and what waits for whom: the two tables that tie the rooms together."""

from __future__ import annotations

from typing import Final

from comity.attribution import handlers as attribution
from comity.attribution.events import CreditChanged, TouchesChanged
from comity.connectors.needs import imports_with_rejects
from comity.cosell import following as rooms
from comity.cosell.events import PlanStepMoved
from comity.deals import known
from comity.deals.events import (
    ConflictFound,
    ConflictSettled,
    CustomerChanged,
    CustomersIndexed,
    OpportunitiesImported,
    OpportunityChanged,
    ProtectionEnding,
    RegistrationAppealed,
    RegistrationDiscarded,
    RegistrationMoved,
    RegistrationOverdue,
    RegistrationsBroughtOver,
    RegistrationUpdated,
)
from comity.deals.registration import conflicts, letters, questions, sweeping
from comity.identity.roles import Role
from comity.insights import claimed_roles, marts, partner_marts, trends
from comity.insights.events import MartsFilled
from comity.leads import conversion
from comity.leads import letters as lead_letters
from comity.leads.events import LeadConverted, LeadMoved
from comity.ledger.events import RatesLoaded
from comity.notices import mailing
from comity.notices.events import LetterWritten
from comity.platform.outbox import Event, Handler
from comity.programs.events import DataAsOfMoved, ProgramCurrencyChanged, QuotasChanged
from comity.programs.handlers import tell_others_of_rates
from comity.worklist import standings
from comity.worklist.gatherers import deals, leads, partners, promises, registrations, team, upkeep
from comity.worklist.gatherers import rooms as room_needs
from comity.worklist.gathering import Gatherer

SUBSCRIPTIONS: Final[list[tuple[type[Event], Handler]]] = [
    (OpportunitiesImported, marts.refill_after_import),
    (OpportunityChanged, marts.refill_after_change),
    (OpportunitiesImported, known.index_after_import),
    (CustomerChanged, questions.ask_about_customer),
    (CustomersIndexed, conflicts.look_after_import),
    (CustomersIndexed, sweeping.compare_after_import),
    (OpportunityChanged, conflicts.look_after_change),
    (RegistrationMoved, letters.tell_of_move),
    (ProtectionEnding, letters.tell_of_protection),
    (RegistrationAppealed, letters.tell_of_appeal),
    (RegistrationOverdue, letters.tell_of_delay),
    (RegistrationUpdated, letters.tell_of_update),
    (ConflictFound, letters.tell_of_conflict),
    (LetterWritten, mailing.send_letter),
    (RegistrationMoved, attribution.follow_registration),
    (OpportunitiesImported, attribution.credit_after_import),
    (OpportunityChanged, attribution.credit_after_change),
    (RatesLoaded, attribution.credit_with_new_rates),
    (ProgramCurrencyChanged, attribution.credit_in_new_currency),
    (LeadMoved, lead_letters.tell_of_move),
    (LeadConverted, attribution.follow_lead),
    (RegistrationDiscarded, conversion.follow_discarded),
    (OpportunityChanged, conversion.follow_deal),
    (OpportunitiesImported, conversion.follow_deals),
    (RegistrationMoved, partner_marts.follow_registration),
    (RegistrationAppealed, partner_marts.follow_appeal),
    (ConflictFound, partner_marts.follow_conflict),
    (ConflictSettled, partner_marts.follow_conflict),
    (RegistrationsBroughtOver, partner_marts.follow_cut_over),
    (LeadMoved, partner_marts.follow_lead),
    (OpportunityChanged, rooms.follow_deal),
    (OpportunitiesImported, rooms.follow_deals),
    (PlanStepMoved, attribution.follow_plan_step),
    (CreditChanged, claimed_roles.follow_credit),
    (TouchesChanged, claimed_roles.follow_touches),
    (RatesLoaded, tell_others_of_rates),
    (RatesLoaded, marts.refill_with_new_rates),
    (ProgramCurrencyChanged, marts.refill_in_new_currency),
    (MartsFilled, trends.refill_after_marts),
    (DataAsOfMoved, trends.refill_for_the_day),
    (MartsFilled, standings.refill_after_marts),
    (QuotasChanged, standings.refill_after_quota),
    (DataAsOfMoved, standings.refill_after_move),
]

_ROLES: Final = {
    "A": Role.ADMINISTRATOR, "E": Role.EXECUTIVE, "M": Role.PARTNER_MANAGER, "O": Role.OPERATIONS,
    "K": Role.MARKETING, "S": Role.SALES, "F": Role.FINANCE, "P": Role.PRODUCT,
}  # fmt: skip
_TABLE: Final = (
    (registrations.registrations_to_decide, "A . M O . . . ."),
    (registrations.customers_unclear, "A . M O . . . ."),
    (leads.leads_to_decide,      "A . M O K . . ."),
    (room_needs.proposed_shares, "A . M O . S . ."),
    (room_needs.late_plan_steps, "A . M O . S . ."),
    (partners.applications,      "A . M O . . . ."),
    (promises.own_tasks,         "A E M O K S F P"),
    (promises.next_steps,        ". . M . . . . ."),
    (partners.quiet_partners,    "A E M . K . . P"),
    (partners.long_onboardings,  "A . M O K . . P"),
    (partners.unmanaged_partners, "A . . O . . . ."),
    (deals.open_deals,           "A E M . . S . ."),
    (deals.deals_without_amount, "A . M O . . F ."),
    (team.quotas_behind,         "A E M . . . F ."),
    (team.overloaded_managers,   "A E M O . . . ."),
    (imports_with_rejects,       "A . . O . . . ."),
    (upkeep.dead_deliveries,     "A . . O . . . ."),
    (upkeep.silent_mailbox,      "A . . O . . . ."),
    (upkeep.stale_data,          "A E . O . . F ."),
)  # fmt: skip
GATHERERS: Final = tuple(
    Gatherer(gather, frozenset(role for initial, role in _ROLES.items() if initial in initials.split()))
    for gather, initials in _TABLE
)
"""What waits for whom; the initials are those of the table of roles. The order decides between equals."""
