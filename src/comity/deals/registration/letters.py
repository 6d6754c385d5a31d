"""What people are told of registrations, on both sides. What a partner gets is written under the partner's own scope,
from what it may read: nothing of anybody else's can stand in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from comity.deals.events import (
    ConflictFound,
    ProtectionEnding,
    RegistrationAppealed,
    RegistrationMoved,
    RegistrationOverdue,
    RegistrationUpdated,
)
from comity.deals.models import (
    DealConflict,
    ProtectionExtension,
    Registration,
    RegistrationAppeal,
    RegistrationStep,
    RegistrationUpdate,
)
from comity.deals.registration.decisions import newest_verdict
from comity.deals.registration.queries import masked_verdict_of
from comity.deals.registration.stand_ins import who_stands_in
from comity.deals.states.registrations import PROTECTED, Move
from comity.identity.models import Membership
from comity.identity.roles import Permission, Role, permissions_of
from comity.notices.services import Fact, Reader, readers, tell
from comity.platform.tenancy import tenant
from comity.programs.calendars import today_in
from comity.programs.models import Manager

#: What the partner is told happened.
_TOLD: Final = {
    Move.APPROVE: _("%(reference)s is approved."),
    Move.APPROVE_WITH_CONDITIONS: _("%(reference)s is approved with conditions."),
    Move.QUEUE: _("%(reference)s waits in the queue."),
    Move.REJECT: _("%(reference)s is rejected."),
    Move.RETURN: _("%(reference)s needs more information."),
    Move.REVIEW: _("%(reference)s is being looked at again."),
    Move.EXPIRE: _("%(reference)s has expired."),
    Move.REVOKE: _("%(reference)s is revoked."),
    Move.WIN: _("%(reference)s is closed: the deal is won."),
    Move.LOSE: _("%(reference)s is closed: the deal is lost."),
}
_STATES: Final = {"conditionally_approved": _("approved with conditions"), "in_review": _("in review")}
_APPEALS: Final = {
    "granted": _("%(reference)s: your appeal is granted."),
    "dismissed": _("%(reference)s: your appeal is dismissed."),
}
_day: Final = lazy(date_format, str)  # said when it is read, in the reader's language
_ASKS_VENDOR: Final = (Move.SUBMIT, Move.ANSWER, Move.REVIEW)


def tell_of_move(event: RegistrationMoved) -> None:
    """Handler: the partner learns of each decision with its reasons, the partner manager of what waits."""
    registration = _load(event.registration_id)
    step = RegistrationStep.objects.get(registration=registration, sequence=event.sequence)
    move, key = Move(step.move), f"{registration.pk}:{step.sequence}"
    if move in (Move.SUBMIT, Move.ANSWER):
        _to_partner(registration, Fact("registration_received", key, ""), "received", step=step)
    elif move in _TOLD:
        fact = Fact("registration_decided", key, "", sentence=_TOLD[move])
        said = {"reason": step.reason.replace("_", " "), "state": _STATES.get(step.to_state, step.to_state)}
        _to_partner(registration, fact, "decision", step=step, **said)
    if move in _ASKS_VENDOR or step.against_verdict:
        fact = Fact("registration_to_decide", key, "")
        _to_vendor(registration, fact, "to_decide", verdict=newest_verdict(registration), step=step)


def tell_of_protection(event: ProtectionEnding) -> None:
    """Handler: a protection ends soon, or an extension was asked for or decided."""
    registration = _load(event.registration_id)
    if registration.state not in PROTECTED:
        return
    newest = ProtectionExtension.objects.filter(registration=registration).order_by("-asked_at").first()
    if event.days == 0 and newest is not None and newest.state == "asked":
        _to_vendor(registration, Fact("extension_asked", str(newest.pk), ""), "extension_asked", extension=newest)
        return
    until = registration.protected_until
    key = f"{newest.pk}:{newest.state}" if event.days == 0 and newest else f"{registration.pk}:{until}:{event.days}"
    fact = Fact("protection_ending", key, "", values={"day": _day(until, "SHORT_DATE_FORMAT") if until else ""})
    _to_partner(registration, fact, "protection", days=event.days, extension=newest if event.days == 0 else None)


def tell_of_appeal(event: RegistrationAppealed) -> None:
    """Handler: the manager learns of an appeal, the partner of its answer."""
    appeal = RegistrationAppeal.objects.select_related("registration").get(pk=event.appeal_id)
    registration = _load(appeal.registration_id)
    if not event.answered:
        _to_vendor(registration, Fact("registration_appealed", str(appeal.pk), ""), "appeal_filed", appeal=appeal)
    else:
        fact = Fact("appeal_answered", str(appeal.pk), "", sentence=_APPEALS.get(appeal.state))
        _to_partner(registration, fact, "appeal", appeal=appeal)


def tell_of_update(event: RegistrationUpdated) -> None:
    """Handler: the manager reads how the partner's deal goes."""
    update = RegistrationUpdate.objects.get(pk=event.update_id)
    registration = _load(update.registration_id)
    _to_vendor(registration, Fact("registration_updated", str(update.pk), ""), "update", update=update)


