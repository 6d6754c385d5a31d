"""What a person says of two records: kept as a labelled pair, and what depends on it is judged again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from comity.deals.models import CustomerQuestion, Registration
from comity.deals.registration.recording import locked
from comity.deals.registration.rejudging import judge_again
from comity.deals.registration.sides import lock_program
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words
from comity.matching.models import Answer
from comity.matching.record import Kind, Record
from comity.matching.services import record_answer


class QuestionAnswered(Conflict):
    """Somebody answered meanwhile."""

    code, title = "question_answered", words("Somebody answered this already")


@transaction.atomic
def answer_question(*, question: CustomerQuestion, actor: Actor, answer: str, at: datetime) -> CustomerQuestion:
    """Keep what a person said of a pair, and judge again the undecided registrations that it concerns.

    Raises NotAllowed, Invalid (answer), QuestionAnswered.
    """
    actor.require(Permission.EDIT_DEALS)
    if answer not in set(Answer):
        raise Invalid(
            words("Nothing was answered."), fields={"answer": words("Answer with same, family or different.")}
        )
    current = CustomerQuestion.objects.select_for_update().get(vendor_id=question.vendor_id, pk=question.pk)
    if current.answer:
        raise QuestionAnswered(words("Somebody else answered this meanwhile; the next question is below."))
    left, right = (Record(**{"id": "", "name": "", **side}) for side in (current.left, current.right))
    record_answer(actor=actor, left=left, right=right, answer=Answer(answer))
    current.answer, current.answered_at, current.answered_by_id = answer, at, actor.person_id
    current.save(update_fields=["answer", "answered_at", "answered_by_id"])
    sides = ((current.left_kind, current.left_id), (current.right_kind, current.right_id))
    ids = [key for kind, key in sides if kind == Kind.REGISTRATION]
    for row in Registration.objects.filter(vendor_id=current.vendor_id, pk__in=ids).order_by("program_id", "id"):
        lock_program(row.program_id)
        judge_again(locked(row), at=at)
    return current
