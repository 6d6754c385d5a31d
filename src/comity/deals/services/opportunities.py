"""Opportunities: recorded, edited, moved from stage to stage, won and lost."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from comity.deals import rules
from comity.deals.models import CustomerAccount, Opportunity, OpportunityLine, Stage
from comity.deals.services.recording import history_of, locked, tell, write_history
from comity.deals.states import DealKind, DealStatus
from comity.deals.versions import fingerprint, note_edits, plain, plain_value, refuse_if_changed, write_changes
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.currencies import MINOR_UNITS
from comity.kernel.errors import Conflict, Invalid, NotFound
from comity.kernel.names import clean_name
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.programs.models import Manager, Program

LARGEST: Final = Decimal(10) ** 16
"""Amounts are numeric(20,4)."""


class StageMissing(NotFound):
    """The program has no stage of this meaning. Detail: `meaning`."""

    code, title = "stage_missing", words("There is no such stage")


class AlreadyThere(Conflict):
    """The deal stands in that stage already."""

    code, title = "already_in_stage", words("The deal is in this stage already")


class DealExists(Conflict):
    """The program has a deal with this external id."""

    code, title = "deal_exists", words("This deal is there already")


@dataclass(frozen=True)
class OpportunityDraft:
    """What a person says of a deal on a form; the keys are those of the table."""

    name: str
    account: CustomerAccount | None = None
    kind: str = DealKind.NEW.value
    opened_on: date | None = None
    closed_on: date | None = None
    expected_close_on: date | None = None
    currency: str = ""
    amount: Decimal | None = None
    recurring_amount: Decimal | None = None
    term_months: int | None = None
    list_amount: Decimal | None = None
    manager: Manager | None = None
    external_id: str = ""
    loss_reason: str = ""
    competitors: tuple[str, ...] = ()
    extra: dict[str, str] = field(default_factory=dict, repr=False)
    """Inputs of the form that could not be read, by field; they are reported with the rest."""


EDITABLE: Final = tuple(item.name for item in fields(OpportunityDraft) if item.name != "extra")


def version_of(opportunity: Opportunity) -> str:
    """A fingerprint of what the form shows, to notice that somebody else changed it meanwhile."""
    return fingerprint(opportunity, EDITABLE)


@transaction.atomic
def create_opportunity(
    *, program: Program, actor: Actor, draft: OpportunityDraft, at: datetime, stage: Stage | None = None
) -> Opportunity:
    """Record a deal. In a stage that means won or lost it needs its close date; without a stage it starts in the first.

    Raises NotAllowed, Invalid, InvalidName, StageMissing, StageDateRefused, DealExists.
    """
    actor.require(Permission.EDIT_DEALS)
    today = today_in(program, at)
    opening = _first_stage(program, DealStatus.OPEN)
    stage = stage or opening
    values = _checked(program, draft, status=DealStatus(stage.status), today=today)
    _refuse_stranger(program, stage=stage)
    _refuse_known_external_id(program, values["external_id"])
    history = rules.history_of_new(
        opened_on=values["opened_on"],
        today=today,
        stage_id=opening.pk if stage.status != DealStatus.OPEN else stage.pk,
        amount=values["amount"],
        recurring_amount=values["recurring_amount"],
    )
    if stage.status != DealStatus.OPEN:
        history = _conclude(history, stage, values, on=values["closed_on"], today=today)
    opportunity = Opportunity.objects.create(
        vendor_id=program.vendor_id,
        program=program,
        stage=stage,
        status=stage.status,
        edited_fields=sorted(name for name in EDITABLE if values[name] not in (None, "", [])),
        **values,
    )
    write_history(opportunity, history)
    tell(opportunity)
    return opportunity


@transaction.atomic
def edit_opportunity(
    *, opportunity: Opportunity, actor: Actor, draft: OpportunityDraft, at: datetime, loaded: str = ""
) -> Opportunity:
    """Change what the form shows; each changed field is kept from imports from now on.

    `loaded` is `version_of` the deal the form was filled from. The amount must agree with the lines.
    Raises NotAllowed, Invalid, InvalidName, LinesMismatch, StageDateRefused, DealExists, DealChangedMeanwhile.
    """
    actor.require(Permission.EDIT_DEALS)
    current = locked(opportunity)
    today = today_in(current.program, at)
    values = _checked(current.program, draft, status=DealStatus(current.status), today=today)
    refuse_if_changed(current, values, loaded)
    lines = OpportunityLine.objects.filter(vendor_id=current.vendor_id, opportunity_id=current.pk)
    values["amount"] = rules.agreed_amount(
        amount=values["amount"], lines=list(lines.order_by("position").values_list("amount", flat=True))
    )
    if values["external_id"] != current.external_id:
        _refuse_known_external_id(current.program, values["external_id"])
    history = history_of(current)
    if plain(current, "opened_on") != plain_value(values["opened_on"]):
        history = rules.opened(history, opened_on=values["opened_on"], today=today)
    if values["closed_on"] and values["closed_on"] != current.closed_on:
        history = rules.closed(history, closed_on=values["closed_on"], today=today)
    history = rules.revalued(history, today=today, amount=values["amount"], recurring_amount=values["recurring_amount"])
    if write_changes(current, values):
        write_history(current, history)
        tell(current)
    return current


@transaction.atomic
def move_stage(*, opportunity: Opportunity, actor: Actor, stage: Stage, on: date, at: datetime) -> Opportunity:
    """Move a deal into a stage on a day: forward, back, to an end, or open again. The step is kept in its history.

    Raises NotAllowed, Invalid (a stage of another program), AlreadyThere, StageDateRefused.
    """
    actor.require(Permission.EDIT_DEALS)
    current = locked(opportunity)
    _refuse_stranger(current.program, stage=stage)
    if stage.pk == current.stage_id:
        raise AlreadyThere(
            words("%(current)s stands in %(stage)s already.", current=current.name, stage=stage.name),
            fields={"stage": words("Choose another stage.")},
        )
    today = today_in(current.program, at)
    history = history_of(current)
    if stage.status == DealStatus.OPEN:
        history = rules.moved(history, on=on, today=today, stage_id=stage.pk, status=DealStatus.OPEN)
        current.closed_on, current.loss_reason = None, ""
    else:
        amounts = {"amount": current.amount, "recurring_amount": current.recurring_amount}
        history = _conclude(history, stage, amounts, on=on, today=today)
        current.closed_on, current.expected_close_on = on, None
        current.loss_reason = current.loss_reason if stage.status == DealStatus.LOST else ""
    current.stage, current.status = stage, stage.status
    note_edits(current, ["stage", "closed_on"])
    current.save(update_fields=["stage", "status", "closed_on", "expected_close_on", "loss_reason", "edited_fields"])
    write_history(current, history)
    tell(current)
    return current


@transaction.atomic
def close_won(
    *, opportunity: Opportunity, actor: Actor, on: date, at: datetime, stage: Stage | None = None
) -> Opportunity:
    """Win a deal on a day, in the program's stage for that. Raises as `move_stage`, StageMissing."""
    actor.require(Permission.EDIT_DEALS)
    chosen = stage or _first_stage(opportunity.program, DealStatus.WON)
    return move_stage(opportunity=opportunity, actor=actor, stage=chosen, on=on, at=at)


