"""A mapping: the small TOML file that says which column of an export feeds which field, and how.

The grammar with examples is in the README beside this file; `TARGETS` lists the fields that may be fed.
"""

import tomllib
from collections.abc import Iterator
from collections.abc import Mapping as Table_
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from comity.connectors.files.errors import MappingInvalid
from comity.connectors.files.targets import TARGETS, Kind
from comity.kernel.currencies import MINOR_UNITS
from comity.kernel.words import template, words

SHIPPED: Final = Path(__file__).parent / "mappings"
_ENCODINGS = Literal["utf-8", "cp1252", "iso-8859-1", "iso-8859-15"]
_SUMMED_KINDS: Final = (Kind.MONEY, Kind.NUMBER)


def _as_rule(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


type Words = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
type Filter = dict[str, Words]
type FieldRule = Annotated[Rule, BeforeValidator(_as_rule)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Part):
    """How one field gets its value: where the text comes from, then what is done to it, in this order."""

    column: str | None = None
    columns: tuple[str, ...] = ()
    join: str = " "
    constant: str | int | Decimal | tuple[str, ...] | None = None
    first_of: tuple[FieldRule, ...] = ()
    empty_words: tuple[str, ...] = ()
    empty_when: Filter | None = None
    lookup: str | None = None
    if_missing: Literal["reject", "empty"] = "reject"
    map: str | dict[str, str] | None = None
    default: str | None = None
    split: str = ";"
    times: Decimal | None = None
    sum: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = [bool(self.column), bool(self.columns), self.constant is not None, bool(self.first_of)]
        if sum(origins) != 1:
            raise ValueError("say exactly one of column, columns, constant or first_of")
        return self

    def columns_read(self) -> Iterator[str]:
        """Every column that this rule reads, conditions included."""
        if self.column:
            yield self.column
        yield from self.columns
        yield from self.empty_when or ()
        for rule in self.first_of:
            yield from rule.columns_read()

    def lookups_used(self) -> Iterator[str]:
        """Every lookup that this rule asks directly."""
        if self.lookup:
            yield self.lookup
        for rule in self.first_of:
            yield from rule.lookups_used()


class Table(_Part):
    """What one row of a source gives to one target: a rule a field, and which rows take part."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, FieldRule] = Field(init=False)
    where: Filter | None = None
    each: str | None = None
    separator: str = ";"
    skip_without: tuple[str, ...] = ()

    @property
    def rules(self) -> dict[str, Rule]:
        """Field name -> rule."""
        return self.__pydantic_extra__

    def columns_read(self) -> Iterator[str]:
        """Every column that this table reads, conditions included."""
        yield from self.where or ()
        if self.each:
            yield self.each
        for rule in self.rules.values():
            yield from rule.columns_read()


class Source(_Part):
    """One file of the export and the targets it feeds."""

    file: Words
    optional: bool = False
    optional_columns: bool | tuple[str, ...] = False
    where: Filter | None = None
    manager: Table | None = None
    partner: Table | None = None
    account: Table | None = None
    product: Table | None = None
    opportunity: Table | None = None
    opportunity_line: Table | None = None
    opportunity_partner: Table | None = None
    assignment: Table | None = None
    quota: Table | None = None

    @property
    def tables(self) -> dict[str, Table]:
        """Target name -> table, in the order of TARGETS."""
        found = {name: getattr(self, name) for name in TARGETS}
        return {name: table for name, table in found.items() if table is not None}

    @property
    def title(self) -> str:
        """The file as the mapping names it."""
        return " or ".join(self.file)

    def columns_read(self) -> dict[str, bool]:
        """Column -> whether the file must have it."""
        read: dict[str, bool] = {}
        for column in self.where or ():
            read[column] = self._must_have(column, required=False)
        for name, table in self.tables.items():
            for column in table.columns_read():
                read.setdefault(column, self._must_have(column, required=False))
            for field, rule in table.rules.items():
                if rule.column and TARGETS[name].field(field).required:
                    read[rule.column] = self._must_have(rule.column, required=True)
        return read

    def lookups_used(self) -> set[str]:
        """Every lookup that a field of this source asks directly."""
        return {name for table in self.tables.values() for rule in table.rules.values() for name in rule.lookups_used()}

    def _must_have(self, column: str, *, required: bool) -> bool:
        if isinstance(self.optional_columns, bool):
            return required or not self.optional_columns
        return column not in self.optional_columns


class Lookup(_Part):
    """A dictionary made of another file of the export: key columns -> a value."""

    file: Words
    key: Words
    value: FieldRule
    pick: Literal["only", "first", "last", "latest", "all"] = "only"
    by: str | None = None
    where: Filter | None = None

    @model_validator(mode="after")
    def _latest_by(self) -> Self:
        if (self.pick == "latest") != (self.by is not None):
            raise ValueError('`by` names the date column of pick = "latest", and only of that')
        return self

    def columns_read(self) -> set[str]:
        """Every column that the file must have."""
        return {*self.key, *self.value.columns_read(), *(self.where or ()), *((self.by,) if self.by else ())}


class Head(_Part):
    """Who the mapping is, and what a program made by it is set to."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: str = Field(min_length=1)
    description: str = ""
    currency: str | None = None
    time_zone: str = "UTC"
    fiscal_year_starts_month: int = Field(default=1, ge=1, le=12)

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, value: str | None) -> str | None:
        if value is not None and value not in MINOR_UNITS:
            raise ValueError(f"{value!r} is not an ISO 4217 currency, such as EUR or USD")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return _zone(value)


