"""What kinds and states of touches, models and roles are called on pages."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from comity.attribution.rules import Settings
from comity.attribution.states import Basis, Cause, CreditRunState, Model, StepKind, TouchKind, TouchState

KINDS: Final[dict[TouchKind, Any]] = {
    TouchKind.REGISTRATION: _("Deal registration"),
    TouchKind.REFERRAL: _("Referral"),
    TouchKind.LEAD_ACCEPTED: _("Lead accepted"),
    TouchKind.MEETING: _("Meeting"),
    TouchKind.JOINT_CALL: _("Joint call"),
    TouchKind.DEMO: _("Demo"),
    TouchKind.PROOF_OF_CONCEPT: _("Proof of concept"),
    TouchKind.EVENT: _("Event"),
    TouchKind.CAMPAIGN_RESPONSE: _("Campaign response"),
    TouchKind.CONTENT_SHARE: _("Content shared"),
    TouchKind.INTRO: _("Introduction"),
    TouchKind.INTEGRATION_IN_USE: _("Integration in use"),
    TouchKind.IMPLEMENTATION: _("Implementation"),
}
STATES: Final[dict[TouchState, Any]] = {
    TouchState.WAITING: _("waits for confirmation"),
    TouchState.CONFIRMED: _("confirmed"),
    TouchState.REFUSED: _("refused"),
    TouchState.WITHDRAWN: _("withdrawn"),
}
TONES: Final = {
    TouchState.WAITING: "info",
    TouchState.CONFIRMED: "good",
    TouchState.REFUSED: "bad",
    TouchState.WITHDRAWN: "neutral",
}
MODELS: Final[dict[Model, Any]] = {
    Model.FIRST_TOUCH: _("First touch"),
    Model.LAST_TOUCH: _("Last touch"),
    Model.LINEAR: _("Linear"),
    Model.TIME_DECAY: _("Time decay"),
    Model.POSITION_BASED: _("Position based"),
    Model.REGISTRATION_HOLDER: _("Registration holder"),
    Model.DECLARED_SPLIT: _("Declared split"),
}
ROLES: Final[dict[str, Any]] = {
    "sourced": _("Sourced"),
    "influenced": _("Influenced"),
    "fulfilled": _("Fulfilled"),
    "direct": _("Direct"),
}
BASES: Final[dict[Basis, Any]] = {
    Basis.NONE: "",
    Basis.IMPORT: _("declared by import"),
    Basis.DECLARED: _("set by hand"),
    Basis.CLAIM: _("by its claim"),
    Basis.TOUCH: _("by a confirmed touch"),
}
STEPS: Final[dict[StepKind, Any]] = {
    StepKind.CREDITED: _("Credited"),
    StepKind.REVERSED: _("Reversed"),
    StepKind.REVALUED: _("Amount changed"),
    StepKind.WITHDRAWN: _("Credit taken back"),
}
CAUSES: Final[dict[Cause, Any]] = {
    Cause.WON: _("the deal was won"),
    Cause.IMPORT: _("by an import"),
    Cause.REVERSAL: _("by a reversal"),
    Cause.REOPENED: _("the deal was opened again"),
    Cause.AMOUNT: _("the deal's amount, rate or close date changed"),
}

RUN_STATES: Final[dict[CreditRunState, Any]] = {
    CreditRunState.WAITING: _("Waiting"),
    CreditRunState.RUNNING: _("Running"),
    CreditRunState.DONE: _("Done"),
    CreditRunState.FAILED: _("Failed"),
}
RUN_TONES: Final = {
    CreditRunState.WAITING: "info",
    CreditRunState.RUNNING: "info",
    CreditRunState.DONE: "good",
    CreditRunState.FAILED: "bad",
}


def settings_told(settings: Settings) -> list[str]:
    """A version of the settings in sentences, in the reader's language."""
    first, middle, last = settings.first_percent, settings.middle_percent, settings.last_percent
    days = settings.window_days
    window = ngettext(
        "Touches count from %(days)s day before a deal was opened until its close.",
        "Touches count from %(days)s days before a deal was opened until its close.",
        days,
    )
    half = ngettext(
        "Time decay: a touch weighs half as much for every day that it lies before the close.",
        "Time decay: a touch weighs half as much for every %(days)s days that it lies before the close.",
        settings.half_life_days,
    )
    idle = ngettext(
        "A claim made after the opening sources the deal only if nobody of ours did anything on it for %(days)s day.",
        "A claim made after the opening sources the deal only if nobody of ours did anything on it for %(days)s days.",
        settings.idle_days,
    )
    kinds = ", ".join(
        gettext("“%(name)s”") % {"name": KINDS[kind]} for kind in KINDS if kind in settings.confirmed_kinds
    )
    at_once = gettext("A partner's own touches of these kinds count at once: %(kinds)s. All others wait for one of us.")
    return [
        window % {"days": days} if days else gettext("Touches count from the opening of a deal until its close."),
        half % {"days": settings.half_life_days},
        gettext(
            "Position based: the first touch has %(first)s %%, the last %(last)s %%, those between share %(middle)s "
            "%%. Of two each has half, a single one has all."
        )
        % {"first": first, "last": last, "middle": middle},
        idle % {"days": settings.idle_days},
        at_once % {"kinds": kinds}
        if kinds
        else gettext("A partner's own touch counts once one of us has confirmed it, whatever its kind."),
    ]
