"""A seeded world of registrations and leads: random walks along their states, with verdicts, appeals and conflicts."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from cast import NOW, Cast
from comity.deals.models import (
    DealConflict,
    Handling,
    Registration,
    RegistrationAppeal,
    RegistrationStep,
    RegistrationVerdict,
)
from comity.deals.registration.engagement import rules_on
from comity.deals.states import registrations as claims
from comity.insights.marts import rebuild
from comity.leads import states as leads
from comity.leads.models import Lead, LeadStep
from comity.programs.models import Partnership
from insights.odd_deals import odd_deal

RULES = ("who_may_register", "first_registrant", "incumbent", "vendor_activity", "existing_customer", "customer_letter")
EFFECTS = ("holds", "refuse", "ask", "queue", "condition")


class ClaimsWorld:
    """Registrations and leads of both partners over 200 days, some of them at midnight or at the same instant."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast, self.chance, self.program = cast, random.Random(seed), cast.program
        self.partners = [cast.of_fabrikam, cast.of_contoso]
        self.vendor_id = self.program.vendor_id

    def fill(self, registrations: int, offered: int) -> None:
        """Make so many of both, and the marts."""
        self.deals = [odd_deal(self.program, [(NOW.date(), "open", None)], name=f"Deal {n}") for n in range(3)]
        for number in range(1, registrations + 1):
            self._registration(number)
        for number in range(1, offered + 1):
            self._lead(number)
        rebuild(self.program)

    def _later(self, at: datetime) -> datetime:
        longest = self.chance.choice([0, 3_600, 86_400, 40 * 86_400])
        later = at + timedelta(seconds=self.chance.randint(0, longest), microseconds=self.chance.randint(0, 999_999))
        return later.replace(hour=23, minute=0, second=0, microsecond=0) if self.chance.random() < 0.1 else later

    def _registration(self, number: int) -> None:
        at = self._later(NOW - timedelta(days=self.chance.randint(0, 200)))
        of = self.chance.choice(self.partners)
        walk = list(self._walk(claims.MACHINE, claims.State.DRAFT, at, first=claims.Move.SUBMIT))
        at = walk[0][0]
        made = Registration.objects.create(
            **self._of(of), program=self.program, customer_name=f"Customer {number}", state=walk[-1][3].value,
            reference=f"DR-2026-{number:05}", submitted_at=at,
        )  # fmt: skip
        Handling.objects.create(vendor_id=self.vendor_id, registration=made, order_number=number)
        approval = self.chance.choice(["first_and_complete"] * 9 + ["handed_over"])
        for sequence, (on, move, source, target) in enumerate(walk, start=1):
            RegistrationStep.objects.create(
                **self._of(of), registration=made, sequence=sequence, at=on, move=move.value, from_state=source.value,
                to_state=target.value, side="vendor", reason=approval if move == claims.Move.APPROVE else "",
            )  # fmt: skip
        self._verdicts(made, at)
        for _ in range(self.chance.choice([0, 0, 1, 2])):
            filed, state = self._later(at), self.chance.choice(["granted", "dismissed"])
            RegistrationAppeal.objects.create(
                **self._of(of), registration=made, state=state, grounds="Ours.", filed_at=filed, due_at=filed,
                decided_at=self._later(filed),
            )  # fmt: skip
        if self.chance.random() < 0.2:
            RegistrationAppeal.objects.create(
                **self._of(of), registration=made, grounds="Ours.", filed_at=self._later(at), due_at=at
            )
        for deal in self.chance.sample(self.deals, self.chance.choice([0, 0, 1, 2])):
            DealConflict.objects.create(
                vendor_id=self.vendor_id, registration=made, opportunity=deal, found_at=self._later(at),
                first="registration", resolution=self.chance.choice(["", "no_conflict", "co_sell"]),
            )  # fmt: skip

    def _verdicts(self, made: Registration, at: datetime) -> None:
        for _ in range(self.chance.randint(1, 2)):
            found = [
                {"rule": rule, "effect": self.chance.choice(EFFECTS if self.chance.random() < 0.4 else EFFECTS[:1])}
                for rule in self.chance.sample(RULES, 3)
            ]
            RegistrationVerdict.objects.create(
                vendor_id=self.vendor_id, registration=made, rules=rules_on(self.program, at.date()), at=at,
                outcome="person", body={"findings": found},
            )  # fmt: skip
            at = self._later(at)

    def _lead(self, number: int) -> None:
        received = self._later(NOW - timedelta(days=self.chance.randint(0, 200)))
        walk = list(self._walk(leads.MACHINE, leads.State.RECEIVED, received, first=leads.Move.OFFER))
        made = Lead.objects.create(
            vendor_id=self.vendor_id, program=self.program, reference=f"LD-2026-{number:05}", source="website",
            channel="page", customer_name=f"Prospect {number}", state=walk[-1][3].value, received_at=received,
            moved_at=walk[-1][0],
        )  # fmt: skip
        of = self.chance.choice(self.partners)
        for sequence, (on, move, source, target) in enumerate(walk, start=1):
            of = self.chance.choice(self.partners) if move == leads.Move.OFFER else of
            declined = self.chance.random() < 0.5
            LeadStep.objects.create(
                vendor_id=self.vendor_id, lead=made, sequence=sequence, at=on, move=move.value,
                from_state=source.value, to_state=target.value, partnership=of,
                side="partner" if declined else "rules",
                reason="no_capacity" if declined else self.chance.choice(["run_out", "take_back"]),
            )  # fmt: skip

    def _walk(self, machine: Any, state: Any, at: datetime, *, first: Any) -> Any:
        """(when, move, from, to) of a random walk; most are short."""
        move, steps = first, self.chance.choice([1, 2, 3, 4, 9])
        for _ in range(steps):
            target = machine.next_state(state, move)
            yield at, move, state, target
            state, at = target, self._later(at)
            moves = sorted(machine.moves_from(state))
            if not moves:
                return
            move = self.chance.choice(moves)

    def _of(self, partnership: Partnership) -> dict[str, Any]:
        return {"vendor_id": self.vendor_id, "partnership": partnership, "partner_id": partnership.partner_id}
