"""A mapping as a person corrects it: for each file what it holds, for each field the column that feeds it, and what its
words mean. The content is that of the TOML file; nothing of a mapping that is richer than this is lost."""

from collections.abc import Mapping as Table_
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from comity.connectors.files.outline import source_for, table_for
from comity.connectors.files.samples import Sample
from comity.connectors.files.targets import TARGETS, Field, Kind
from comity.kernel.words import words

NOTHING: Final = ""
AS_IT_IS: Final = "="
COLUMN: Final = "c:"
WORD: Final = "k:"
MOST_WORDS: Final = 20
SAMPLES_SHOWN: Final = 3
_BESIDE_RULES: Final = ("where", "each", "separator", "skip_without")
_WORDED: Final = (Kind.WORD, Kind.WORDS)


@dataclass(frozen=True, slots=True)
class EditedField:
    """A field, and where it comes from now.

    `origin` is nothing, a column ("c:Heading"), a word for all ("k:active"), or "=" for a rule that is more than that.
    `meanings` are the words of the column with what each means here, of fields that know a few words only.
    """

    field: Field
    origin: str
    told: str
    examples: tuple[str, ...]
    meanings: tuple[tuple[str, str], ...]
    problem: str


@dataclass(frozen=True, slots=True)
class EditedTable:
    """One kind of record that a file feeds."""

    target: str
    fields: tuple[EditedField, ...]


