"""Rules of engagement: their versions, the draft of the next one, and what it would have changed in a year."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from ninja.responses import Status as Reply
from pydantic import Field, StrictBool

from comity.api.fields import Amount, AmountIn, Day, Input, Named, Output, Text
from comity.api.paging import ListQuery, Page, page_of
from comity.api.tokens import READ, WRITE
from comity.api.v1.lookups import program_of
from comity.deals.models import EngagementDraft, EngagementRules, RulesTrial, RulesTrialChange
from comity.deals.registration.clauses import (
    Clauses,
    ConflictScope,
    Disclosure,
    ExistingCustomer,
    SecondRegistrant,
)
from comity.deals.registration.clock import DAY_HOURS
from comity.deals.registration.evidence import Outcome
from comity.deals.registration.queries import rules_visible_to
from comity.deals.registration.rules_drafts import (
    NoDraftOfRules,
    keep_rules_draft,
    publish_rules_draft,
    rules_draft_visible_to,
)
from comity.deals.registration.trials import Stale, changes_of, stale, start_trial, trial_visible_to
from comity.deals.states.registrations import TrialState
from comity.identity.roles import Permission
from comity.programs.states import PartnerType

router = Router(tags=["Rules of engagement"])
Names = Annotated[list[Text], Field(max_length=200)]
Days = Annotated[int, Field(ge=1, le=3_650)]
Hours = Annotated[int, Field(ge=1, le=30 * DAY_HOURS)]
LongHours = Annotated[int, Field(ge=1, le=60 * DAY_HOURS)]
Many = Annotated[int, Field(ge=1, le=10_000)]
AtLeastNothing = Annotated[AmountIn, Field(ge=0)]


class RulesClauses(Input):
    """What the rules say. Empty lists do not limit anything; hours are business hours, a business day has eight."""

    partner_types: Annotated[list[PartnerType], Field(max_length=20)] = []
    tiers: Names = []
    regions: Names = []
    families: Names = []
    minimum_value: AtLeastNothing | None = None
    refuse_public_tenders: StrictBool = True
    existing_customer: ExistingCustomer = ExistingCustomer.EXPANSION_ONLY
    vendor_activity_days: Days = 180
    conflict_scope: ConflictScope = ConflictScope.FAMILY
    same_family_only: StrictBool = True
    second_registrant: SecondRegistrant = SecondRegistrant.QUEUE
    incumbent_renews: StrictBool = True
    letter_counts: StrictBool = True
    letter_wins: StrictBool = False
    decision_hours: Hours = 2 * DAY_HOURS
    escalation_hours: LongHours = 3 * DAY_HOURS
    answer_hours: LongHours = 5 * DAY_HOURS
    holidays: Annotated[list[Day], Field(max_length=400)] = []
    protection_days: Days = 90
    extension_days: Days = 90
    extensions: Annotated[int, Field(ge=0, le=12)] = 1
    appeal_days: Days = 14
    resubmission: StrictBool = True
    max_open: dict[PartnerType, Many] = Field(default_factory=lambda: {PartnerType.REFERRAL: 25})
    approve_automatically: StrictBool = False
    approve_up_to: AtLeastNothing | None = None
    refuse_automatically: StrictBool = False
    disclosure: Disclosure = Disclosure.OF_WHICH_KIND
    submissions_an_hour: Many = 30
    flagged_from: Many = 12


class RulesDraftIn(RulesClauses):
    """The draft of the next version, whole: it takes the place of what was kept."""

    from_on: Day
    note: Annotated[str, Field(max_length=500)] = ""


class RulesBody(Output):
    """The clauses as they are kept; amounts as decimals."""

    clauses: dict[str, Any]
    from_on: date
    note: str


class RulesDraftOut(RulesBody):
    """The draft of the next version."""

    program_id: UUID
    saved_at: datetime


class RulesVersionOut(RulesBody):
    """One version; `to_on` is excluded."""

    id: UUID
    number: int
    to_on: date | None
    used: bool


class RulesVersionPage(Page[RulesVersionOut]):
    """Versions, the newest first."""


class TrialMove(Output):
    """How many verdicts would change from one outcome to another."""

    before: Outcome
    after: Outcome
    registrations: int


class RulesTrialOut(Output):
    """A year's registrations run through a draft. `stale` says why the result no longer tells what publishing does."""

    id: UUID
    program_id: UUID
    state: TrialState
    stale: Stale | None
    rules_number: Annotated[int | None, Field(description="Null: this version gave way before it was used.")]
    since: datetime
    until: datetime
    total: int
    done: int
    changed: int
    automatic_before: int
    automatic_after: int
    moves: list[TrialMove]
    created_at: datetime
    finished_at: datetime | None


class TrialChangeOut(Output):
    """A registration whose verdict would be another one, and the sentence that decides under the draft."""

    registration_id: UUID
    reference: str | None
    customer_name: str
    partnership: Named
    value: Amount | None
    currency: str
    submitted_at: datetime
    before: Outcome
    after: Outcome
    sentence: str


class TrialChangePage(Page[TrialChangeOut]):
    """Verdicts that would change."""


