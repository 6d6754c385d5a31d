"""The addresses of the portal, gathered from its pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from comity.web.portal import company, deals, home, performance, registrations

app_name = "portal"
urlpatterns: list[URLPattern | URLResolver] = [
    *home.urlpatterns,
    *registrations.urlpatterns,
    *deals.urlpatterns,
    *performance.urlpatterns,
    *company.urlpatterns,
]
