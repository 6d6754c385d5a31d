"""Each metric against the SQL a person wrote for it, on the same rows: the two real sets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from comity.insights.catalogue import METRICS
from insights.imported import LOADERS, Imported, imported
from insights.proving import contradictions, proof_names


@pytest.fixture(scope="module", params=LOADERS)
def one(request, _template, django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Imported]:
    folder = tmp_path_factory.mktemp("none")
    with django_db_blocker.unblock(), imported(request.param, None, _template, folder) as loaded:
        yield loaded


def days(newest: date) -> list[dict[str, date | None]]:
    last_year = {"from_on": date(newest.year - 1, 4, 1), "to_on": date(newest.year, 3, 31)}
    return [
        {"from_on": None, "to_on": None, "as_of": newest},
        {**last_year, "as_of": newest},
        {**last_year, "as_of": date(newest.year, 1, 20)},
    ]


def test_every_metric_has_a_proof():
    assert proof_names() == sorted(METRICS)


@pytest.mark.parametrize("name", METRICS)
def test_on_real_rows(one, name):
    with one.scope() as program:
        wrong = [found for asked in days(program.data_as_of) for found in contradictions(name, program, **asked)]
    assert wrong == []