@transaction.atomic
def close_lost(
    *,
    opportunity: Opportunity,
    actor: Actor,
    on: date,
    at: datetime,
    loss_reason: str = "",
    competitors: tuple[str, ...] = (),
    stage: Stage | None = None,
) -> Opportunity:
    """Lose a deal on a day, with the reason and to whom; both stay with the vendor.

    Raises as `move_stage`, StageMissing.
    """
    actor.require(Permission.EDIT_DEALS)
    chosen = stage or _first_stage(opportunity.program, DealStatus.LOST)
    texts, wrong = _texts(loss_reason, "", competitors)
    if wrong:
        raise Invalid(words("The deal was not closed."), fields=wrong)
    lost = move_stage(opportunity=opportunity, actor=actor, stage=chosen, on=on, at=at)
    said = {name: texts[name] for name in ("loss_reason", "competitors") if texts[name]}
    if said:
        write_changes(lost, said)
    return lost


def _conclude(history: rules.History, stage: Stage, values: dict[str, Any], *, on: date, today: date) -> rules.History:
    return rules.concluded(
        history,
        on=on,
        today=today,
        stage_id=stage.pk,
        status=DealStatus(stage.status),
        amount=values["amount"],
        recurring_amount=values["recurring_amount"],
    )


def _first_stage(program: Program, status: DealStatus) -> Stage:
    stages = Stage.objects.filter(vendor_id=program.vendor_id, program=program, status=status)
    found = stages.order_by("position", "id").first()
    if found is None:
        raise StageMissing(
            words(
                "%(program)s has no stage that means %(status)s. Add one in the settings first.",
                program=program.name,
                status=status.value,
            ),
            meaning=status.value,
        )
    return found


