"""What becomes of one message: whether its sender is known and proved, and the draft that it makes or adds to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Lower

from comity.deals.cards import registrable
from comity.deals.intake.drafts import keep_draft
from comity.deals.intake.labels import PARTNER, field_of
from comity.deals.intake.mail.answering import Answer, answer_sender
from comity.deals.intake.mail.mailboxes import own_address
from comity.deals.intake.mail.reading import Message, Piece, Unreadable, read_message
from comity.deals.intake.plain_words import read, understand
from comity.deals.models import Mailbox, ReceivedMessage, Registration
from comity.deals.registration.attachments import FilesClosed, TooManyFiles, keep_file
from comity.deals.registration.drafting import LONG_LIMITS, RegistrationDraft, checked, missing_fields, plain_text
from comity.deals.registration.engagement import clauses_of, rules_on
from comity.deals.states.messages import TAKEN, MessageOutcome, MessageReason
from comity.deals.states.registrations import State
from comity.identity.actors import Actor
from comity.identity.models import Person
from comity.identity.queries import actor_of, memberships_of
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.notices.models import Letter
from comity.platform.files import FileTooLarge, FileTypeRefused
from comity.platform.signatures import Proof, Resolver, prove_sender, proved_by_server
from comity.platform.tenancy import tenant
from comity.programs.calendars import today_in
from comity.programs.models import Partnership
from comity.programs.states import Status

HOUR: Final = timedelta(hours=1)
NOTES: Final = LONG_LIMITS["notes"]
_OF_PROOF: Final = {
    Proof.UNSIGNED: MessageReason.UNSIGNED,
    Proof.FAILED: MessageReason.SIGNATURE_FAILED,
    Proof.UNKNOWN: MessageReason.NO_KEY_YET,
}


@dataclass(frozen=True)
class Sender:
    """Somebody who may register deals for these partnerships of the program; `people` says as whom for each."""

    person: Person
    people: dict[UUID, Actor]
    partnerships: list[Partnership]


@dataclass
class Conclusion:
    """What became of a message."""

    outcome: MessageOutcome
    reason: MessageReason | None = None
    draft: Registration | None = None
    missing: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)
    """Each file's name, and why it was not kept or ""."""


def receive(
    *, mailbox: Mailbox, record: ReceivedMessage, raw: bytes, at: datetime, resolver: Resolver | None = None
) -> MessageOutcome:
    """Look at a message once: refuse it, leave it waiting for the DNS, or take it in one transaction of its own.

    Under no tenant, so that nothing is held while the DNS is asked. A second call for the same record changes nothing.
    """
    try:
        message = read_message(raw)
    except Unreadable:
        return conclude(record, Conclusion(MessageOutcome.UNREADABLE, MessageReason.CANNOT_BE_READ))
    refusal = _refused_unseen(message, mailbox)
    if refusal is not None:
        return conclude(record, refusal, message)
    sender = sender_of(message.sender, mailbox)
    if sender is None:
        return conclude(record, Conclusion(MessageOutcome.REFUSED, MessageReason.UNKNOWN_SENDER), message)
    proof = _proof(raw, message, mailbox, resolver)
    if proof is not Proof.PROVED:
        outcome = MessageOutcome.WAITING if proof is Proof.UNKNOWN else MessageOutcome.REFUSED
        return conclude(record, Conclusion(outcome, _OF_PROOF[proof]), message, sender=sender)
    return _receive_proved(mailbox, record, message, sender, at)


def _receive_proved(
    mailbox: Mailbox, record: ReceivedMessage, message: Message, sender: Sender, at: datetime
) -> MessageOutcome:
    """Make of it what it says and answer, all or nothing."""
    with tenant(organization_id=mailbox.vendor_id, person_id=sender.person.pk, door="job"):
        held = Mailbox.objects.select_for_update(of=("self",)).select_related("program").get(pk=mailbox.pk)
        current = ReceivedMessage.objects.select_for_update().get(pk=record.pk)
        if current.outcome != MessageOutcome.WAITING:
            return MessageOutcome(current.outcome)
        partnership = _meant(message, sender)
        found = _take(held, current, message, sender, partnership, at)
        _write(current, found, message, sender, partnership)
        answer = Answer(
            mailbox=held, record=current, partnership=partnership or sender.partnerships[0], person=sender.person,
            draft=found.draft, missing=found.missing, wrong=found.wrong, files=found.files,
        )  # fmt: skip
        answer_sender(answer)
        return found.outcome


