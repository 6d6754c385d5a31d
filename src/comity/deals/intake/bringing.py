"""One registration of an older system, written as it stood there, with a verdict that says where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from comity.deals.cards import index_registration
from comity.deals.models import (
    Handling,
    LegacyBatch,
    Registration,
    RegistrationStep,
    RegistrationVerdict,
    SharedVerdict,
)
from comity.deals.registration.engagement import clauses_of
from comity.deals.registration.evidence import Effect, Finding, Outcome, Verdict
from comity.deals.registration.masking import mask, stored
from comity.deals.registration.recording import (
    OUTCOME_OF,
    draw_reference,
    handling_of,
    judge_and_keep,
    rules_of,
    share_verdict,
)
from comity.deals.states.registrations import Move, State
from comity.identity.actors import Actor
from comity.kernel.words import words
from comity.programs.models import Partnership, Program


@dataclass
class OldRow:
    """One registration of the older system as it was understood."""

    line: int
    cells: list[str]
    key: str = ""
    partnership: Partnership | None = None
    state: State = State.IN_REVIEW
    submitted_on: date | None = None
    decided_on: date | None = None
    protected_until: date | None = None
    values: dict[str, Any] = field(default_factory=dict)
    stored: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def bring_over(batch: LegacyBatch, row: OldRow, *, order: int, actor: Actor, at: datetime) -> Registration:
    """Write one row of a batch that is being signed off. What nobody had decided is judged afterwards."""
    assert row.partnership is not None
    assert row.submitted_on is not None
    of, submitted_at = row.partnership, noon(row.submitted_on, batch.program)
    made = Registration(
        vendor_id=batch.vendor_id, program=batch.program, partnership=of, partner_id=of.partner_id,
        intake_key=f"legacy:{row.key}", state=row.state.value, submitted_at=submitted_at,
        submitted_by_id=actor.person_id, reference=draw_reference(batch.program, submitted_at),
        decided_at=noon(row.decided_on, batch.program) if row.decided_on else None,
        protected_until=row.protected_until, **row.stored,
    )  # fmt: skip
    made.save(force_insert=True)
    index_registration(made)
    Handling.objects.create(vendor_id=batch.vendor_id, registration=made, order_number=order)
    RegistrationStep.objects.create(
        vendor_id=batch.vendor_id, registration=made, partnership=of, partner_id=of.partner_id, sequence=1,
        at=submitted_at, move=Move.SUBMIT.value, from_state=State.DRAFT.value, to_state=row.state.value, side="vendor",
        person_id=actor.person_id, person_name=actor.name[:200],
        text=words("Brought over from an older system, where it is %(key)s.", key=row.key),
    )  # fmt: skip
    if row.state is not State.IN_REVIEW:
        _keep_verdict(made, batch, row, actor, at)
    return made


def judge_undecided(made: list[Registration], *, at: datetime) -> None:
    """Judge what nobody decided in the older system, once all of a batch is there; the clock begins now."""
    for one in made:
        if one.state == State.IN_REVIEW:
            verdict, clauses = judge_and_keep(one, handling_of(one), at=at, clock_from=at)
            share_verdict(one, verdict, clauses, at=at)


def noon(day: date, program: Program) -> datetime:
    """The instant that stands for a day of the older system, which kept no hours."""
    return datetime.combine(day, time(12), ZoneInfo(program.time_zone))


def _keep_verdict(made: Registration, batch: LegacyBatch, row: OldRow, actor: Actor, at: datetime) -> None:
    """A verdict that no rule of ours gave: it says who brought it over, who signed that off, and the dates there."""
    version = rules_of(made)
    assert made.submitted_at is not None
    sentence = words(
        "Brought over from an older system, where it is %(key)s, submitted on %(day)s. %(uploader)s uploaded it, "
        "%(signer)s signed it off.",
        key=row.key, day=row.submitted_on or at.date(), uploader=batch.uploaded_by_name, signer=actor.name,
    )  # fmt: skip
    told = words("Brought over from an older system with its date, %(day)s.", day=row.submitted_on or at.date())
    outcome = OUTCOME_OF.get(row.state, Outcome.APPROVE)
    effect = Effect.REFUSE if outcome is Outcome.REJECT else Effect.HOLDS
    verdict = Verdict(
        outcome=outcome, automatic=False, sentence=sentence,
        findings=(Finding("brought_over", effect, sentence, told),), competitors=(), conditions=(), changes=(),
        submitted_at=made.submitted_at, due_at=made.decided_at or at,
        escalates_at=(made.decided_at or at) + timedelta(days=1), rules_version=version.number,
    )  # fmt: skip
    RegistrationVerdict.objects.create(
        vendor_id=made.vendor_id, registration=made, rules=version, at=at, outcome=outcome.value, automatic=False,
        body=stored(verdict),
    )  # fmt: skip
    SharedVerdict.objects.create(
        vendor_id=made.vendor_id, registration=made, partnership_id=made.partnership_id, partner_id=made.partner_id,
        at=at, body=stored(mask(verdict, clauses_of(version).disclosure, decided=outcome)),
    )  # fmt: skip
