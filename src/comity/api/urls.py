"""The addresses below /api/v1/: the operations behind the door, and the open reference."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from comity.api import reference
from comity.api.entry import nothing_here, through_the_door
from comity.api.v1 import api

urlpatterns: list[URLPattern] = [
    path("openapi.json", reference.openapi, name="openapi"),
    path("docs", reference.page, name="docs"),
    *(
        URLPattern(operation.pattern, through_the_door(operation.callback), operation.default_args, operation.name)
        for operation in api.urls[0]
        if isinstance(operation, URLPattern) and operation.name != "api-root"
    ),
    re_path(r"^[\s\S]*$", through_the_door(nothing_here)),  # line breaks too
]
