"""A message's bytes into what we need of it: who wrote, in answer to what, the text, the files. Pure; no database.

Whatever is wrong with a message, reading it raises Unreadable and nothing else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from typing import Final

from comity.deals.intake.mail.html_text import text_of_html
from comity.deals.registration.drafting import plain_text

MOST_PARTS: Final = 200
MOST_CHARACTERS: Final = 200_000
_FORWARD: Final = re.compile(r"^\s*(fwd?|wg|tr)\s*:", re.IGNORECASE)
_IDS: Final = re.compile(r"<[^<>\s]{1,900}>")
_AUTOMATIC: Final = re.compile(
    r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+.-].*)?@", re.IGNORECASE
)
_BULK: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
_ANSWERED: Final = re.compile(
    r"^(on|am|le) [^\n]{3,200}(\n[^\n]{0,200}){0,2}?(wrote|schrieb|a écrit)[^\n]{0,120}:\s*$",
    re.IGNORECASE | re.MULTILINE,
)
"""The line above what is answered, which mail programs wrap as they like."""
_HEADERS: Final = re.compile(
    r"^[>*\s]*(from|von)\*?:[^\n]*\n([>*\s]*(sent|date|gesendet|datum|to|an|cc|subject|betreff)\*?:[^\n]*\n?){1,6}",
    re.IGNORECASE | re.MULTILINE,
)
_SHOWN: Final = re.compile(
    r"^-{2,}\s*(forwarded message|weitergeleitete nachricht|original message|ursprüngliche nachricht)[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)


class Unreadable(Exception):
    """The bytes are no message that can be read."""


class Piece:
    """A file of a message, as uploads are."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name: str | None = name
        self.content = content

    def chunks(self) -> Iterator[bytes]:
        """Its bytes."""
        yield self.content


@dataclass(frozen=True)
class Message:
    """What is needed of a message."""

    sender: str
    """The address, in small letters; "" where there is not exactly one."""
    sender_name: str
    addressed: frozenset[str]
    """Addresses in To and Cc, where each stands once: another could have been put above the one that was signed."""
    subject: str
    message_id: str
    answers: tuple[str, ...]
    """Message-IDs of what it answers, the nearest first."""
    is_automatic: bool
    results: tuple[str, ...]
    """Headers Authentication-Results as they came, nothing decoded; the topmost first."""
    text: str
    files: tuple[Piece, ...]
    digest: str
    """The same for each copy of the message, whatever way it came."""


def read_message(raw: bytes) -> Message:
    """Take a message apart. Raises Unreadable."""
    try:
        parsed = message_from_bytes(raw, policy=default_policy)
        assert isinstance(parsed, EmailMessage)
        return _read(parsed)
    except Unreadable:
        raise
    except Exception as problem:  # the parser of the standard library stumbles in many ways over what people send
        raise Unreadable(f"{type(problem).__name__}: {problem}") from problem


def _read(parsed: EmailMessage) -> Message:
    headers = [(name.lower(), str(value)) for name, value in parsed.items()]
    senders = _addresses(parsed, "from")
    known = len(senders) == 1 and len(parsed.get_all("from", [])) == 1
    subject = _first(headers, "subject")
    parts = list(_parts(parsed))
    text = _text(parts, is_forward=bool(_FORWARD.match(subject)))
    files = tuple(_files(parts))
    message_id = (_IDS.findall(_first(headers, "message-id")) or [""])[0]
    references = _IDS.findall(_first(headers, "references"))
    answers = dict.fromkeys([*_IDS.findall(_first(headers, "in-reply-to")), *reversed(references)])
    return Message(
        sender=senders[0][1] if known else "",
        sender_name=plain_text(senders[0][0])[:200] if known else "",
        addressed=frozenset(_addressed(parsed)),
        subject=plain_text(subject)[:300],
        message_id=message_id,
        answers=tuple(answers)[:50],
        is_automatic=_is_automatic(parsed, headers, senders),
        results=tuple(str(value) for name, value in parsed.raw_items() if name.lower() == "authentication-results"),
        text=text,
        files=files,
        digest=_digest(message_id, senders, subject, _first(headers, "date"), text, files),
    )


def _first(headers: list[tuple[str, str]], wanted: str) -> str:
    return next((value for name, value in headers if name == wanted), "")


def _addresses(parsed: EmailMessage, *names: str) -> list[tuple[str, str]]:
    """Names and addresses as the header is built, not as it reads: a name may be written to look like an address."""
    values = [value for name in names for value in parsed.get_all(name, [])]
    found = [one for value in values for one in getattr(value, "addresses", ())]
    return [(one.display_name, plain_text(one.addr_spec).lower()) for one in found if one.username and one.domain]


def _addressed(parsed: EmailMessage) -> Iterator[str]:
    for name in ("to", "cc"):
        if len(parsed.get_all(name, [])) == 1:
            yield from (address for _name, address in _addresses(parsed, name))


