"""What a partner reads of a verdict: only that something stands against it and of which kind, as far as the program
discloses; never another's name, value or date. And a verdict as JSON, kept in two tables."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from comity.deals.registration.clauses import Disclosure
from comity.deals.registration.evidence import (
    Band,
    Competitor,
    Effect,
    Finding,
    MaskedVerdict,
    Outcome,
    RecordKind,
    Verdict,
)
from comity.deals.registration.rules import ABOUT_OTHERS
from comity.kernel.words import words

_AGAINST: Final = words("Something in our records stands against it.")
_UNTOLD: Final = words("It cannot be approved as it stands.")
_DECIDING: Final = words("Somebody of ours is looking at it.")
_APPROVED: Final = words("It is approved: the customer is yours for the time of the protection.")


def mask(verdict: Verdict, disclosure: Disclosure, *, decided: Outcome | None) -> MaskedVerdict:
    """The partner's view of a verdict, and of what was decided (None as long as nothing is).

    Until it is decided, rules that rest on others' records are left out altogether: whether they hold or not would tell
    a partner that registers only to find out. An approval needs none of them.
    """
    own = [one for one in verdict.findings if one.rule not in ABOUT_OTHERS]
    others = [one for one in verdict.findings if one.rule in ABOUT_OTHERS and one.effect is not Effect.HOLDS]
    shown = [(one.effect.value, one.masked) for one in own if one.masked]
    changes = [one.change for one in own if one.change and one.effect is not Effect.HOLDS]
    if decided is None:
        return _masked(verdict, Outcome.PERSON, _DECIDING, shown, changes, ())
    if decided is Outcome.APPROVE:
        return _masked(verdict, decided, _APPROVED, shown, [], ())
    if disclosure is Disclosure.OF_WHICH_KIND:
        shown += [(one.effect.value, one.masked) for one in others]
        changes += [one.change for one in others if one.change]
    elif disclosure is Disclosure.THAT_ONE_EXISTS and others:
        shown.append((others[0].effect.value, _AGAINST))
    told = [text for effect, text in shown if effect != Effect.HOLDS.value]
    first = next((text for effect, text in shown if _OUTCOME_OF.get(effect) is decided), told[0] if told else _UNTOLD)
    conditions = verdict.conditions if disclosure is Disclosure.OF_WHICH_KIND else ()
    return _masked(verdict, decided, first, shown, changes, conditions)


_OUTCOME_OF: Final = {
    Effect.REFUSE.value: Outcome.REJECT,
    Effect.QUEUE.value: Outcome.QUEUE,
    Effect.CONDITION.value: Outcome.APPROVE_WITH_CONDITIONS,
}


def _masked(
    verdict: Verdict, outcome: Outcome, sentence: str, findings: list[tuple[str, str]], changes: list[str],
    conditions: tuple[str, ...],
) -> MaskedVerdict:  # fmt: skip
    return MaskedVerdict(
        outcome=outcome,
        sentence=sentence,
        findings=tuple(dict.fromkeys(findings)),
        conditions=conditions,
        changes=tuple(dict.fromkeys(changes)),
        submitted_at=verdict.submitted_at,
        due_at=verdict.due_at,
        rules_version=verdict.rules_version,
    )


def stored(verdict: Verdict | MaskedVerdict) -> dict[str, Any]:
    """Plain JSON, to be kept whole."""
    body: dict[str, Any] = json.loads(json.dumps(asdict(verdict), default=_plain))
    return body


def verdict_of(body: dict[str, Any]) -> Verdict:
    """A stored verdict as the values it was."""
    return Verdict(
        outcome=Outcome(body["outcome"]),
        automatic=body["automatic"],
        sentence=body["sentence"],
        findings=tuple(_finding(one) for one in body["findings"]),
        competitors=tuple(_competitor(one) for one in body["competitors"]),
        conditions=tuple(body["conditions"]),
        changes=tuple(body["changes"]),
        submitted_at=datetime.fromisoformat(body["submitted_at"]),
        due_at=datetime.fromisoformat(body["due_at"]),
        escalates_at=datetime.fromisoformat(body["escalates_at"]),
        rules_version=body["rules_version"],
    )


def _finding(one: dict[str, Any]) -> Finding:
    return Finding(**{**one, "effect": Effect(one["effect"]), "records": tuple(one["records"])})


def _competitor(one: dict[str, Any]) -> Competitor:
    typed = {"kind": RecordKind(one["kind"]), "band": Band(one["band"]), "reasons": tuple(one["reasons"])}
    return Competitor(**{**one, **typed})


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
