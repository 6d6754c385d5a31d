"""The floor's tables: the base of every tenant table, stored files, the outbox and its deliveries."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from comity.kernel.ids import uuid7
from comity.platform.isolation import Isolation, vendor_only


class TenantForeignKey(models.ForeignKey):
    """A key to a row of the same vendor. The database constraint is composite with `vendor_id` (isolation.py):
    a plain one would accept a hidden row, since key checks ignore policies."""

    is_tenant_key = True

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **options: Any) -> None:
        options["db_constraint"] = False
        options.setdefault("db_index", False)
        options.setdefault("related_name", "+")
        super().__init__(to, on_delete, **options)


class TenantModel(models.Model):
    """Base of every table that belongs to a vendor. Unique constraints begin with `vendor_id`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    vendor_id = models.UUIDField(editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    isolation: ClassVar[Isolation] = vendor_only()
    append_only: ClassVar[bool] = False

    class Meta:
        abstract = True


class StoredFile(TenantModel):
    """An uploaded or produced file; the bytes lie under the home, named by `id`, never by what the user called it."""

    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=127)
    size = models.BigIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    purpose = models.CharField(max_length=40)
    uploaded_by_id = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "-created_at"])]


class OutboxEvent(TenantModel):
    """A fact some service announced, written in the service's own transaction."""

    name = models.CharField(max_length=120)
    version = models.PositiveSmallIntegerField(default=1)
    payload = models.JSONField()

    append_only = True

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "-created_at"])]


class DeliveryState(models.TextChoices):
    """Where one event stands with one handler."""

    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"


class Delivery(TenantModel):
    """One event on its way to one handler; unique, so the same news is never handled twice."""

    event = TenantForeignKey(OutboxEvent)
    handler = models.CharField(max_length=160)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    in_hand = models.BooleanField(default=False, help_text="an attempt has begun and neither ended nor failed")
    last_error = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "event", "handler"], name="delivery_once")]
        indexes = [models.Index(fields=["vendor_id", "state", "-created_at"])]

    @property
    def problem(self) -> str:
        """The last line of the last error: what failed, without where."""
        return (self.last_error.strip().splitlines() or [""])[-1]
