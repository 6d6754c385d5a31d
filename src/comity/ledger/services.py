"""Taking in published exchange rates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import batched
from typing import IO, Any, Final

from django.db import connection, transaction

from comity.kernel.words import words
from comity.ledger.events import RatesLoaded
from comity.ledger.reading import BadLine, NotARateTable, PublishedRate, Reading, read_rates
from comity.platform.outbox import announce
from comity.platform.tenancy import current_scope

BATCH: Final = 20_000

_UPSERT: Final = """
WITH given AS (
    SELECT DISTINCT ON (currency, "on") "on", currency, rate
    FROM unnest(%(on)s::date[], %(currency)s::text[], %(rate)s::numeric[])
        WITH ORDINALITY AS published ("on", currency, rate, at)
    ORDER BY currency, "on", at DESC
), before AS (
    SELECT given."on", given.currency, given.rate, kept.rate AS was
    FROM given LEFT JOIN ledger_exchangerate kept ON kept.currency = given.currency AND kept."on" = given."on"
), written AS (
    INSERT INTO ledger_exchangerate ("on", currency, rate, source)
    SELECT "on", currency, rate, %(source)s FROM before WHERE was IS NULL OR (%(replace)s AND was <> rate)
    ON CONFLICT (currency, "on") DO UPDATE SET rate = excluded.rate, source = excluded.source
)
SELECT count(*) FILTER (WHERE was IS NULL), count(*) FILTER (WHERE was <> rate), count(*) FILTER (WHERE was = rate),
       min("on") FILTER (WHERE was IS NULL OR was <> rate), max("on") FILTER (WHERE was IS NULL OR was <> rate)
FROM before
"""


@dataclass
class RatesResult:
    """What a load of rates did. A rate that differs from the one kept is only changed with `replace`."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    differing: int = 0
    first_on: date | None = None
    last_on: date | None = None
    bad_lines: list[BadLine] = field(default_factory=list)
    bad_count: int = 0
    ignored_columns: list[str] = field(default_factory=list)


@transaction.atomic
def load_rates(*, source: IO[bytes], today: date, replace: bool = False, publisher: str = "ECB") -> RatesResult:
    """Take in a table of rates (the European Central Bank's CSV, or the zip around it). The same file twice is a no-op.

    A published rate is a fact that amounts were converted with: another value for the same day and currency is counted
    in `differing` and left, unless `replace` says that it corrects the one kept. Raises NotARateTable.
    """
    reading, result = Reading(), RatesResult()
    for batch in batched(read_rates(source, reading, today=today), BATCH):
        _write(batch, result, replace=replace, publisher=publisher)
    result.bad_lines, result.bad_count = reading.bad_lines, reading.bad_count
    result.ignored_columns = reading.ignored_columns
    if not (result.added or result.changed or result.unchanged or result.differing or result.bad_count):
        raise NotARateTable(words("The table has no line with a rate."))
    written = result.added or result.changed
    if written and result.first_on and result.last_on and current_scope().organization_id:
        announce(RatesLoaded(first_on=result.first_on, last_on=result.last_on))
    return result


def _write(batch: tuple[PublishedRate, ...], result: RatesResult, *, replace: bool, publisher: str) -> None:
    given: dict[str, Any] = {
        "on": [rate.on for rate in batch],
        "currency": [rate.currency for rate in batch],
        "rate": [rate.rate for rate in batch],
        "replace": replace,
        "source": publisher,
    }
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, given)
        added, different, same, first_on, last_on = cursor.fetchone()
    result.added += added
    result.changed += different if replace else 0
    result.differing += 0 if replace else different
    result.unchanged += same
    if first_on is not None and (added or replace):
        result.first_on = min(result.first_on or first_on, first_on)
        result.last_on = max(result.last_on or last_on, last_on)
