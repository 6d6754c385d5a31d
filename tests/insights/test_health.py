"""Health: what it is made of, told in sentences that a partner manager can check."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.insights.rules import Band, Facts, Part, health_of

FINE = Facts("active", "core", 400, 5, 20, Decimal(1200), Decimal(1000), 3, 10)


def told(facts: Facts) -> tuple[int | None, list[str]]:
    health = health_of(facts)
    return health.score, [str(reason) for reason in health.reasons if reason.points < 25]


def test_a_partner_that_does_well():
    health = health_of(FINE)
    assert (health.score, health.band) == (100, Band.GOOD)
    assert [str(reason) for reason in health.reasons] == [
        "Last spoken with 5 days ago.",
        "Qualifying activity 20 days ago.",
        "Revenue of 12 months up 20 % on the year before.",
        "Open deals (3); the last one moved 10 days ago.",
    ]


@pytest.mark.parametrize(
    ("given", "score", "reasons"),
    [
        ({"contact_days": 29}, 87, ["Last spoken with 29 days ago; every 14 days is usual for this segment."]),
        ({"contact_days": 57}, 75, ["Last spoken with 57 days ago; every 14 days is usual for this segment."]),
        ({"contact_days": None}, 75, ["No call, meeting or e-mail is logged."]),
        ({"contact_days": None, "started_days": 20}, 100, []),
        ({"activity_days": 90}, 85, ["Quiet for 90 days; dormant from 180 on."]),
        ({"activity_days": 180}, 75, ["Dormant: no qualifying activity for 180 days."]),
        ({"activity_days": None}, 75, ["No qualifying activity is known."]),
        ({"revenue": Decimal(900)}, 93, ["Revenue of 12 months about that of the year before."]),
        ({"revenue": Decimal(700)}, 83, ["Revenue of 12 months down 30 % on the year before."]),
        ({"revenue": Decimal(0)}, 75, ["Revenue of 12 months down 100 % on the year before."]),
        ({"revenue_before": Decimal(0)}, 100, []),
        ({"revenue": None}, 100, []),
        ({"moved_days": 61}, 83, ["Open deals (3); the last one moved 61 days ago."]),
        ({"open_deals": 0, "moved_days": None}, 75, ["No open deal."]),
    ],
)
def test_what_costs_points_says_so(given, score, reasons):
    assert told(Facts(**{**FINE.__dict__, **given})) == (score, reasons)


def test_what_is_not_active_has_no_health():
    health = health_of(Facts("onboarding"))
    assert (health.score, health.band, health.reasons, health.main_reason) == (None, None, (), None)


days = st.none() | st.integers(0, 4000)
money = st.none() | st.decimals(0, 10**9, places=2)


@given(st.builds(Facts, st.just("active"), st.sampled_from(["", "core"]), days, days, days, money, money,
                 st.integers(0, 9), days))  # fmt: skip
def test_it_is_a_share_of_what_can_be_known(facts):
    health = health_of(facts)
    assert health.score is not None
    assert 0 <= health.score <= 100
    assert {Part.CONTACT, Part.PIPELINE} <= {reason.part for reason in health.reasons}
    assert [reason.points for reason in health.reasons] == sorted(reason.points for reason in health.reasons)
    assert all(str(reason) and str(reason.short) for reason in health.reasons)
