"""What every move of a registration shares: its place in the order, its judgement, its step, the news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Max

from comity.deals.cards import card_of, index_registration
from comity.deals.events import RegistrationMoved
from comity.deals.models import (
    EngagementRules,
    Handling,
    Registration,
    RegistrationStep,
    RegistrationVerdict,
    SharedVerdict,
)
from comity.deals.registration.clauses import Clauses
from comity.deals.registration.engagement import clauses_of, rules_on
from comity.deals.registration.evidence import Outcome, Verdict
from comity.deals.registration.gathering import gather
from comity.deals.registration.masking import mask, stored
from comity.deals.registration.questions import Subject, ask
from comity.deals.registration.rules import judge
from comity.deals.states.registrations import MACHINE, PROTECTED, Move, State
from comity.identity.actors import Actor
from comity.kernel.ids import human_reference, uuid7
from comity.matching.record import Kind
from comity.platform.outbox import announce
from comity.programs.calendars import today_in
from comity.programs.models import Program

ORDER: Final = 0
"""The counter of the order of submissions stands under the year 0; references begin anew each year."""
_DRAW: Final = """
INSERT INTO deals_registrationcounter (id, vendor_id, year, last) VALUES (%s, %s, %s, 1)
ON CONFLICT (vendor_id, year) DO UPDATE SET last = deals_registrationcounter.last + 1
RETURNING last
"""
OUTCOME_OF: Final = {
    State.APPROVED: Outcome.APPROVE,
    State.CONDITIONALLY_APPROVED: Outcome.APPROVE_WITH_CONDITIONS,
    State.QUEUED: Outcome.QUEUE,
    State.REJECTED: Outcome.REJECT,
    State.REVOKED: Outcome.REJECT,
}
MOVE_FOR: Final = {
    Outcome.APPROVE: Move.APPROVE,
    Outcome.APPROVE_WITH_CONDITIONS: Move.APPROVE_WITH_CONDITIONS,
    Outcome.QUEUE: Move.QUEUE,
    Outcome.REJECT: Move.REJECT,
}


@dataclass(frozen=True)
class By:
    """Who moves a registration: a partner's person, one of the vendor's, or the rules themselves."""

    side: str
    person_id: UUID | None = None
    name: str = ""

    @classmethod
    def partner(cls, actor: Actor) -> By:
        """A person of the partner's."""
        return cls("partner", actor.person_id, actor.name[:200])

    @classmethod
    def vendor(cls, actor: Actor) -> By:
        """A person of the vendor's."""
        return cls("vendor", actor.person_id, actor.name[:200])


THE_RULES: Final = By("rules")


def locked(registration: Registration) -> Registration:
    """The registration as it is now, held until the end of the transaction. Vendor's side."""
    return (
        Registration.objects.select_for_update(of=("self",))
        .select_related("program", "partnership")
        .get(vendor_id=registration.vendor_id, pk=registration.pk)
    )


def handling_of(registration: Registration) -> Handling:
    """What the vendor keeps of it."""
    return Handling.objects.get(vendor_id=registration.vendor_id, registration=registration)


def draw(vendor_id: UUID, year: int) -> int:
    """The next number of a counter; call it under the program's lock."""
    with connection.cursor() as cursor:
        cursor.execute(_DRAW, [uuid7(), vendor_id, year])
        return int(cursor.fetchone()[0])


def draw_reference(program: Program, at: datetime) -> str:
    """The next reference of the vendor, such as DR-2026-00042."""
    year = today_in(program, at).year
    return human_reference("DR", year, draw(program.vendor_id, year))


def rules_of(registration: Registration) -> EngagementRules:
    """The version under which it is judged, also later: that of the day of its submission."""
    assert registration.submitted_at is not None
    return rules_on(registration.program, today_in(registration.program, registration.submitted_at))


def judge_and_keep(
    registration: Registration, handling: Handling, *, at: datetime, clock_from: datetime | None = None
) -> tuple[Verdict, Clauses]:
    """Judge under the rules of its day and keep the verdict whole, for the vendor; `share_verdict` writes the other."""
    version = rules_of(registration)
    clauses = clauses_of(version)
    index_registration(registration)
    gathered = gather(registration, handling.order_number)
    verdict = judge(
        gathered.claim, gathered.evidence, clauses, version=version.number, at=at,
        zone=registration.program.time_zone, clock_from=clock_from,
    )  # fmt: skip
    if version.used_at is None:
        version.used_at = at
        version.save(update_fields=["used_at"])
    RegistrationVerdict.objects.create(
        vendor_id=registration.vendor_id, registration=registration, rules=version, at=at,
        outcome=verdict.outcome.value, automatic=verdict.automatic, body=stored(verdict),
    )  # fmt: skip
    own = Subject(Kind.REGISTRATION, registration.pk, card_of(registration))
    for one in gathered.asked:
        other = Subject(one.kind, one.id, one.card)
        ask(vendor_id=registration.vendor_id, left=own, right=other, match=one.match, at=at)
    ahead = [key for one in verdict.findings if one.rule == "first_registrant" for key in one.records]
    handling.account = handling.account or gathered.account
    handling.queued_behind_id = UUID(ahead[0]) if ahead and verdict.outcome is Outcome.QUEUE else None
    handling.escalates_at = verdict.escalates_at
    handling.save(update_fields=["account", "queued_behind", "escalates_at"])
    registration.due_at = verdict.due_at
    registration.save(update_fields=["due_at"])
    return verdict, clauses


def share_verdict(registration: Registration, verdict: Verdict, clauses: Clauses, *, at: datetime) -> None:
    """Write what the partner may read of a verdict in the state it has now."""
    decided = OUTCOME_OF.get(State(registration.state))
    SharedVerdict.objects.create(
        vendor_id=registration.vendor_id, registration=registration, partnership_id=registration.partnership_id,
        partner_id=registration.partner_id, at=at,
        body=stored(mask(verdict, clauses.disclosure, decided=decided)),
    )  # fmt: skip


def make_move(
    registration: Registration, move: Move, *, at: datetime, by: By, reason: str = "", text: str = "",
    against_verdict: bool = False,
) -> RegistrationStep:  # fmt: skip
    """Move a registration, write the step and announce it. Raises IllegalMove."""
    source = State(registration.state)
    target = MACHINE.next_state(source, move)
    registration.state = target.value
    changed = ["state"]
    if by.side != "partner" and target not in (State.SUBMITTED, State.IN_REVIEW):
        registration.decided_at = at
        registration.reason, registration.reason_text = reason, text
        changed += ["decided_at", "reason", "reason_text"]
    if target in PROTECTED and source not in PROTECTED:
        days = clauses_of(rules_of(registration)).protection_days
        registration.protected_until = today_in(registration.program, at) + timedelta(days=days)
        changed.append("protected_until")
    registration.save(update_fields=changed)
    steps = RegistrationStep.objects.filter(vendor_id=registration.vendor_id, registration=registration)
    step = RegistrationStep.objects.create(
        vendor_id=registration.vendor_id, registration=registration, partnership_id=registration.partnership_id,
        partner_id=registration.partner_id, sequence=(steps.aggregate(last=Max("sequence"))["last"] or 0) + 1,
        at=at, move=move.value, from_state=source.value, to_state=target.value, side=by.side,
        person_id=by.person_id, person_name=by.name, reason=reason, text=text, against_verdict=against_verdict,
    )  # fmt: skip
    announce(
        RegistrationMoved(registration_id=registration.pk, program_id=registration.program_id, sequence=step.sequence)
    )
    return step
