"""What every page's shell needs: where one is, where one can go, whose data and of when."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Values for the base templates. Views add their own; this only reads what the door found."""
    return {
        "program": getattr(request, "program", None),
        "actor": getattr(request, "actor", None),
        "person": request.user if getattr(request, "user", None) and request.user.is_authenticated else None,
    }
