"""A table as a spreadsheet (Office Open XML): one sheet, texts as texts, numbers as numbers, a bold head that stays."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape

from django.http import HttpResponse

from comity.platform.file_types import SPREADSHEET

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
#: Characters that XML cannot hold.
_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_EPOCH: Final = date(1899, 12, 30)
PARTS: Final = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_LINKS}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font/><font><b/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="3"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
        "</styleSheet>"
    ),
}


def answer_with(name: str, title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """The sheet as a download."""
    response = HttpResponse(as_spreadsheet(title, header, rows), content_type=SPREADSHEET)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def as_spreadsheet(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The bytes of the file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in PARTS.items():
            archive.writestr(path, _HEAD + text)
        sheets = f'<sheets><sheet name={_quoted(title[:31])} sheetId="1" r:id="rId1"/></sheets>'
        workbook = f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}">{sheets}</workbook>'
        archive.writestr("xl/workbook.xml", _HEAD + workbook)
        pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        lines = [_row(1, header, bold=True), *(_row(number, row) for number, row in enumerate(rows, start=2))]
        view = f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        sheet = f'<worksheet xmlns="{_MAIN}">{view}<sheetData>{"".join(lines)}</sheetData></worksheet>'
        archive.writestr("xl/worksheets/sheet1.xml", _HEAD + sheet)
    return out.getvalue()


def _row(number: int, cells: Sequence[object], *, bold: bool = False) -> str:
    return f'<row r="{number}">{"".join(_cell(cell, bold) for cell in cells)}</row>'


def _cell(value: object, bold: bool) -> str:
    """Texts are inline strings: no formula is ever made of one."""
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"<c><v>{value}</v></c>"
    if isinstance(value, date):
        return f'<c s="2"><v>{(value - _EPOCH).days}</v></c>'
    style = ' s="1"' if bold else ""
    return f'<c t="inlineStr"{style}><is><t xml:space="preserve">{escape(_UNFIT.sub("", str(value)))}</t></is></c>'


def _quoted(text: str) -> str:
    plain = re.sub(r"[\[\]:*?/\\]", " ", _UNFIT.sub("", text))
    return '"' + escape(plain, {'"': "&quot;"}) + '"'
