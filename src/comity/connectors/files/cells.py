"""From a rule of a mapping to a function of a row, made once a file.

A row is the list of its cells. A text getter gives stripped text or None; a value getter gives what the field
emits. Both raise `BadCell`, which knows the column and the text to blame.
"""

from collections.abc import Callable
from collections.abc import Mapping as Table_
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Decimal
from typing import Any, Final, Self

from comity.connectors.files.conversions import LIMITS, BadValue, Conventions, Remembered, converter, quick_amount
from comity.connectors.files.mapping import Filter, Mapping, Rule
from comity.connectors.files.targets import LIST_KINDS, Field, Kind
from comity.kernel.words import words

type Row = list[str]
type TextGetter = Callable[[Row], str | None]
type ValueGetter = Callable[[Row], Any]
type Test = Callable[[Row], bool]

ANY_TEXT: Final = "*"


class BadCell(Exception):
    """A cell that cannot feed its field."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(column, value, reason)
        self.column, self.value, self.reason = column, value, reason


@dataclass(frozen=True, slots=True)
class Getter:
    """How a field gets its value: of any row; faster of whole columns where one cell or nothing decides it."""

    of_row: ValueGetter
    position: int | None = None
    of_cell: Callable[[str], Any] | None = None
    fixed: tuple[Any, ...] = ()

    @classmethod
    def cell(cls, position: int, convert: Callable[[str], Any]) -> Self:
        """The value of one cell."""
        return cls(lambda row: convert(row[position]), position, convert)

    @classmethod
    def constant(cls, value: Any) -> Self:
        """The same value for every row."""
        return cls(lambda row: value, fixed=(value,))

    def of_rows(self, rows: list[Row], columns: list[tuple[str, ...]]) -> list[Any]:
        """The values of many rows; `columns` are the same cells, transposed."""
        if self.of_cell is not None and self.position is not None:
            return list(map(self.of_cell, columns[self.position]))
        if self.fixed:
            return [self.fixed[0]] * len(rows)
        return [self.of_row(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Columns:
    """The headings of one file, found by name whatever their case; an optional one may be missing (None)."""

    positions: Table_[str, int]

    def find(self, heading: str) -> int | None:
        """Where this column stands."""
        return self.positions.get(folded(heading))


def folded(heading: str) -> str:
    """A heading as it is compared."""
    return " ".join(heading.split()).casefold()


@dataclass(frozen=True, slots=True)
class Compiler:
    """Makes the getters for one file."""

    mapping: Mapping
    conventions: Conventions
    columns: Columns
    lookups: Table_[str, Table_[Any, str | None]]
    _getters: dict[Any, Getter] = dataclass_field(default_factory=dict)

    def value(self, rule: Rule, field: Field) -> Getter:
        """A getter of the value of a field, the same one for fields alike. Raises BadCell for a bad constant."""
        alike = (repr(rule), field.kind, field.required, field.words, field.fact, field.longest, field.below)
        if alike not in self._getters:
            self._getters[alike] = self._getter(rule, field)
        return self._getters[alike]

    def _getter(self, rule: Rule, field: Field) -> Getter:
        finish = self._finish(rule, field)
        if rule.column and not rule.empty_when:
            position = self.columns.find(rule.column)
            if position is None:
                return Getter.constant(finish(None))
            if rule.lookup is None:
                return Getter.cell(position, self._of_cell(rule, field, finish))
        text = self.text(rule)
        if rule.constant is not None:
            return Getter.constant(finish(text([])))
        remembered = Remembered(finish)
        return Getter(lambda row: remembered[text(row)])

    def _of_cell(self, rule: Rule, field: Field, finish: Callable[[str | None], Any]) -> Callable[[str], Any]:
        """The common case, one column and no condition: the raw cell leads straight to the value."""
        empty = self._empty_words(rule)

        def convert(cell: str) -> Any:
            cell = cell.strip()
            return finish(None if cell in empty else cell)

        is_plain = rule.map is None and rule.times is None and field.below is None
        quick = quick_amount(field.kind, self.conventions.formats) if is_plain else None
        if quick is not None and not rule.empty_words:
            return Remembered(lambda cell: Decimal(cell) if quick(cell) else convert(cell)).__getitem__
        if field.kind is not Kind.KEY or rule.map is not None:
            return Remembered(convert).__getitem__
        limit = LIMITS[Kind.KEY]

        def read(cell: str) -> Any:
            cell = cell.strip()
            return finish(None if cell in empty else cell) if len(cell) > limit or cell in empty else cell

        return read

    def text(self, rule: Rule) -> TextGetter:
        """A getter of the text that a rule finds, lookups included, before maps and conversion."""
        getter = self._origin(rule)
        if rule.empty_when:
            unless, otherwise = self.test(rule.empty_when), getter

            def getter(row: Row) -> str | None:
                return None if unless(row) else otherwise(row)

        return self._looked_up(rule, getter) if rule.lookup else getter

    def test(self, condition: Filter) -> Test:
        """Whether every column named holds one of its words; `*` is any text, the empty word none."""
        tests = []
        for heading, wanted in condition.items():
            getter = self._cell(self.columns.find(heading), self._empty_words(None))
            tests.append((getter, frozenset(word.casefold() for word in wanted)))

        def holds(row: Row) -> bool:
            for getter, wanted in tests:
                text = (getter(row) or "").casefold()
                if text not in wanted and not (text and ANY_TEXT in wanted):
                    return False
            return True

        return holds

    def _origin(self, rule: Rule) -> TextGetter:
        empty = self._empty_words(rule)
        if rule.column:
            return self._cell(self.columns.find(rule.column), empty)
        if rule.columns:
            parts = [self._cell(self.columns.find(heading), empty) for heading in rule.columns]
            if rule.lookup:
                return _joined(parts, "\x1f", whole=True)
            return _joined(parts, rule.join, whole=False)
        if rule.first_of:
            choices = [self.mapped_text(inner) for inner in rule.first_of]
            return lambda row: next((text for text in (choice(row) for choice in choices) if text is not None), None)
        constant = rule.constant
        text = "\x1f".join(constant) if isinstance(constant, tuple) else str(constant)
        return lambda row: text

    def mapped_text(self, rule: Rule) -> TextGetter:
        """The text of one of several origins, mapped: what it cannot find is empty, and left to the next."""
        text = self.text(rule.model_copy(update={"if_missing": "empty"}))
        known = self._map(rule)
        if not known:
            return text

        def mapped(row: Row) -> str | None:
            found = text(row)
            return found if found is None else known.get(found.casefold(), found) or None

        return mapped

    def _looked_up(self, rule: Rule, getter: TextGetter) -> TextGetter:
        name = rule.lookup or ""
        entries, strict = self.lookups[name], rule.if_missing == "reject"
        file = self.mapping.lookup[name].file[0]
        blamed = rule.column or " and ".join(rule.columns)

        def look_up(row: Row) -> str | None:
            key = getter(row)
            if key is None:
                return None
            found = entries.get(key)
            if found is None and strict:
                shown = key.replace("\x1f", ", ")
                why = (
                    words("stands more than once in %(file)s, with different values", file=file)
                    if key in entries
                    else None
                )
                raise BadCell(
                    blamed, shown, why or words("is not in %(file)s; correct it here, or add it there", file=file)
                )
            return found

        return look_up

    def _finish(self, rule: Rule, field: Field) -> Callable[[str | None], Any]:
        """Map, default, convert: from the text found to the value emitted."""
        convert = converter(field, self.conventions, split=rule.split, times=rule.times)
        known = self._map(rule)
        blamed = rule.column or " and ".join(rule.columns) or field.name
        required, default = field.required, rule.default
        nothing: list[str] | None = [] if field.kind in LIST_KINDS else None

        def finish(text: str | None) -> Any:
            if text is not None and known:
                text = known.get(text.casefold(), text) or None
            if text is None:
                text = default
            if text is None:
                if required:
                    raise BadCell(
                        blamed, "", words("is empty, but %(field)s is required", field=field.name.replace("_", " "))
                    )
                return nothing
            try:
                return convert(text)
            except BadValue as problem:
                raise BadCell(blamed, problem.value or text, problem.reason) from None

        return finish

    def _map(self, rule: Rule) -> dict[str, str]:
        words = self.mapping.maps[rule.map] if isinstance(rule.map, str) else rule.map or {}
        return {word.casefold(): meaning for word, meaning in words.items()}

    def _empty_words(self, rule: Rule | None) -> frozenset[str]:
        return frozenset({"", *self.mapping.formats.null_words, *(rule.empty_words if rule else ())})

    @staticmethod
    def _cell(position: int | None, empty: frozenset[str]) -> TextGetter:
        if position is None:
            return lambda row: None

        def read(row: Row) -> str | None:
            cell = row[position].strip()
            return None if cell in empty else cell

        return read


def _joined(parts: list[TextGetter], separator: str, *, whole: bool) -> TextGetter:
    """The non-empty parts joined; as a key (`whole`) it is nothing if any part is."""

    def read(row: Row) -> str | None:
        found = [part(row) for part in parts]
        if whole and None in found:
            return None
        return separator.join(text for text in found if text is not None) or None

    return read
