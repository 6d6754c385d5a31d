"""Filling the index of known companies: rows are made in Python, copied into a temporary table and written at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from comity.kernel.ids import uuid7
from comity.matching.keys import keys_of
from comity.matching.profile import profile
from comity.matching.queries import VOCABULARY
from comity.matching.record import Kind, Record
from comity.platform.staging import copy_rows, create_staging, run

COLUMNS: Final = {
    "id": "uuid", "subject_id": "uuid", "kind": "text", "fingerprint": "text", "name": "text", "core": "text[]",
    "forms": "text[]", "country": "text", "city": "text", "postcode": "text", "street": "text", "phone": "text",
    "site": "text", "mail": "text", "mailbox": "text", "keys": "int[]",
}  # fmt: skip
COMMON_FROM: Final = 120
"""Companies of one vendor with a key from which it finds none of them."""
SAMPLED: Final = 60_000
"""Companies among which common keys are looked for."""
Row = tuple[UUID, str, Record]
_HOW_MANY: Final = "SELECT count(*) FROM matching_knowncompany WHERE vendor_id = %s AND kind = 'customer'"
_WRITE: Final = """
INSERT INTO matching_knowncompany (vendor_id, {names}) {source}
ON CONFLICT (vendor_id, subject_id) DO UPDATE SET {changed}"""


def index_row(
    vendor_id: UUID,
    subject_id: UUID,
    fingerprint: str,
    record: Record,
    *,
    hosts: Sequence[str] = (),
    kind: Kind = Kind.CUSTOMER,
) -> list[Any]:
    """One row of the index, in the order of COLUMNS. Pure; may run in another process."""
    made = profile(record)
    keys = keys_of(made, vendor_id, VOCABULARY.weight, hosts=hosts, kind=kind)
    return [
        uuid7(), subject_id, kind.value, fingerprint, record.name[:400],
        list(made.core), list(made.forms), made.country[:120],
        made.city[:120], made.postcode[:60], made.street[:400], made.phone, str(made.site or ""), str(made.mail or ""),
        made.mailbox[:120], sorted(keys),
    ]  # fmt: skip


@transaction.atomic
def index_companies(*, vendor_id: UUID, companies: Iterable[Row]) -> int:
    """Make companies findable, or findable as they are now; returns how many. Under the vendor's scope."""
    return write_rows(vendor_id=vendor_id, rows=(index_row(vendor_id, *company) for company in companies))


@transaction.atomic
def write_rows(*, vendor_id: UUID, rows: Iterable[Sequence[Any]]) -> int:
    """Write rows that `index_row` made; a company that is there already is replaced."""
    create_staging("staged_company", COLUMNS)
    copy_rows("staged_company", list(COLUMNS), rows)
    written = run(_write(f"SELECT %(vendor)s, {', '.join(COLUMNS)} FROM staged_company"), {"vendor": vendor_id})
    run("DROP TABLE staged_company")
    return written


@transaction.atomic
def write_row(*, vendor_id: UUID, row: Sequence[Any]) -> None:
    """Write one row that `index_row` made, in one statement: what a page or a form does."""
    places = ", ".join(f"%({name})s::{kind}" for name, kind in COLUMNS.items())
    run(_write(f"VALUES (%(vendor)s, {places})"), {"vendor": vendor_id, **dict(zip(COLUMNS, row, strict=True))})


def _write(source: str) -> str:
    changed = ", ".join(f"{name} = EXCLUDED.{name}" for name in COLUMNS if name not in ("id", "subject_id"))
    return _WRITE.format(names=", ".join(COLUMNS), source=source, changed=changed)


@transaction.atomic
def forget_companies(*, vendor_id: UUID, subject_ids: Sequence[UUID]) -> int:
    """Take companies out of the index."""
    return run(
        "DELETE FROM matching_knowncompany WHERE vendor_id = %(vendor)s AND subject_id = ANY(%(ids)s)",
        {"vendor": vendor_id, "ids": list(subject_ids)},
    )


@transaction.atomic
def note_common_keys(*, vendor_id: UUID) -> int:
    """Note which keys are too common to find anything by, from a sample of the vendor's companies; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM matching_knowncompany WHERE vendor_id = %s AND kind = 'customer'", [vendor_id]
        )
        known = int(cursor.fetchone()[0])
    share = min(1.0, SAMPLED / known) if known else 1.0
    values = {"vendor": vendor_id, "share": share, "most": COMMON_FROM * share}
    run("DELETE FROM matching_commonkey WHERE vendor_id = %(vendor)s", values)
    return run(
        """INSERT INTO matching_commonkey (id, vendor_id, key)
        SELECT gen_random_uuid(), %(vendor)s, k.key FROM matching_knowncompany c CROSS JOIN unnest(c.keys) AS k(key)
        WHERE c.vendor_id = %(vendor)s AND c.kind = 'customer' AND (%(share)s = 1 OR random() < %(share)s)
        GROUP BY k.key HAVING count(*) >= greatest(%(most)s, 3)""",
        values,
    )
