"""Background work of the API."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from comity.api.models import KEPT_HOURS, IdempotentAnswer


@app.periodic(cron="17 * * * *")
@app.task(name="purge_idempotent_answers", queueing_lock="purge_idempotent_answers")
def purge_idempotent_answers(timestamp: int = 0) -> int:
    """Forget answers older than a day, of every organization; how many went."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('comity.worker', 'on', true)")
        gone, _ = IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - timedelta(hours=KEPT_HOURS)).delete()
    return gone
