"""The engine, fed by the importer, says what the oracle reads from the raw files: whole sets and perturbed copies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from comity.insights.metric import Dimension
from insights.imported import LOADERS, Imported, disagreements, imported
from insights.two_ways import unlike

SETS = [(kind, seed) for kind in LOADERS for seed in (None, 11)]


@pytest.fixture(scope="module", params=SETS, ids=lambda one: f"{one[0]}-{one[1] or 'as-published'}")
def one(request, _template, django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Imported]:
    kind, seed = request.param
    with django_db_blocker.unblock(), imported(kind, seed, _template, tmp_path_factory.mktemp("perturbed")) as loaded:
        yield loaded


def questions(newest: date, by: Dimension | None) -> dict[str, dict[str, date]]:
    """All time and a quarter that an earlier as-of date cuts; of totals also a year, a past day, and a past end."""
    year = newest.year if newest.month > 6 else newest.year - 1
    asked = {
        "all time": {},
        "a cut quarter": {"from_on": date(year, 7, 1), "to_on": date(year, 9, 30), "as_of": date(year, 8, 17)},
    }
    if by in (None, Dimension.REGION, Dimension.MANAGER):
        asked["a year"] = {"from_on": date(year, 1, 1), "to_on": date(year, 12, 31)}
        asked["a day in the past"] = {"as_of": newest - timedelta(days=140)}
        asked["an end in the past"] = {"to_on": newest - timedelta(days=75)}
    return asked


def test_newest_fact(one):
    with one.scope() as program:
        assert program.data_as_of == one.facts.data_as_of


@pytest.mark.parametrize("by", [None, *Dimension])
def test_every_metric_by(one, by):
    with one.scope() as program:
        asked = questions(one.facts.data_as_of, by)
        wrong = {name: disagreements(one, program, by and by.value, **dates) for name, dates in asked.items()}
        assert [found for dates in asked.values() for found in unlike(program, by, **dates)][:5] == []
    assert {name: found[:5] for name, found in wrong.items() if found} == {}
