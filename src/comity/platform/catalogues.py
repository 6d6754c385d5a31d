"""The catalogues of words: found in the sources, kept as .po files, compiled to what Django reads. Pure Python (Babel).

`./comity words` finds; the build of the assets and the tests compile. Django is needed only to find what templates say.
"""

from __future__ import annotations

import ast
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SOURCE: Final = Path(__file__).resolve().parents[1]
LOCALES: Final = SOURCE / "locale"
DOMAIN: Final = "django"
#: Functions whose arguments are said to people, and which of the arguments.
KEYWORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(
        ("_", "_later", "_now", "gettext", "gettext_lazy", "gettext_noop", "noop", "say", "template", "words"), None
    ),
    **dict.fromkeys(("ngettext", "ngettext_lazy", "counted"), (1, 2)),
}
#: What only machines and operators read, in English.
NOT_SHOWN: Final = ("api", "cli", "demo", "migrations", "styleguide")
_IN_TEMPLATE: Final = re.compile(
    r"""\b(?P<call>_|gettext|ngettext)\(u?(?P<one>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
    r"""(?:, ?u?(?P<many>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))?"""
)
CODE: Final = re.compile(r"[a-z]+(?:_[a-z]+)+")
type MessageId = str | tuple[str, ...]


def found_messages() -> Iterator[tuple[MessageId, str]]:
    """Each text said to people with the room that says it, from Python and from templates."""
    for path in sorted(SOURCE.rglob("*")):
        inner = path.relative_to(SOURCE)
        if set(NOT_SHOWN) & set(inner.parts) or path.name.startswith("styleguide"):
            continue
        if path.suffix == ".py":
            with path.open("rb") as file:
                for _line, function, message, _comments in extract_python(file, KEYWORDS, [], {}):
                    yield from _said_by(str(function), message, inner.parts[0])
        elif path.suffix in (".html", ".txt", ".mjml") and "templates" in inner.parts:
            for text in _in_template(path):
                yield text, inner.parts[0]


def _said_by(function: str, message: Any, room: str) -> Iterator[tuple[MessageId, str]]:
    texts = [message] if isinstance(message, str) else list(message or ())
    wanted = texts[:2] if KEYWORDS[function] else texts[:1]
    # A word with an underscore is the key of a table that a call looks its template up in.
    if wanted and all(isinstance(text, str) and text and not CODE.fullmatch(text) for text in wanted):
        yield (tuple(wanted) if len(wanted) == 2 else wanted[0]), room


def _in_template(path: Path) -> Iterator[MessageId]:
    from django.utils.translation.template import templatize

    for match in _IN_TEMPLATE.finditer(templatize(path.read_text("utf-8"), origin=path.name)):
        one = ast.literal_eval(match["one"])
        if match["call"] == "ngettext" and match["many"]:
            yield one, ast.literal_eval(match["many"])
        elif one:
            yield one


def template() -> Catalog:
    """A catalogue of everything said, without translations; beside each text the rooms that say it."""
    catalogue = Catalog(domain=DOMAIN, project="Comity", fuzzy=False)
    plurals = {message[0]: message for message, _room in found_messages() if isinstance(message, tuple)}
    rooms: dict[MessageId, set[str]] = {}
    for message, room in found_messages():
        known = plurals.get(message, message) if isinstance(message, str) else message
        rooms.setdefault(known, set()).add(room)
    for message, rooms_of_it in sorted(rooms.items(), key=lambda item: (sorted(item[1]), str(item[0]))):
        catalogue.add(message, locations=[(room, 0) for room in sorted(rooms_of_it)])
    return catalogue


def languages() -> list[str]:
    """Languages that have a catalogue: those of the pages but for English."""
    return sorted(path.name for path in LOCALES.iterdir() if (path / "LC_MESSAGES").is_dir())


def po_file(language: str) -> Path:
    """The catalogue of a language."""
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read_catalogue(language: str) -> Catalog:
    """The catalogue as it is kept; empty where none is yet."""
    path = po_file(language)
    if not path.is_file():
        return Catalog(locale=language, domain=DOMAIN, project="Comity", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def update(language: str) -> Catalog:
    """Bring a catalogue up to what the sources say: new texts come in empty, those no longer said go. Writes it."""
    catalogue = read_catalogue(language)
    catalogue.update(template(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    out = io.BytesIO()
    write_po(out, catalogue, width=120, omit_header=True, sort_output=False, include_lineno=False)
    path = po_file(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    head += f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    path.write_text(head + out.getvalue().decode("utf-8"), "utf-8")
    return catalogue


def is_translated(message: Message) -> bool:
    """Whether every form of a message has its words."""
    words = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return all(words) and not message.fuzzy


def problems(language: str) -> list[str]:
    """What a catalogue lacks, a line each: texts not translated, or with other places than the English."""
    catalogue = read_catalogue(language)
    found = []
    for message in template():
        if not message.id:
            continue
        kept = catalogue.get(message.id if isinstance(message.id, str) else message.id[0])
        name = message.id if isinstance(message.id, str) else message.id[0]
        if kept is None or not is_translated(kept):
            found.append(f"not translated: {name}")
        elif wrong := _wrong_places(kept):
            found.append(f"{wrong}: {name}")
    return found


def _wrong_places(message: Message) -> str:
    """Named places that a translation lost or made up; a form for one thing may leave the number out."""
    ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    known = set().union(*(_places(text) for text in ids))
    words = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    for number, text in enumerate(words):
        asked = _places(ids[min(number, len(ids) - 1)])
        if _places(text) - known:
            return f"says {', '.join(sorted(_places(text) - known))}, which the English does not have"
        if asked - _places(text) and not (len(ids) > 1 and number == 0):
            return f"lacks {', '.join(sorted(asked - _places(text)))}"
    return ""


def _places(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text)) | set(re.findall(r"</?\w+|%%", text))


def compile_catalogues() -> None:
    """Write the .mo file that Django reads beside each .po file that is newer."""
    for language in languages():
        source = po_file(language)
        if source.is_file():
            target = source.with_suffix(".mo")
            if not target.is_file() or target.stat().st_mtime < source.stat().st_mtime:
                write_compiled(read_catalogue(language), target)


def write_compiled(catalogue: Catalog, target: Path) -> None:
    """Write what is translated of a catalogue as Django reads it: all at once, so that nobody reads half of it."""
    finished = Catalog(locale=catalogue.locale, domain=DOMAIN, fuzzy=False)
    for message in catalogue:
        if message.id and is_translated(message):
            finished.add(message.id, message.string)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    with unfinished.open("wb") as file:
        write_mo(file, finished)
    unfinished.replace(target)
