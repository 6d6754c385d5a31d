"""Deal registrations: a partner's system registers and reads the masked verdict, the vendor's the whole one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from ninja.responses import Status as Reply
from pydantic import Field, StrictBool

from comity.api.fields import Amount, AmountIn, Currency, Day, Input, Named, Output, ShortText, Text
from comity.api.paging import ListQuery, Page, page_of
from comity.api.tokens import READ, WRITE
from comity.api.v1.lookups import partnership_of
from comity.deals.models import Registration
from comity.deals.registration.appeals import file_appeal
from comity.deals.registration.decisions import Decision, decide_registration, newest_verdict, revoke_registration
from comity.deals.registration.drafting import RegistrationDraft, register_again, save_draft
from comity.deals.registration.evidence import Band, Effect, Outcome, RecordKind
from comity.deals.registration.queries import masked_verdict_of, registration_visible_to, registrations_visible_to
from comity.deals.registration.recording import handling_of
from comity.deals.registration.submission import answer_return, submit_registration, withdraw_registration
from comity.deals.states.registrations import Move, RegistrationKind, RegistrationSource, RfpStatus, State
from comity.identity.actors import Actor
from comity.identity.roles import Permission

router = Router(tags=["Registrations"])
Words = Annotated[str, Field(max_length=2_000)]
LongWords = Annotated[str, Field(max_length=4_000)]


class NewRegistration(Input):
    """What a partner registers. Without `submit` it stays a draft, which only the partner sees."""

    partnership_id: UUID
    customer_name: Text
    customer_domain: Text = ""
    customer_country: ShortText = ""
    customer_industry: ShortText = ""
    contact_name: ShortText = ""
    contact_email: Text = ""
    kind: RegistrationKind = RegistrationKind.NEW
    families: Annotated[list[Text], Field(max_length=50)] = []
    use_case: LongWords = ""
    value: AmountIn | None = None
    currency: Currency | None = None
    expected_close_on: Day | None = None
    source: RegistrationSource | None = None
    rfp: RfpStatus = RfpStatus.NONE
    incumbent: ShortText = ""
    competitors: Annotated[list[ShortText], Field(max_length=20)] = []
    evidence: LongWords = ""
    notes: LongWords = ""
    has_letter: StrictBool = False
    submit: StrictBool = True


class FindingOut(Output):
    """What one rule says."""

    effect: Effect
    sentence: str


class CompetitorOut(Output):
    """A record that stands beside the registration; never told to a partner."""

    kind: RecordKind
    id: UUID
    name: str
    owner: str
    customer: str
    state: str
    since: str
    band: Band
    reasons: list[str]


class VerdictOut(Output):
    """What the rules said. A partner reads it masked: no competitors, nothing of others until it is decided."""

    outcome: Outcome
    sentence: str
    findings: list[FindingOut]
    conditions: list[str]
    changes: list[str]
    rules_version: int
    competitors: list[CompetitorOut]


class RegistrationOut(Output):
    """A registration, as both sides read it."""

    id: UUID
    reference: str | None
    state: State
    partnership: Named
    program_id: UUID
    kind: RegistrationKind
    customer_name: str
    customer_domain: str
    customer_country: str
    contact_name: str
    families: list[str]
    use_case: str
    notes: str
    value: Amount | None
    currency: str
    expected_close_on: date | None
    rfp: RfpStatus
    has_letter: bool
    submitted_at: datetime | None
    due_at: datetime | None
    decided_at: datetime | None
    reason: str
    reason_text: str
    conditions: str
    protected_until: date | None


class RegistrationInFull(RegistrationOut):
    """One registration with its verdict, and whether an approval against the rules waits for a second look."""

    verdict: VerdictOut | None
    second_look: bool


class RegistrationPage(Page[RegistrationOut]):
    """Registrations."""


class RegistrationQuery(ListQuery):
    """The list of registrations."""

    program: UUID | None = None
    partnership: UUID | None = None
    state: State | None = None


class DecisionIn(Input):
    """A decision: its reason from the list, words for the partner, conditions of an approval."""

    # Not the enum itself: the document names schemas by class, and partnerships have moves, too.
    move: Literal["approve", "approve_with_conditions", "queue", "reject", "return", "revoke"]
    reason: ShortText
    text: Words = ""
    conditions: Words = ""


class WordsIn(Input):
    """Words for the other side."""

    text: LongWords = ""


@router.get("/registrations", response=RegistrationPage, auth=READ, summary="List registrations")
def list_registrations(request: Any, query: Query[RegistrationQuery]) -> Any:
    """The vendor's registrations, or a partner's own with its drafts. Needs “view deals”, a partner “portal deals”."""
    actor: Actor = request.actor
    actor.require(Permission.VIEW_DEALS if actor.is_vendor else Permission.PORTAL_DEALS)
    asked = {"program_id": query.program, "partnership_id": query.partnership, "state": query.state}
    wanted = {name: value for name, value in asked.items() if value is not None}
    return page_of(request, registrations_visible_to(actor).filter(**wanted), query, _show, newest_first=True)


@router.post("/registrations", response={201: RegistrationInFull}, auth=WRITE, summary="Register a deal")
def add_registration(request: Any, new: NewRegistration, response: HttpResponse) -> Any:
    """A partner registers a deal. Needs “portal deals”; a vendor's token gets 403."""
    actor: Actor = request.actor
    actor.require(Permission.PORTAL_DEALS)
    partnership = partnership_of(actor, new.partnership_id)
    left_out = ("partnership_id", "submit", "families", "competitors", "currency", "source")
    given: dict[str, Any] = {name: value for name, value in new.given().items() if name not in left_out}
    draft = RegistrationDraft(
        **given, families=tuple(new.families), competitors=tuple(new.competitors), currency=new.currency or "",
        source=new.source or "",
    )  # fmt: skip
    order: dict[str, Any] = {"partnership": partnership, "actor": actor, "at": request.received_at}
    made = save_draft(**order, draft=draft)
    if new.submit:
        made = submit_registration(**order, registration=made)
    response["Location"] = f"/api/v1/registrations/{made.pk}"
    return Reply(201, _in_full(actor, made.pk))


