"""The verbs: keep what a person said of a pair, and learn from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import DomainError
from comity.kernel.words import words
from comity.matching.compare import Comparison
from comity.matching.models import Answer, LabelledPair, VendorWeights
from comity.matching.pair import judge
from comity.matching.profile import profile
from comity.matching.queries import VOCABULARY, newest_answers, weights_of
from comity.matching.record import Record, kept, pair_key
from comity.matching.scoring import SAME_FROM, Weights

FEWEST_ANSWERS: Final = 10
FOLDS: Final = 5
PULL: Final = 4.0
"""Strength with which a few answers are held to the weights in use: about so many answers move a level half way."""


class TooFewAnswers(DomainError):
    """There is too little to learn from."""

    code, status, title = "too_few_answers", 409, words("Too few answers to learn from")


@dataclass(frozen=True)
class Agreement:
    """How far weights agree with what people said: shares of the answers, and nats lost for each of them."""

    right: float
    precision: float
    recall: float
    loss: float


@dataclass(frozen=True)
class Refit:
    """What was learned: agreement before, after as seen by answers left out, and the weights that moved most."""

    answers: int
    before: Agreement
    after: Agreement
    weights: Weights
    moved: tuple[tuple[str, str, float, float], ...]
    """Evidence, level, nats before, nats after."""


@transaction.atomic
def record_answer(*, actor: Actor, left: Record, right: Record, answer: Answer) -> LabelledPair:
    """Keep what a person said of two records, as they were shown. Raises NotAllowed."""
    actor.require(Permission.EDIT_DEALS)
    weights = weights_of(actor.organization_id)
    return LabelledPair.objects.create(
        vendor_id=actor.organization_id,
        pair=pair_key(left, right),
        left=kept(left),
        right=kept(right),
        answer=answer.value,
        probability=judge(left, right, weights=weights, vocabulary=VOCABULARY).probability,
        answered_by_id=actor.person_id,
    )


def refit_weights(*, vendor_id: UUID) -> Refit:
    """Learn weights from the vendor's answers, starting from those in use. Writes nothing. Raises TooFewAnswers."""
    answers = newest_answers(vendor_id)
    same = [answer == Answer.SAME for _left, _right, answer in answers]
    if len(answers) < FEWEST_ANSWERS or len(set(same)) < 2:
        raise TooFewAnswers(
            words(
                "People have answered for %(count)s pairs, %(sum)s of them the same; at least "
                "%(fewest_answers)s are needed, some the same and some not.",
                count=len(answers),
                sum=sum(same),
                fewest_answers=FEWEST_ANSWERS,
            )
        )
    comparison = Comparison(VOCABULARY)
    levels = [comparison.compare(profile(left), profile(right)) for left, right, _answer in answers]
    current = weights_of(vendor_id)
    guesses = [0.0] * len(levels)
    for fold in range(FOLDS):
        kept = [place for place in range(len(levels)) if place % FOLDS != fold]
        learned = _learn([levels[place] for place in kept], [same[place] for place in kept], current)
        for place in range(fold, len(levels), FOLDS):
            guesses[place] = learned.probability(levels[place])
    learned = _learn(levels, same, current)
    before = _agreement([current.probability(each) for each in levels], same)
    return Refit(len(answers), before, _agreement(guesses, same), learned, _moved(current, learned))


@transaction.atomic
def use_weights(*, vendor_id: UUID, refit: Refit) -> VendorWeights:
    """Judge by the learned weights from now on. Earlier ones are kept."""
    nats = {evidence: dict(named) for evidence, named in refit.weights.nats.items()}
    return VendorWeights.objects.create(
        vendor_id=vendor_id, start=refit.weights.start, nats=nats, learned_from=refit.answers
    )


def _learn(levels: Sequence[Mapping[str, str]], same: Sequence[bool], current: Weights) -> Weights:
    from comity.matching.learn import fit  # numpy, for those who learn only

    towards = {evidence: dict(named) for evidence, named in current.nats.items()}
    learned, start = fit(levels, same, pull=PULL, towards=towards | {"start": {"weight": current.start}})
    merged = {evidence: towards.get(evidence, {}) | learned.get(evidence, {}) for evidence in {**towards, **learned}}
    return Weights(start, merged)


def _agreement(guesses: Sequence[float], same: Sequence[bool]) -> Agreement:
    said = [guess >= SAME_FROM for guess in guesses]
    right = sum(one == other for one, other in zip(said, same, strict=True))
    found = sum(one and other for one, other in zip(said, same, strict=True))
    lost = -sum(math.log(max(guess if truth else 1 - guess, 1e-9)) for guess, truth in zip(guesses, same, strict=True))
    return Agreement(right / len(same), found / max(sum(said), 1), found / max(sum(same), 1), lost / len(same))


def _moved(before: Weights, after: Weights) -> tuple[tuple[str, str, float, float], ...]:
    changes = [
        (evidence, level, before.nats.get(evidence, {}).get(level, 0.0), nats)
        for evidence, named in after.nats.items()
        for level, nats in named.items()
    ]
    changes.sort(key=lambda change: (-abs(change[3] - change[2]), change[:2]))
    return tuple(change for change in changes[:8] if abs(change[3] - change[2]) >= 0.05)