class Formats(_Part):
    """How the export writes dates, numbers and nothing."""

    dates: tuple[str, ...] = ("YYYY-MM-DD",)
    time_zone: str = "UTC"
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    excess_decimals: Literal["reject", "round"] = "reject"
    null_words: tuple[str, ...] = ()
    encodings: tuple[_ENCODINGS, ...] = ("utf-8",)
    delimiter: Literal["auto", ",", ";", "\t", "|"] = "auto"

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return _zone(value)

    @field_validator("dates")
    @classmethod
    def _whole_dates(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for form in value:
            if "YYYY" not in form or "M" not in form or "D" not in form:
                raise ValueError(f"{form!r} is not a date form: write it with YYYY, MM or M, and DD or D")
        return value

    @model_validator(mode="after")
    def _two_marks(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same mark")
        return self


class Stage(_Part):
    """A stage that deals of the export may stand in; its position is its place in the mapping."""

    name: str
    kind: Literal["open", "won", "lost"]
    probability: Decimal | None = Field(default=None, ge=0, le=100)


class Deals(_Part):
    """What a snapshot of deals does not say by itself.

    `amount_known`: from which day on the source knew the amount: only when the deal `closed`, since it was
    `opened`, or (of an open deal) since its row was last `updated`.
    `opened_after_close`: a deal that was opened after it closed is bad, or its opening is unknown.
    """

    amount_known: Literal["closed", "opened", "updated"] = "closed"
    opened_after_close: Literal["reject", "unknown"] = "reject"


class Mapping(_Part):
    """A whole mapping file."""

    mapping: Head
    formats: Formats = Formats()
    deals: Deals = Deals()
    stage: tuple[Stage, ...] = ()
    maps: dict[str, dict[str, str]] = {}
    lookup: dict[str, Lookup] = {}
    source: tuple[Source, ...]

    @property
    def name(self) -> str:
        """Short name, as on the command line."""
        return self.mapping.name

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The declared stages, in order of their position."""
        return self.stage


def shipped_mappings() -> dict[str, Path]:
    """Name -> file of every mapping that comes with Comity."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.toml"))}


def load_mapping(name_or_path: str | Path) -> Mapping:
    """Read a mapping by the name of a shipped one, or from a TOML file. Raises MappingInvalid."""
    path = shipped_mappings().get(str(name_or_path)) or Path(name_or_path)
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as problem:
        known, given = ", ".join(shipped_mappings()), str(name_or_path)
        said = template("There is no mapping “%(given)s”: name one of %(known)s, or a TOML file of your own.")
        raise MappingInvalid(words(said, given=given, known=known), mapping=given) from problem
    except UnicodeDecodeError as problem:
        said = words("%(path)s is not UTF-8 text; save it as UTF-8.", path=path.name)
        raise MappingInvalid(said, mapping=path.name) from problem
    return parse_mapping(text, name=path.name)


