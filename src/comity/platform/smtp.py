"""Letters through an SMTP server, signed by DKIM when there is a key."""

from __future__ import annotations

import email.policy
from dataclasses import dataclass
from pathlib import Path
from smtplib import SMTPServerDisconnected
from typing import Any, Final

import dkim
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

SIGNED_HEADERS: Final = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"mime-version", b"content-type",
    b"content-transfer-encoding", b"auto-submitted", b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip
"""Those of the unsubscribe link must be among them, or receivers do not offer it (RFC 8058, section 4)."""


@dataclass(frozen=True)
class Signer:
    """A DKIM key: the private half, and under which name of which domain its public half stands in the DNS."""

    key: bytes
    selector: str
    domain: str

    def sign(self, message: bytes) -> bytes:
        """The letter with its signature in front; line ends as on the wire."""
        signature: bytes = dkim.sign(
            message,
            self.selector.encode(),
            self.domain.encode(),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=list(SIGNED_HEADERS),
        )
        return signature + message


def signer_of(*, key_file: str, selector: str, domain: str) -> Signer | None:
    """The signer of the settings; None without a key. Raises ImproperlyConfigured for a key that cannot be used."""
    if not key_file:
        return None
    try:
        signer = Signer(Path(key_file).read_bytes(), selector, domain)
        signer.sign(b"From: a@example.com\r\n\r\n\r\n")
    except (OSError, ValueError, dkim.DKIMException) as problem:
        raise ImproperlyConfigured(
            f"COMITY_DKIM_KEY_FILE {key_file} cannot be used ({problem}); it must be a private RSA key as PEM."
        ) from problem
    return signer


class SigningSmtp(EmailBackend):
    """Django's, which signs each letter before it goes out."""

    def __init__(
        self, *, dkim_key_file: str = "", dkim_selector: str = "", dkim_domain: str = "", **options: Any
    ) -> None:
        super().__init__(**options)
        self.signer = signer_of(key_file=dkim_key_file, selector=dkim_selector, domain=dkim_domain)

    def _send(self, email_message: EmailMessage) -> bool:
        if not email_message.recipients():
            return False
        sender = self.prep_address(email_message.from_email)
        recipients = [self.prep_address(address) for address in email_message.recipients()]
        content = email_message.message(policy=email.policy.SMTP).as_bytes()
        if self.connection is None:
            raise SMTPServerDisconnected("The connection was closed.")
        self.connection.sendmail(sender, recipients, self.signer.sign(content) if self.signer else content)
        return True
