"""How registrations are told on pages of both sides: the words of moves, reasons and effects."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from comity.deals.registration.clock import business_hours_between
from comity.deals.states.registrations import Move, State
from comity.platform.languages import said

MOVES: Final = {
    Move.SUBMIT: gettext_lazy("Submitted"),
    Move.REVIEW: gettext_lazy("Taken up"),
    Move.APPROVE: gettext_lazy("Approved"),
    Move.APPROVE_WITH_CONDITIONS: gettext_lazy("Approved with conditions"),
    Move.QUEUE: gettext_lazy("Put into the queue"),
    Move.REJECT: gettext_lazy("Rejected"),
    Move.RETURN: gettext_lazy("Returned for information"),
    Move.ANSWER: gettext_lazy("Answered"),
    Move.EXPIRE: gettext_lazy("Expired"),
    Move.WIN: gettext_lazy("Won"),
    Move.LOSE: gettext_lazy("Lost"),
    Move.WITHDRAW: gettext_lazy("Withdrawn"),
    Move.REVOKE: gettext_lazy("Revoked"),
}
REASONS: Final = {
    "first_and_complete": gettext_lazy("First and complete"),
    "customer_names_the_partner": gettext_lazy("The customer names the partner"),
    "agreed_with_sales": gettext_lazy("Agreed with sales"),
    "appeal_granted": gettext_lazy("Appeal granted"),
    "registered_before": gettext_lazy("Registered before"),
    "vendor_is_working_on_it": gettext_lazy("The vendor is working on it"),
    "existing_customer": gettext_lazy("Existing customer"),
    "not_covered_by_the_rules": gettext_lazy("Not covered by the rules"),
    "public_tender": gettext_lazy("Public tender"),
    "no_answer": gettext_lazy("No answer"),
    "duplicate_of_your_own": gettext_lazy("Duplicate of the partner's own"),
    "customer_unclear": gettext_lazy("The customer is unclear"),
    "value_unclear": gettext_lazy("The value is unclear"),
    "need_unclear": gettext_lazy("The need is unclear"),
    "evidence_missing": gettext_lazy("Evidence is missing"),
    "contact_missing": gettext_lazy("The contact is missing"),
    "no_activity": gettext_lazy("No activity"),
    "wrong_statements": gettext_lazy("Wrong statements"),
    "customer_asked_for_another": gettext_lazy("The customer asked for another"),
    "partnership_ended": gettext_lazy("The partnership ended"),
    "handed_over": gettext_lazy("Handed over to another partner"),
}
MOVES_DONE: Final = {
    State.REJECTED: gettext_lazy("Rejected"),
    State.RETURNED: gettext_lazy("Returned"),
    State.QUEUED: gettext_lazy("In the queue"),
    State.REVOKED: gettext_lazy("Revoked"),
}
ICONS: Final = {"holds": "check", "condition": "info", "ask": "circle-question-mark", "queue": "clock", "refuse": "x"}
TONES: Final = {"holds": "good", "condition": "info", "ask": "warn", "queue": "warn", "refuse": "bad"}
_MOVE_TONES: Final = {
    Move.APPROVE: "good", Move.APPROVE_WITH_CONDITIONS: "good", Move.WIN: "good", Move.REJECT: "bad",
    Move.REVOKE: "bad", Move.LOSE: "bad", Move.RETURN: "warn", Move.QUEUE: "warn",
}  # fmt: skip
_MOVE_ICONS: Final = {"good": "circle-check", "bad": "circle-x", "warn": "clock", "": "arrow-right"}


def reason_told(reason: str) -> str:
    """A reason as it goes on within a sentence: in small letters, where the language writes its nouns so."""
    text = str(REASONS.get(reason, ""))
    return text.lower() if (get_language() or "en").startswith("en") else text


def effects_told(findings: Iterable[Any]) -> list[dict[str, Any]]:
    """Pairs of effect and sentence with their mark; what stands against it first."""
    told = [{"icon": ICONS[effect], "tone": TONES[effect], "text": said(text)} for effect, text in findings if text]
    return sorted(told, key=lambda one: one["tone"] == "good")


def step_told(step: Any, *, for_partner: bool = False) -> dict[str, Any]:
    """One line of the history: what, by whom, why, when."""
    tone = _MOVE_TONES.get(Move(step.move), "")
    by = {"rules": _("by the rules"), "partner": step.person_name, "vendor": step.person_name}[step.side]
    return {
        "what": MOVES[Move(step.move)],
        "by": by,
        "reason": REASONS.get(step.reason, ""),
        "text": step.text,
        "at": step.at,
        "tone": tone,
        "icon": _MOVE_ICONS[tone],
        "against": step.against_verdict and not for_partner,
    }


def clock_told(due_at: datetime | None, now: datetime, zone: str, holidays: Collection[date] = ()) -> dict[str, str]:
    """A clock in business hours: its words, and red only under four."""
    if due_at is None:
        return {"text": "", "tone": ""}
    hours = business_hours_between(now, due_at, zone=zone, holidays=holidays)
    whole = round(abs(hours))
    spoken = ngettext("%(hours)s business hour", "%(hours)s business hours", whole) % {"hours": whole}
    if hours < 0:
        return {"text": _("overdue by %(time)s") % {"time": spoken}, "tone": "bad"}
    return {"text": _("%(time)s left") % {"time": spoken}, "tone": "bad" if hours < 4 else ""}