@router.get(
    "/programs/{uuid:program_id}/engagement-rules", response=RulesVersionPage, auth=READ,
    summary="List the rules of engagement",
)  # fmt: skip
def list_engagement_rules(request: Any, program_id: UUID, query: Query[ListQuery]) -> Any:
    """Every version of a program's rules. Needs “view deals”."""
    request.actor.require(Permission.VIEW_DEALS)
    rows = rules_visible_to(request.actor, program_of(request.actor, program_id))
    return page_of(request, rows, query, _version, newest_first=True)


@router.get(
    "/programs/{uuid:program_id}/engagement-draft", response=RulesDraftOut, auth=READ, summary="Read the draft of rules"
)
def read_engagement_draft(request: Any, program_id: UUID) -> Any:
    """The version that somebody is writing. Needs “manage program”."""
    request.actor.require(Permission.MANAGE_PROGRAM)
    kept = rules_draft_visible_to(request.actor, program_of(request.actor, program_id))
    if kept is None:
        raise NoDraftOfRules("There is no draft of the rules.")
    return _draft(kept)


@router.put(
    "/programs/{uuid:program_id}/engagement-draft", response=RulesDraftOut, auth=WRITE, summary="Keep a draft of rules"
)
def keep_engagement_draft(request: Any, program_id: UUID, new: RulesDraftIn) -> Any:
    """Keep the next version as a draft; nothing is judged by it until it is published. Needs “manage program”."""
    request.actor.require(Permission.MANAGE_PROGRAM)
    given = new.model_dump()
    kept = keep_rules_draft(
        program=program_of(request.actor, program_id), actor=request.actor, at=request.received_at,
        from_on=given.pop("from_on"), note=given.pop("note"), clauses=Clauses(**given),
    )  # fmt: skip
    return _draft(kept)


@router.post(
    "/programs/{uuid:program_id}/engagement-draft/publish", response={201: RulesVersionOut}, auth=WRITE,
    summary="Publish the draft of rules",
)  # fmt: skip
def publish_engagement_draft(request: Any, program_id: UUID) -> Any:
    """Let the draft hold from its day on, today or later. Needs “manage program”."""
    request.actor.require(Permission.MANAGE_PROGRAM)
    program = program_of(request.actor, program_id)
    return Reply(201, _version(publish_rules_draft(program=program, actor=request.actor, at=request.received_at)))


@router.post(
    "/programs/{uuid:program_id}/engagement-draft/trials", response={202: RulesTrialOut}, auth=WRITE,
    summary="Try the draft of rules",
)  # fmt: skip
def try_engagement_draft(request: Any, program_id: UUID, response: HttpResponse) -> Any:
    """Run the registrations of the year to now through the draft, as a job; one of the same draft under way is joined.
    Its address tells how far it is. Needs “manage program”."""
    request.actor.require(Permission.MANAGE_PROGRAM)
    program = program_of(request.actor, program_id)
    trial = start_trial(program=program, actor=request.actor, at=request.received_at)
    response["Location"] = f"/api/v1/engagement-trials/{trial.pk}"
    return Reply(202, _trial(request, trial))


@router.get("/engagement-trials/{uuid:trial_id}", response=RulesTrialOut, auth=READ, summary="Read a trial of rules")
def read_engagement_trial(request: Any, trial_id: UUID) -> Any:
    """How far a trial is, and what it found: verdicts that would change, counted. Needs “manage program”."""
    return _trial(request, trial_visible_to(request.actor, trial_id))


@router.get(
    "/engagement-trials/{uuid:trial_id}/changes", response=TrialChangePage, auth=READ,
    summary="List the verdicts that would change",
)  # fmt: skip
def list_trial_changes(request: Any, trial_id: UUID, query: Query[ListQuery]) -> Any:
    """The registrations whose verdict would be another one. Needs “manage program”."""
    rows = changes_of(trial_visible_to(request.actor, trial_id))
    return page_of(request, rows, query, _change)


def _version(row: EngagementRules) -> RulesVersionOut:
    return RulesVersionOut(
        id=row.pk, number=row.number, clauses=row.clauses, from_on=row.from_on, to_on=row.to_on, note=row.note,
        used=row.used_at is not None,
    )  # fmt: skip


def _draft(row: EngagementDraft) -> RulesDraftOut:
    return RulesDraftOut(
        program_id=row.program_id, clauses=row.clauses, from_on=row.from_on, note=row.note, saved_at=row.saved_at
    )


def _trial(request: Any, row: RulesTrial) -> RulesTrialOut:
    draft = rules_draft_visible_to(request.actor, row.program)
    same = {name: getattr(row, name) for name in RulesTrialOut.model_fields if hasattr(row, name)}
    moves = [TrialMove(before=before, after=after, registrations=number) for before, after, number in row.moves]
    return RulesTrialOut(
        **{**same, "moves": moves}, stale=stale(row, draft, request.received_at),
        rules_number=row.rules.number if row.rules else None,
    )  # fmt: skip


def _change(row: RulesTrialChange) -> TrialChangeOut:
    claim: Any = row.registration
    return TrialChangeOut(
        registration_id=claim.pk, reference=claim.reference, customer_name=claim.customer_name,
        partnership=Named(id=claim.partnership.pk, name=claim.partnership.name), value=claim.value,
        currency=claim.currency, submitted_at=row.submitted_at, before=Outcome(row.before), after=Outcome(row.after),
        sentence=row.sentence,
    )  # fmt: skip
