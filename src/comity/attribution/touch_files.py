"""Touches from a list: read and checked at once against what is on record, taken in by a second step, twice as once.

The first step writes nothing but the list itself: it is the trial. The second records what was good, all or nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from comity.attribution.models import Touch, TouchFile
from comity.attribution.states import TouchKind, TouchSide, TouchState
from comity.attribution.touches import SAME, TouchDraft, tell_of
from comity.deals.intake.tables import ListRefused, read_table
from comity.deals.models import CustomerAccount, Opportunity
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words as say
from comity.programs.models import Partnership, Program

MOST_ROWS: Final = 5_000
MOST_BYTES: Final = 5 * 1024 * 1024
NOON: Final = time(12)
#: Field -> the names under which lists know it; compared without case, spaces and punctuation.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "partner": ("partner", "partner name", "partner id", "partnership"),
    "kind": ("kind", "touch", "activity", "type", "art"),
    "happened_at": ("date", "day", "when", "happened at", "datum"),
    "deal": ("deal", "deal id", "opportunity", "opportunity id"),
    "customer": ("customer", "customer id", "account", "account id", "company"),
    "evidence": ("evidence", "notes", "description", "comment"),
    "external_key": ("id", "external id", "activity id", "touch id"),
}


class TouchFileOver(Conflict):
    """The list was taken in, or thrown away, already."""

    code, title = "touch_file_over", say("This list is not open any more")


@dataclass(frozen=True)
class Known:
    """What the texts of a list name: partners, deals and customers by any of their names; None where two share one."""

    partners: dict[str, Partnership | None]
    deals: dict[str, Opportunity]
    """By id and by the id in the CRM."""
    named: dict[str, list[Opportunity]]
    """By name, where a row names a deal so: several may share one."""
    customers: dict[str, CustomerAccount | None]


@transaction.atomic
def upload_touches(*, program: Program, actor: Actor, name: str, content: bytes, at: datetime) -> TouchFile:
    """Read and check a list; nothing is taken in yet. Raises NotAllowed, ListRefused."""
    actor.require(Permission.CONFIRM_TOUCHES)
    if len(content) > MOST_BYTES:
        raise ListRefused(say("The file is larger than 5 megabytes; split it."))
    table = read_table(content, most_rows=MOST_ROWS)
    fields = [field_of(column) for column in table.columns]
    _refuse_columns(fields)
    rows = [(line, cells, _values(fields, cells)) for line, cells in table.rows]
    known = _known(program, [values for _line, _cells, values in rows])
    good: list[Any] = []
    bad: list[Any] = []
    keys: set[str] = set()
    for line, cells, values in rows:
        try:
            draft = _draft(program, values, known, at)
            if draft.external_key in keys:
                raise Invalid(say("The list names this touch twice."))
        except Invalid as error:
            bad.append([line, cells, " ".join(str(text) for text in error.fields.values()) or str(error.message)])
        else:
            keys.add(draft.external_key)
            about = draft.opportunity or draft.account
            told = {"partner_name": draft.partnership.name, "about": about.name if about else ""}
            good.append([line, values | told])
    return TouchFile.objects.create(
        vendor_id=program.vendor_id, program=program, name=name[:255], header=table.columns, rows=good, rejects=bad,
        read=len(rows), uploaded_at=at, uploaded_by_id=actor.person_id, uploaded_by_name=actor.name,
    )  # fmt: skip


@transaction.atomic
def take_touches_in(*, file: TouchFile, actor: Actor, at: datetime) -> TouchFile:
    """Record the good rows as confirmed touches; those that are there already stay, those that differ are rejected.

    Raises NotAllowed, TouchFileOver.
    """
    actor.require(Permission.CONFIRM_TOUCHES)
    held = _open(file)
    program = held.program
    known = _known(program, [values for _line, values in held.rows])
    drafts: dict[str, tuple[int, dict[str, str], TouchDraft]] = {}
    rejects = list(held.rejects)
    for line, values in held.rows:
        try:
            draft = _draft(program, values, known, at)
        except Invalid as error:  # what held when the list was read holds no more, such as a deal that was removed
            rejects.append([line, _cells(held, values), " ".join(str(text) for text in error.fields.values())])
        else:
            drafts[draft.external_key] = (line, values, draft)
    there = Touch.objects.filter(vendor_id=program.vendor_id, program=program, external_key__in=list(drafts))
    for touch in there.select_for_update(of=("self",)).order_by("pk"):
        line, values, draft = drafts.pop(str(touch.external_key))
        said = draft.row(program, TouchSide.VENDOR)
        if any(getattr(touch, name) != getattr(said, name) for name in SAME):
            rejects.append([line, _cells(held, values), str(say("This touch is recorded already, differently."))])
        else:
            held.known += 1
    made = Touch.objects.bulk_create([_confirmed(one[2], program, actor, at) for one in drafts.values()])
    tell_of(made)
    held.taken = len(made)
    held.rows, held.rejects, held.state = [], sorted(rejects, key=lambda reject: reject[0]), "done"
    held.save()
    return held


@transaction.atomic
def discard_touches(*, file: TouchFile, actor: Actor) -> None:
    """Throw a list away that was not taken in. Raises NotAllowed, TouchFileOver."""
    actor.require(Permission.CONFIRM_TOUCHES)
    _open(file).delete()


def rejects_of(file: TouchFile) -> Iterator[list[str]]:
    """The bad rows in their own columns, with line and reason first; header included."""
    yield ["Line", "Reason", *file.header]
    for line, cells, reason in file.rejects:
        yield [str(line), reason, *cells]


def field_of(column: str) -> str:
    """The field that a column feeds; "" for one that is not read."""
    spoken = " ".join(column.casefold().replace("_", " ").replace("-", " ").split())
    return next((field for field, names in COLUMNS.items() if spoken in (*names, field.replace("_", " "))), "")


def _values(fields: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """What a row says of each field; of two columns of one field the first."""
    said: dict[str, str] = {}
    for name, cell in zip(fields, cells, strict=True):
        if name:
            said.setdefault(name, cell)
    return said


def _refuse_columns(fields: Sequence[str]) -> None:
    missing = [name for name in ("partner", "kind", "happened_at") if name not in fields]
    if missing:
        names = ", ".join(COLUMNS[name][0] for name in missing)
        raise ListRefused(say("The list lacks these columns: %(names)s.", names=names))
    if not {"deal", "customer"} & set(fields):
        raise ListRefused(say("The list needs a column deal or a column customer."))


def _known(program: Program, rows: Sequence[dict[str, str]]) -> Known:
    """Look everything up that the rows name, in one query a kind and name."""
    of_vendor = {"vendor_id": program.vendor_id}
    partners: dict[str, Partnership | None] = {}
    for partnership in Partnership.objects.filter(**of_vendor, program=program):
        _note(partners, partnership, partnership.name.casefold(), partnership.external_id, str(partnership.pk))
    texts = {values.get("deal", "") for values in rows} - {""}
    deals: dict[str, Opportunity] = {}
    mine = Opportunity.objects.filter(**of_vendor, program=program)
    for found in (mine.filter(external_id__in=texts), mine.filter(pk__in=_ids(texts))):
        for deal in found:
            deals |= {str(deal.pk): deal, **({deal.external_id: deal} if deal.external_id else {})}
    named: dict[str, list[Opportunity]] = {}
    for deal in mine.filter(name__in=texts - set(deals)).select_related("account").order_by("pk"):
        named.setdefault(deal.name, []).append(deal)
    texts = {values.get("customer", "") for values in rows if not values.get("deal")} - {""}
    customers: dict[str, CustomerAccount | None] = {}
    all_customers = CustomerAccount.objects.filter(**of_vendor)
    asked = [all_customers.filter(name__in=texts), all_customers.filter(external_id__in=texts)]
    for account in {account.pk: account for rows_found in asked for account in rows_found}.values():
        _note(customers, account, account.name, account.external_id)
    return Known(partners, deals, named, customers)


def _note(known: dict[str, Any], record: Any, *names: str | None) -> None:
    for name in names:
        if name:
            known[name] = record if known.get(name, record) == record else None


def _ids(texts: set[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def kind_and_moment(values: dict[str, str], program: Program) -> tuple[TouchKind, datetime | None]:
    """What a good row tells: what was done, and when."""
    return TouchKind(_spoken_kind(values)), _moment(values["happened_at"], ZoneInfo(program.time_zone))


def _spoken_kind(values: dict[str, str]) -> str:
    return values.get("kind", "").casefold().strip().replace(" ", "_").replace("-", "_")


def _draft(program: Program, values: dict[str, str], known: Known, at: datetime) -> TouchDraft:
    """A row as a draft. Raises Invalid with everything that is wrong."""
    wrong: dict[str, str] = {}
    named = values.get("partner", "")
    partner = known.partners.get(named) or known.partners.get(named.casefold())
    if partner is None:
        wrong["partner"] = say("No one partner is called “%(name)s”; its id would say which.", name=named[:80])
    deal, customer = _about(values, known, wrong)
    spoken = _spoken_kind(values)
    if spoken not in set(TouchKind):
        kinds = ", ".join(kind.value for kind in TouchKind)
        wrong["kind"] = say("“%(kind)s” is no kind of touch; write one of %(kinds)s.", kind=spoken[:40], kinds=kinds)
    moment = _moment(values.get("happened_at", ""), ZoneInfo(program.time_zone))
    if moment is None:
        wrong["happened_at"] = say("This is not a day; write it like 2026-03-31.")
    if wrong or partner is None or moment is None:
        raise Invalid(say("The touch was not recorded."), fields=wrong)
    draft = TouchDraft(
        partnership=partner, kind=TouchKind(spoken), happened_at=moment, opportunity=deal, account=customer,
        evidence=values.get("evidence", ""), external_key=values.get("external_key", "") or _key(values),
    )  # fmt: skip
    if wrong := draft.problems(program, at):
        raise Invalid(say("The touch was not recorded."), fields=wrong)
    return draft


def _about(
    values: dict[str, str], known: Known, wrong: dict[str, str]
) -> tuple[Opportunity | None, CustomerAccount | None]:
    """The deal, else the customer, that a row names."""
    if text := values.get("deal", ""):
        return _deal_of(text, values.get("customer", ""), known, wrong), None
    text = values.get("customer", "")
    found = known.customers.get(text)
    if found is None:
        wrong["deal"] = (
            say("No one customer is called “%(name)s”; its id would say which.", name=text[:80])
            if text
            else say("Say which deal, or which customer, it was for.")
        )
    return None, found


def _deal_of(text: str, customer: str, known: Known, wrong: dict[str, str]) -> Opportunity | None:
    """The deal with this id, else the one deal of this name, of the customer where the row names one."""
    if text in known.deals:
        return known.deals[text]
    found = known.named.get(text, [])
    if customer:
        found = [one for one in found if one.account and customer in (one.account.name, one.account.external_id)]
    if len(found) == 1:
        return found[0]
    name = text[:80]
    if found:
        wrong["deal"] = say("Several deals are called “%(name)s”; write the id of the one that is meant.", name=name)
    elif customer and text in known.named:
        wrong["deal"] = say("No deal of %(customer)s is called “%(name)s”.", customer=customer[:80], name=name)
    else:
        wrong["deal"] = say("There is no deal with the id or name “%(id)s”.", id=name)
    return None


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A day, at noon of the program's own time, or a moment; None where it is neither."""
    try:
        if len(text) == len("2026-03-31"):
            return datetime.combine(date.fromisoformat(text), NOON, zone)
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _key(values: dict[str, str]) -> str:
    """A key of what a row says, so that a row without an id of its own is recorded once as well."""
    said = "\n".join(f"{name}={values.get(name, '')}" for name in COLUMNS if name != "external_key")
    return f"list:{hashlib.sha256(said.encode()).hexdigest()[:40]}"


def _confirmed(draft: TouchDraft, program: Program, actor: Actor, at: datetime) -> Touch:
    touch = draft.row(program, TouchSide.VENDOR)
    touch.state, touch.decided_at, touch.decided_by_id = TouchState.CONFIRMED.value, at, actor.person_id
    touch.recorded_by_id, touch.recorded_by_name = actor.person_id, actor.name
    return touch


def _open(file: TouchFile) -> TouchFile:
    held = TouchFile.objects.select_for_update(of=("self",)).select_related("program")
    found = held.filter(vendor_id=file.vendor_id, pk=file.pk).first()
    if found is None or found.state != "checked":
        raise TouchFileOver(say("This list was taken in, or thrown away, already."))
    return found


def _cells(file: TouchFile, values: dict[str, str]) -> list[str]:
    return [values.get(field_of(name), "") for name in file.header]
