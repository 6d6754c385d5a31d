"""Judging a registration: values in, a verdict out. Judging twice gives the same; what is unrelated changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from comity.deals.registration.clauses import Clauses, ConflictScope, ExistingCustomer, SecondRegistrant
from comity.deals.registration.clock import add_business_hours
from comity.deals.registration.evidence import (
    Band,
    Claim,
    Competitor,
    Effect,
    Evidence,
    Finding,
    KnownCustomer,
    Match,
    Outcome,
    RecordKind,
    Rival,
    VendorDeal,
    Verdict,
)
from comity.deals.states.registrations import OPEN, PROTECTED, STANDING, RegistrationKind, RfpStatus, State

HALF_DISCOUNT: Final = "Half of the registration discount, since another partner came first."
LETTER: Final = "customer_letter"
"""The finding that a letter went before who was first."""
SELL_TOGETHER: Final = "To be sold together with whoever came first."
_SAID_OF_CUSTOMER: Final = (RegistrationKind.EXPANSION, RegistrationKind.RENEWAL, RegistrationKind.TEAMING)
_WORST_FIRST: Final = (Effect.REFUSE, Effect.ASK, Effect.QUEUE, Effect.CONDITION)
_OUTCOMES: Final = {
    Effect.REFUSE: Outcome.REJECT,
    Effect.ASK: Outcome.PERSON,
    Effect.QUEUE: Outcome.QUEUE,
    Effect.CONDITION: Outcome.APPROVE_WITH_CONDITIONS,
}


def judge(
    claim: Claim, evidence: Evidence, clauses: Clauses, *, version: int, at: datetime, zone: str,
    clock_from: datetime | None = None,
) -> Verdict:  # fmt: skip
    """The verdict on one registration under one version of the rules.

    Args:
        at: the instant of judging, which decides how old the vendor's activity is.
        zone: the program's time zone, in which business hours count.
        clock_from: from when the decision clock runs, if not from the submission (after an answer, after the queue).
    """
    findings = tuple(finding for rule in RULES for finding in rule(claim, evidence, clauses, at))
    worst = next((effect for effect in _WORST_FIRST if any(one.effect is effect for one in findings)), None)
    outcome = _OUTCOMES[worst] if worst else Outcome.APPROVE
    by_letter = any(one.rule == LETTER for one in findings)
    deciding = next((one.sentence for one in findings if one.effect is worst), "") or next(
        (one.sentence for one in findings if one.rule == LETTER), ""
    )
    start = clock_from or claim.submitted_at

    def due(hours: int) -> datetime:
        return add_business_hours(start, hours, zone=zone, holidays=clauses.holidays)

    return Verdict(
        outcome=outcome,
        # A letter is read by a person before it wins.
        automatic=not by_letter and _automatic(outcome, claim, clauses),
        sentence=deciding or "It is complete and the first; nothing stands against it.",
        findings=findings,
        competitors=tuple(_competitors(claim, evidence, clauses)),
        conditions=_conditions(findings, clauses),
        changes=tuple(dict.fromkeys(one.change for one in findings if one.change and one.effect is not Effect.HOLDS)),
        submitted_at=claim.submitted_at,
        due_at=due(clauses.decision_hours),
        escalates_at=due(clauses.escalation_hours),
        rules_version=version,
    )


def _automatic(outcome: Outcome, claim: Claim, clauses: Clauses) -> bool:
    if outcome is Outcome.PERSON:
        return False
    if outcome in (Outcome.QUEUE, Outcome.REJECT):
        return clauses.refuse_automatically
    limit = clauses.approve_up_to
    return clauses.approve_automatically and (limit is None or (claim.value is not None and claim.value <= limit))


def _conditions(findings: tuple[Finding, ...], clauses: Clauses) -> tuple[str, ...]:
    if not any(one.effect is Effect.CONDITION for one in findings):
        return ()
    return (HALF_DISCOUNT if clauses.second_registrant is SecondRegistrant.HALF_DISCOUNT else SELL_TOGETHER,)


# --- who, what, how much ---


def _held(rule: str, sentence: str) -> Finding:
    return Finding(rule, Effect.HOLDS, sentence, sentence)


def _said(rule: str, effect: Effect, sentence: str, change: str = "") -> Finding:
    """A finding about the registrant alone: both sides read the same sentence."""
    return Finding(rule, effect, sentence, sentence, change)


def partner_may_register(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """Status, type, tier and region of the partner."""
    partner, rule = evidence.partner, "who_may_register"
    if not partner.active:
        yield _said(rule, Effect.REFUSE, "The partnership is not active.", "When the partnership is active again.")
        return
    wanted = (
        ("type", bool(partner.types & set(clauses.partner_types)), clauses.partner_types),
        ("tier", partner.tier in clauses.tiers, clauses.tiers),
        ("region", partner.region in clauses.regions, clauses.regions),
    )
    lacking = [(word, allowed) for word, holds, allowed in wanted if allowed and not holds]
    for word, allowed in lacking:
        spoken = ", ".join(one.replace("_", " ") for one in allowed)
        sentence = f"Only partners of {word} {spoken} may register."
        yield _said(rule, Effect.REFUSE, sentence, f"When the partnership has the {word} {spoken}.")
    if not lacking:
        yield _held(rule, "The partner may register deals.")


def product_is_covered(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """Product families that may be registered."""
    if not clauses.families:
        return
    outside = sorted(claim.families - set(clauses.families))
    if not claim.families:
        yield _said("products", Effect.ASK, "No product is named, so a person looks at it.", "Name the products.")
    elif outside:
        spoken = ", ".join(outside)
        yield _said("products", Effect.REFUSE, f"{spoken} cannot be registered.", f"Register without {spoken}.")
    else:
        yield _held("products", "All its products may be registered.")


def value_is_enough(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """The least expected value."""
    if not clauses.minimum_value:
        return
    least = f"{claim.currency} {clauses.minimum_value:,.0f}"
    if claim.value is None:
        yield _said("minimum_value", Effect.ASK, "Its value is not known, so a person looks at it.", "Name the value.")
    elif claim.value < clauses.minimum_value:
        change = f"If the expected value is at least {least}."
        yield _said("minimum_value", Effect.REFUSE, f"The expected value is below {least}.", change)
    else:
        yield _held("minimum_value", f"The expected value is at least {least}.")


def no_public_tender(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """Public tenders are open to everybody."""
    if clauses.refuse_public_tenders and claim.rfp is RfpStatus.PUBLIC_TENDER:
        yield _said("public_tender", Effect.REFUSE, "It is after a public tender, which anybody may answer.")
    elif clauses.refuse_public_tenders:
        yield _held("public_tender", "There is no public tender.")


def not_too_many_open(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """The cap on open registrations: the highest of the partner's types; a type without a cap lifts it."""
    types = evidence.partner.types
    if not types or any(kind not in clauses.max_open for kind in types):
        return
    most = max(clauses.max_open[kind] for kind in types)
    if evidence.partner.open_registrations >= most:
        change = "When one of the open registrations is decided, won, lost or withdrawn."
        yield _said("most_open", Effect.REFUSE, f"{most} registrations are open already, which is the most.", change)
    else:
        yield _held("most_open", f"Fewer than {most} registrations are open.")


