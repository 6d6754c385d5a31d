"""The partners of a program as routing looks at them: a constant number of queries, however many there are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q

from comity.leads.matching import protected_for
from comity.leads.models import Lead, LeadOffer, LeadWishes
from comity.leads.rules import LAST, Candidate, LeadFacts
from comity.leads.states import LIVE, OfferState, State
from comity.matching.postal import country_code
from comity.programs.models import Partnership, Program
from comity.programs.states import Status

LOOKED_BACK: Final = timedelta(days=730)
"""Past conversion is counted over two years."""


def facts_of(lead: Lead) -> LeadFacts:
    """What the rules look at."""
    return LeadFacts(
        country=country_code(lead.customer_country) if lead.customer_country else "",
        families=frozenset(lead.families),
        language=lead.language,
        source=lead.source,
        referrer=lead.referred_by_id,
        protected_for=protected_for(lead),
    )


def candidates_of(program: Program, at: datetime, lead: Lead | None = None) -> list[Candidate]:
    """Every partner of the program that is or was active; with how it answered this lead before. Vendor's side."""
    of_program = {"vendor_id": program.vendor_id, "partnership__program": program}
    wishes = {row.partnership_id: row for row in LeadWishes.objects.filter(**of_program)}
    before: dict[UUID, str] = {}
    if lead is not None and lead.pk:
        offers = LeadOffer.objects.filter(vendor_id=program.vendor_id, lead=lead)
        before = dict(offers.values_list("partnership_id", "state"))
    counts: dict[UUID, Any] = {
        row["partnership"]: row
        for row in LeadOffer.objects.filter(**of_program)
        .values("partnership")
        .annotate(
            # What is merely offered takes a place too, or ten leads at once would all go to one partner.
            in_hand=Count("pk", filter=Q(state__in=[state.value for state in LIVE]) & ~Q(progress=State.CONVERTED)),
            accepted=Count("pk", filter=Q(answered_at__gte=at - LOOKED_BACK, state__in=_ANSWERED)),
            converted=Count("pk", filter=Q(answered_at__gte=at - LOOKED_BACK, progress=State.CONVERTED)),
        )
    }
    rows = Partnership.objects.filter(vendor_id=program.vendor_id, program=program).exclude(
        status__in=[Status.PROSPECT, Status.APPLIED, Status.ENDED]
    )
    return [
        _candidate(row, wishes.get(row.pk), counts.get(row.pk), before) for row in rows.select_related("tier", "region")
    ]


_ANSWERED: Final = [OfferState.ACCEPTED.value, OfferState.RETURNED.value]


def _candidate(row: Partnership, wishes: LeadWishes | None, counts: Any, before: dict[UUID, str]) -> Candidate:
    own = {country_code(row.country)} if row.country else set()
    state = before.get(row.pk, "")
    return Candidate(
        id=row.pk,
        name=row.name,
        active=row.status == Status.ACTIVE,
        types=frozenset(row.types),
        tier=row.tier.name if row.tier else "",
        tier_rank=row.tier.rank if row.tier else LAST,
        region=row.region.name if row.region else "",
        countries=frozenset(own | set(wishes.countries if wishes else ())),
        languages=frozenset(wishes.languages if wishes else ()),
        families=frozenset(wishes.families if wishes else ()),
        takes_leads=wishes.takes_leads if wishes else True,
        capacity=wishes.capacity if wishes else None,
        open_leads=counts["in_hand"] if counts else 0,
        answered=counts["accepted"] if counts else 0,
        converted=counts["converted"] if counts else 0,
        asked_before="" if state in LIVE else state,
    )
