"""The addresses of the workspace, gathered from its pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "workspace"
urlpatterns: list[URLPattern | URLResolver] = []
