"""Letters on their way: rendered when they go, once."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from comity.identity.models import Organization
from comity.notices.events import LetterWritten
from comity.notices.models import Letter
from comity.notices.stopping import stop_address
from comity.platform.languages import speaking_to
from comity.platform.letters import Brand, Content, compose, send_once
from comity.platform.outbox import at_most_once


def plain_brand(vendor_id: UUID) -> Brand:
    """The vendor's name in our own colour. Runs in the vendor's scope."""
    return Brand(name=Organization.objects.values_list("name", flat=True).get(pk=vendor_id))


_brand: list[Callable[[UUID], Brand]] = [plain_brand]


def dress_by(brand_of: Callable[[UUID], Brand]) -> None:
    """Take what knows how a vendor looks: programmes do, and stand above this room."""
    _brand[0] = brand_of


@at_most_once
def send_letter(event: LetterWritten) -> None:
    """Handler: hand the letter to the mail server. Never twice: when a worker was lost in the middle, a person decides
    whether it is tried again, under the same Message-ID."""
    letter = Letter.objects.select_for_update(of=("self",)).select_related("person").get(pk=event.letter_id)
    if letter.sent_at is not None:
        return
    if letter.person is not None and not letter.person.is_active:
        return
    with speaking_to(letter.language):
        message = compose(_content(letter), to=letter.address)
    message.extra_headers |= {"Message-ID": message_id_of(letter), "Auto-Submitted": "auto-generated"}
    if letter.reply_to:
        message.reply_to = [letter.reply_to]
    if letter.answers:
        message.extra_headers |= {"In-Reply-To": letter.answers, "References": letter.answers}
    if letter.person_id is not None:
        stop = stop_address(letter.person_id, letter.kind)
        message.extra_headers |= {
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    send_once(message)
    letter.sent_at = timezone.now()
    letter.save(update_fields=["sent_at"])


def message_id_of(letter: Letter) -> str:
    """The same at each attempt."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
    return f"<{letter.message_id}@{domain}>"


def address_of(path: str) -> str:
    """A path of ours as people can follow it from outside."""
    return f"{settings.BASE_URL.rstrip('/')}{path}"


def _content(letter: Letter) -> Content:
    brand = _brand[0](letter.vendor_id)
    return Content(
        subject=letter.subject,
        body=letter.body,
        lines=tuple((sentence, address_of(path) if path else "") for sentence, path in letter.lines),
        link=address_of(letter.path) if letter.path else "",
        link_label=_("Open in Comity"),
        reason=_("You get this letter because %(vendor)s and you work together on Comity.") % {"vendor": brand.name},
        settings_link=address_of("/profile/notices/") if letter.person_id else "",
        stop_link=stop_address(letter.person_id, letter.kind) if letter.person_id else "",
        brand=brand,
    )
