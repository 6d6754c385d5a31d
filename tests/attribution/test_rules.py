"""The models on their own: whole numbers in, shares that sum to one and amounts that sum to the cent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.attribution.rules import (
    DEFAULTS,
    CountedTouch,
    DeclaredPart,
    Part,
    Settings,
    all_weights,
    decay_weights,
    disagreement,
    exact_shares,
    role_of_deal,
    roles,
    shares,
    split,
    touch_weights,
    within_window,
)
from comity.attribution.states import MACHINE, TOUCH_MODELS, Basis, Model, TouchKind, TouchMove, TouchState
from comity.kernel.money import Money, zero

ADA, BO, CY = (UUID(int=number) for number in (1, 2, 3))
CLOSE = date(2026, 3, 31)


def touch(number: int, partner: UUID, days_before: int, kind: TouchKind = TouchKind.MEETING) -> CountedTouch:
    """A touch so many days before the close, at nine."""
    on = CLOSE - timedelta(days=days_before)
    return CountedTouch(datetime(on.year, on.month, on.day, 9, tzinfo=UTC), UUID(int=number), partner, on, kind)


def test_five_models_of_four_touches():
    touches = within_window(
        [touch(1, ADA, 90), touch(2, BO, 45), touch(3, BO, 10), touch(4, CY, 0), touch(5, CY, 400)],
        opened_on=date(2025, 12, 1), until=CLOSE, days=180,
    )  # fmt: skip
    said = {model: exact_shares(touch_weights(model, touches, DEFAULTS)) for model in TOUCH_MODELS[:3]}
    said[Model.POSITION_BASED] = exact_shares(touch_weights(Model.POSITION_BASED, touches, DEFAULTS))
    assert said == {
        Model.FIRST_TOUCH: {ADA: Fraction(1)},
        Model.LAST_TOUCH: {CY: Fraction(1)},
        Model.LINEAR: {ADA: Fraction(1, 4), BO: Fraction(1, 2), CY: Fraction(1, 4)},
        Model.POSITION_BASED: {ADA: Fraction(2, 5), BO: Fraction(1, 5), CY: Fraction(2, 5)},
    }
    decay = touch_weights(Model.TIME_DECAY, touches, DEFAULTS)
    assert decay == {ADA: 250_000_000_000, BO: 500_000_000_000 + 857_243_982_853, CY: 1_000_000_000_000}
    assert split(Money("100.00", "EUR"), touch_weights(Model.LINEAR, touches[:3], DEFAULTS)) == {
        ADA: Money("33.33", "EUR"), BO: Money("66.67", "EUR"),
    }  # fmt: skip


def test_two_have_half_each_one_has_all_and_equal_instants_go_by_id():
    both = within_window([touch(2, BO, 5), touch(1, ADA, 5)], opened_on=None, until=CLOSE, days=180)
    assert [one.partner for one in both] == [ADA, BO]
    assert touch_weights(Model.POSITION_BASED, both, DEFAULTS) == {ADA: 1, BO: 1}
    assert touch_weights(Model.FIRST_TOUCH, both, DEFAULTS) == {ADA: 1}
    assert touch_weights(Model.POSITION_BASED, both[:1], DEFAULTS) == {ADA: 1}
    assert all(touch_weights(model, (), DEFAULTS) == {} for model in TOUCH_MODELS)
    with pytest.raises(ValueError, match="more than 100 %"):
        Settings(first_percent=60, last_percent=50)


def test_who_sourced_and_who_influenced():
    opened = date(2026, 1, 1)
    before = (opened - CLOSE).days * -1 + 10
    late = touch(9, CY, 0, TouchKind.REFERRAL)
    told = roles(
        [touch(1, ADA, before, TouchKind.REGISTRATION), touch(2, BO, 30), touch(3, BO, before), late],
        [DeclaredPart(CY, "fulfilled"), DeclaredPart(UUID(int=4), "influenced", by_import=True)],
        opened_on=opened, until=CLOSE, activity=[opened, date(2026, 2, 1)], idle_days=180,
    )  # fmt: skip
    assert told == {
        ADA: Part("sourced", Basis.CLAIM),
        BO: Part("influenced", Basis.TOUCH),
        CY: Part("influenced", Basis.TOUCH, fulfilled=True),
        UUID(int=4): Part("influenced", Basis.IMPORT),
    }
    # The same referral sources the deal once nobody of the vendor's had moved it for 180 days.
    quiet = roles([late], [], opened_on=date(2025, 6, 1), until=CLOSE, activity=[], idle_days=180)
    assert quiet == {CY: Part("sourced", Basis.CLAIM)}
    assert role_of_deal(told.values()) == "sourced"
    assert role_of_deal([Part(fulfilled=True)]) == "fulfilled"
    assert role_of_deal([]) == "direct"


def test_the_models_disagree_most_about_one_partner():
    touches = within_window([touch(1, ADA, 60), touch(2, BO, 1)], opened_on=None, until=CLOSE, days=180)
    declared = [
        DeclaredPart(ADA, "sourced", share=Decimal("0.7")),
        DeclaredPart(BO, "influenced", share=Decimal("0.3")),
    ]
    weights = all_weights(touches, DEFAULTS, holder=ADA, declared=declared)
    assert shares(weights[Model.DECLARED_SPLIT]) == {ADA: Decimal("0.7"), BO: Decimal("0.3")}
    found = disagreement(weights)
    assert found is not None
    assert (found.partner, found.lowest[0], found.highest[1], found.spread) == (ADA, Model.LAST_TOUCH, 1, 1)
    assert disagreement({Model.LINEAR: {ADA: 3}, Model.FIRST_TOUCH: {ADA: 1}, Model.LAST_TOUCH: {}}) is None


TOUCHES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 900)), max_size=25)
SETTINGS = st.builds(
    Settings,
    window_days=st.integers(0, 400),
    half_life_days=st.sampled_from([1, 7, 45, 90]),
    first_percent=st.integers(0, 50),
    last_percent=st.integers(0, 50),
)


@settings(max_examples=60, deadline=None)
@given(TOUCHES, SETTINGS, st.decimals(-(10**9), 10**9, places=4, allow_nan=False))
def test_shares_sum_to_the_whole_and_amounts_to_the_cent(drawn, chosen, amount):
    made = [touch(number, UUID(int=partner), days) for number, (partner, days) in enumerate(drawn, start=1)]
    touches = within_window(made, opened_on=CLOSE - timedelta(days=300), until=CLOSE, days=chosen.window_days)
    value = Money(amount, "EUR")
    for weights in all_weights(touches, chosen).values():
        if not weights:
            continue
        assert sum(exact_shares(weights).values()) == 1
        assert sum(shares(weights).values()) == 1
        assert sum(split(value, weights).values(), zero("EUR")) == value.rounded()


def test_a_moved_close_changes_no_share_under_time_decay():
    assert decay_weights(45)[:46:45] == (10**12, 5 * 10**11)
    assert decay_weights(7)[7] == 5 * 10**11


def test_the_full_grid_of_a_touch():
    possible = {(cell.state, cell.move) for cell in MACHINE.grid() if cell.next_state is not None}
    assert possible == {
        (TouchState.WAITING, TouchMove.CONFIRM), (TouchState.WAITING, TouchMove.REFUSE),
        (TouchState.WAITING, TouchMove.WITHDRAW), (TouchState.CONFIRMED, TouchMove.REFUSE),
        (TouchState.CONFIRMED, TouchMove.WITHDRAW), (TouchState.REFUSED, TouchMove.CONFIRM),
        (TouchState.WITHDRAWN, TouchMove.CONFIRM),
    }  # fmt: skip