@router.get(
    "/registrations/{uuid:registration_id}", response=RegistrationInFull, auth=READ, summary="Read a registration"
)
def read_registration(request: Any, registration_id: UUID) -> Any:
    """One registration with its verdict: whole for the vendor, masked for the partner."""
    return _in_full(request.actor, registration_id)


@router.post(
    "/registrations/{uuid:registration_id}/submit", response=RegistrationInFull, auth=WRITE, summary="Submit a draft"
)
def submit_draft(request: Any, registration_id: UUID) -> Any:
    """Submit a draft, or send the answer to a return. Needs “portal deals”."""
    actor: Actor = request.actor
    found = registration_visible_to(actor, registration_id)
    actor.require(Permission.PORTAL_DEALS)
    send = answer_return if found.state == State.RETURNED else submit_registration
    send(registration=found, partnership=found.partnership, actor=actor, at=request.received_at)
    return _in_full(actor, registration_id)


@router.post(
    "/registrations/{uuid:registration_id}/again", response={201: RegistrationInFull}, auth=WRITE,
    summary="Register it again",
)  # fmt: skip
def register_once_more(request: Any, registration_id: UUID, response: HttpResponse) -> Any:
    """A draft with what an earlier registration says, without its files. Needs “portal deals”."""
    actor: Actor = request.actor
    found = registration_visible_to(actor, registration_id)
    actor.require(Permission.PORTAL_DEALS)
    made = register_again(registration=found, partnership=found.partnership, actor=actor, at=request.received_at)
    response["Location"] = f"/api/v1/registrations/{made.pk}"
    return Reply(201, _in_full(actor, made.pk))