def tell_of_delay(event: RegistrationOverdue) -> None:
    """Handler: whoever stands above the partner manager learns that a decision is overdue."""
    registration = _load(event.registration_id)
    manager = registration.partnership.manager
    above = manager.reports_to if manager is not None and manager.reports_to is not None else manager
    fact = Fact("registration_overdue", f"{registration.pk}:{registration.due_at}", "")
    _to_vendor(registration, fact, "overdue", to=_readers(above))


def tell_of_conflict(event: ConflictFound) -> None:
    """Handler: both owners learn of a conflict; the partner only that its registration is looked at."""
    conflict = DealConflict.objects.select_related("opportunity__manager", "registration").get(pk=event.conflict_id)
    registration = _load(conflict.registration_id)
    to = dict.fromkeys([*_managers(registration), *_readers(conflict.opportunity.manager)])
    fact = Fact("deal_conflict", str(conflict.pk), "", values={"deal": conflict.opportunity.name})
    _to_vendor(registration, fact, "conflict", to=to, conflict=conflict)
    _to_partner(registration, Fact("customer_question", str(conflict.pk), ""), "conflict_partner")


def _load(registration_id: Any) -> Registration:
    rows = Registration.objects.select_related("program", "partnership__manager__person")
    return rows.get(pk=registration_id)


def _to_vendor(
    registration: Registration, fact: Fact, template: str, *, to: Iterable[Reader] | None = None, **values: Any
) -> None:
    path = f"/workspace/{registration.program.slug}/deals/registrations/{registration.pk}/"
    told = _written(fact, template, registration, path, values, partner=registration.partnership.name)
    found = _managers(registration) if to is None else to
    tell(vendor_id=registration.vendor_id, to=found, fact=told)


def _to_partner(registration: Registration, fact: Fact, template: str, **values: Any) -> None:
    path = f"/portal/{registration.partnership_id}/deals/registrations/{registration.pk}/"
    with tenant(organization_id=registration.partner_id, door="job"):
        own = Registration.objects.select_related("program").get(pk=registration.pk)
        to = readers(*_partners_people(own))
        told = _written(fact, template, own, path, {"verdict": masked_verdict_of(own), **values})
        tell(vendor_id=registration.vendor_id, to=to, fact=told)


def _partners_people(own: Registration) -> list[UUID]:
    """Who of the partner's wrote or sent it; where the vendor brought it in, the partner's administrators, or without
    any who else sees to deals there."""
    of_partner = Membership.objects.filter(
        organization_id=own.partner_id, person__is_active=True, ended_at__isnull=True
    )
    sellers = [role for role in Role if Permission.PORTAL_DEALS in permissions_of(role)]
    for wanted in (
        {"person_id__in": [own.submitted_by_id, own.begun_by_id]}, {"role": Role.PARTNER_ADMIN}, {"role__in": sellers}
    ):  # fmt: skip
        if found := list(of_partner.filter(**wanted).order_by("person__email").values_list("person_id", flat=True)):
            return found
    return []


def _managers(registration: Registration) -> list[Reader]:
    """Who looks after the partner, or who stands in for them today."""
    manager = registration.partnership.manager
    person_id = manager.person_id if manager is not None else None
    away = who_stands_in(registration.vendor_id, person_id, today_in(registration.program, timezone.now()))
    return readers(away.stand_in_id) if away is not None else _readers(manager)


def _written(
    fact: Fact, template: str, registration: Registration, path: str, values: dict[str, Any], **more: Any
) -> Fact:
    """The fact with its link, the values of its sentence, and the letter as it is asked for in a language."""
    context = {"registration": registration, **values}
    return replace(
        fact,
        path=path,
        values={
            "reference": registration.reference or "",
            "customer": registration.customer_name,
            **more,
            **fact.values,
        },
        body=lambda: render_to_string(f"deals/{template}.txt", context).strip(),
    )


def _readers(manager: Manager | None) -> list[Reader]:
    """A manager with a sign-in by their person; one without by the address that is on record, if any."""
    if manager is None:
        return []
    if manager.person_id:
        return readers(manager.person_id)
    return [Reader(address=manager.email)] if manager.email else []
