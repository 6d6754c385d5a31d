"""What kinds and states of touches, models and roles are called on pages."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from comity.attribution.states import Basis, Cause, Model, StepKind, TouchKind, TouchState

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
