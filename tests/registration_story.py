"""Registrations of the cast: Bo of Fabrikam and Cy of Contoso claim customers of Northwind's programme."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from cast import NOW, Cast
from comity.deals.models import Registration
from comity.deals.registration.clauses import Clauses
from comity.deals.registration.decisions import Decision, decide_registration
from comity.deals.registration.drafting import RegistrationDraft, save_draft
from comity.deals.registration.engagement import publish_rules
from comity.deals.registration.submission import submit_registration
from comity.deals.states.registrations import REASONS, Move
from comity.programs.models import Partnership

COMPLETE: dict[str, Any] = {
    "contact_name": "Erika Mustermann",
    "use_case": "They want to replace their reporting.",
    "value": Decimal(40_000),
    "currency": "EUR",
    "expected_close_on": date(2026, 6, 30),
}


@dataclass
class RegistrationStory:
    """Who registers what, when, and what Northwind makes of it."""

    cast: Cast

    def partnership(self, who: str) -> Partnership:
        """Whose partner this person works for."""
        return {"bo": self.cast.of_fabrikam, "ann": self.cast.of_fabrikam, "cy": self.cast.of_contoso}[who]

    def draft(self, who: str, name: str, *, at: datetime = NOW, **said: Any) -> Registration:
        """A draft, complete unless something is taken out."""
        draft = RegistrationDraft(**{**COMPLETE, "customer_name": name, "customer_country": "Germany", **said})
        with self.cast.scope(who):
            return save_draft(partnership=self.partnership(who), actor=self.cast.actor(who), draft=draft, at=at)

    def registers(self, who: str, name: str, *, at: datetime = NOW, **said: Any) -> Registration:
        """A registration, submitted."""
        draft = self.draft(who, name, at=at, **said)
        with self.cast.scope(who):
            return submit_registration(
                registration=draft, partnership=self.partnership(who), actor=self.cast.actor(who), at=at
            )

    def decides(self, registration: Registration, move: Move, *, who: str = "ada", at: datetime = NOW, **said: Any):
        """A decision of Northwind's."""
        decision = Decision(move, **{"reason": REASONS[move][0], **said})
        with self.cast.scope(who):
            return decide_registration(registration=registration, actor=self.cast.actor(who), decision=decision, at=at)

    def rules(self, *, at: datetime = NOW - timedelta(days=1), **clauses: Any):
        """New rules of engagement, in force before anybody registers."""
        with self.cast.scope("olga"):
            return publish_rules(
                program=self.cast.program, actor=self.cast.actor("olga"), clauses=Clauses(**clauses),
                from_on=at.date(), at=at,
            )  # fmt: skip