def conclude(
    record: ReceivedMessage, found: Conclusion, message: Message | None = None, *, sender: Sender | None = None
) -> MessageOutcome:
    """Write down what became of a message of which no draft becomes. Under no tenant."""
    with tenant(organization_id=record.vendor_id, door="job"):
        current = ReceivedMessage.objects.select_for_update().get(pk=record.pk)
        if current.outcome == MessageOutcome.WAITING:
            _write(current, found, message, sender, None)
        return MessageOutcome(current.outcome)


def _write(
    record: ReceivedMessage, found: Conclusion, message: Message | None, sender: Sender | None,
    partnership: Partnership | None,
) -> None:  # fmt: skip
    record.outcome, record.reason = found.outcome.value, found.reason.value if found.reason else ""
    if message is not None:
        record.sender, record.sender_name = message.sender[:254], message.sender_name
        record.subject, record.digest = message.subject, message.digest
        record.message_id = plain_text(message.message_id)[:910]
    if sender is not None:
        record.person_id = sender.person.pk
    if partnership is not None:
        record.partnership = partnership
    record.registration_id = found.draft.pk if found.draft else None
    record.missing, record.files = list(found.missing), [list(one) for one in found.files]
    record.save()


def _refused_unseen(message: Message, mailbox: Mailbox) -> Conclusion | None:
    """What is clear before anybody is looked up."""
    if message.sender in (mailbox.address, own_address()):
        return Conclusion(MessageOutcome.IGNORED, MessageReason.OWN)
    if message.is_automatic:
        return Conclusion(MessageOutcome.IGNORED, MessageReason.AUTOMATIC)
    if not message.sender:
        return Conclusion(MessageOutcome.REFUSED, MessageReason.NO_SENDER)
    # A message that was signed for somebody else could be passed on to us by whoever has it.
    if mailbox.address not in message.addressed:
        return Conclusion(MessageOutcome.REFUSED, MessageReason.NOT_ADDRESSED)
    return None


def sender_of(address: str, mailbox: Mailbox) -> Sender | None:
    """Who signs in with this address and registers deals for an active partner of the program. Under no tenant."""
    person = Person.objects.alias(written=Lower("email")).filter(written=address, is_active=True).first()
    if person is None:
        return None
    with tenant(person_id=person.pk, door="job"):
        known = [actor_of(membership, str(person)) for membership in memberships_of(person.pk)]
    people = {actor.organization_id: actor for actor in known if actor.can(Permission.PORTAL_DEALS)}
    with tenant(organization_id=mailbox.vendor_id, door="job"):
        active = Partnership.objects.filter(vendor_id=mailbox.vendor_id, program_id=mailbox.program_id)
        found = active.filter(partner_id__in=people, status=Status.ACTIVE).select_related("program")
        partnerships = list(found.order_by("sort_name", "id"))
    return Sender(person, people, partnerships) if partnerships else None


def _proof(raw: bytes, message: Message, mailbox: Mailbox, resolver: Resolver | None) -> Proof:
    of = message.sender.rpartition("@")[2]

    def is_of_sender(domain: str) -> bool:
        return domain == of or bool(registrable(of) and registrable(of) == registrable(domain))

    server = mailbox.trusted_server
    if server and proved_by_server(message.results, server=server, is_of_sender=is_of_sender):
        return Proof.PROVED
    return prove_sender(raw, is_of_sender=is_of_sender, resolver=resolver)


def _meant(message: Message, sender: Sender) -> Partnership | None:
    """For which partner somebody writes who works for several: the one of the draft that is answered, or the one
    named in a line "Partner: …"."""
    if len(sender.partnerships) == 1:
        return sender.partnerships[0]
    for line in message.text.split("\n"):
        label, colon, name = line.partition(":")
        if colon and field_of(label) == PARTNER:
            return next((one for one in sender.partnerships if one.name.casefold() == name.strip().casefold()), None)
    answered = draft_answered(message.answers, sender.partnerships)
    of = answered.partnership_id if answered else None
    return next((one for one in sender.partnerships if one.pk == of), None)


def draft_answered(answers: tuple[str, ...], partnerships: list[Partnership]) -> Registration | None:
    """The registration of these partnerships that an earlier message became which is answered now, or which a letter of
    ours was about that is answered. Vendor's side."""
    if not answers:
        return None
    vendor_id = partnerships[0].vendor_id
    tokens = {one.strip("<>").rpartition("@")[0]: one for one in answers}
    letters = Letter.objects.filter(vendor_id=vendor_id, kind="draft_by_email", message_id__in=tokens)
    of_letters = {key.partition(":")[0]: tokens[token] for token, key in letters.values_list("message_id", "key")}
    said = ReceivedMessage.objects.filter(vendor_id=vendor_id, partnership__in=partnerships, outcome__in=TAKEN)
    drafts: dict[str, UUID | None] = dict(
        said.filter(message_id__in=answers).values_list("message_id", "registration_id")
    )
    for key, draft in said.filter(pk__in=of_letters).values_list("pk", "registration_id"):
        drafts[of_letters[str(key)]] = draft
    nearest = next((draft for one in answers if (draft := drafts.get(one)) is not None), None)
    if nearest is None:
        return None
    return Registration.objects.filter(vendor_id=vendor_id, partnership__in=partnerships, pk=nearest).first()


