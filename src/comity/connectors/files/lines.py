"""From bytes on disk to records of cells, in bounded memory, whatever the file holds.

`inspect_file` runs over the bytes once: it settles the encoding and refuses what cannot be read as text.
`Records` then yields `(line number, cells)`, or `Broken` for a record that is not one, and goes on after it.
"""

import codecs
import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from comity.connectors.files.errors import FileRefused
from comity.kernel.words import Figure, words

LONGEST_FIELD: Final = 1_000_000  # characters; mail bodies of a CRM export reach 200,000
LONGEST_LINE: Final = 4_000_000  # bytes
MOST_LINES_IN_A_RECORD: Final = 1_000
LONGEST_RECORD: Final = 8_000_000  # characters
MOST_BROKEN_QUOTES: Final = 100

_BLOCK: Final = 1 << 20
_NOT_TEXT: Final = (
    (b"PK\x03\x04", words("a spreadsheet or an archive; save it as CSV (UTF-8), or unpack it")),
    (b"\x1f\x8b", words("compressed; unpack it")),
    (b"%PDF", words("a PDF; export it as CSV")),
    (b"\xd0\xcf\x11\xe0", words("an old spreadsheet; save it as CSV (UTF-8)")),
    (b"PAR1", words("a Parquet file; export it as CSV")),
    (b"\xff\xfe\x00\x00", words("UTF-32; save it as UTF-8")),
    (b"\x00\x00\xfe\xff", words("UTF-32; save it as UTF-8")),
)
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

csv.field_size_limit(LONGEST_FIELD)  # the module's one setting; a field beyond it raises instead of filling memory


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file that can be read as text: how, how long it is, and whether it holds NUL characters."""

    name: str
    path: Path
    encoding: str
    size: int
    has_nul: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that the quotes or the size make unreadable: its text, as it stands in the file, and why."""

    line: int
    text: str
    reason: str


