"""Digests: what somebody wants to hear once a day or once a week, in one letter a vendor."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comity.identity.models import Person
from comity.kernel.ids import public_id
from comity.notices.events import LetterWritten
from comity.notices.models import Letter, Notice
from comity.notices.queries import ways_of
from comity.notices.rules import digest_key, last_cut
from comity.notices.services import vendor_name
from comity.notices.states import Way
from comity.platform.languages import speaking_to
from comity.platform.outbox import announce
from comity.platform.tenancy import tenant

DIGEST: Final = "digest"
MOST_LINES: Final = 100


def digests_due(now: datetime) -> list[tuple[UUID, UUID, Way]]:
    """(vendor, person, way) of each digest that can be written now. Needs a scope without an organization."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT vendor_id, person_id, way, oldest FROM comity_digests_waiting()")
        waiting = cursor.fetchall()
    zones = dict(Person.objects.filter(pk__in={row[1] for row in waiting}).values_list("pk", "time_zone"))
    return [
        (vendor_id, person_id, Way(way))
        for vendor_id, person_id, way, oldest in waiting
        if person_id in zones and oldest < last_cut(Way(way), zones[person_id], now)
    ]


@transaction.atomic
def write_digest(*, vendor_id: UUID, person_id: UUID, way: Way, now: datetime) -> Letter | None:
    """Write the letter of what a person has not read yet; None where there is nothing, or it was written before."""
    person = Person.objects.get(pk=person_id)
    cut = last_cut(way, person.time_zone, now)
    with (
        tenant(organization_id=vendor_id, person_id=person_id, door="job"),
        speaking_to(person.language, person.time_zone),
    ):
        quiet = [kind for kind, chosen in ways_of(person_id).items() if chosen in (Way.OFF, Way.INBOX)]
        waiting = Notice.objects.filter(
            vendor_id=vendor_id, person=person, way=way, letter__isnull=True, read_at__isnull=True, created_at__lt=cut
        )
        found = list(waiting.exclude(kind__in=quiet).order_by("created_at", "id"))
        if not found or not person.is_active:
            return None
        return _write(person, vendor_id, digest_key(way, cut), found)


def _write(person: Person, vendor_id: UUID, key: str, found: list[Notice]) -> Letter | None:
    name, shown = vendor_name(), found[:MOST_LINES]
    count = ngettext("%(n)s thing happened at %(vendor)s", "%(n)s things happened at %(vendor)s", len(found))
    subject = count % {"n": len(found), "vendor": name}
    body = f"{subject}."
    if len(found) > len(shown):
        body += "\n\n" + _("The first %(n)s:") % {"n": len(shown)}
    letter, made = Letter.objects.get_or_create(
        vendor_id=vendor_id,
        kind=DIGEST,
        key=key,
        address=person.email,
        defaults={
            "person": person,
            "subject": subject,
            "body": body,
            "lines": [[notice.sentence, notice.path] for notice in shown],
            "language": person.language,
            "message_id": public_id(24),
        },
    )
    if not made:
        return None
    Notice.objects.filter(vendor_id=vendor_id, pk__in=[notice.pk for notice in found]).update(letter=letter)
    announce(LetterWritten(letter_id=letter.pk))
    return letter
