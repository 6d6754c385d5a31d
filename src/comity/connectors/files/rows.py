"""From one row of a source to the rows of its targets: every field converted, every rule across fields asked."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import repeat
from typing import Any, Final

from comity.connectors.files.cells import BadCell, Compiler, Getter, Row, TextGetter
from comity.connectors.files.conversions import BadValue, check_not_future, split_list
from comity.connectors.files.errors import MappingInvalid
from comity.connectors.files.mapping import Rule, Table
from comity.connectors.files.targets import TARGETS, Field, Target
from comity.kernel.words import words

type _Days = tuple[date | None, date | None, date | None]

_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}

type Finish = Callable[[list[list[Any]]], None]
"""Given columns of values, checks them against each other and fills the derived ones in; raises BadCell.

A column that it changes it replaces: targets may share columns.
"""


class _Headings(dict[str, str]):
    """Field -> the column that feeds it, for telling; the field's own name where there is not one column."""

    def __init__(self, table: Table) -> None:
        super().__init__({name: rule.column for name, rule in table.rules.items() if rule.column})

    def __missing__(self, field: str) -> str:
        return field


class Rows:
    """Rows of one file under conversion. Values that several targets ask for are converted once."""

    def __init__(self, lines: list[int], rows: list[Row]) -> None:
        """All rows have the same number of cells."""
        self.lines, self.rows = lines, rows
        self._columns = list(zip(*rows, strict=True))
        self._values: dict[int, list[Any]] = {}

    def values(self, getter: Getter) -> list[Any]:
        """The column of values that a getter makes. Raises BadCell."""
        made = self._values.get(id(getter))
        if made is None:
            made = self._values[id(getter)] = getter.of_rows(self.rows, self._columns)
        return made

    def expanded(self, expand: Callable[[Row], Iterator[Row]]) -> "Rows":
        """The rows of these rows."""
        pairs = [(line, each) for line, row in zip(self.lines, self.rows, strict=True) for each in expand(row)]
        return Rows([line for line, _ in pairs], [each for _, each in pairs])


@dataclass(frozen=True, slots=True)
class TargetRows:
    """How rows of one source become rows of one target.

    Attributes:
        target: what is fed.
        columns: names of the values, in the order of the target's fields; only those that are fed or derived.
        summed: columns whose values add up over the lines of a deal; the others are alike on all its lines.
        deal: row -> the key of its deal; None for targets that belong to no deal.
    """

    target: Target
    columns: tuple[str, ...]
    summed: tuple[str, ...]
    deal: TextGetter | None
    _getters: list[Getter]
    _finish: Finish | None
    _expand: Callable[[Row], Iterator[Row]] | None

    def make(self, file: int, rows: Rows) -> list[tuple[Any, ...]]:
        """Convert many rows at once: `(file, line, *values)` for each. Raises BadCell if any cell is bad."""
        if self._expand is not None:
            rows = rows.expanded(self._expand)
        values = [rows.values(getter) for getter in self._getters]
        if self._finish is not None:
            self._finish(values)
        return list(zip(repeat(file), rows.lines, *values, strict=False))

    def faults(self, row: Row) -> list[BadCell]:
        """Every bad cell of a row, for telling; what only shows across fields, if each cell is good."""
        return [fault for each in (self._expand(row) if self._expand else [row]) for fault in self._faults_of(each)]

    def _faults_of(self, row: Row) -> list[BadCell]:
        found: list[BadCell] = []
        values: list[list[Any]] = []
        for getter in self._getters:
            try:
                values.append([getter.of_row(row)])
            except BadCell as problem:
                found.append(problem)
        if self._finish and not found:
            try:
                self._finish(values)
            except BadCell as problem:
                found.append(problem)
        return found


def target_rows(name: str, table: Table, compiler: Compiler) -> TargetRows:
    """Compile one table of a source. Raises MappingInvalid when a constant cannot be what its field asks for."""
    target = TARGETS[name]
    present = {name for name, rule in table.rules.items() if _is_present(rule, compiler)}
    fed = [field for field in target if field.name in present or _is_derived(target, field, present)]
    columns = tuple(field.name for field in fed)
    try:
        getters = [_getter(field, table, compiler) for field in fed]
    except BadCell as problem:
        raise MappingInvalid(
            words(
                "%(mapping)s, %(name)s: %(problem)s %(reason)s.",
                mapping=compiler.mapping.name,
                name=name,
                problem=f"{problem.value!r}",
                reason=problem.reason,
            ),
            mapping=compiler.mapping.name,
        ) from None
    skips = [compiler.mapped_text(table.rules[field]) for field in table.skip_without]
    plain = not (table.where or table.each or skips)
    return TargetRows(
        target,
        columns,
        tuple(column for column in columns if column in table.rules and table.rules[column].sum),
        compiler.mapped_text(table.rules[target.deal]) if target.deal else None,
        getters,
        _finisher(target, columns, compiler, _Headings(table)),
        None if plain else _expander(table, skips, compiler),
    )


def _is_present(rule: Rule, compiler: Compiler) -> bool:
    """Whether this file says anything of a field. An optional column that it lacks says nothing, not "empty"."""
    if rule.constant is not None or rule.default is not None:
        return True
    if rule.first_of:
        return any(_is_present(inner, compiler) for inner in rule.first_of)
    return any(compiler.columns.find(heading) is not None for heading in (rule.column, *rule.columns) if heading)


