"""History, lines, shares, domains and circles as values."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.deals import rules
from comity.deals.rules import Step
from comity.deals.states import DealStatus

DAY = date(2026, 1, 1)
STAGES = [UUID(int=number) for number in range(1, 6)]  # the first three are open, then won, lost
MEANS = {
    **dict.fromkeys(STAGES[:3], DealStatus.OPEN),
    STAGES[3]: DealStatus.WON,
    STAGES[4]: DealStatus.LOST,
}


def after(days: int) -> date:
    return DAY + timedelta(days=days)


# One thing done to a deal: (days after the deal was recorded, days before that on which it is said to have happened,
# a stage to move to or None for another amount, the amount).
deeds = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 5), st.sampled_from([None, *STAGES]), st.integers(1, 9)), max_size=12
)


@given(deeds=deeds, opened_before=st.integers(0, 20))
def test_whatever_is_done_the_past_is_told_as_it_was_entered(deeds, opened_before):
    """As of today the history says what was done last; its days never run backwards; no closed deal keeps old rows."""
    today = DAY
    stage, amount = STAGES[0], Decimal(5)
    history = rules.history_of_new(
        opened_on=DAY - timedelta(days=opened_before),
        today=today,
        stage_id=stage,
        amount=amount,
        recurring_amount=None,
    )
    for later, back, target, number in deeds:
        today += timedelta(days=later)
        earlier = history
        try:
            if target is None:
                amount = Decimal(number)
                history = rules.revalued(history, today=today, amount=amount, recurring_amount=None)
            elif target == stage:
                continue
            elif MEANS[target] is DealStatus.OPEN:
                on = today - timedelta(days=back)
                history = rules.moved(history, on=on, today=today, stage_id=target, status=MEANS[target])
                stage = target
            else:
                on = today - timedelta(days=back)
                history = rules.concluded(
                    history, on=on, today=today, stage_id=target, status=MEANS[target], amount=amount,
                    recurring_amount=None,
                )  # fmt: skip
                stage = target
        except rules.StageDateRefused:
            assert target is not None, "Entering an amount is never refused."
            continue
        # What happened before the day of this step is told as before.
        changed_from = today if target is None and MEANS[stage] is DealStatus.OPEN else None
        if changed_from is not None:
            day = changed_from - timedelta(days=1)
            assert rules.as_of(history, day) == rules.as_of(earlier, day)
    days = [step.on for step in history]
    assert days == sorted(days)
    now = rules.as_of(history, today)
    assert now is not None
    assert (now.stage_id, now.status, now.amount) == (stage, MEANS[stage], amount)
    assert rules.as_of(history, DAY - timedelta(days=opened_before + 1)) is None


@given(deeds=deeds)
def test_as_of_agrees_with_reading_the_rows_one_by_one(deeds):
    steps, day = [], DAY
    for later, _, stage, number in deeds:
        day += timedelta(days=later)
        chosen = stage or STAGES[0]
        steps.append(Step(day, chosen, MEANS[chosen], Decimal(number)))
    for asked in range(-1, 120):
        expected = None
        for step in steps:
            if step.on <= after(asked):
                expected = step
        assert rules.as_of(steps, after(asked)) == expected


def test_a_deal_recorded_late_was_open_before_its_amount_was_known():
    history = rules.history_of_new(
        opened_on=after(-30), today=DAY, stage_id=STAGES[0], amount=Decimal(100), recurring_amount=None
    )
    assert history == (
        Step(after(-30), STAGES[0], DealStatus.OPEN),
        Step(DAY, STAGES[0], DealStatus.OPEN, Decimal(100)),
    )


def test_winning_counts_the_amount_from_the_day_it_was_won():
    history = rules.history_of_new(
        opened_on=after(-30), today=DAY, stage_id=STAGES[0], amount=Decimal(100), recurring_amount=None
    )
    won = rules.concluded(
        history, on=after(-2), today=DAY, stage_id=STAGES[3], status=DealStatus.WON, amount=Decimal(100),
        recurring_amount=None,
    )  # fmt: skip
    assert won == (
        Step(after(-30), STAGES[0], DealStatus.OPEN),
        Step(after(-2), STAGES[3], DealStatus.WON, Decimal(100)),
    )
    corrected = rules.revalued(won, today=after(5), amount=Decimal(90), recurring_amount=None)
    assert rules.as_of(corrected, after(-2)).amount == Decimal(90)


def test_days_that_cannot_be_are_refused():
    history = (Step(DAY, STAGES[0], DealStatus.OPEN), Step(after(5), STAGES[1], DealStatus.OPEN))
    today = after(10)
    refused = [
        lambda: rules.moved(history, on=after(11), today=today, stage_id=STAGES[2], status=DealStatus.OPEN),
        lambda: rules.moved(history, on=after(4), today=today, stage_id=STAGES[2], status=DealStatus.OPEN),
        lambda: rules.opened(history, opened_on=after(6), today=today),
        lambda: rules.opened(history, opened_on=after(11), today=today),
        lambda: rules.closed(history, closed_on=after(-1), today=today),
    ]
    for attempt in refused:
        with pytest.raises(rules.StageDateRefused):
            attempt()
    assert rules.opened(history, opened_on=None, today=today)[0].on is None


@given(st.integers(1, 400))
def test_even_shares_are_exactly_the_whole(parts):
    shares = rules.even_shares(parts)
    assert sum(shares) == 1
    assert max(shares) - min(shares) <= rules.SHARE_UNIT
    rules.check_shares(shares)


@given(st.lists(st.one_of(st.none(), st.decimals(min_value=-1, max_value=2, places=6)), max_size=6))
def test_shares_pass_only_when_they_sum_to_exactly_one(shares):
    given_ones = [share for share in shares if share is not None]
    right = not given_ones or (sum(given_ones) == 1 and all(0 < share <= 1 for share in given_ones))
    if right:
        rules.check_shares(shares)
    else:
        with pytest.raises(rules.SharesRefused):
            rules.check_shares(shares)


def test_part_of_a_sum_is_not_the_sum():
    assert rules.sum_of_lines([]) is None
    assert rules.sum_of_lines([Decimal(1), None]) is None
    assert rules.sum_of_lines([Decimal("1.10"), Decimal("2.20")]) == Decimal("3.30")
    assert rules.agreed_amount(amount=None, lines=[Decimal(3)]) == 3
    assert rules.agreed_amount(amount=Decimal(7), lines=[Decimal(3), None]) == 7
    with pytest.raises(rules.LinesMismatch):
        rules.agreed_amount(amount=Decimal(7), lines=[Decimal(3)])
    assert rules.amount_of_line(
        amount=None, quantity=Decimal(3), unit_price=Decimal("0.335"), currency="EUR"
    ) == Decimal("1.01")


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("Acme.DE", "acme.de"),
        ("https://www.acme.de/impressum?x=1", "acme.de"),
        ("Ada <ada@acme.de".partition("<")[2], "acme.de"),
        ("acme.de:8080/start", "acme.de"),
        ("bücher.de", "xn--bcher-kva.de"),
        ("acme.de.", "acme.de"),
        ("n/a", None),
        ("", None),
        ("acme", None),
        ("-acme.de", None),
        ("x" * 300 + ".de", None),
        ("\u202eed.emca", None),
    ],
)
def test_domains_are_read_out_of_what_people_paste(text, domain):
    if domain is None:
        with pytest.raises(rules.InvalidDomain):
            rules.domain_of(text)
    else:
        assert rules.domain_of(text) == domain


def test_a_customer_never_stands_above_itself():
    mother, daughter, stranger = UUID(int=1), UUID(int=2), UUID(int=3)
    rules.refuse_cycle(customer_id=daughter, parent_line=[mother])
    for line in ([mother], [daughter, mother], [stranger, daughter, mother]):
        with pytest.raises(rules.CustomerCycle):
            rules.refuse_cycle(customer_id=mother, parent_line=line)
