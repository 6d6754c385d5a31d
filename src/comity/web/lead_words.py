"""How leads are told on pages of both sides: the words of states, moves, reasons and sources."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comity.leads.states import Channel, Move, OfferState, State
from comity.leads.wording import SOURCES as SOURCES
from comity.web.registration_words import clock_told

STATES: Final = {
    State.RECEIVED: gettext_lazy("Received"),
    State.HELD: gettext_lazy("Waits for a person"),
    State.OFFERED: gettext_lazy("Offered"),
    State.ACCEPTED: gettext_lazy("Accepted"),
    State.WORKING: gettext_lazy("Being worked on"),
    State.QUALIFIED: gettext_lazy("Qualified"),
    State.CONVERTED: gettext_lazy("Converted"),
    State.RETURNED: gettext_lazy("Given back"),
    State.DISQUALIFIED: gettext_lazy("Disqualified"),
    State.DUPLICATE: gettext_lazy("Duplicate"),
}
TONES: Final = {
    State.RECEIVED: "info", State.HELD: "warn", State.OFFERED: "info", State.ACCEPTED: "info", State.WORKING: "info",
    State.QUALIFIED: "good", State.CONVERTED: "good", State.RETURNED: "warn", State.DISQUALIFIED: "neutral",
    State.DUPLICATE: "neutral",
}  # fmt: skip
OFFERS: Final = {
    OfferState.OFFERED: gettext_lazy("Waits for an answer"),
    OfferState.ACCEPTED: gettext_lazy("Accepted"),
    OfferState.DECLINED: gettext_lazy("Declined"),
    OfferState.RAN_OUT: gettext_lazy("No answer in time"),
    OfferState.RETURNED: gettext_lazy("Given back"),
    OfferState.TAKEN_BACK: gettext_lazy("Taken back"),
}
OFFER_TONES: Final = {OfferState.OFFERED: "info", OfferState.ACCEPTED: "good", OfferState.RAN_OUT: "warn"}
CHANNELS: Final = {
    Channel.PAGE: gettext_lazy("typed in"),
    Channel.API: gettext_lazy("by the API"),
    Channel.FILE: gettext_lazy("from a file"),
    Channel.PORTAL: gettext_lazy("by the partner's form"),
    Channel.LINK: gettext_lazy("by the partner's link"),
}
REASONS: Final = {
    "no_capacity": gettext_lazy("No capacity"),
    "outside_our_region": gettext_lazy("Outside our region"),
    "not_our_product": gettext_lazy("Not our product"),
    "conflict_of_interest": gettext_lazy("Conflict of interest"),
    "no_answer": gettext_lazy("Nobody answers"),
    "wrong_contact": gettext_lazy("Wrong contact"),
    "no_need": gettext_lazy("No need"),
    "no_budget": gettext_lazy("No budget"),
    "bought_elsewhere": gettext_lazy("Bought elsewhere"),
    "not_a_company": gettext_lazy("Not a company"),
    "competitor": gettext_lazy("A competitor"),
    "spam": gettext_lazy("Spam"),
    "other": gettext_lazy("Something else"),
    "run_out": gettext_lazy("No answer in time"),
    "take_back": gettext_lazy("Taken back"),
    "may_be_known": gettext_lazy("Perhaps known already"),
    "rules_say_person": gettext_lazy("The rules leave it to a person"),
    "nobody_fits": gettext_lazy("No partner fits"),
    "nobody_left": gettext_lazy("Everybody who fits was asked"),
    "self_referral": gettext_lazy("The partner itself"),
}
MOVES: Final = {
    Move.OFFER: gettext_lazy("Offered to %(partner)s"),
    Move.HOLD: gettext_lazy("Left to a person"),
    Move.ACCEPT: gettext_lazy("Accepted by %(partner)s"),
    Move.PASS_ON: gettext_lazy("Not with %(partner)s"),
    Move.START: gettext_lazy("Work began"),
    Move.QUALIFY: gettext_lazy("Qualified"),
    Move.CONVERT: gettext_lazy("Converted"),
    Move.RETURN: gettext_lazy("Given back by %(partner)s"),
    Move.RECALL: gettext_lazy("Taken back from %(partner)s"),
    Move.DISQUALIFY: gettext_lazy("Disqualified"),
    Move.MERGE: gettext_lazy("Merged into another lead"),
    Move.REOPEN: gettext_lazy("Taken up again"),
}
REFERRALS: Final = {
    "open": (gettext_lazy("Being looked at"), "info"),
    "accepted": (gettext_lazy("Taken up"), "good"),
    "converted": (gettext_lazy("A deal is open"), "good"),
    "won": (gettext_lazy("Won"), "good"),
    "closed": (gettext_lazy("Nothing came of it"), "neutral"),
}
_MARKS: Final = {
    Move.ACCEPT: ("circle-check", "good"), Move.QUALIFY: ("circle-check", "good"),
    Move.CONVERT: ("circle-check", "good"),
    Move.PASS_ON: ("circle-x", "warn"), Move.RETURN: ("circle-x", "warn"), Move.HOLD: ("clock", "warn"),
    Move.DISQUALIFY: ("circle-x", ""), Move.MERGE: ("circle-x", ""),
}  # fmt: skip


def step_told(step: Any) -> dict[str, Any]:
    """One line of the history: what, by whom, why, when."""
    icon, tone = _MARKS.get(Move(step.move), ("arrow-right", ""))
    partner = step.partnership.name if step.partnership else ""
    by = {"rules": _("by the rules"), "partner": step.person_name, "vendor": step.person_name}[step.side]
    return {
        "what": str(MOVES[Move(step.move)]) % {"partner": partner},
        "by": by,
        "reason": REASONS.get(step.reason, ""),
        "text": step.text,
        "at": step.at,
        "tone": tone,
        "icon": icon,
        "against": False,
    }


def age_told(since: datetime, now: datetime) -> str:
    """For how long something stands where it stands."""
    hours = int((now - since).total_seconds() // 3600)
    if hours < 48:
        return ngettext("%(n)s hour", "%(n)s hours", max(hours, 0)) % {"n": max(hours, 0)}
    return ngettext("%(n)s day", "%(n)s days", hours // 24) % {"n": hours // 24}


def offer_clock(offer: Any, now: datetime, zone: str) -> dict[str, str]:
    """The clock of an offer that waits for an answer."""
    if offer.state != OfferState.OFFERED:
        return {"text": "", "tone": ""}
    return clock_told(offer.due_at, now, zone)
