"""Letters about registrations, to both sides. What a partner gets is written under the partner's own scope, from what
it may read: nothing of anybody else's can stand in it."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from comity.deals.events import (
    ConflictFound,
    ProtectionEnding,
    RegistrationAppealed,
    RegistrationMoved,
    RegistrationOverdue,
)
from comity.deals.models import (
    DealConflict,
    ProtectionExtension,
    Registration,
    RegistrationAppeal,
    RegistrationStep,
)
from comity.deals.registration.decisions import newest_verdict
from comity.deals.registration.queries import masked_verdict_of
from comity.deals.states.registrations import PROTECTED, Move
from comity.identity.models import Person
from comity.platform.mail import one_line
from comity.platform.tenancy import tenant
from comity.programs.models import Partnership

#: What a letter to the partner says happened.
_TOLD: Final = {
    Move.APPROVE: "is approved",
    Move.APPROVE_WITH_CONDITIONS: "is approved with conditions",
    Move.QUEUE: "waits in the queue",
    Move.REJECT: "is rejected",
    Move.RETURN: "needs more information",
    Move.REVIEW: "is being looked at again",
    Move.EXPIRE: "has expired",
    Move.REVOKE: "is revoked",
    Move.WIN: "is closed: the deal is won",
    Move.LOSE: "is closed: the deal is lost",
}
_ASKS_VENDOR: Final = (Move.SUBMIT, Move.ANSWER, Move.REVIEW)


def tell_of_move(event: RegistrationMoved) -> None:
    """Handler: the partner learns of each decision with its reasons, the partner manager of what waits."""
    registration = _load(event.registration_id)
    step = RegistrationStep.objects.get(registration=registration, sequence=event.sequence)
    move = Move(step.move)
    if move in (Move.SUBMIT, Move.ANSWER):
        _to_partner(registration, f"{registration.reference} is received", "received", step=step)
    elif move in _TOLD:
        subject, reason = f"{registration.reference} {_TOLD[move]}", step.reason.replace("_", " ")
        _to_partner(registration, subject, "decision", step=step, reason=reason)
    if move in _ASKS_VENDOR or step.against_verdict:
        _to_vendor(registration, step)


def tell_of_protection(event: ProtectionEnding) -> None:
    """Handler: a protection ends soon, or an extension was asked for or decided."""
    registration = _load(event.registration_id)
    if registration.state not in PROTECTED:
        return
    newest = ProtectionExtension.objects.filter(registration=registration).order_by("-asked_at").first()
    if event.days == 0 and newest is not None and newest.state == "asked":
        subject = f"{registration.reference}: {registration.partnership.name} asks for more time"
        _send(_managers(registration.partnership), subject, "extension_asked", registration, extension=newest)
        return
    subject = f"{registration.reference}: protected until {registration.protected_until:%-d %B %Y}"
    _to_partner(registration, subject, "protection", days=event.days, extension=newest if event.days == 0 else None)


def tell_of_appeal(event: RegistrationAppealed) -> None:
    """Handler: the manager learns of an appeal, the partner of its answer."""
    appeal = RegistrationAppeal.objects.select_related("registration").get(pk=event.appeal_id)
    registration = _load(appeal.registration_id)
    if not event.answered:
        subject = f"{registration.reference}: {registration.partnership.name} appeals"
        _send(_managers(registration.partnership), subject, "appeal_filed", registration, appeal=appeal)
    else:
        _to_partner(registration, f"{registration.reference}: your appeal is {appeal.state}", "appeal", appeal=appeal)


def tell_of_delay(event: RegistrationOverdue) -> None:
    """Handler: whoever stands above the partner manager learns that a decision is overdue."""
    registration = _load(event.registration_id)
    manager = registration.partnership.manager
    above = manager.reports_to if manager is not None and manager.reports_to is not None else manager
    subject = f"{registration.reference}: nobody has decided yet"
    _send([one for one in [_address_of(above)] if one], subject, "overdue", registration)


def tell_of_conflict(event: ConflictFound) -> None:
    """Handler: both owners learn of a conflict; the partner only that its registration is looked at."""
    conflict = DealConflict.objects.select_related("opportunity__manager", "registration").get(pk=event.conflict_id)
    registration = _load(conflict.registration_id)
    owner = conflict.opportunity.manager
    also = [address for address in [_address_of(owner)] if address]
    recipients = list(dict.fromkeys([*_managers(registration.partnership), *also]))
    subject = f"Conflict: {conflict.opportunity.name} and {registration.reference}"
    _send(recipients, subject, "conflict", registration, conflict=conflict)
    _to_partner(registration, f"{registration.reference}: a question about your customer", "conflict_partner")


def _load(registration_id: Any) -> Registration:
    rows = Registration.objects.select_related("program", "partnership__manager__person")
    return rows.get(pk=registration_id)


def _to_vendor(registration: Registration, step: RegistrationStep) -> None:
    subject = f"{registration.reference}: {registration.customer_name}, by {registration.partnership.name}"
    verdict = newest_verdict(registration)
    _send(_managers(registration.partnership), subject, "to_decide", registration, verdict=verdict, step=step)


def _to_partner(registration: Registration, subject: str, template: str, **values: Any) -> None:
    people = Person.objects.filter(pk__in=[registration.submitted_by_id, registration.begun_by_id], is_active=True)
    recipients = sorted({person.email for person in people})
    path = f"/portal/{registration.partnership_id}/deals/registrations/{registration.pk}/"
    with tenant(organization_id=registration.partner_id, door="job"):
        own = Registration.objects.select_related("program").get(pk=registration.pk)
        _send(recipients, subject, template, own, path=path, verdict=masked_verdict_of(own), **values)


def _managers(partnership: Partnership) -> list[str]:
    address = _address_of(partnership.manager)
    return [address] if address else []


def _address_of(manager: Any) -> str:
    if manager is None:
        return ""
    return str(manager.email or (manager.person.email if manager.person else ""))


def _send(recipients: list[str], subject: str, template: str, registration: Registration, **values: Any) -> None:
    if not recipients:
        return
    path = values.pop("path", f"/workspace/{registration.program.slug}/deals/registrations/{registration.pk}/")
    body = render_to_string(
        f"deals/{template}.txt",
        {"registration": registration, "address": f"{settings.BASE_URL.rstrip('/')}{path}", **values},
    )
    EmailMessage(subject=one_line(subject), body=body, to=recipients).send()
