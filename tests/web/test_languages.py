"""Every page in every language: nothing is hard-coded, nothing is missing, days are written as the language does.

A pseudo-language brackets and lengthens each text of the catalogue. What a page then shows outside of brackets must be
data: it stands in the database, is a figure or a day, or is listed below with its reason.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest
from babel.messages.catalog import Catalog
from django.db import connection
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real

from comity.cli.shown_pages import EMPTY, NOTHING_FOUND, PAGES, addresses
from comity.identity.models import Person
from comity.platform import catalogues, languages
from demo_world import demo_template  # noqa: F401 - a fixture

ROOT: Final = Path(__file__).resolve().parents[2]
PSEUDO: Final = "en-gb"
"""Django and Babel know it, and it says nothing of its own that differs from English."""
ACCENTED: Final = str.maketrans("aeiouAEIOUcnsy", "áéíóúÁÉÍÓÚćñšý")
PLACES: Final = re.compile(r"(%\(\w+\)s|%%|%[sd]|<[^>]+>|&\w+;)")
MONTHS: Final = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
FIGURE: Final = re.compile(
    rf"(?:[\W\d_]|\b(?:{MONTHS})[a-z]*\b|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\bQ[1-4]\b|\bFY\d+|\bUTC\b"
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){0,3}(?:-[0-9a-f]{12})?\b|\b[A-Z]{3}\b|\b[kM]B\b|\bbytes\b|\bDR\b)*"
)
INITIALS: Final = re.compile(r"[A-ZÄÖÜÅÉØ]{1,2}|[a-z]")
SHOWN: Final = ("title", "aria-label", "placeholder", "alt", "label", "data-chosen", "data-copied-text")
PASSED_OVER: Final = ("script", "style", "code", "kbd", "pre", "svg", "bdi", "textarea")

# A piece of text that no catalogue holds -> why it is not one.
ALLOWED: Final[dict[str, str]] = {
    "Comity": "the product's name",
    **dict.fromkeys(
        ("Email address", "Forgot your password?", "This functionality requires JavaScript", "now"),
        "said by Django and allauth, whose own catalogues have it in German",
    ),
    **dict.fromkeys(
        (
            "AdventureWorks reseller sales",
            "CRM sales opportunities",
            "HubSpot companies and deals",
            "Salesforce data export",
        ),
        "title of a mapping: a file of data that operators add to",
    ),
    **dict.fromkeys(("Gini", "Herfindahl"), "people's names"),
    **dict.fromkeys(("High tiers first", "Public sector"), "names in the demo's routing rules"),
    "XLSX": "a format's name",
    "zzzz": "what the address searches for",
    "Deutsch": "a language by its own name",
    "English": "a language by its own name",
}
#: Pages that are not translated -> why.
ENGLISH_PAGES: Final = {"styleguide": "for those who build pages, as the code is"}


def pseudo(text: str) -> str:
    """A text in brackets, accented and 40 % longer, with its places as they are."""
    said = "".join(part if PLACES.fullmatch(part) else part.translate(ACCENTED) for part in PLACES.split(text))
    return f"⟦{said}{'~' * (len(text) * 2 // 5)}⟧"


def pseudo_catalogue() -> Catalog:
    """Every text of the sources, in the pseudo-language."""
    made = Catalog(locale="en_GB", domain=catalogues.DOMAIN, fuzzy=False)
    for message in catalogues.template():
        if isinstance(message.id, str) and message.id:
            made.add(message.id, pseudo(message.id))
        elif message.id:
            made.add(message.id, tuple(pseudo(text) for text in message.id))
    return made


def forget_catalogues() -> None:
    """Let Django read its catalogues anew."""
    trans_real._translations.clear()
    trans_real._default = None
    for name in ("get_languages", "check_for_language", "get_supported_language_variant"):
        forget = getattr(getattr(trans_real, name), "cache_clear", None)
        if forget:
            forget()
    getattr(trans_real, "_get_supported_language_variant", trans_real.get_languages).cache_clear()
    translation.activate("en")
    languages._recalled.cache_clear()
    languages._templates.cache_clear()


@pytest.fixture(scope="module")
def demo(
    demo_template: str,  # noqa: F811
    django_db_setup: str,
    django_db_blocker: Any,
) -> Iterator[dict[str, dict[str, str]]]:
    """The demo in a database of its own, and where to look in it."""
    from comity.demo.blank import PROGRAM
    from comity.demo.northwind import DRAFT
    from comity.demo.places import places_of
    from conftest import _clone, _drop, _point_at

    name = f"{django_db_setup}_languages"
    _clone(demo_template, name)
    with django_db_blocker.unblock():
        _point_at(name)
        yield {
            "northwind": places_of(DRAFT.name, partner="Halden Systems", portal_of="Fabrikam Systems"),
            "firstday": places_of(PROGRAM),
        }
        _drop(name)
        _point_at(django_db_setup)


@pytest.fixture
def pseudo_language(tmp_path: Path, settings: Any) -> Iterator[None]:
    """The pseudo-language, installed."""
    folder = tmp_path / "en_GB" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogues.write_compiled(pseudo_catalogue(), folder / "django.mo")
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [("en", "English"), (PSEUDO, "Deutsch")]
    forget_catalogues()
    yield
    settings.LOCALE_PATHS = [catalogues.LOCALES]
    forget_catalogues()


class Texts(HTMLParser):
    """What a page shows a person: its texts and the attributes that are shown or read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.outside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the attributes, and note what is passed over."""
        self.outside += tag in PASSED_OVER
        given = dict(attrs)
        shown = [given.get(name) or "" for name in SHOWN if tag != "meta"]
        if tag == "input" and given.get("type") in ("submit", "button"):
            shown.append(given.get("value") or "")
        self.found += [text for text in shown if text]

    def handle_endtag(self, tag: str) -> None:
        """Come back from what is passed over."""
        self.outside -= tag in PASSED_OVER

    def handle_data(self, data: str) -> None:
        """Take a text."""
        if not self.outside:
            self.found.append(data)


def not_bracketed(page: str) -> Iterator[str]:
    """Pieces of a page's texts outside of brackets that hold words."""
    texts = Texts()
    texts.feed(page)
    for text in texts.found:
        before = ""
        while before != text:
            before, text = text, re.sub(r"⟦[^⟦⟧]*⟧", "\n", text)
        yield from (piece for piece in pieces(text) if not FIGURE.fullmatch(piece))


