"""Mail. Without an SMTP server, letters are put into the home's `mail/` folder, where the operator can read them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage as EmailMessageOnTheWire
from email.policy import default as default_policy
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


def mailbox() -> Path:
    """The folder of letters that were not sent through SMTP."""
    folder: Path = settings.HOME.path / "mail"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


class HomeMailbox(BaseEmailBackend):
    """Writes each letter as an `.eml` file, newest last by name."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the letters; returns how many."""
        for message in email_messages:
            name = f"{time.time_ns()}-{secrets.token_hex(3)}.eml"
            (mailbox() / name).write_bytes(message.message().as_bytes())
        return len(email_messages)


@dataclass(frozen=True)
class KeptLetter:
    """A letter in the home's folder, as it would have gone out."""

    name: str
    message: EmailMessageOnTheWire

    def part(self, kind: str) -> str:
        """The text of its `plain` or `html` part; "" where it has none."""
        found = self.message.get_body((kind,))
        return str(found.get_content()) if found is not None else ""


def kept_letters(most: int = 100) -> list[KeptLetter]:
    """The newest letters that were put into the folder."""
    names = sorted((path.name for path in mailbox().glob("*.eml")), reverse=True)[:most]
    return [found for found in map(kept_letter, names) if found is not None]


def kept_letter(name: str) -> KeptLetter | None:
    """One of them by its name; None for what is no letter there."""
    path = mailbox() / f"{Path(name).stem}.eml"
    try:
        content = path.read_bytes()
    except (OSError, ValueError):
        return None
    return KeptLetter(path.stem, message_from_bytes(content, policy=default_policy))


def one_line(text: str) -> str:
    """A name as it may stand in a subject or a sentence: without line breaks, which would begin another header."""
    return " ".join(text.split())[:200]
