"""Judging a registration: values in, a verdict out. Judging twice gives the same; what is unrelated changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from comity.deals.registration.clauses import (
    IF_EARLIER_ENDS,
    IF_EARLIER_ENDS_OR_LETTER,
    ONLY_FOR,
    REGISTERED_FIRST,
    Clauses,
    ExistingCustomer,
    SecondRegistrant,
)
from comity.deals.registration.clock import add_business_hours
from comity.deals.registration.concerned import customers_of, deals_of, is_lively, rivals_of
from comity.deals.registration.evidence import (
    Band,
    Claim,
    Competitor,
    Effect,
    Evidence,
    Finding,
    Outcome,
    RecordKind,
    Rival,
    Verdict,
)
from comity.deals.states.registrations import OPEN, PROTECTED, STANDING, RegistrationKind, RfpStatus, State
from comity.kernel.words import Figure, coded, template, words

HALF_DISCOUNT: Final = words("Half of the registration discount, since another partner came first.")
INCUMBENT: Final = "incumbent"
LETTER: Final = "customer_letter"
"""The finding that a letter went before who was first."""
SELL_TOGETHER: Final = words("To be sold together with whoever came first.")
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
    deciding = next((one.sentence for one in findings if (one.effect is worst if worst else one.rule == LETTER)), "")
    start = clock_from or claim.submitted_at

    def due(hours: int) -> datetime:
        return add_business_hours(start, hours, zone=zone, holidays=clauses.holidays)

    return Verdict(
        outcome=outcome,
        # A letter is read by a person before it wins.
        automatic=not by_letter and _automatic(outcome, claim, clauses),
        sentence=deciding or words("It is complete and the first; nothing stands against it."),
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
        change = words("When the partnership is active again.")
        yield _said(rule, Effect.REFUSE, words("The partnership is not active."), change)
        return
    wanted = (
        ("type", bool(partner.types & set(clauses.partner_types)), clauses.partner_types),
        ("tier", partner.tier in clauses.tiers, clauses.tiers),
        ("region", partner.region in clauses.regions, clauses.regions),
    )
    lacking = [(word, allowed) for word, holds, allowed in wanted if allowed and not holds]
    for word, allowed in lacking:
        spoken = tuple(coded(one) for one in allowed)
        only, wanting = ONLY_FOR[word]
        yield _said(rule, Effect.REFUSE, words(only, names=spoken), words(wanting, names=spoken))
    if not lacking:
        yield _held(rule, words("The partner may register deals."))


def product_is_covered(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """Product families that may be registered."""
    if not clauses.families:
        return
    outside = sorted(claim.families - set(clauses.families))
    if not claim.families:
        said = words("No product is named, so a person looks at it.")
        yield _said("products", Effect.ASK, said, words("Name the products."))
    elif outside:
        spoken = tuple(outside)
        change = words("Register without %(products)s.", products=spoken)
        yield _said("products", Effect.REFUSE, words("%(products)s cannot be registered.", products=spoken), change)
    else:
        yield _held("products", words("All its products may be registered."))


def value_is_enough(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """The least expected value."""
    if not clauses.minimum_value:
        return
    least = words("%(currency)s %(amount)s", currency=claim.currency, amount=Figure(clauses.minimum_value, 0))
    if claim.value is None:
        said = words("Its value is not known, so a person looks at it.")
        yield _said("minimum_value", Effect.ASK, said, words("Name the value."))
    elif claim.value < clauses.minimum_value:
        change = words("If the expected value is at least %(least)s.", least=least)
        said = words("The expected value is below %(least)s.", least=least)
        yield _said("minimum_value", Effect.REFUSE, said, change)
    else:
        yield _held("minimum_value", words("The expected value is at least %(least)s.", least=least))


def no_public_tender(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """Public tenders are open to everybody."""
    if clauses.refuse_public_tenders and claim.rfp is RfpStatus.PUBLIC_TENDER:
        yield _said("public_tender", Effect.REFUSE, words("It is after a public tender, which anybody may answer."))
    elif clauses.refuse_public_tenders:
        yield _held("public_tender", words("There is no public tender."))


def not_too_many_open(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """The cap on open registrations: the highest of the partner's types; a type without a cap lifts it."""
    types = evidence.partner.types
    if not types or any(kind not in clauses.max_open for kind in types):
        return
    most = max(clauses.max_open[kind] for kind in types)
    if evidence.partner.open_registrations >= most:
        change = words("When one of the open registrations is decided, won, lost or withdrawn.")
        said = words("%(most)s registrations are open already, which is the most.", most=most)
        yield _said("most_open", Effect.REFUSE, said, change)
    else:
        yield _held("most_open", words("Fewer than %(most)s registrations are open.", most=most))