@router.post(
    "/registrations/{uuid:registration_id}/withdraw", response=RegistrationInFull, auth=WRITE, summary="Withdraw it"
)
def withdraw(request: Any, registration_id: UUID, said: WordsIn) -> Any:
    """Take a registration back. Needs “portal deals”."""
    actor: Actor = request.actor
    found = registration_visible_to(actor, registration_id)
    actor.require(Permission.PORTAL_DEALS)
    withdraw_registration(
        registration=found, partnership=found.partnership, actor=actor, at=request.received_at, text=said.text
    )
    return _in_full(actor, registration_id)


@router.post("/registrations/{uuid:registration_id}/appeal", response=RegistrationInFull, auth=WRITE, summary="Appeal")
def appeal(request: Any, registration_id: UUID, said: WordsIn) -> Any:
    """Ask for somebody else to look at a decision. Needs “portal deals”."""
    actor: Actor = request.actor
    found = registration_visible_to(actor, registration_id)
    actor.require(Permission.PORTAL_DEALS)
    file_appeal(
        registration=found, partnership=found.partnership, actor=actor, grounds=said.text, at=request.received_at
    )
    return _in_full(actor, registration_id)


@router.post(
    "/registrations/{uuid:registration_id}/decide", response=RegistrationInFull, auth=WRITE, summary="Decide it"
)
def decide(request: Any, registration_id: UUID, decision: DecisionIn) -> Any:
    """Approve, approve with conditions, queue, reject, return or revoke. Needs “decide registrations”.

    An approval against the rules is not carried out but waits for a second person: `second_look` says so.
    """
    actor: Actor = request.actor
    found = registration_visible_to(actor, registration_id)
    actor.require(Permission.DECIDE_REGISTRATIONS)
    order: dict[str, Any] = {"registration": found, "actor": actor, "at": request.received_at}
    move = Move(decision.move)
    if move is Move.REVOKE:
        revoke_registration(**order, reason=decision.reason, text=decision.text)
    else:
        said = Decision(move, decision.reason, decision.text, decision.conditions)
        decide_registration(**order, decision=said)
    return _in_full(actor, registration_id)


def _show(row: Registration) -> RegistrationOut:
    return RegistrationOut(**_values(row))


def _values(row: Registration) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in RegistrationOut.model_fields if name != "partnership"}
    return {**kept, "partnership": Named(id=row.partnership_id, name=str(row.partnership))}


def _in_full(actor: Actor, registration_id: UUID) -> RegistrationInFull:
    row = registration_visible_to(actor, registration_id)
    if row.vendor_id == actor.organization_id:
        second_look = bool(handling_of(row).override_move)
        return RegistrationInFull(**_values(row), verdict=_whole(row), second_look=second_look)
    return RegistrationInFull(**_values(row), verdict=_masked(row), second_look=False)


def _whole(row: Registration) -> VerdictOut:
    verdict = newest_verdict(row)
    return VerdictOut(
        outcome=verdict.outcome, sentence=verdict.sentence, conditions=list(verdict.conditions),
        changes=list(verdict.changes), rules_version=verdict.rules_version,
        findings=[FindingOut(effect=one.effect, sentence=one.sentence) for one in verdict.findings],
        competitors=[
            CompetitorOut(
                kind=one.kind, id=UUID(one.id), name=one.name, owner=one.owner, customer=one.customer, state=one.state,
                since=one.since, band=one.band, reasons=list(one.reasons),
            )
            for one in verdict.competitors
        ],
    )  # fmt: skip


def _masked(row: Registration) -> VerdictOut | None:
    body = masked_verdict_of(row)
    if body is None:
        return None
    kept = {name: body[name] for name in ("outcome", "sentence", "conditions", "changes", "rules_version")}
    findings = [FindingOut(effect=Effect(effect), sentence=sentence) for effect, sentence in body["findings"]]
    return VerdictOut(**kept, findings=findings, competitors=[])
