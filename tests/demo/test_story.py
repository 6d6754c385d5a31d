"""The dice: the same deals each time, each of them plausible, and the plot that the README tells."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from comity.demo.deals import DealLine, make_deals
from comity.demo.lucerne import STORY as LUCERNE
from comity.demo.northwind import STORY
from comity.demo.partners import AMERICA, AMERICA_OPENED, BRIGHTWATER, HALDEN, KESTREL
from comity.demo.story import FIRST_DAY, LAST_DAY, STAGES, Story


@pytest.fixture(scope="module")
def deals() -> list[DealLine]:
    return make_deals(STORY)


def won_with(deals: list[DealLine], partner: str) -> list[tuple[date, Decimal]]:
    """Day and amount of the deals won with a partner."""
    won = [deal for deal in deals if deal.steps[-1].stage == "Won" and partner in {key for key, _, _ in deal.roles}]
    return [(deal.steps[-1].on, deal.steps[-1].amount or Decimal(0)) for deal in won]


def year_of(day: date) -> int:
    """0, 1 or 2: which year of the story."""
    return (day.year * 12 + day.month - FIRST_DAY.year * 12 - FIRST_DAY.month) // 12


@pytest.mark.parametrize("story", [STORY, LUCERNE], ids=["northwind", "lucerne"])
def test_the_dice_fall_alike_each_time(story: Story) -> None:
    assert make_deals(story) == make_deals(story)
    assert len(make_deals(story)) == story.deals


def test_every_deal_could_have_happened(deals: list[DealLine]) -> None:
    partners = {partner.key: partner for partner in STORY.partners}
    order = {stage: place for place, stage in enumerate((*STAGES, "Won"))} | {"Lost": 9}
    for deal in deals:
        days = [step.on for step in deal.steps]
        assert days == sorted(days)
        assert days[0] >= FIRST_DAY
        assert days[-1] <= LAST_DAY
        assert all(order[before.stage] < order[after.stage] for before, after in pairwise(deal.steps))
        assert deal.steps[0].stage == "Qualify"
        if deal.lines:
            assert deal.steps[-1].amount == sum(line.amount for line in deal.lines)
        if deal.steps[-1].stage == "Won":
            assert deal.lines
        for key, _role, _share in deal.roles:
            started = partners[key].started_on
            assert started is not None
            assert started <= days[0]
        shares = [share for _, _, share in deal.roles if share is not None]
        assert not shares or sum(shares) == 100


def test_nobody_sources_and_influences_one_deal(deals: list[DealLine]) -> None:
    for deal in deals:
        assert len(deal.roles) == len({(key, role) for key, role, _ in deal.roles})
        for key in {key for key, _, _ in deal.roles}:
            assert not {"sourced", "influenced"} <= {role for one, role, _ in deal.roles if one == key}


def test_the_star_rises(deals: list[DealLine]) -> None:
    years = [sum(amount for day, amount in won_with(deals, HALDEN) if year_of(day) == year) for year in range(3)]
    assert years[0] * 2 < years[1]
    assert years[1] * Decimal("1.5") < years[2]


def test_the_sleeper_sleeps_and_the_churner_leaves(deals: list[DealLine]) -> None:
    last = max(day for day, _ in won_with(deals, BRIGHTWATER))
    assert (LAST_DAY - last).days > 180
    assert sum(amount for day, amount in won_with(deals, BRIGHTWATER) if year_of(day) == 1) > 100_000
    assert not [day for day, _ in won_with(deals, KESTREL) if year_of(day) == 2 and day > date(2026, 3, 31)]
    assert next(partner for partner in STORY.partners if partner.key == KESTREL).status == "ended"


def test_america_begins_when_it_is_entered(deals: list[DealLine]) -> None:
    first = min(deal.steps[0].on for deal in deals if deal.customer.region == AMERICA)
    assert first >= AMERICA_OPENED
    assert (first - AMERICA_OPENED).days < 31


def test_august_is_quiet_and_quarters_end_busily(deals: list[DealLine]) -> None:
    opened = [deal.steps[0].on.month for deal in deals]
    assert opened.count(8) * 1.5 < opened.count(9)
    closed = [deal.steps[-1].on for deal in deals if deal.steps[-1].stage == "Won"]
    assert sum(day.month % 3 == 0 for day in closed) > len(closed) * 0.4