# --- who else ---


def not_registered_by_oneself(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """The partner's own earlier registrations of the same customer."""
    for rival in rivals_of(claim, evidence, clauses, own=True):
        if rival.match.band is not Band.SAME:
            continue
        if rival.state in OPEN and rival.order < claim.order:
            yield Finding(
                "own_duplicate", Effect.REFUSE,
                words("The partner registered this customer already: %(reference)s.", reference=rival.reference),
                words("You registered this customer already: %(reference)s.", reference=rival.reference),
                words("If %(reference)s is withdrawn.", reference=rival.reference), (str(rival.id),),
            )  # fmt: skip
        elif rival.state in (State.REJECTED, State.REVOKED) and not clauses.resubmission:
            again = template("%(reference)s for this customer was %(state)s, and may not be registered again.")
            sentence = words(again, reference=rival.reference, state=coded(rival.state))
            yield Finding("resubmission", Effect.REFUSE, sentence, sentence, "", (str(rival.id),))


def first_to_register(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """The first complete submission wins."""
    rule = "first_registrant"
    others = rivals_of(claim, evidence, clauses, own=False)
    renews = clauses.incumbent_renews and _is_incumbent(claim, evidence, clauses)
    if renews:  # whoever did not sell to the customer last stands before it only with a protection
        others = [one for one in others if one.state in PROTECTED]
    ahead = [one for one in others if stands_before(one, claim, clauses)]
    for rival in ahead:
        if rival.order > claim.order and rival.state not in PROTECTED:
            yield _letter_of_another(rival, clauses)
            continue
        sure = rival.match.band is not Band.ASK
        letter = clauses.letter_counts and claim.has_letter
        effect = _second_registrant(clauses) if sure and not letter else Effect.ASK
        said = "not_certain" if not sure else "letter" if effect is Effect.ASK else "plainly"
        if said == "plainly" and rival.order < 0:
            said = "brought_over"
        by_letter = clauses.letter_counts and not claim.has_letter
        yield Finding(
            rule, effect,
            words(REGISTERED_FIRST[said], partner=rival.partner, reference=rival.reference),
            words("Another partner registered this customer first."),
            IF_EARLIER_ENDS_OR_LETTER if by_letter else IF_EARLIER_ENDS,
            (str(rival.id),),
        )  # fmt: skip
    passed = [one for one in others if stands_before(one, claim) and one not in ahead]
    for rival in passed:
        yield Finding(
            LETTER, Effect.HOLDS,
            words(REGISTERED_FIRST["letter_goes_before"], partner=rival.partner, reference=rival.reference),
            words("The customer's signed letter names you."), "", (str(rival.id),),
        )  # fmt: skip
    if not ahead and not passed:
        yield _held(rule, words("No other partner registered this customer before."))


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
        words(REGISTERED_FIRST["letter_of_another"], partner=rival.partner, reference=rival.reference),
        words("Another partner has a signed letter of this customer."),
        words("If that registration ends, or with a signed letter of the customer that names you."),
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
    for deal in deals_of(claim, evidence, clauses):
        if deal.own:
            held = words("The partner takes part in our deal %(deal)s already.", deal=deal.name)
            masked = words("You take part in our deal with this customer.")
            yield Finding(rule, Effect.HOLDS, held, masked, "", (str(deal.id),))
            continue
        days = clauses.vendor_activity_days
        if not is_lively(deal, clauses, at):
            held = words("Nobody worked on our deal %(deal)s in the last %(days)s days.", deal=deal.name, days=days)
            yield Finding(rule, Effect.HOLDS, held, "", "", (str(deal.id),))
            continue
        against += 1
        letter = clauses.letter_counts and claim.has_letter
        effect = Effect.ASK if deal.match.band is Band.ASK or letter else Effect.REFUSE
        yield Finding(
            rule, effect,
            words("We are working on it ourselves: %(deal)s.", deal=deal.name),
            words("We are working on a deal with this customer ourselves."),
            words("If nobody of ours works on that deal for %(days)s days, or it is lost.", days=days),
            (str(deal.id),),
        )  # fmt: skip
    if not against:
        yield _held(rule, words("We are not working on a deal with this customer ourselves."))


def customer_may_be_registered(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """Customers to whom the vendor sold already."""
    rule, policy = "existing_customer", clauses.existing_customer
    found = customers_of(claim, evidence, clauses)
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
        change = ""
        if policy is ExistingCustomer.EXPANSION_ONLY and not fits:
            change = words("If you register it as an expansion or renewal.")
        said = words("%(customer)s is a customer of ours already.", customer=customer.name)
        yield Finding(rule, effect, said, words("This is a customer of ours already."), change, (str(customer.id),))
    if not found:
        yield _held(rule, words("It is not a customer of ours yet."))


def incumbent_renews(claim: Claim, evidence: Evidence, clauses: Clauses, at: datetime) -> Iterator[Finding]:
    """A renewal is first of all for who sold to the customer last."""
    if not clauses.incumbent_renews or claim.kind is not RegistrationKind.RENEWAL:
        return
    found = customers_of(claim, evidence, clauses)
    if _is_incumbent(claim, evidence, clauses):
        held = words("The partner sold to this customer last; a renewal is theirs first.")
        yield Finding(INCUMBENT, Effect.HOLDS, held, words("You sold to this customer last; a renewal is yours first."))
        return
    for customer in found:
        if not customer.incumbents:
            continue
        sure = customer.match.band is Band.SAME and not (clauses.letter_counts and claim.has_letter)
        sellers = ", ".join(customer.incumbents)
        yield Finding(
            INCUMBENT,
            Effect.REFUSE if sure else Effect.ASK,
            words(
                "%(sellers)s sold to %(customer)s last; a renewal is theirs first.",
                sellers=sellers,
                customer=customer.name,
            ),
            words("Another partner sold to this customer last; a renewal is theirs first."),
            words("If that partner gives it up, or with a signed letter of the customer."),
            (str(customer.id),),
        )


def _is_incumbent(claim: Claim, evidence: Evidence, clauses: Clauses) -> bool:
    """Whether the partner renews what it sold last."""
    mine = [one for one in customers_of(claim, evidence, clauses) if one.own and one.match.band is Band.SAME]
    return claim.kind is RegistrationKind.RENEWAL and bool(mine)


ABOUT_OTHERS: Final = frozenset({"first_registrant", LETTER, INCUMBENT, "vendor_activity", "existing_customer"})
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
    incumbent_renews,
)
"""In the order in which they are read."""


def _competitors(claim: Claim, evidence: Evidence, clauses: Clauses) -> Iterator[Competitor]:
    for own in (False, True):
        for rival in rivals_of(claim, evidence, clauses, own=own):
            if own or stands_before(rival, claim, clauses) or rival.state in OPEN:
                kind = RecordKind.OWN_REGISTRATION if own else RecordKind.REGISTRATION
                yield Competitor(kind, str(rival.id), rival.reference, rival.partner, rival.customer, rival.state,
                                 rival.submitted_at.isoformat(), rival.match.band, rival.match.reasons)  # fmt: skip
    for deal in deals_of(claim, evidence, clauses):
        since = deal.last_activity_on.isoformat() if deal.last_activity_on else ""
        state = "open" if is_lively(deal, clauses, at=claim.submitted_at) else "quiet"
        yield Competitor(RecordKind.OPPORTUNITY, str(deal.id), deal.name, "", deal.customer, state, since,
                         deal.match.band, deal.match.reasons)  # fmt: skip
    for customer in customers_of(claim, evidence, clauses):
        yield Competitor(RecordKind.CUSTOMER, str(customer.id), customer.name, "", customer.name, "customer",
                         customer.last_won_on.isoformat(), customer.match.band, customer.match.reasons)  # fmt: skip