def pieces(text: str) -> list[str]:
    """A text, parted as pages part what they show."""
    return [" ".join(piece.split()).strip(" .…“”/") for piece in re.split(r"[\n·,;:()→×|@]+|\s[–—+/]\s", text)]


# A program's own checklist, which stands in one document.
QUESTIONS: Final = """SELECT item ->> part FROM cosell_checklistversion, jsonb_array_elements(items) item,
    unnest(ARRAY['label', 'question']) part WHERE item ->> part <> ''"""


def texts_of_the_database(name: str) -> set[str]:
    """Every short text that is stored, whole and in pieces; read past all policies."""
    import psycopg
    from django.conf import settings

    from comity.platform.postgres import superuser_url

    found: set[str] = set()
    with psycopg.connect(superuser_url(settings.HOME), dbname=name) as superuser:
        columns = superuser.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('character varying', 'text', 'ARRAY') AND table_name NOT LIKE '%event'"
            " AND table_name NOT LIKE 'procrastinate%' AND table_name NOT LIKE 'matching%'"
        ).fetchall()
        for table, column, kind in columns:
            value = f'unnest("{column}"::text[])' if kind == "ARRAY" else f'"{column}"'
            for (text,) in superuser.execute(f'SELECT DISTINCT left({value}, 2000) FROM "{table}"').fetchall():
                found |= {" ".join(text.split()), *pieces(text)} if text else set()
        for (text,) in superuser.execute(QUESTIONS).fetchall():
            found |= {text, *pieces(text)}
    return found


def names_of_babel() -> set[str]:
    """Languages and countries, which Babel names in each language; here they are English."""
    from comity.leads.wording import country_names
    from comity.web.lead_forms import LANGUAGES

    return {piece for _code, name in (*country_names(), *LANGUAGES) for piece in (str(name), *pieces(str(name)))}


def test_no_page_says_a_word_that_is_not_translated(demo, pseudo_language, django_db_blocker) -> None:

    with connection.cursor() as cursor:
        cursor.execute("UPDATE identity_person SET language = %s", [PSEUDO])
    stored = texts_of_the_database(connection.settings_dict["NAME"]) | zoneinfo.available_timezones() | names_of_babel()
    clients: dict[str, Client] = {}
    wrong: dict[str, list[str]] = {}
    for page, path in [*addresses((*PAGES, *NOTHING_FOUND), demo["northwind"]), *addresses(EMPTY, demo["firstday"])]:
        if page.name in ENGLISH_PAGES:
            continue
        if page.who not in clients:
            clients[page.who] = Client(headers={"Accept-Language": PSEUDO})
            if page.who:
                clients[page.who].force_login(Person.objects.get(email=page.who))
        answer = clients[page.who].get(path)
        assert answer.status_code == 200, (page.name, path)
        for piece in not_bracketed(b"".join(answer).decode() if answer.streaming else answer.text):
            if piece not in stored and piece not in ALLOWED and not INITIALS.fullmatch(piece):
                wrong.setdefault(piece, []).append(page.name)
    assert not wrong, "\n".join(f"{piece!r} on {', '.join(pages[:4])}" for piece, pages in sorted(wrong.items()))