def _checked(program: Program, draft: OpportunityDraft, *, status: DealStatus, today: date) -> dict[str, Any]:
    """The values to store. Raises Invalid with every field that is wrong, InvalidName."""
    texts, wrong = _texts(draft.loss_reason, draft.external_id, draft.competitors)
    wrong = {**wrong, **draft.extra}
    currency = (draft.currency or program.currency).upper()
    if currency not in MINOR_UNITS:
        wrong.setdefault(
            "currency",
            words("“%(currency)s” is not a currency code; use three letters, such as EUR.", currency=currency[:12]),
        )
    if draft.kind not in set(DealKind):
        wrong["kind"] = words("Choose new, expansion or renewal.")
    for name in ("amount", "recurring_amount", "list_amount"):
        _check_amount(name, getattr(draft, name), wrong)
    if draft.term_months is not None and not 1 <= draft.term_months <= 600:
        wrong.setdefault("term_months", words("Enter 1 to 600 months, or leave it empty."))
    if draft.opened_on and draft.opened_on > today:
        wrong.setdefault("opened_on", words("This day is still to come; choose today or an earlier day."))
    _check_close(draft, status, today, wrong)
    if draft.manager is not None and draft.manager.program_id != program.pk:
        wrong["manager"] = words("Choose a partner manager of this program.")
    if wrong:
        raise Invalid(words("The deal was not saved."), fields=wrong)
    kept = {name: getattr(draft, name) for name in EDITABLE}
    if status is not DealStatus.OPEN:
        kept["expected_close_on"] = None
    return {
        **kept, **texts, "name": clean_name(draft.name), "currency": currency,
        "external_id": texts["external_id"] or None,
    }  # fmt: skip


def _check_amount(name: str, amount: Decimal | None, wrong: dict[str, str]) -> None:
    if amount is None:
        return
    if amount < 0:
        wrong.setdefault(name, words("Enter zero or more, or leave it empty if it is not known."))
    elif amount >= LARGEST or amount != amount.quantize(Decimal("0.0001")):
        wrong.setdefault(name, words("Enter at most 16 digits before and 4 after the point."))


def _check_close(draft: OpportunityDraft, status: DealStatus, today: date, wrong: dict[str, str]) -> None:
    if status is DealStatus.OPEN and draft.closed_on:
        wrong.setdefault("closed_on", words("An open deal has no close date; move it to won or lost instead."))
    elif status is not DealStatus.OPEN and not draft.closed_on:
        wrong.setdefault("closed_on", words("A deal that is won or lost has the day on which it closed."))
    elif draft.closed_on and draft.closed_on > today:
        wrong.setdefault("closed_on", words("This day is still to come; choose today or an earlier day."))
    elif draft.closed_on and draft.opened_on and draft.closed_on < draft.opened_on:
        wrong.setdefault("closed_on", words("A deal closes on the day it was opened, or later."))


def _texts(loss_reason: str, external_id: str, competitors: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, str]]:
    names = list(dict.fromkeys(name for name in (" ".join(one.split()) for one in competitors) if name))
    values = {
        "loss_reason": " ".join(loss_reason.split()),
        "external_id": " ".join(external_id.split()),
        "competitors": names,
    }
    wrong: dict[str, str] = {}
    if len(values["loss_reason"]) > 200:
        wrong["loss_reason"] = words(
            "Please shorten the reason to 200 characters; this one has %(count)s.", count=len(loss_reason)
        )
    if len(values["external_id"]) > 120:
        wrong["external_id"] = words("An external id has at most 120 characters.")
    if len(names) > 20 or any(len(name) > 200 for name in names):
        wrong["competitors"] = words("Name at most 20 competitors, each in 200 characters.")
    return values, wrong


def _refuse_stranger(program: Program, *, stage: Stage) -> None:
    if stage.program_id != program.pk:
        raise Invalid(
            words("%(stage)s is no stage of %(program)s.", stage=stage.name, program=program.name),
            fields={"stage": words("Choose a stage of this program.")},
        )


def _refuse_known_external_id(program: Program, external_id: str | None) -> None:
    same = Opportunity.objects.filter(vendor_id=program.vendor_id, program=program, external_id=external_id)
    if external_id and same.exists():
        raise DealExists(
            words("Another deal has the external id %(external_id)s.", external_id=external_id),
            fields={"external_id": words("Enter another, or none.")},
        )
