"""Reading an export: a stream of typed rows a target, and of rejects, in bounded memory.

Rows are given out at once. Which deals are held back is known only at the end: then the receiver drops their
rows (`Reading.held`), and `Reading.gather` lists their lines. That second look costs only files with bad deals.
"""

from collections.abc import Iterator
from collections.abc import Mapping as Table_
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from comity.connectors.files.cells import BadCell, Compiler, Row, TextGetter
from comity.connectors.files.conversions import Conventions
from comity.connectors.files.errors import TooManyRejects
from comity.connectors.files.export import Export, SourceFile, csv_cells
from comity.connectors.files.lines import Broken, Progress
from comity.connectors.files.lookups import read_lookups
from comity.connectors.files.rejects import Reject, RejectBatch, unguarded_cell
from comity.connectors.files.rows import Rows, TargetRows, target_rows
from comity.connectors.files.targets import LIST_KINDS
from comity.kernel.words import Figure, words

RECORDS_AT_ONCE: Final = 1_000
ROWS_A_BATCH: Final = 10_000
REJECTS_A_BATCH: Final = 200
MOST_REJECTS: Final = 100_000
MOST_REPETITIONS_REMEMBERED: Final = 50_000


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Rows for one target: each `(file number, line number, *values in the order of columns)`.

    `summed` columns add up over the rows of one deal; of the others any row of the deal holds the value.
    """

    target: str
    columns: tuple[str, ...]
    summed: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(slots=True)
class FileCount:
    """What became of the rows of one file: read = accepted + rejected + set aside (by `where`).

    The lines of held-back deals count as accepted until `Reading.gather` has listed them.
    """

    name: str
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    set_aside: int = 0


@dataclass(slots=True)
class Reading:
    """One reading of an export. Use `batches()` to its end, then `held`, `gather()` and `counts`.

    Attributes:
        counts: file number -> what became of its rows.
        held: key of each deal that has a bad line -> file and line of it.
    """

    export: Export
    today: date | None = None
    time_zone: str | None = None
    progress: Progress | None = None
    most_rejects: int = MOST_REJECTS
    counts: dict[int, FileCount] = field(default_factory=dict)
    held: dict[str, tuple[int, int]] = field(default_factory=dict)
    _bad_lines: dict[int, set[int]] = field(default_factory=dict)
    _compiled: dict[int, "_Compiled"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the lookups and compile the mapping for these files. Raises ImportRefused, MappingInvalid."""
        mapping = self.export.mapping
        zone = ZoneInfo(self.time_zone or mapping.mapping.time_zone)
        conventions = Conventions(mapping.formats, zone, self.today)
        lookups = read_lookups(self.export, conventions)
        for source in self.export.sources:
            compiler = Compiler(mapping, conventions, source.file.columns, lookups)
            self._compiled[source.number] = _Compiled.of(source, compiler)
            self.counts[source.number] = FileCount(source.file.name)
            self._bad_lines[source.number] = set()

    def batches(self) -> Iterator[RowBatch | RejectBatch]:
        """Every row of every file, converted, and every bad one. Raises FileRefused, TooManyRejects."""
        before = 0
        for source in self.export.sources:
            yield from self._batches_of(source, before)
            before += source.file.text.size
        self._tell(before)

    def first_rows(self, rows: int) -> Iterator[tuple[SourceFile, list[RowBatch], list[Reject]]]:
        """The first rows of each file as they will be read. Leaves counts and held deals used: read anew to import."""
        for source in self.export.sources:
            compiled, rejects = self._compiled[source.number], list[Reject]()
            outputs = [_Output(target) for target in compiled.targets]
            self._convert(source, compiled, list(islice(source.file.records(), 1, rows + 1)), outputs, rejects)
            yield source, [output.batch() for output in outputs if output.rows], rejects

    def gather(
        self,
        *,
        deals: Table_[str, str] | None = None,
        lines: Table_[tuple[int, int], tuple[str, str, str]] | None = None,
    ) -> Iterator[RejectBatch]:
        """Look again at the files, and list as rejects what turned out bad after its row was given out.

        Args:
            deals: deal -> why the receiver holds all its lines back; those of `held` are listed anyway.
            lines: (file, line) -> column, value and reason of a row that the receiver found bad.
        """
        deals, lines = deals or {}, lines or {}
        for source in self.export.sources:
            compiled = self._compiled[source.number]
            wanted = any(file == source.number for file, _ in lines)
            if wanted or ((deals or self.held) and compiled.deal):
                yield from self._gathered(source, compiled, deals, lines)

    def _gathered(
        self,
        source: SourceFile,
        compiled: "_Compiled",
        deals: Table_[str, str],
        lines: Table_[tuple[int, int], tuple[str, str, str]],
    ) -> Iterator[RejectBatch]:
        number, count, known = source.number, self.counts[source.number], self._bad_lines[source.number]
        rejects: list[Reject] = []
        for line, row in _whole_rows(source):
            if line in known:
                continue
            fault = lines.get((number, line))
            is_held = fault is None
            if is_held and compiled.deal and compiled.takes_part(row):
                deal = compiled.deal(row) or ""
                reason = deals.get(deal) or (self._why_held(deal, number) if deal in self.held else None)
                fault = ("", "", reason) if reason else None
            if fault is None:
                continue
            known.add(line)
            count.accepted, count.rejected = count.accepted - 1, count.rejected + 1
            rejects.append(Reject(number, line, *fault, tuple(row), is_held))
            if len(rejects) >= REJECTS_A_BATCH:
                yield RejectBatch(rejects)
                rejects = []
        if rejects:
            yield RejectBatch(rejects)

    def _why_held(self, deal: str, file: int) -> str:
        """The reason to tell on the good lines of a deal."""
        bad_file, line = self.held[deal]
        where = "" if bad_file == file else words(" in %(counts)s", counts=self.counts[bad_file].name)
        return words("held back because line %(line)s%(where)s of the same deal is bad", line=line, where=where)

    def _batches_of(self, source: SourceFile, before: int) -> Iterator[RowBatch | RejectBatch]:
        compiled, count = self._compiled[source.number], self.counts[source.number]
        outputs = [_Output(rows) for rows in compiled.targets]
        rejects: list[Reject] = []
        records = source.file.records()
        stream = iter(records)
        next(stream, None)
        while chunk := list(islice(stream, RECORDS_AT_ONCE)):
            count.read += len(chunk)
            self._convert(source, compiled, chunk, outputs, rejects)
            yield from _full(outputs, rejects, ROWS_A_BATCH, REJECTS_A_BATCH)
            self._tell(before + min(records.position, source.file.text.size))
        yield from _full(outputs, rejects, 1, 1)

    def _convert(
        self,
        source: SourceFile,
        compiled: "_Compiled",
        chunk: list[Any],
        outputs: list["_Output"],
        rejects: list[Reject],
    ) -> None:
        """Convert records together; where one is bad, by halves, until the bad one is alone."""
        count = self.counts[source.number]
        try:
            lines, rows = _in_shape(source, chunk)
            if source.source.where:
                taken = [pair for pair in zip(lines, rows, strict=True) if compiled.takes_part(pair[1])]
                lines, rows = [line for line, _ in taken], [row for _, row in taken]
            shared = Rows(lines, rows)
            made = [target.make(source.number, shared) for target in compiled.targets]
        except (BadCell, _BadRow) as problem:
            if len(chunk) > 1:
                middle = len(chunk) // 2
                for half in (chunk[:middle], chunk[middle:]):
                    self._convert(source, compiled, half, outputs, rejects)
            elif (reject := self._rejected(source, compiled, chunk[0], problem)) is not None:
                rejects.append(reject)
            return
        for output, some in zip(outputs, made, strict=True):
            output.add(some)
        count.accepted += len(rows)
        count.set_aside += len(chunk) - len(rows)

    def _rejected(
        self, source: SourceFile, compiled: "_Compiled", record: Any, problem: "BadCell | _BadRow"
    ) -> Reject | None:
        """The reject of a bad row, its deal held back with it; None where the row is only empty cells."""
        count, bad = self.counts[source.number], self._bad_lines[source.number]
        if isinstance(problem, _BadRow):
            line, cells, row = problem.line, problem.cells, list(problem.cells)
            column, value, reason = "", "", problem.reason
        else:
            line, row = record
            row = _returned(row, len(source.file.data_header)) if source.file.is_rejects else row
            cells = tuple(row)
            faults = [fault for rows in compiled.targets for fault in rows.faults(row)] or [problem]
            column, value, reason = faults[0].column, faults[0].value, _told(faults)
        if not any(cell.strip() for cell in cells):
            count.read -= 1
            return None
        deal = compiled.deal_of(row)
        if deal is not None:
            self.held.setdefault(deal, (source.number, line))
        bad.add(line)
        count.rejected += 1
        rejected = sum(one.rejected for one in self.counts.values())
        if rejected > self.most_rejects:
            raise TooManyRejects(
                words(
                    "More than %(most_rejects)s rows are bad; the first reason now is: %(file)s, line "
                    "%(line)s, %(column)s %(value)s %(reason)s. Check that the mapping fits this export; "
                    "nothing was imported.",
                    most_rejects=Figure(self.most_rejects),
                    file=source.file.name,
                    line=line,
                    column=column,
                    value=f"{value!r}",
                    reason=reason,
                ),
                rejected=rejected,
                read=sum(one.read for one in self.counts.values()),
            )
        return Reject(source.number, line, column, value[:200], reason, cells)

    def _tell(self, done: int) -> None:
        if self.progress is not None:
            self.progress(done, self.export.bytes_in_all)


