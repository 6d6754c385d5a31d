"""What a file is, by its first bytes; never by its name or by what the browser says of it."""

from __future__ import annotations

from typing import Final

CSV: Final = "text/csv"
ZIP: Final = "application/zip"
GZIP: Final = "application/gzip"
PDF: Final = "application/pdf"
PNG: Final = "image/png"
JPEG: Final = "image/jpeg"
SPREADSHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNKNOWN: Final = "application/octet-stream"

SAMPLE_BYTES: Final = 64 * 1024
NAMES: Final = {
    CSV: "a text file such as CSV",
    ZIP: "a ZIP archive",
    GZIP: "a gzip file",
    PDF: "a PDF",
    PNG: "a PNG image",
    JPEG: "a JPEG image",
    SPREADSHEET: "a spreadsheet",
    UNKNOWN: "a file of an unknown kind",
}

_MAGIC: Final = ((b"%PDF-", PDF), (b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG), (b"\x1f\x8b", GZIP))
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_CONTROLS: Final = frozenset(range(32)) - {9, 10, 11, 12, 13, 26, 27}


def sniff(sample: bytes) -> str:
    """The media type of a file that begins so (give up to SAMPLE_BYTES). Text is `text/csv`, also in UTF-16."""
    for magic, media_type in _MAGIC:
        if sample.startswith(magic):
            return media_type
    if sample.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return SPREADSHEET if b"xl/" in sample or b"[Content_Types].xml" in sample[:4096] else ZIP
    if sample.startswith(_UTF16) or not _CONTROLS.intersection(sample):
        return CSV
    return UNKNOWN
