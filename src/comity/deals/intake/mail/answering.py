"""What is mailed back: what became a draft, what it lacks, what could not be read. To known senders only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from comity.deals.intake.mail.form import LABELS, form_to_fill
from comity.deals.models import Mailbox, ReceivedMessage, Registration
from comity.deals.states.messages import MessageOutcome, MessageReason
from comity.identity.models import Person
from comity.notices.services import Fact, readers, tell
from comity.platform.languages import said
from comity.programs.models import Partnership

KIND: Final = "draft_by_email"
_SENTENCES: Final = {
    MessageReason.SUBMITTED: _("Your e-mail on %(customer)s changed nothing: it is registered already."),
    MessageReason.SEVERAL_PARTNERS: _("Your e-mail became no draft: for which partner do you write?"),
    MessageReason.TOO_MANY: _("Your e-mail became no draft: there were too many within an hour."),
    MessageReason.NOTHING_UNDERSTOOD: _("Your e-mail became no draft: no field was understood."),
}
_LACKS: Final = _("Your e-mail is a draft for %(customer)s. Something is missing.")
_COMPLETE: Final = _("Your e-mail is a draft for %(customer)s. Nothing is missing; register it.")
_NO_NAME: Final = _("a customer without a name")


@dataclass(frozen=True)
class Answer:
    """Whom to tell what."""

    mailbox: Mailbox
    record: ReceivedMessage
    partnership: Partnership
    person: Person
    draft: Registration | None
    missing: dict[str, str]
    wrong: dict[str, str]
    files: list[tuple[str, str]]


def answer_sender(answer: Answer) -> None:
    """Tell the sender what became of the message, in the transaction in which that is written. A copy of a message is
    not answered again, and of too many within an hour the first alone."""
    outcome, reason = answer.record.outcome, answer.record.reason
    if outcome == MessageOutcome.KNOWN and reason != MessageReason.SUBMITTED:
        return
    key = str(answer.record.pk)
    if reason == MessageReason.TOO_MANY:
        key = f"{answer.mailbox.pk}:{answer.record.received_at:%Y-%m-%d %H}"
    draft, of = answer.draft, answer.partnership.pk
    path = f"/portal/{of}/deals/registrations/new/"
    if draft is not None:
        path = f"/portal/{of}/deals/registrations/{draft.pk}/{'edit/' if draft.state == 'draft' else ''}"
    sentence = _SENTENCES[MessageReason(reason)] if reason else _LACKS if answer.missing else _COMPLETE
    fact = Fact(
        KIND, key, path, values={"customer": (draft.customer_name if draft else "") or _NO_NAME}, sentence=sentence,
        body=lambda: _body(answer), reply_to=answer.mailbox.address, answers=answer.record.message_id,
    )  # fmt: skip
    tell(vendor_id=answer.mailbox.vendor_id, to=readers(answer.person.pk), fact=fact)


def _body(answer: Answer) -> str:
    """The letter, in the language that is active."""
    names = [name for name in LABELS if name in answer.missing or name in answer.wrong]
    context = {
        "reason": answer.record.reason,
        "draft": answer.draft,
        "missing": [(LABELS[name], said(why)) for name, why in answer.missing.items() if name not in answer.wrong],
        "wrong": [(LABELS[name], said(why)) for name, why in answer.wrong.items() if name in LABELS],
        "refused": [(name, said(why)) for name, why in answer.files if why],
        "kept": [name for name, why in answer.files if not why],
        "address": answer.mailbox.address,
        "form": form_to_fill(*names) if answer.draft else form_to_fill(),
    }
    return render_to_string("deals/draft_by_email.txt", context).strip()