class _BadRow(Exception):
    """A row that is wrong as a whole."""

    def __init__(self, line: int, cells: tuple[str, ...], reason: str) -> None:
        super().__init__(reason)
        self.line, self.cells, self.reason = line, cells, reason


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A source made ready for one file."""

    targets: list[TargetRows]
    takes_part: Any
    deal: TextGetter | None

    @classmethod
    def of(cls, source: SourceFile, compiler: Compiler) -> "_Compiled":
        targets = [target_rows(name, table, compiler) for name, table in source.source.tables.items()]
        deal = next((rows.deal for rows in targets if rows.deal is not None), None)
        where = source.source.where
        return cls(targets, compiler.test(where) if where else lambda row: True, deal)

    def deal_of(self, row: Row) -> str | None:
        """The deal of a row that may be too short to say so."""
        try:
            return self.deal(row) if self.deal else None
        except (BadCell, IndexError):
            return None


class _Output:
    """Rows of one target of one source on their way out; repetitions it remembers are dropped."""

    def __init__(self, rows: TargetRows) -> None:
        self.target, self.columns, self.summed = rows.target, rows.columns, rows.summed
        self.rows: list[tuple[Any, ...]] = []
        self._seen: set[Any] | None = set() if rows.target.repeated else None
        self._identity: Any = repr if any(field.kind in LIST_KINDS for field in rows.target) else tuple

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        """Keep these rows; of a target that repeats itself, those only that were not seen of late."""
        seen, identity = self._seen, self._identity
        if seen is None:
            self.rows.extend(rows)
            return
        for row in rows:
            values = identity(row[2:])
            if values not in seen:
                if len(seen) >= MOST_REPETITIONS_REMEMBERED:
                    seen.clear()
                seen.add(values)
                self.rows.append(row)

    def batch(self) -> RowBatch:
        rows, self.rows = self.rows, []
        return RowBatch(self.target.name, self.columns, self.summed, rows)


def _full(
    outputs: list[_Output], rejects: list[Reject], rows_enough: int, rejects_enough: int
) -> Iterator[RowBatch | RejectBatch]:
    for output in outputs:
        if len(output.rows) >= rows_enough:
            yield output.batch()
    if len(rejects) >= rejects_enough:
        yield RejectBatch(list(rejects))
        rejects.clear()


def _in_shape(source: SourceFile, chunk: list[Any]) -> tuple[list[int], list[Row]]:
    """Lines and rows of records, if each has the cells of the header. Raises _BadRow for the first that has not."""
    width, is_rejects = len(source.file.data_header), source.file.is_rejects
    lines: list[int] = []
    rows: list[Row] = []
    for record in chunk:
        if isinstance(record, Broken):
            cells = csv_cells(record.text, source.file.delimiter)
            raise _BadRow(record.line, cells, record.reason)
        line, row = record
        if is_rejects:
            row = _returned(row, width)
        if len(row) != width:
            reason = words(
                "has %(count)s cells, but the header has %(width)s; a delimiter is missing or not quoted",
                count=len(row),
                width=width,
            )
            raise _BadRow(line, tuple(row), reason)
        lines.append(line)
        rows.append(row)
    if source.file.text.has_nul:
        _check_nul(lines, rows)
    return lines, rows


def _check_nul(lines: list[int], rows: list[Row]) -> None:
    for line, row in zip(lines, rows, strict=True):
        if any("\0" in cell for cell in row):
            shown = tuple(cell.replace("\0", "\N{SYMBOL FOR NULL}") for cell in row)
            raise _BadRow(line, shown, words("holds a NUL character; take it out"))


def _returned(row: Row, width: int) -> Row:
    """The data of a row of a file of rejects that came back: no reason, no guards."""
    return [unguarded_cell(cell) for cell in (*row[:width], *row[width + 1 :])]


def _whole_rows(source: SourceFile) -> Iterator[tuple[int, Row]]:
    stream = iter(source.file.records())
    next(stream, None)
    width = len(source.file.data_header)
    for record in stream:
        if not isinstance(record, Broken):
            row = _returned(record[1], width) if source.file.is_rejects else record[1]
            if len(row) == width:
                yield record[0], row


def _told(faults: list[BadCell]) -> str:
    """The reason of the first fault, then the others with their columns, each once."""
    others = dict.fromkeys(
        words("%(column)s: %(fault)s %(reason)s", column=fault.column, fault=f"{fault.value!r}", reason=fault.reason)
        for fault in faults[1:]
    )
    first = words(
        "%(column)s: %(faults)s %(reason)s",
        column=faults[0].column,
        faults=f"{faults[0].value!r}",
        reason=faults[0].reason,
    )
    return "; ".join([faults[0].reason, *(text for text in others if text != first)])
