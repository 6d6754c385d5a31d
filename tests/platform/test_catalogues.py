"""No text is left untranslated, and days are written as the language does."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from django.utils.formats import date_format
from django.utils.translation import override

from comity.platform import catalogues, languages

ROOT: Final = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("language", catalogues.languages())
def test_nothing_is_left_untranslated(language: str) -> None:
    wanting = catalogues.problems(language)
    assert not wanting, "\n".join(
        [
            f"{len(wanting)} texts want their words: run ./comity words and fill in {catalogues.po_file(language)}",
            *wanting,
        ]
    )


def test_days_are_written_by_the_formats_of_the_language() -> None:
    """No page writes a format of its own: `DATE_FORMAT` and its like are in `web/formats`, by language."""
    own = re.compile(r"""["'](?:[jlDdNMFY.,/ -]*\b[jd]\.? [NMF]\b[^"']*)["']""")
    source = [path for path in catalogues.SOURCE.rglob("*") if path.suffix in (".py", ".html", ".txt")]
    wrong = [path.name for path in source if "formats" not in path.parts and own.search(path.read_text("utf-8"))]
    assert wrong == []
    with override("de"):
        assert date_format(date(2026, 3, 2)) == "2. März 2026"
        assert languages.said("Rank 1 of 61: revenue EUR 1,183,967.90. Ranks 1 to 6 are Strategic.") == (
            "Rang 1 von 61: Umsatz EUR 1.183.967,90. Die Ränge 1 bis 6 sind strategisch."
        )
