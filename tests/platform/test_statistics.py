"""Tables that have just grown are known to the planner at once."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from cast import make_cast
from comity.platform.statistics import count_grown_tables
from comity.programs.models import Region


def expected(table: str) -> int:
    """How many rows the planner believes to stand in a table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass", [table])
        return int(cursor.fetchone()[0])


@pytest.mark.usefixtures("committed_database")
def test_a_table_that_grew_is_counted_once():
    with transaction.atomic():
        cast = make_cast()
    count_grown_tables()
    before = expected("programs_region")
    with cast.scope("ada"), transaction.atomic():
        Region.objects.bulk_create(
            Region(vendor_id=cast.northwind.pk, program=cast.program, name=f"Region {number:05}")
            for number in range(5_000)
        )
    assert expected("programs_region") == before < 100
    assert count_grown_tables() >= 1
    assert 4_900 < expected("programs_region") < 5_100
    assert count_grown_tables() == 0