def _is_automatic(parsed: EmailMessage, headers: list[tuple[str, str]], senders: list[tuple[str, str]]) -> bool:
    """Whether a program wrote it: a bounce, an absence, a list. Such are never answered (RFC 3834)."""
    submitted = _first(headers, "auto-submitted").split(";")[0].strip().lower()
    names = {name for name, _value in headers}
    return (
        submitted not in ("", "no")
        or _first(headers, "precedence").strip().lower() in _BULK
        or bool(names & {"list-id", "x-autoreply", "x-autorespond", "x-auto-reply", "x-failed-recipients"})
        or _first(headers, "return-path").strip() == "<>"
        or parsed.get_content_type() in ("multipart/report", "message/delivery-status")
        or any(_AUTOMATIC.match(address) for _name, address in senders)
    )


def _parts(parsed: EmailMessage) -> Iterator[EmailMessage]:
    """Every part that is no container, without what lies within a forwarded message."""
    waiting, seen = [parsed], 0
    while waiting:
        part = waiting.pop(0)
        seen += 1
        if seen > MOST_PARTS:
            raise Unreadable(f"It has more than {MOST_PARTS} parts.")
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            waiting[:0] = [one for one in part.get_payload() if isinstance(one, EmailMessage)]
        else:
            yield part


def _text(parts: list[EmailMessage], *, is_forward: bool) -> str:
    """The text that was written: plain where there is any, else that of the HTML, else of what was forwarded whole."""
    shown = [part for part in parts if not _is_file(part)]
    plain = [_flowed(part) for part in shown if part.get_content_type() == "text/plain"]
    text = "\n".join(plain).strip()
    if not text:
        html = (_content(part) for part in shown if part.get_content_type() == "text/html")
        text = "\n".join(text_of_html(one, quotes=is_forward) for one in html).strip()
    inner = next((part for part in parts if part.get_content_type() == "message/rfc822"), None)
    if not text and inner is not None:
        forwarded = next((one for one in inner.get_payload() if isinstance(one, EmailMessage)), None)
        return _text(list(_parts(forwarded)), is_forward=True) if forwarded is not None else ""
    return without_quotes(text[:MOST_CHARACTERS], is_forward=is_forward)


def without_quotes(text: str, *, is_forward: bool = False) -> str:
    """What was written now, without what it answers; of a forwarded message all but the lines that say whose it was."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    marks = [found for pattern in (_ANSWERED, _HEADERS, _SHOWN) for found in pattern.finditer(text)]
    first = min(marks, key=lambda found: found.start(), default=None)
    if first is None:
        return text
    if is_forward or not text[: first.start()].strip(" \n>_-"):
        for pattern in (_ANSWERED, _HEADERS, _SHOWN):
            text = pattern.sub("", text)
        return re.sub(r"^> ?", "", text, flags=re.MULTILINE).strip()
    return text[: first.start()].strip()


def _flowed(part: EmailMessage) -> str:
    """Plain text; lines that a mail program broke are one again (RFC 3676)."""
    text = _content(part)
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    return re.sub(r"(?m)(?<!^--) \r?\n(?=[^>\s])", " ", text)


def _content(part: EmailMessage) -> str:
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        return ""
    named = part.get_content_charset() or "utf-8"
    for charset in (named, "utf-8", "cp1252"):
        try:
            return octets.decode(charset)
        except (LookupError, UnicodeDecodeError):
            continue
    return octets.decode("latin-1")


def _is_file(part: EmailMessage) -> bool:
    if part.get_content_type() == "message/rfc822":
        return True
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _files(parts: list[EmailMessage]) -> Iterator[Piece]:
    """What was attached; pictures that stand within the text (signatures, logos) are none."""
    for number, part in enumerate(parts, 1):
        if not _is_file(part):
            continue
        if part.get_content_type() == "message/rfc822":
            inner = next((one for one in part.get_payload() if isinstance(one, EmailMessage)), None)
            if inner is not None:
                subject = plain_text(str(inner.get("subject", "")))[:100] or "message"
                yield Piece(f"{subject}.eml", inner.as_bytes())
            continue
        if part.get_content_maintype() == "image" and part.get_content_disposition() != "attachment":
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and content:
            yield Piece(plain_text(part.get_filename() or f"file {number}"), content)


def _digest(
    message_id: str, senders: list[tuple[str, str]], subject: str, date: str, text: str, files: tuple[Piece, ...]
) -> str:
    made = hashlib.sha256()
    for one in (message_id, *(address for _name, address in senders), subject, date, text):
        made.update(one.encode("utf-8", "surrogatepass") + b"\0")
    for file in files:
        made.update(hashlib.sha256(file.content).digest())
    return made.hexdigest()