def _take(
    mailbox: Mailbox, record: ReceivedMessage, message: Message, sender: Sender, partnership: Partnership | None,
    at: datetime,
) -> Conclusion:  # fmt: skip
    """On the vendor's side, with the mailbox held: two workers never take two copies of a message."""
    copies = ReceivedMessage.objects.filter(vendor_id=mailbox.vendor_id, mailbox=mailbox, digest=message.digest)
    copy = copies.filter(outcome__in=TAKEN).exclude(pk=record.pk).first()
    if copy is not None:
        return Conclusion(MessageOutcome.KNOWN, MessageReason.SAME_AGAIN)
    if partnership is None:
        return Conclusion(MessageOutcome.REFUSED, MessageReason.SEVERAL_PARTNERS)
    if (
        _lately(partnership, at)
        >= clauses_of(rules_on(mailbox.program, today_in(mailbox.program, at))).submissions_an_hour
    ):
        return Conclusion(MessageOutcome.REFUSED, MessageReason.TOO_MANY)
    answered = draft_answered(message.answers, [partnership])
    if answered is not None and answered.state != State.DRAFT:
        return Conclusion(MessageOutcome.KNOWN, MessageReason.SUBMITTED, draft=answered)
    said = understand(message.text)
    if not said.fields and not (answered and message.files):
        missing = missing_fields(answered) if answered else {}
        return Conclusion(MessageOutcome.REFUSED, MessageReason.NOTHING_UNDERSTOOD, draft=answered, missing=missing)
    understood = read(said.fields)
    rest = [line for line in (*said.rest, *understood.rest) if not _names_partner(line)]
    values, wrong, unkept = tolerated(partnership, understood.values, at=at)
    values["notes"] = _notes(answered, values.get("notes", ""), [*rest, *unkept])
    key = answered.intake_key if answered and answered.intake_key else f"mail:{record.pk}"
    draft, _became = keep_draft(partnership, values, key=key, begun_by_id=sender.person.pk, at=at)
    files = [_keep(draft, file, sender.people[partnership.partner_id], at) for file in message.files]
    return Conclusion(
        MessageOutcome.ADDED if answered else MessageOutcome.DRAFT, draft=draft, missing=missing_fields(draft),
        wrong={**understood.wrong, **wrong}, files=files,
    )  # fmt: skip


def tolerated(
    partnership: Partnership, values: dict[str, Any], *, at: datetime
) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """The values that may be kept, why others may not, and those as lines for the notes: nothing that was written is
    lost. Vendor's side."""
    kept, wrong, unkept = dict(values), dict[str, str](), list[str]()
    while True:
        try:
            checked(partnership, RegistrationDraft(**kept), at=at)
            return kept, wrong, unkept
        except Invalid as refused:
            for name in [name for name in refused.fields if name in kept]:
                value = kept.pop(name)
                wrong[name] = refused.fields[name]
                text = ", ".join(value) if isinstance(value, tuple) else str(value)
                unkept.append(f"{name.replace('_', ' ').capitalize()}: {text}")
            if not set(refused.fields) & wrong.keys():
                raise


def _notes(answered: Registration | None, said: str, lines: list[str]) -> str:
    before = answered.notes if answered else ""
    text = plain_text("\n".join(part for part in (before, said, "\n".join(lines).strip()) if part), lines=True)
    return text if len(text) <= NOTES else f"{text[: NOTES - 1]}…"


def _names_partner(line: str) -> bool:
    label, colon, _name = line.partition(":")
    return bool(colon) and field_of(label) == PARTNER


def _lately(partnership: Partnership, at: datetime) -> int:
    """Drafts of the partner that came by e-mail within an hour."""
    of_partner = ReceivedMessage.objects.filter(vendor_id=partnership.vendor_id, partnership=partnership)
    return of_partner.filter(received_at__gt=at - HOUR, outcome__in=TAKEN).count()


def _keep(draft: Registration, file: Piece, actor: Actor, at: datetime) -> tuple[str, str]:
    name = plain_text(file.name or "")[:200]
    try:
        with transaction.atomic():
            return keep_file(draft, file, actor, at=at).name, ""
    except (FileTooLarge, FileTypeRefused, TooManyFiles, FilesClosed) as refused:
        return name, refused.message