def inspect_file(path: Path, *, name: str, encodings: tuple[str, ...]) -> TextFile:
    """Settle how to read a file. Raises FileRefused, with the line, where it is not text in these encodings."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise FileRefused(words("%(name)s is empty; export it again.", name=name), file=name)
    for magic, what in _NOT_TEXT:
        if head.startswith(magic):
            raise FileRefused(words("%(name)s is %(what)s.", name=name, what=what), file=name)
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if marked is None and head.count(b"\0") * 5 > len(head):
        raise FileRefused(
            words("%(name)s looks like UTF-16 without a byte-order mark; save it as UTF-8.", name=name), file=name
        )
    candidates = (marked,) if marked else encodings
    failure = None
    for encoding in candidates:
        try:
            return TextFile(name, path, encoding, size, _scan(path, name, encoding))
        except _Undecodable as problem:
            failure = failure or problem
    assert failure is not None
    raise FileRefused(
        words(
            "%(name)s is not %(listed)s: line %(line)s holds the byte 0x%(byte)s (byte %(position)s "
            "of the file); save it as UTF-8, or name its encoding in the mapping.",
            name=name,
            listed=" or ".join(candidates),
            line=failure.line,
            byte=f"{failure.byte:02X}",
            position=Figure(failure.position + 1),
        ),
        file=name,
        line=failure.line,
    )


class _Undecodable(Exception):
    def __init__(self, line: int, byte: int, position: int) -> None:
        super().__init__(line, byte, position)
        self.line, self.byte, self.position = line, byte, position


def _scan(path: Path, name: str, encoding: str) -> bool:
    """Decode the whole file once, and tell whether a NUL stands in it. Raises _Undecodable, FileRefused."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, unbroken, fed, has_nul = 1, 0, 0, False
    with path.open("rb") as stream:
        while True:
            block = stream.read(_BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as problem:
                position = fed - pending + problem.start
                before = problem.object[: problem.start]
                raise _Undecodable(lines + before.count(b"\n"), problem.object[problem.start], position) from problem
            has_nul = has_nul or "\0" in text
            lines += text.count("\n")
            fed += len(block)
            unbroken = _unbroken(block, unbroken)
            if unbroken > LONGEST_LINE:
                raise FileRefused(
                    words(
                        "%(name)s has a line of more than %(longest_line)s bytes (line %(lines)s); it is not a "
                        "table of lines, or a quote is missing.",
                        name=name,
                        longest_line=Figure(LONGEST_LINE),
                        lines=lines,
                    ),
                    file=name,
                    line=lines,
                )
            if not block:
                return has_nul


def _unbroken(block: bytes, before: int) -> int:
    """The longest run without a line end that reaches into or ends in this block; `before` reached into it."""
    end = b"\n" if b"\n" in block else b"\r"
    first = block.find(end)
    if first < 0:
        return before + len(block)
    if before + first > LONGEST_LINE:
        return before + first
    return len(block) - block.rfind(end) - 1


class Records:
    """The records of a text file, the header included: iterate to get `(line, cells)` or `Broken`.

    A quote that is opened and never closed would swallow good lines: the record is then given up, its first
    line is reported, and reading resumes at its second line.
    """

    def __init__(self, file: TextFile, *, delimiter: str) -> None:
        self.file = file
        self.delimiter = delimiter
        self.binary: IO[bytes] | None = None
        self._waiting: deque[str] = deque()
        self._record: list[str] = []
        self._line = 0
        self._broken = 0

    @property
    def position(self) -> int:
        """How many bytes have been read, about."""
        return self.binary.tell() if self.binary and not self.binary.closed else self.file.size

    def __iter__(self) -> Iterator[tuple[int, list[str]] | Broken]:
        with self.file.path.open("rb") as self.binary, _as_text(self.binary, self.file.encoding) as text:
            feed = self._feed(text)
            reader = csv.reader(feed, delimiter=self.delimiter, strict=True)
            record = self._record
            width: int | None = None
            while True:
                record.clear()
                start = self._line + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except (csv.Error, _TooManyLines) as problem:
                    yield self._give_up(start, _reason(problem))
                    # A generator that raised is finished, and the csv reader keeps half a record: both start anew.
                    feed = self._feed(text)
                    reader = csv.reader(feed, delimiter=self.delimiter, strict=True)
                    continue
                if len(record) > 1 and width is not None and len(cells) != width and self._swallowed(width):
                    yield self._give_up(start, _reason(None))
                    continue
                if cells:
                    width = width if width is not None else len(cells)
                    yield start, cells

    def _feed(self, text: IO[str]) -> Iterator[str]:
        waiting, record = self._waiting, self._record
        while True:
            line = waiting.popleft() if waiting else text.readline()
            if not line:
                return
            record.append(line)
            self._line += 1
            if len(record) > 1 and (len(record) > MOST_LINES_IN_A_RECORD or sum(map(len, record)) > LONGEST_RECORD):
                raise _TooManyLines
            yield line

    def _swallowed(self, width: int) -> bool:
        """Whether the second line of the record is a whole record by itself: then a quote swallowed it."""
        try:
            return any(len(cells) == width for cells in csv.reader([self._record[1]], delimiter=self.delimiter))
        except csv.Error:
            return False

    def _give_up(self, start: int, reason: str) -> Broken:
        """Report the first line of the record; the lines that it swallowed are read again."""
        self._broken += 1
        if self._broken > MOST_BROKEN_QUOTES:
            raise FileRefused(
                words(
                    "%(file)s has more than %(most_broken_quotes)s broken lines, the last at line %(start)s "
                    "(%(reason)s); export it again with every quote doubled.",
                    file=self.file.name,
                    most_broken_quotes=MOST_BROKEN_QUOTES,
                    start=start,
                    reason=reason,
                ),
                file=self.file.name,
                line=start,
            )
        first, *rest = self._record
        self._waiting.extendleft(reversed(rest))
        self._line = start
        return Broken(start, first.rstrip("\r\n"), reason)


class _TooManyLines(Exception):
    pass


def _as_text(binary: IO[bytes], encoding: str) -> IO[str]:
    """Text with its line ends as they are, which the csv module asks for."""
    return io.TextIOWrapper(binary, encoding=encoding, newline="")


def _reason(problem: Exception | None) -> str:
    if problem is not None and "field larger" in str(problem):
        return words(
            "a field has more than %(longest_field)s characters, or a quote is opened and never closed",
            longest_field=Figure(LONGEST_FIELD),
        )
    return words("a quote is opened and never closed, or stands inside a field without being doubled")


type Progress = Callable[[int, int], None]
"""Called with bytes read and bytes in all."""
