"""How a letter looks: one layout for all, as HTML made from MJML and as plain text, in the sender's colour."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass, field
from typing import Final

import mrml
from django.core.mail import EmailMultiAlternatives, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

from comity.kernel.colours import hex_of, rgb_of
from comity.platform.mail import one_line
from comity.platform.outbox import OutcomeUnknown

HUE: Final = 268
"""Degrees in OKLCH: ours, where a sender has chosen none."""
LIGHTNESS, CHROMA = 0.5, 0.15
"""Of the accent on white, as in tokens.css."""


@dataclass(frozen=True)
class Brand:
    """In whose name a letter is written."""

    name: str = "Comity"
    hue: int = HUE


@dataclass(frozen=True)
class Content:
    """What a letter says; paragraphs are parted by an empty line."""

    subject: str
    body: str
    link: str = ""
    link_label: str = ""
    after: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    """(sentence, address) each, below the body."""
    reason: str = ""
    """Why one gets it, small at the end."""
    settings_link: str = ""
    stop_link: str = ""
    brand: Brand = field(default_factory=Brand)


def compose(content: Content, *, to: str) -> EmailMultiAlternatives:
    """The letter with both its parts; without control characters in its subject."""
    values = {
        "content": content,
        "colour": colour_of(content.brand.hue),
        "paragraphs": _paragraphs(content.body),
        "after": _paragraphs(content.after),
    }
    plain = render_to_string("platform/letter.txt", values)
    message = EmailMultiAlternatives(subject=one_line(content.subject), body=plain, to=[to])
    options = mrml.RenderOptions(disable_comments=True, fonts={})
    source = render_to_string("platform/letter.mjml", values)
    message.attach_alternative(mrml.to_html(source, render_options=options).content, "text/html")
    return message


def send_once(message: EmailMultiAlternatives) -> None:
    """Hand a letter to the mail server. What the server refused raises as it is and may be tried again; when nobody can
    say whether it was taken, OutcomeUnknown is raised."""
    mailer = mailers.default
    mailer.open()
    try:
        mailer.send_messages([message])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError):
        raise
    except (smtplib.SMTPException, OSError) as lost:
        raise OutcomeUnknown(f"The mail server was lost while it took the letter ({lost}).") from lost
    finally:
        _close_quietly(mailer)


def _close_quietly(mailer: BaseEmailBackend) -> None:
    """The letter is out, or was refused; how the server says goodbye changes nothing."""
    try:
        mailer.close()
    except (smtplib.SMTPException, OSError):
        return


def colour_of(hue: int) -> str:
    """The accent of a hue as `#rrggbb`: mail programs know no other."""
    return hex_of(rgb_of(LIGHTNESS, CHROMA, hue))


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
