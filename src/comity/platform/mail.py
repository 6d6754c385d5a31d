"""Mail. Without an SMTP server, letters are put into the home's `mail/` folder, where the operator can read them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
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


def one_line(text: str) -> str:
    """A name as it may stand in a subject or a sentence: without line breaks, which would begin another header."""
    return " ".join(text.split())[:200]