def parse_mapping(text: str, *, name: str) -> Mapping:
    """Check the text of a mapping file called `name`. Raises MappingInvalid, which names the key to blame."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        said = words("%(name)s is not valid TOML: %(problem)s.", name=name, problem=str(problem))
        raise MappingInvalid(said, mapping=name) from problem
    try:
        mapping = Mapping.model_validate(content)
    except ValidationError as problem:
        raise _first_problem(problem, name, content) from problem
    for key, complaint in _contradictions(mapping):
        said = words("%(name)s, %(key)s: %(complaint)s.", name=name, key=key, complaint=complaint)
        raise MappingInvalid(said, mapping=name, key=key)
    return mapping


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise ValueError(f"{value!r} is not a time zone, such as Europe/Berlin or UTC") from problem
    return value


def _first_problem(problem: ValidationError, name: str, content: dict[str, Any]) -> MappingInvalid:
    found = problem.errors(include_url=False)
    first = found[0]
    key = _key_of(first["loc"], content)
    said = first["msg"].removeprefix("Value error, ")
    match first["type"]:
        case "extra_forbidden":
            said = words("this key is not known here; check its spelling, or leave it out")
        case "missing":
            said = words("this key is missing; add it")
    others = {(error["loc"], error["msg"]) for error in found} - {(first["loc"], first["msg"])}
    more = words(" (%(count)s more after it)", count=len(others)) if others else ""
    whole = words("%(name)s, %(key)s: %(said)s%(more)s.", name=name, key=key, said=said, more=more)
    return MappingInvalid(whole, mapping=name, key=key)


def _key_of(location: tuple[int | str, ...], content: object) -> str:
    """`source[2] (Orders.csv).opportunity.amount`, counted from 1 as a person counts."""
    parts: list[str] = []
    for step in location:
        if isinstance(step, int) and isinstance(content, list):
            content = content[step] if step < len(content) else None
            parts[-1] += f"[{step + 1}]"
            if isinstance(content, Table_) and "file" in content:
                parts[-1] += f" ({content['file']})"
        elif isinstance(content, Table_):
            content = content.get(step)
            parts.append(str(step))
    return ".".join(parts) or words("the file")


def _contradictions(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Whatever single values cannot show: names that do not exist, required fields that nothing feeds."""
    if not mapping.source:
        yield "source", words("it reads no file; add a [[source]]")
    known: set[str] = set()
    for name, lookup in mapping.lookup.items():
        yield from _rule_problems(mapping, f"lookup.{name}.value", lookup.value, known)
        known.add(name)
    for number, source in enumerate(mapping.source, start=1):
        where = f"source[{number}] ({source.title})"
        if not source.tables:
            yield where, words("it feeds nothing; give it a table such as [source.%(next)s]", next=next(iter(TARGETS)))
        for target, table in source.tables.items():
            yield from _table_problems(mapping, f"{where}.{target}", target, table)


def _table_problems(mapping: Mapping, where: str, target: str, table: Table) -> Iterator[tuple[str, str]]:
    fields = {field.name: field for field in TARGETS[target] if not field.derived}
    for name, rule in table.rules.items():
        if name not in fields:
            known = tuple(fields)
            yield (
                f"{where}.{name}",
                words("%(target)s has no such field; it has %(fields)s", target=target, fields=known),
            )
            continue
        if rule.sum and (target != "opportunity" or fields[name].kind not in _SUMMED_KINDS):
            yield f"{where}.{name}", words("only an amount of an opportunity can be a sum of lines")
        yield from _rule_problems(mapping, f"{where}.{name}", rule, set(mapping.lookup))
    for name, field in fields.items():
        if field.required and name not in table.rules:
            needs = words("this field is required (%(meaning)s); feed it, or take the table out", meaning=field.meaning)
            yield f"{where}.{name}", needs
    for name in table.skip_without:
        if name not in table.rules:
            yield f"{where}.skip_without", words("%(name)s is not a field that this table feeds", name=name)
    if target == "opportunity" and "stage_kind" not in table.rules and not mapping.stages:
        yield where, words("say what the stages mean: declare them as [[stage]], or feed stage_kind")


def _rule_problems(mapping: Mapping, where: str, rule: Rule, lookups: set[str]) -> Iterator[tuple[str, str]]:
    if rule.lookup and rule.lookup not in lookups:
        yield where, words("there is no [lookup.%(lookup)s] above it", lookup=rule.lookup)
    if isinstance(rule.map, str) and rule.map not in mapping.maps:
        yield where, words("there is no [maps.%(map)s]", map=rule.map)
    for inner in rule.first_of:
        yield from _rule_problems(mapping, where, inner, lookups)
