"""The real application with the pages of `failing_views` beside it, for the real server."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comity.project.settings")

from django.conf import settings

settings.ROOT_URLCONF = "failing_views"

from comity.project.asgi import application  # noqa: E402 - the address table first

__all__ = ["application"]
