"""What was delivered long ago is dropped: news that every handler has handled. What failed waits for a person."""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from procrastinate.contrib.django import app

HANDLED_NEWS_KEPT_DAYS: Final = 90

# News only grows for everybody but its owner. The floor of thirty days holds whatever the caller asks for.
_FORGET: Final = """
CREATE OR REPLACE FUNCTION comity_forget_handled_news(days integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    forgotten bigint;
BEGIN
    CREATE TEMPORARY TABLE comity_handled_news ON COMMIT DROP AS
    SELECT e.vendor_id, e.id FROM public.platform_outboxevent e
    WHERE e.created_at < now() - make_interval(days => greatest(days, 30))
      AND NOT EXISTS (SELECT FROM public.platform_delivery d
                      WHERE d.vendor_id = e.vendor_id AND d.event_id = e.id AND d.state <> 'done');
    DELETE FROM public.platform_delivery d USING pg_temp.comity_handled_news h
    WHERE d.vendor_id = h.vendor_id AND d.event_id = h.id;
    DELETE FROM public.platform_outboxevent e USING pg_temp.comity_handled_news h
    WHERE e.vendor_id = h.vendor_id AND e.id = h.id;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    DROP TABLE pg_temp.comity_handled_news;
    RETURN forgotten;
END $$;
"""


def write_function(cursor: CursorWrapper) -> None:
    """Write the function, as the owner of the tables. Idempotent."""
    cursor.execute(_FORGET)


@transaction.atomic
def forget_handled_news(*, days: int = HANDLED_NEWS_KEPT_DAYS) -> int:
    """Drop news older than `days` (at least 30) that nobody waits for any more; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT comity_forget_handled_news(%s)", [days])
        return int(cursor.fetchone()[0])


@app.periodic(cron="29 3 * * *")
@app.task(name="forget_handled_news", queueing_lock="forget_handled_news")
def forget_handled_news_nightly(timestamp: int) -> None:
    """Once a night."""
    forget_handled_news()
