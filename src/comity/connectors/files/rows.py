"""From one row of a source to the rows of its targets: every field converted, every rule across fields asked."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from comity.connectors.files.cells import BadCell, Compiler, Row, TextGetter, ValueGetter
from comity.connectors.files.conversions import BadValue, check_not_future, split_list
from comity.connectors.files.errors import MappingInvalid
from comity.connectors.files.mapping import Table
from comity.connectors.files.targets import TARGETS, Field, Target

_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}

type Finish = Callable[[list[Any]], None]
"""Checks the values of a row against each other and fills the derived ones in; raises BadCell."""


@dataclass(frozen=True, slots=True)
class TargetRows:
    """How rows of one source become rows of one target.

    Attributes:
        target: what is fed.
        columns: names of the values, in the order of the target's fields; only those that are fed or derived.
        summed: columns whose values add up over the lines of a deal; the others are alike on all its lines.
        make: row -> lists of values (usually one). Raises BadCell for the first bad cell.
        faults: row -> every bad cell of it, for telling.
        deal: row -> the key of its deal, without raising; None for targets that belong to no deal.
    """

    target: Target
    columns: tuple[str, ...]
    summed: tuple[str, ...]
    make: Callable[[Row], list[list[Any]]]
    faults: Callable[[Row], list[BadCell]]
    deal: TextGetter | None


def target_rows(name: str, table: Table, compiler: Compiler) -> TargetRows:
    """Compile one table of a source. Raises MappingInvalid when a constant cannot be what its field asks for."""
    target = TARGETS[name]
    fed = [field for field in target if field.name in table.rules or _is_derived(target, field, table)]
    columns = tuple(field.name for field in fed)
    try:
        getters = [_getter(field, table, compiler) for field in fed]
    except BadCell as problem:
        raise MappingInvalid(
            f"{compiler.mapping.name}, {name}: {problem.value!r} {problem.reason}.", mapping=compiler.mapping.name
        ) from None
    finish = _finisher(target, columns, compiler)
    skips = [compiler.mapped_text(table.rules[field]) for field in table.skip_without]
    expand = _expander(table, skips, compiler)

    def make_one(row: Row) -> list[Any]:
        values = [getter(row) for getter in getters]
        if finish:
            finish(values)
        return values

    def faults(row: Row) -> list[BadCell]:
        return [fault for each in expand(row) for fault in _faults(each, getters, make_one)]

    plain = not (table.where or table.each or skips)
    return TargetRows(
        target,
        columns,
        tuple(column for column in columns if column in table.rules and table.rules[column].sum),
        (lambda row: [make_one(row)]) if plain else (lambda row: [make_one(each) for each in expand(row)]),
        faults,
        compiler.mapped_text(table.rules[target.deal]) if target.deal else None,
    )


def _is_derived(target: Target, field: Field, table: Table) -> bool:
    match target.name, field.name:
        case "opportunity", "stage_kind":
            return True
        case "opportunity", "expected_close_on":
            return "closed_on" in table.rules
        case "quota", "ends_on":
            return True
    return False


def _getter(field: Field, table: Table, compiler: Compiler) -> ValueGetter:
    rule = table.rules.get(field.name)
    return compiler.value(rule, field) if rule else lambda row: None


def _expander(table: Table, skips: list[TextGetter], compiler: Compiler) -> Callable[[Row], Iterator[Row]]:
    """The rows of a row: none where a condition fails, one for each item where a cell lists several."""
    takes_part = compiler.test(table.where or {})
    position = compiler.columns.find(table.each) if table.each else None

    def expand(row: Row) -> Iterator[Row]:
        rows = [row]
        if position is not None:
            items = split_list(row[position], table.separator)
            rows = [[*row[:position], item, *row[position + 1 :]] for item in items]
        for each in rows:
            if takes_part(each) and all(skip(each) is not None for skip in skips):
                yield each

    return expand


def _faults(row: Row, getters: list[ValueGetter], make_one: Callable[[Row], list[Any]]) -> list[BadCell]:
    found: list[BadCell] = []
    for getter in getters:
        try:
            getter(row)
        except BadCell as problem:
            found.append(problem)
    if not found:
        try:
            make_one(row)
        except BadCell as problem:
            found.append(problem)
    return found


def _finisher(target: Target, columns: tuple[str, ...], compiler: Compiler) -> Finish | None:
    if target.name == "opportunity":
        return _finish_opportunity(columns, compiler)
    return _finish_quota(columns) if target.name == "quota" else None


def _finish_opportunity(columns: tuple[str, ...], compiler: Compiler) -> Finish:
    """Stage kind from the declared stages; the close date of an open deal is only expected."""
    kinds = {stage.name.casefold(): (stage.kind, stage.name) for stage in compiler.mapping.stages}
    stages = ", ".join(stage.name for stage in compiler.mapping.stages)
    at = {name: position for position, name in enumerate(columns)}
    stage_at, kind_at, opened_at = at["stage"], at["stage_kind"], at.get("opened_on")
    closed_at, expected_at = at.get("closed_on"), at.get("expected_close_on")
    today = compiler.conventions.today
    reject_late = compiler.mapping.deals.opened_after_close == "reject"

    def finish(values: list[Any]) -> None:
        kind = values[kind_at]
        if kind is None:
            if values[stage_at].casefold() not in kinds:
                raise BadCell("stage", values[stage_at], f"is not a known stage ({stages}); declare it in the mapping")
            kind, values[stage_at] = kinds[values[stage_at].casefold()]
            values[kind_at] = kind
        closed = None if closed_at is None else values[closed_at]
        if kind == "open":
            if closed is not None and closed_at is not None and expected_at is not None:
                values[expected_at], values[closed_at] = closed, None
            return
        if closed is None:
            raise BadCell("closed_on", "", f"is empty, but a {kind} deal needs the day it was {kind}")
        if today is not None:
            try:
                check_not_future(closed, today)
            except BadValue as problem:
                raise BadCell("closed_on", closed.isoformat(), problem.reason) from None
        if opened_at is not None and values[opened_at] is not None and values[opened_at] > closed:
            if reject_late:
                raise BadCell("opened_on", values[opened_at].isoformat(), f"lies after the close date {closed}")
            values[opened_at] = None

    return finish


def _finish_quota(columns: tuple[str, ...]) -> Finish:
    """One owner, one period, no negative amount."""
    at = {name: position for position, name in enumerate(columns)}

    def finish(values: list[Any]) -> None:
        def value(name: str) -> Any:
            return values[at[name]] if name in at else None

        if (value("manager") is None) == (value("partner") is None):
            raise BadCell("manager", "", "a quota belongs to a manager or to a partner, to one of them")
        if value("amount") < 0:
            raise BadCell("amount", str(value("amount")), "is negative; a quota is zero or more")
        starts_on, ends_on, period = value("starts_on"), value("ends_on"), value("period")
        if ends_on is None and period is None:
            raise BadCell("ends_on", "", "is empty, and no period is given; feed one of them")
        ends_on = ends_on or last_day(starts_on, _MONTHS[period])
        if ends_on < starts_on:
            raise BadCell("ends_on", ends_on.isoformat(), f"lies before the first day {starts_on}")
        values[at["ends_on"]] = ends_on

    return finish


def last_day(first: date, months: int) -> date:
    """The last day of a period of whole months that begins on this day."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    day = min(first.day, monthrange(year, month + 1)[1])
    return date(year, month + 1, day) - timedelta(days=1)