def _is_derived(target: Target, field: Field, present: set[str]) -> bool:
    match target.name, field.name:
        case "opportunity", "stage_kind":
            return True
        case "opportunity", "expected_close_on":
            return "closed_on" in present
        case "quota", "ends_on":
            return True
    return False


def _getter(field: Field, table: Table, compiler: Compiler) -> Getter:
    rule = table.rules.get(field.name)
    return compiler.value(rule, field) if rule else Getter.constant(None)


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


def _finisher(target: Target, columns: tuple[str, ...], compiler: Compiler, headings: _Headings) -> Finish | None:
    if target.name == "opportunity":
        return _finish_opportunity(columns, compiler, headings)
    return _finish_quota(columns, headings) if target.name == "quota" else None


def _finish_opportunity(columns: tuple[str, ...], compiler: Compiler, headings: _Headings) -> Finish:
    """Stage kind from the declared stages; the close date of an open deal is only expected."""
    kinds = {stage.name.casefold(): (stage.kind, stage.name) for stage in compiler.mapping.stages}
    stages = ", ".join(stage.name for stage in compiler.mapping.stages)
    at = {name: position for position, name in enumerate(columns)}
    stage_at, kind_at, opened_at = at["stage"], at["stage_kind"], at.get("opened_on")
    closed_at, expected_at = at.get("closed_on"), at.get("expected_close_on")
    conventions = compiler.conventions
    check = _lifetime(conventions.today, headings, reject_late=compiler.mapping.deals.opened_after_close == "reject")

    def name_stage(stage: str) -> tuple[str, str]:
        if stage.casefold() not in kinds:
            raise BadCell(
                headings["stage"],
                stage,
                words("is not a known stage (%(stages)s); declare it in the mapping", stages=stages),
            )
        return kinds[stage.casefold()]

    def finish(values: list[list[Any]]) -> None:
        kind_of_stage = list(values[kind_at])
        nothing = [None] * len(kind_of_stage)
        if None in kind_of_stage:
            named = [
                (kind, stage) if kind else name_stage(stage)
                for kind, stage in zip(kind_of_stage, values[stage_at], strict=True)
            ]
            kind_of_stage, values[stage_at] = [kind for kind, _ in named], [stage for _, stage in named]
            values[kind_at] = kind_of_stage
        opened = nothing if opened_at is None else values[opened_at]
        closed = nothing if closed_at is None else values[closed_at]
        checked = [check(*each) for each in zip(kind_of_stage, opened, closed, strict=True)]
        if opened_at is not None:
            values[opened_at] = [each[0] for each in checked]
        if closed_at is not None and expected_at is not None:
            values[closed_at], values[expected_at] = [each[1] for each in checked], [each[2] for each in checked]

    return finish


def _lifetime(
    today: date | None, headings: _Headings, *, reject_late: bool
) -> Callable[[str, date | None, date | None], _Days]:
    """Kind of stage, day opened, close date -> day opened, day closed, day it is expected to close."""

    def check(kind: str, opened: date | None, closed: date | None) -> _Days:
        if kind == "open":
            return opened, None, closed
        if closed is None:
            raise BadCell(
                headings["closed_on"],
                "",
                words("is empty, but a %(kind)s deal needs the day it was %(kind)s", kind=kind),
            )
        if today is not None and closed > today:
            _refuse_future(closed, today, headings)
        if opened is not None and opened > closed:
            if reject_late:
                raise BadCell(
                    headings["opened_on"],
                    opened.isoformat(),
                    words("lies after the close date %(closed)s", closed=str(closed)),
                )
            opened = None
        return opened, closed, None

    return check


def _refuse_future(day: date, today: date, headings: _Headings) -> None:
    try:
        check_not_future(day, today)
    except BadValue as problem:
        raise BadCell(headings["closed_on"], day.isoformat(), problem.reason) from None


def _finish_quota(columns: tuple[str, ...], headings: _Headings) -> Finish:
    """One owner, one period, no negative amount."""
    at = {name: position for position, name in enumerate(columns)}

    def finish(values: list[list[Any]]) -> None:
        values[at["ends_on"]] = [check(row) for row in zip(*values, strict=True)]

    def check(row: tuple[Any, ...]) -> date:
        def value(name: str) -> Any:
            return row[at[name]] if name in at else None

        if (value("manager") is None) == (value("partner") is None):
            raise BadCell(
                headings["manager"], "", words("a quota belongs to a manager or to a partner, to one of them")
            )
        if value("amount") < 0:
            raise BadCell(headings["amount"], str(value("amount")), words("is negative; a quota is zero or more"))
        starts_on, ends_on, period = value("starts_on"), value("ends_on"), value("period")
        if ends_on is None and period is None:
            raise BadCell(headings["ends_on"], "", words("is empty, and no period is given; feed one of them"))
        last: date = ends_on or last_day(starts_on, _MONTHS[period])
        if last < starts_on:
            raise BadCell(
                headings["ends_on"],
                last.isoformat(),
                words("lies before the first day %(starts_on)s", starts_on=str(starts_on)),
            )
        return last

    return finish


def last_day(first: date, months: int) -> date:
    """The last day of a period of whole months that begins on this day."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    day = min(first.day, monthrange(year, month + 1)[1])
    return date(year, month + 1, day) - timedelta(days=1)
