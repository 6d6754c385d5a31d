"""What the API itself must remember: answers given under a key, and how often a token called this minute.

`vendor_id` is here the organization of the token, whichever side it is on.
"""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models

from comity.platform.isolation import VENDOR_ARM, WORKER, Arm, Isolation, with_arms
from comity.platform.models import TenantModel

KEPT_HOURS: Final = 24
_EXPIRED: Final = f"{WORKER} AND created_at < now() - interval '{KEPT_HOURS} hours'"


class IdempotentAnswer(TenantModel):
    """The answer given to a request that carried an Idempotency-Key, written in that request's own transaction."""

    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of token, method, address and body")
    status = models.PositiveSmallIntegerField(null=True, help_text="null only within the request's transaction")
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)

    # The purge job works for all organizations at once, and can see nothing but what is due to go.
    isolation: ClassVar[Isolation] = with_arms(
        VENDOR_ARM,
        Arm("purge_read", _EXPIRED, command="SELECT"),
        Arm("purge", _EXPIRED, command="DELETE"),
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_by_age")]


class TokenMinute(TenantModel):
    """How many requests a token has made in the minute that runs; one row a token, written on the outside connection.

    No foreign key: the row must be writable while another transaction holds the token.
    """

    token_id = models.UUIDField()
    starts_at = models.DateTimeField()
    requests = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "token_id"], name="one_minute_a_token")]