# --- who else ---


def overlaps(ours: frozenset[str], theirs: frozenset[str], clauses: Clauses) -> bool:
    """Whether the products conflict. Where nothing is said about products, they do."""
    return not clauses.same_family_only or not ours or not theirs or bool(ours & theirs)


def concerns(match: Match, clauses: Clauses) -> bool:
    """Whether a record of this match is to be looked at under the scope of conflicts."""
    return match.band in (Band.SAME, Band.ASK) or (
        match.band is Band.FAMILY and clauses.conflict_scope is ConflictScope.FAMILY
    )


def not_registered_by_oneself(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """The partner's own earlier registrations of the same customer."""
    for rival in _rivals(claim, evidence, clauses, own=True):
        if rival.match.band is not Band.SAME:
            continue
        if rival.state in OPEN and rival.order < claim.order:
            sentence = f"You registered this customer already: {rival.reference}."
            yield Finding("own_duplicate", Effect.REFUSE, sentence.replace("You", "The partner"), sentence,
                          f"If {rival.reference} is withdrawn.", (str(rival.id),))  # fmt: skip
        elif rival.state in (State.REJECTED, State.REVOKED) and not clauses.resubmission:
            sentence = f"{rival.reference} for this customer was {rival.state}, and may not be registered again."
            yield Finding("resubmission", Effect.REFUSE, sentence, sentence, "", (str(rival.id),))


def first_to_register(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """The first complete submission wins."""
    rule = "first_registrant"
    others = _rivals(claim, evidence, clauses, own=False)
    ahead = [one for one in others if stands_before(one, claim, clauses)]
    for rival in ahead:
        if rival.order > claim.order and rival.state not in PROTECTED:
            yield _letter_of_another(rival, clauses)
            continue
        sure = rival.match.band is not Band.ASK
        effect = (
            _second_registrant(clauses) if sure and not (clauses.letter_counts and claim.has_letter) else Effect.ASK
        )
        why = "" if sure else " (it is not certain that this is the same customer)"
        if sure and effect is Effect.ASK:
            why = " (but the customer's letter names this partner)"
        yield Finding(
            rule, effect,
            f"{rival.partner} registered it first: {rival.reference}{why}.",
            "Another partner registered this customer first.",
            "If the earlier registration is withdrawn, expires or is rejected"
            + ("." if claim.has_letter or not clauses.letter_counts else ", or with a signed letter of the customer."),
            (str(rival.id),),
        )  # fmt: skip
    passed = [one for one in others if stands_before(one, claim) and one not in ahead]
    for rival in passed:
        yield Finding(
            LETTER, Effect.HOLDS,
            f"{rival.partner} registered it first ({rival.reference}), but the customer's signed letter names this "
            "partner, which goes before.",
            "The customer's signed letter names you.", "", (str(rival.id),),
        )  # fmt: skip
    if not ahead and not passed:
        yield Finding(rule, Effect.HOLDS, "No other partner registered this customer before.",
                      "No other partner registered this customer before.")  # fmt: skip


def stands_before(rival: Rival, claim: Claim, clauses: Clauses | None = None) -> bool:
    """Protected ones always; then, where the rules (`clauses`) prefer it, the one with the customer's letter; the
    others by the order that was drawn under the lock, not by clocks."""
    if rival.state in PROTECTED:
        return True
    if rival.state not in (*STANDING, State.QUEUED):
        return False
    if clauses and clauses.letter_wins and rival.match.band is Band.SAME:
        return (not rival.letter_attached, rival.order) < (not claim.letter_attached, claim.order)
    return rival.order < claim.order


def _letter_of_another(rival: Rival, clauses: Clauses) -> Finding:
    """Who came later, but with the customer's letter."""
    return Finding(
        "first_registrant", _second_registrant(clauses),
        f"{rival.partner} came later, but with the customer's signed letter: {rival.reference}.",
        "Another partner has a signed letter of this customer.",
        "If that registration ends, or with a signed letter of the customer that names you.",
        (str(rival.id),),
    )  # fmt: skip


def _second_registrant(clauses: Clauses) -> Effect:
    return {
        SecondRegistrant.REFUSE: Effect.REFUSE,
        SecondRegistrant.QUEUE: Effect.QUEUE,
        SecondRegistrant.HALF_DISCOUNT: Effect.CONDITION,
        SecondRegistrant.CO_SELL: Effect.CONDITION,
    }[clauses.second_registrant]


def vendor_is_not_there(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """Deals of the vendor's own on which somebody worked lately."""
    rule, against = "vendor_activity", 0
    for deal in _deals(claim, evidence, clauses):
        if deal.own:
            yield Finding(rule, Effect.HOLDS, f"The partner takes part in our deal {deal.name} already.",
                          "You take part in our deal with this customer.", "", (str(deal.id),))  # fmt: skip
            continue
        if not _is_lively(deal, clauses, at):
            yield Finding(rule, Effect.HOLDS, f"Nobody worked on our deal {deal.name} in the last "
                          f"{clauses.vendor_activity_days} days.", "", "", (str(deal.id),))  # fmt: skip
            continue
        against += 1
        letter = clauses.letter_counts and claim.has_letter
        effect = Effect.ASK if deal.match.band is Band.ASK or letter else Effect.REFUSE
        yield Finding(
            rule, effect,
            f"We are working on it ourselves: {deal.name}.",
            "We are working on a deal with this customer ourselves.",
            f"If nobody of ours works on that deal for {clauses.vendor_activity_days} days, or it is lost.",
            (str(deal.id),),
        )  # fmt: skip
    if not against:
        sentence = "We are not working on a deal with this customer ourselves."
        yield Finding(rule, Effect.HOLDS, sentence, sentence)


def customer_may_be_registered(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """Customers to whom the vendor sold already."""
    rule, policy = "existing_customer", clauses.existing_customer
    found = _customers(claim, evidence, clauses)
    for customer in found:
        fits = policy is ExistingCustomer.ALLOW or (
            policy is ExistingCustomer.EXPANSION_ONLY and claim.kind in _SAID_OF_CUSTOMER
        )
        if fits:
            effect = Effect.HOLDS
        elif policy is ExistingCustomer.ASK or customer.match.band is not Band.SAME:
            effect = Effect.ASK
        else:
            effect = Effect.REFUSE
        change = "If you register it as an expansion or renewal." if policy is ExistingCustomer.EXPANSION_ONLY else ""
        yield Finding(rule, effect, f"{customer.name} is a customer of ours already.",
                      "This is a customer of ours already.", "" if fits else change, (str(customer.id),))  # fmt: skip
    if not found:
        yield Finding(rule, Effect.HOLDS, "It is not a customer of ours yet.", "It is not a customer of ours yet.")


ABOUT_OTHERS: Final = frozenset({"first_registrant", LETTER, "vendor_activity", "existing_customer"})
"""Rules that rest on what the partner may not see."""

RULES: Final[tuple[Callable[[Claim, Evidence, Clauses, datetime], Iterator[Finding]], ...]] = (
    partner_may_register,
    product_is_covered,
    value_is_enough,
    no_public_tender,
    not_too_many_open,
    not_registered_by_oneself,
    first_to_register,
    vendor_is_not_there,
    customer_may_be_registered,
)
"""In the order in which they are read."""


def _rivals(claim: Claim, evidence: Evidence, clauses: Clauses, *, own: bool) -> list[Rival]:
    found = [
        one for one in evidence.rivals
        if one.own is own and one.id != claim.id and concerns(one.match, clauses)
        and overlaps(claim.families, one.families, clauses)
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.order, str(one.id)))


def _deals(claim: Claim, evidence: Evidence, clauses: Clauses) -> list[VendorDeal]:
    found = [
        one for one in evidence.deals
        if concerns(one.match, clauses) and overlaps(claim.families, one.families, clauses)
    ]  # fmt: skip
    return sorted(found, key=lambda one: str(one.id))


def _customers(claim: Claim, evidence: Evidence, clauses: Clauses) -> list[KnownCustomer]:
    found = [
        one for one in evidence.customers
        if concerns(one.match, clauses) and overlaps(claim.families, one.families, clauses)
    ]  # fmt: skip
    return sorted(found, key=lambda one: str(one.id))


def _is_lively(deal: VendorDeal, clauses: Clauses, at: datetime) -> bool:
    since = at.date() - timedelta(days=clauses.vendor_activity_days)
    return deal.last_activity_on is None or deal.last_activity_on >= since


def _competitors(claim: Claim, evidence: Evidence, clauses: Clauses) -> Iterator[Competitor]:
    for own in (False, True):
        for rival in _rivals(claim, evidence, clauses, own=own):
            if own or stands_before(rival, claim, clauses) or rival.state in OPEN:
                kind = RecordKind.OWN_REGISTRATION if own else RecordKind.REGISTRATION
                yield Competitor(kind, str(rival.id), rival.reference, rival.partner, rival.customer, rival.state,
                                 rival.submitted_at.isoformat(), rival.match.band, rival.match.reasons)  # fmt: skip
    for deal in _deals(claim, evidence, clauses):
        since = deal.last_activity_on.isoformat() if deal.last_activity_on else ""
        state = "open" if _is_lively(deal, clauses, at=claim.submitted_at) else "quiet"
        yield Competitor(RecordKind.OPPORTUNITY, str(deal.id), deal.name, "", deal.customer, state, since,
                         deal.match.band, deal.match.reasons)  # fmt: skip
    for customer in _customers(claim, evidence, clauses):
        yield Competitor(RecordKind.CUSTOMER, str(customer.id), customer.name, "", customer.name, "customer",
                         customer.last_won_on.isoformat(), customer.match.band, customer.match.reasons)  # fmt: skip
