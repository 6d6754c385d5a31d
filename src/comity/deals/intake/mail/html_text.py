"""The text of an HTML message as a person reads it: a line for each paragraph or row, without what it answers."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_UNSEEN: Final = frozenset({"head", "style", "script", "title", "template", "svg", "blockquote"})
"""`blockquote` is how mail programs mark what is answered."""
_LINES: Final = frozenset({
    "address", "article", "br", "caption", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "ol", "p", "pre", "section", "table", "tbody", "thead",
    "tr", "ul",
})  # fmt: skip
_EMPTY: Final = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
})  # fmt: skip
_QUOTES: Final = re.compile(r"gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|divRplyFwdMsg")
MOST_CHARACTERS: Final = 400_000


def text_of_html(source: str, *, quotes: bool = False) -> str:
    """The text; with `quotes` also what a forwarded message holds in its marks of quotation."""
    reader = _Reader(quotes=quotes)
    reader.feed(source[:MOST_CHARACTERS])
    reader.close()
    lines = ("".join(reader.parts)).split("\n")
    bare = (re.sub(r"[ \u00a0\r\f\v]+", " ", line).strip(" ") for line in lines)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(bare)).strip()


class _Reader(HTMLParser):
    def __init__(self, *, quotes: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._quotes = quotes
        self._open: list[str] = []
        self._hidden: list[int] = []
        """At which depth something begins that is not shown."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _LINES:
            self.parts.append("\n")
        if tag in ("td", "th"):
            self.parts.append("\t")
        if tag in _EMPTY:
            return
        if len(self._open) < 500:
            self._open.append(tag)
            if self._hides(tag, dict(attrs)):
                self._hidden.append(len(self._open))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open and self._open.pop() != tag:
                pass
            while self._hidden and self._hidden[-1] > len(self._open):
                self._hidden.pop()
        if tag in _LINES:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data if "pre" in self._open else re.sub(r"\s+", " ", data))

    def _hides(self, tag: str, given: dict[str, str | None]) -> bool:
        if self._quotes and tag == "blockquote":
            return False
        marks = f"{given.get('class') or ''} {given.get('id') or ''}"
        style = (given.get("style") or "").replace(" ", "").lower()
        return tag in _UNSEEN or "display:none" in style or (not self._quotes and bool(_QUOTES.search(marks)))
