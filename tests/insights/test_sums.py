"""Figures put together from sums are those added up deal by deal, on any days, before and after any change."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from comity.deals.models import Opportunity, OpportunityPartner, StageChange
from comity.insights.marts import rebuild, refill_deal
from comity.insights.metric import Dimension
from comity.insights.models import ClosedSum, CycleSum, OpenSum, SumsFilled
from comity.insights.stretches import ONE_DAY, by_months, by_years
from insights.odd_deals import odd_deal, odd_program
from insights.two_ways import unlike

TOLD_APART = (Dimension.PARTNER, Dimension.TYPE, Dimension.MANAGER, Dimension.FAMILY, Dimension.ROLE, Dimension.QUARTER)
PERIODS = (
    {},
    {"as_of": date(2025, 9, 17)},
    {"from_on": date(2025, 7, 1), "to_on": date(2025, 12, 31), "as_of": date(2026, 3, 31)},
    {"from_on": date(2025, 3, 11), "to_on": date(2026, 1, 9), "as_of": date(2025, 12, 3)},
)


def sums(program) -> list[object]:
    """Everything that is kept, but for what came to nothing."""
    mine = {"program_id": program.pk}
    closed, opened, cycles = (table.objects.filter(**mine) for table in (ClosedSum, OpenSum, CycleSum))
    return [
        {
            row.pk: (row.deals, row.amount, row.cycle_days)
            for row in closed
            if row.deals or row.amount or row.cycle_days
        },
        {row.pk: (row.deals, row.amount) for row in opened if row.deals or row.amount},
        {row.pk: row.deals for row in cycles if row.deals},
    ]


def disagreements(program) -> list[object]:
    return [found for by in (None, *TOLD_APART) for asked in PERIODS for found in unlike(program, by, **asked)]


def test_both_ways_say_the_same_before_and_after_changes(cast):
    program, chance = odd_program(cast), random.Random(3)
    with cast.scope("ada"):
        assert disagreements(program) == []
        deals = list(Opportunity.objects.filter(program=program).order_by("id"))
        for deal in chance.sample(deals, 12):
            step = chance.choice(StageChange.objects.filter(opportunity=deal).order_by("sequence"))
            step.on = (step.on or date(2025, 5, 5)) + timedelta(days=chance.randint(0, 40))
            step.amount = None if chance.random() < 0.3 else Decimal(chance.randint(1, 99_999)) / 100
            step.save(update_fields=["on", "amount"])
            refill_deal(program, deal.pk)
        named = deals[1]
        OpportunityPartner.objects.filter(opportunity=named).delete()
        OpportunityPartner.objects.create(
            vendor_id=program.vendor_id, opportunity=named, partnership=cast.of_fabrikam,
            partner_id=cast.of_fabrikam.partner_id, role="supported",
        )  # fmt: skip
        refill_deal(program, named.pk)
        odd_deal(program, [(date(2025, 11, 2), "open", "10"), (date(2026, 1, 2), "won", "12")], opened_on=None)
        refill_deal(program, Opportunity.objects.latest("id").pk)
        assert disagreements(program) == []
        before = sums(program)
        rebuild(program)
        assert sums(program) == before


def test_without_its_sums_a_program_is_added_up_deal_by_deal_and_one_change_fills_them(cast):
    program = odd_program(cast, seed=8)
    with cast.scope("ada"):
        before = sums(program)
        for table in (ClosedSum, OpenSum, CycleSum, SumsFilled):
            table.objects.all().delete()
        assert unlike(program, Dimension.REGION) == []
        refill_deal(program, Opportunity.objects.filter(program=program).earliest("id").pk)
        assert sums(program) == before


@given(first=st.dates(date(1, 1, 1), date.max), last=st.dates(date(1, 1, 1), date.max))
def test_stretches_hold_each_day_once(first, last):
    for cut, unit in ((by_months(first, last), "month"), (by_years(first, last), "year")):
        spans = [days for days in (cut.head, cut.whole, cut.tail) if days[0] <= days[1]]
        assert not spans or (spans[0][0], spans[-1][1]) == (first, last)
        assert bool(spans) == (first <= last)
        assert all(later[0] - earlier[1] == ONE_DAY for earlier, later in pairwise(spans))
        if cut.whole in spans:
            begin, end = cut.whole
            assert begin.day == 1
            assert end == date.max or (end + ONE_DAY).day == 1
            assert unit == "month" or (begin.month == 1 and end.month == 12)
