"""Customers made findable for `matching`: after an import all that are new or say something else now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from procrastinate.contrib.django import app

from comity.deals.cards import card
from comity.deals.events import CustomersIndexed, OpportunitiesImported
from comity.matching.index import index_row, note_common_keys, write_rows
from comity.platform.outbox import announce
from comity.platform.staging import rows_of, run, stage_rows
from comity.platform.tenancy import current_organization_id, tenant

AT_ONCE: Final = 5_000
"""So many customers are indexed while the news of an import is delivered; more get a job of their own."""
PART: Final = 20_000
_STALE: Final = """
SELECT row_number() OVER (ORDER BY a.id) AS place, a.id, a.name, a.domains, a.country, a.city, a.postcode, a.said
FROM (SELECT *, md5(concat_ws(chr(31), name, array_to_string(domains, ','), country, city, postcode)) AS said
      FROM deals_customeraccount WHERE vendor_id = %(vendor)s) a
LEFT JOIN matching_knowncompany known ON known.vendor_id = %(vendor)s AND known.subject_id = a.id
WHERE known.id IS NULL OR known.fingerprint <> a.said"""


def index_after_import(event: OpportunitiesImported) -> None:
    """Handler: an import may have brought customers. A few are indexed now, many by a job."""
    vendor_id = current_organization_id()
    if _stage(vendor_id) > AT_ONCE:
        job = {"organization": str(vendor_id), "run": str(event.run_id), "program": str(event.program_id)}
        index_customers.defer(**job)
        run("DROP TABLE stale_customer")
        return
    _index_staged(vendor_id)
    announce(CustomersIndexed(run_id=event.run_id, program_id=event.program_id))


@app.task(name="index_customers")
def index_customers(*, organization: str, run: str, program: str) -> None:
    """Index what an import left to be indexed, and say so. Doing it twice changes nothing."""
    vendor_id = UUID(organization)
    with tenant(organization_id=vendor_id, door="job"):
        index_all(vendor_id)
        announce(CustomersIndexed(run_id=UUID(run), program_id=UUID(program)))


def index_all(vendor_id: UUID) -> int:
    """Index each customer that the index has not, or has otherwise; returns how many. Under the vendor's scope."""
    run("SET LOCAL statement_timeout = 0")
    _stage(vendor_id)
    return _index_staged(vendor_id)


def _stage(vendor_id: UUID) -> int:
    return stage_rows("stale_customer", _STALE, {"vendor": vendor_id})


def _index_staged(vendor_id: UUID) -> int:
    written = 0
    run("CREATE INDEX ON stale_customer (place)")
    while rows := rows_of(
        "SELECT * FROM stale_customer WHERE place > %(done)s AND place <= %(done)s + %(part)s ORDER BY place",
        {"done": written, "part": PART},
    ):
        written += write_rows(vendor_id=vendor_id, rows=_made(vendor_id, rows))
    if written:
        note_common_keys(vendor_id=vendor_id)
    run("DROP TABLE stale_customer")
    return written


def _made(vendor_id: UUID, rows: list[tuple[Any, ...]]) -> Iterator[list[Any]]:
    for _place, key, name, hosts, country, city, postcode, said in rows:
        known = card(name, hosts, country, city, postcode)
        yield index_row(vendor_id, key, said, known.record(), hosts=known.domains)
