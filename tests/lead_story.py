"""Leads of the cast: Northwind gives them to Fabrikam (Bo) and Contoso (Cy)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cast import NOW, Cast
from comity.leads.clauses import Routing, RoutingRule
from comity.leads.intake import LeadDraft, take_in_lead
from comity.leads.models import Lead, LeadOffer
from comity.leads.states import Channel
from comity.leads.versions import publish_routing
from comity.programs.models import Partnership

PROSPECT: dict[str, Any] = {
    "customer_country": "Germany",
    "contact_name": "Erika Muster",
    "contact_email": "erika@isar.de",
    "need": "They want their reports the same day.",
    "source": "website",
}


@dataclass
class LeadStory:
    """Who gives which lead to whom."""

    cast: Cast

    def partnership(self, who: str) -> Partnership:
        """Whose partner this person works for."""
        return {"bo": self.cast.of_fabrikam, "ann": self.cast.of_fabrikam, "cy": self.cast.of_contoso}[who]

    def rules(self, *rules: RoutingRule, at: datetime = NOW - timedelta(days=1), **clauses: Any) -> None:
        """Routing in force before anything comes in."""
        with self.cast.scope("olga"):
            publish_routing(
                program=self.cast.program, actor=self.cast.actor("olga"), routing=Routing(rules=rules, **clauses),
                from_on=at.date(), at=at,
            )  # fmt: skip

    def lead(self, name: str, *, at: datetime = NOW, who: str = "ada", **said: Any) -> Lead:
        """A lead that Northwind takes in."""
        draft = LeadDraft(**{**PROSPECT, "customer_name": name, **said})
        with self.cast.scope(who):
            return take_in_lead(
                program=self.cast.program, actor=self.cast.actor(who), draft=draft, at=at, channel=Channel.PAGE
            )

    def offer(self, who: str) -> LeadOffer:
        """The newest offer that this person reads."""
        with self.cast.scope(who):
            return LeadOffer.objects.select_related("partnership__program").latest("offered_at", "id")

    def now(self, lead: Lead) -> Lead:
        """The lead as it is."""
        with self.cast.scope("ada"):
            return Lead.objects.select_related("holder", "program").get(pk=lead.pk)

    def does(self, who: str, verb: Any, offer: LeadOffer, *, at: datetime = NOW, **said: Any) -> Any:
        """A partner answers."""
        with self.cast.scope(who):
            return verb(offer=offer, partnership=self.partnership(who), actor=self.cast.actor(who), at=at, **said)
