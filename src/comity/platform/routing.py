"""Which connection a table is reached through."""

from __future__ import annotations

from typing import Any

from django.db.models import Model


class OutsideRouter:
    """Counters of the cache live on the second connection, so that a rolled-back request keeps them."""

    def _outside(self, label: str) -> str | None:
        return "outside" if label == "django_cache" else None

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """The connection for reading."""
        return self._outside(model._meta.app_label)

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        """The connection for writing."""
        return self._outside(model._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Only the owner migrates."""
        return db == "owner"
