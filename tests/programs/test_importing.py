"""Managers, quotas and hand-overs out of staged rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from cast import Cast
from comity.connectors.files.targets import TARGETS
from comity.connectors.runs import TYPES
from comity.platform.staging import copy_rows, create_staging
from comity.programs.importing import (
    ImportTarget,
    add_named_managers,
    import_assignments,
    import_managers,
    import_quotas,
    know_managers,
    know_partners,
    unknown_quota_owners,
)
from comity.programs.models import Manager, ManagerAssignment, Partnership, Quota

Q1 = (date(2024, 1, 1), date(2024, 3, 31))


@contextmanager
def staged(cast: Cast, **rows: list[dict[str, Any]]) -> Iterator[ImportTarget]:
    """These rows in the staged tables, under the scope of operations."""
    with cast.scope("olga"):
        for name, target in TARGETS.items():
            columns = {field.name: TYPES.get(field.kind, "text") for field in target}
            create_staging(f"import_{name}", {"file": "int", "line": "bigint", **columns})
        for name, some in rows.items():
            for line, row in enumerate(some, start=2):
                copy_rows(f"import_{name}", ["file", "line", *row], [(1, line, *row.values())])
        fed = {name: frozenset(some[0]) for name, some in rows.items()}
        yield ImportTarget(cast.program, uuid4(), fed, "EUR")


def test_a_manager_is_known_by_the_external_id_before_the_name_of_another(cast):
    named = [("Ada", "7"), ("7", "8"), ("Twin", "t1"), ("Twin", "t2")]
    with staged(cast, manager=[{"external_id": key, "name": name} for name, key in named]) as target:
        import_managers(target)
        know_managers(target)
        quotas = [{"manager": who, "partner": None, "starts_on": Q1[0], "ends_on": Q1[1], "amount": 5}
                  for who in ("7", "t1")]  # fmt: skip
        for line, row in enumerate(quotas):
            copy_rows("import_quota", ["file", "line", *row], [(1, line, *row.values())])
        know_partners(target)
        target.fed["quota"] = frozenset(quotas[0])
        assert unknown_quota_owners(target) == []
        assert import_quotas(target).created == 2
        assert set(Quota.objects.values_list("manager__name", "manager__external_id")) == {("Ada", "7"), ("Twin", "t1")}


@pytest.mark.parametrize("who", ["Twin", "Nobody"])
def test_a_quota_of_nobody_in_particular_is_told(cast, who):
    managers = [{"external_id": key, "name": "Twin"} for key in ("t1", "t2")]
    quota = {"manager": who, "starts_on": Q1[0], "ends_on": Q1[1], "amount": 5}
    with staged(cast, manager=managers, quota=[quota]) as target:
        import_managers(target)
        know_managers(target)
        know_partners(target)
        assert unknown_quota_owners(target) == [(1, 2, "manager", who)]
        assert import_quotas(target).created == 0


def test_whoever_is_named_becomes_a_manager_once(cast):
    with staged(
        cast, partner=[{"external_id": "1", "name": "X", "manager": name} for name in ("Ada", "Grace")]
    ) as target:
        for _ in range(2):
            add_named_managers(target, "import_partner")
        assert sorted(Manager.objects.values_list("name", flat=True)) == ["Ada", "Grace"]


def test_hand_overs_follow_from_who_served_when(cast):
    served = [("D9", "M1", 5), ("D10", "M2", 5), ("D1", "M1", 1), ("D2", "M1", 3), ("D3", "M2", 8)]
    rows = [
        {"opportunity": deal, "partner": "P1", "manager": who, "on": date(2024, 1, day)} for deal, who, day in served
    ]
    managers = [{"external_id": key, "name": key} for key in ("M1", "M2")]
    with staged(cast, manager=managers, assignment=rows) as target:
        Partnership.objects.filter(pk=cast.of_fabrikam.pk).update(external_id="P1")
        import_managers(target)
        know_managers(target)
        know_partners(target)
        import_assignments(target)
        turns = ManagerAssignment.objects.filter(partnership=cast.of_fabrikam).order_by("from_on")
        assert [(turn.manager.name, turn.from_on, turn.to_on) for turn in turns] == [
            ("M1", date(2024, 1, 1), date(2024, 1, 5)),
            ("M2", date(2024, 1, 5), None),  # D10 is the last deal of that day
        ]
        cast.of_fabrikam.refresh_from_db()
        assert cast.of_fabrikam.manager.name == "M2"


def test_a_partner_whose_manager_a_person_set_keeps_it(cast):
    rows = [{"opportunity": "D1", "partner": "P1", "manager": "M1", "on": date(2024, 1, 1)}]
    with staged(cast, manager=[{"external_id": "M1", "name": "M1"}], assignment=rows) as target:
        Partnership.objects.filter(pk=cast.of_fabrikam.pk).update(external_id="P1", edited_fields=["manager"])
        import_managers(target)
        know_managers(target)
        know_partners(target)
        import_assignments(target)
        cast.of_fabrikam.refresh_from_db()
        assert cast.of_fabrikam.manager == cast.ada_manager
        assert not ManagerAssignment.objects.filter(imported=True).exists()