@dataclass(frozen=True, slots=True)
class EditedFile:
    """One uploaded file: the source of the mapping that reads it (None: none does), and what it feeds."""

    sample: Sample
    source: int | None
    pattern: str
    tables: tuple[EditedTable, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """What it feeds."""
        return tuple(table.target for table in self.tables)


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """What a person chose for one field: its origin, and what the words of its column mean."""

    origin: str
    meanings: Table_[str, str]


@dataclass(frozen=True, slots=True)
class FileChoice:
    """What a person chose for one file: its name in the mapping, and for each kind of record the fields."""

    pattern: str
    tables: Table_[str, Table_[str, FieldChoice]]


def edited_files(content: Table_[str, Any], samples: Sequence[Sample]) -> list[EditedFile]:
    """The uploaded files with what the mapping makes of them."""
    files = []
    for sample in samples:
        number = _source_of(content, sample)
        source = content["source"][number] if number is not None else {}
        tables = tuple(_edited_table(content, sample, name, source[name]) for name in TARGETS if name in source)
        patterns = source.get("file", sample.name)
        shown = patterns if isinstance(patterns, str) else ", ".join(patterns)
        files.append(EditedFile(sample, number, shown, tables))
    return files


def corrected(content: Table_[str, Any], samples: Sequence[Sample], choices: Table_[str, FileChoice]) -> dict[str, Any]:
    """The content as a person chose; `choices` by the names of the files. A file that feeds nothing is left out."""
    new: dict[str, Any] = deepcopy(dict(content))
    for sample in samples:
        choice = choices.get(sample.name)
        if choice is None:
            continue
        number = _source_of(content, sample)
        before = new["source"][number] if number is not None else source_for(sample, ())
        after = _corrected_source(content, sample, before, choice)
        if number is None:
            new["source"].append(after)
        else:
            new["source"][number] = after
    new["source"] = [one for one in new["source"] if any(name in one for name in TARGETS)]
    return new


def _corrected_source(
    content: Table_[str, Any], sample: Sample, before: Table_[str, Any], choice: FileChoice
) -> dict[str, Any]:
    after = {key: value for key, value in before.items() if key not in TARGETS}
    names = [name.strip() for name in choice.pattern.split(",") if name.strip()] or [sample.name]
    after["file"] = names[0] if len(names) == 1 else names
    for name in TARGETS:
        if name not in choice.tables:
            continue
        table, fields = before.get(name), choice.tables[name]
        if table is None and not fields:
            after[name] = table_for(sample, name)  # newly ticked: guessed by the headings
            continue
        table = table or {}
        made: dict[str, Any] = {key: table[key] for key in _BESIDE_RULES if key in table}
        for field in TARGETS[name]:
            rule = _corrected_rule(content, field, table.get(field.name), fields.get(field.name))
            if rule is not None:
                made[field.name] = rule
        after[name] = made
    return after


def _corrected_rule(content: Table_[str, Any], field: Field, rule: Any, choice: FieldChoice | None) -> Any:
    if choice is None or choice.origin == AS_IT_IS:
        return rule
    if choice.origin.startswith(WORD):
        return {"constant": choice.origin.removeprefix(WORD)}
    if not choice.origin.startswith(COLUMN):
        return None
    column = choice.origin.removeprefix(COLUMN)
    made = dict(_as_table(rule)) if _is_simple(rule) and "constant" not in _as_table(rule) else {}
    made["column"] = column
    if field.kind in _WORDED:
        meanings = {**_map_of(content, made), **choice.meanings}
        made["map"] = {word: meaning for word, meaning in meanings.items() if meaning}
        if not made["map"]:
            del made["map"]
    return made["column"] if list(made) == ["column"] else made


def _edited_table(content: Table_[str, Any], sample: Sample, name: str, table: Table_[str, Any]) -> EditedTable:
    fields = tuple(
        _edited_field(content, sample, field, table.get(field.name)) for field in TARGETS[name] if not field.derived
    )
    if name == "opportunity" and not content.get("stage"):
        fields = tuple(_with_stage_kind(one) for one in fields)
    return EditedTable(name, fields)


def _with_stage_kind(one: EditedField) -> EditedField:
    if one.field.name != "stage_kind" or one.origin:
        return one
    problem = words("Choose the column of the stage, then say what each stage means.")
    return EditedField(one.field, one.origin, one.told, one.examples, one.meanings, problem)


def _edited_field(content: Table_[str, Any], sample: Sample, field: Field, rule: Any) -> EditedField:
    origin, told, column = _origin(sample, field, rule)
    examples = sample.values(column, SAMPLES_SHOWN)
    meanings: tuple[tuple[str, str], ...] = ()
    if column and field.kind in _WORDED:
        known = {word.casefold(): meaning for word, meaning in _map_of(content, _as_table(rule)).items()}
        meanings = tuple(
            (word, known.get(word.casefold(), word.casefold() if word.casefold() in field.words else ""))
            for word in sample.values(column, MOST_WORDS)
        )
    problem = words("Choose the column that feeds this field.") if field.required and not origin else ""
    return EditedField(field, origin, told, examples, meanings, problem)


def _origin(sample: Sample, field: Field, rule: Any) -> tuple[str, str, str]:
    """The choice that says what the rule says, the rule in words where none does, and the column that it reads."""
    if rule is None:
        return NOTHING, "", ""
    table = _as_table(rule)
    if not _is_simple(rule):
        return AS_IT_IS, _in_words(table), ""
    if "constant" in table:
        word = str(table["constant"])
        return (WORD + word, "", "") if word in field.words else (AS_IT_IS, _in_words(table), "")
    column = sample.column_called(table["column"])
    return (COLUMN + column, "", column) if column else (NOTHING, "", "")


def _is_simple(rule: Any) -> bool:
    """Whether a column, or one constant, says where the value comes from."""
    table = _as_table(rule)
    return "column" in table or ("constant" in table and not isinstance(table["constant"], list))


def _as_table(rule: Any) -> dict[str, Any]:
    return {"column": rule} if isinstance(rule, str) else dict(rule or {})


def _map_of(content: Table_[str, Any], rule: Table_[str, Any]) -> dict[str, str]:
    known = rule.get("map") or {}
    found = content.get("maps", {}).get(known, {}) if isinstance(known, str) else known
    return {str(word): str(meaning) for word, meaning in found.items()}


def _in_words(rule: Table_[str, Any]) -> str:
    """A rule that is more than a column, shortly: its columns, or its constant."""
    if "constant" in rule:
        return str(rule["constant"])
    if "columns" in rule:
        return " + ".join(map(str, rule["columns"]))
    if "first_of" in rule:
        return " | ".join(_in_words(_as_table(one)) for one in rule["first_of"])
    return str(rule.get("column", ""))


def _source_of(content: Table_[str, Any], sample: Sample) -> int | None:
    """Which source of the mapping reads a file of this name."""
    for number, source in enumerate(content.get("source", [])):
        patterns = source.get("file", ())
        for pattern in (patterns,) if isinstance(patterns, str) else patterns:
            if fnmatchcase(sample.name.casefold(), str(pattern).casefold()):
                return number
    return None
