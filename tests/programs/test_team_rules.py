"""The four organisation models decide who covers what; the suggestion says why."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from comity.programs.rules import Candidate, Reach, coverage, covers, load_of, suggest, utilization
from comity.programs.states import OrganizationModel

MODELS = list(OrganizationModel)
EVERYTHING = Reach()
NARROW = Reach(frozenset({"reseller"}), frozenset({"EMEA"}))


def candidate(number: int, name: str, load: int, capacity: int | None, reach: Reach = EVERYTHING) -> Candidate:
    return Candidate(UUID(int=number), name, reach, Decimal(load), None if capacity is None else Decimal(capacity))


@pytest.mark.parametrize(
    ("types", "region", "expected"),
    [
        (["reseller"], "EMEA", [True, True, True, True]),
        (["agency", "reseller"], "EMEA", [True, True, True, True]),
        (["agency"], "EMEA", [True, False, True, False]),
        (["reseller"], "APAC", [True, True, False, False]),
        (["agency"], "APAC", [True, False, False, False]),
        ([], "", [True, False, False, False]),
    ],
)
def test_each_model_looks_at_its_own_side(types, region, expected):
    assert [covers(model, NARROW, types, region) for model in MODELS] == expected
    assert all(covers(model, Reach(), types, region) for model in MODELS)


def test_load_is_weighted_and_compared_with_capacity():
    weights = {"strategic": Decimal(3), "core": Decimal("1.5")}
    load = load_of(["strategic", "core", "emerging", ""], weights)
    assert (load, utilization(load, Decimal(13))) == (Decimal("6.5"), Decimal("0.5"))
    assert (utilization(load, None), utilization(load, Decimal(0))) == (None, None)


@pytest.mark.parametrize(
    ("candidates", "reason"),
    [
        ([], "Nobody covers reseller in EMEA."),
        ([candidate(1, "Ada", 4, 10)], "Ada is the only one who covers reseller in EMEA: 5 of 10 with this one."),
        (
            [candidate(1, "Ada", 4, 10), candidate(2, "Ben", 5, 20)],
            "Ben is the least used of 2 who cover reseller in EMEA: 6 of 20 with this one.",
        ),
        (
            [candidate(1, "Ada", 10, 10), candidate(2, "Ben", 30, None)],
            "Ben is the least used of 2 who cover reseller in EMEA; no capacity is set.",
        ),
        (
            [candidate(1, "Ada", 10, 10), candidate(2, "Cem", 0, 9, Reach(regions=frozenset({"APAC"})))],
            "Ada is the only one who covers reseller in EMEA, but would be over capacity: 11 of 10 with this one.",
        ),
    ],
)
def test_the_suggestion_says_why(candidates, reason):
    assert suggest(OrganizationModel.HYBRID, candidates, types=["reseller"], region="EMEA").reason == reason


def test_gaps_are_cells_that_nobody_covers():
    rows = coverage(
        OrganizationModel.HYBRID, [NARROW], regions=["APAC", "EMEA"], partnerships={("reseller", "APAC"): 4}
    )
    resellers = next(row for row in rows if row[0].partner_type == "reseller")
    assert [(cell.region, cell.managers, cell.partnerships, cell.is_gap) for cell in resellers] == [
        ("APAC", 0, 4, True),
        ("EMEA", 1, 0, False),
    ]
    assert sum(cell.is_gap for row in rows for cell in row) == 15
