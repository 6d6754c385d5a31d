"""The addresses of the portal, gathered from its pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from comity.web import inbox, registration_list_pages
from comity.web.portal import (
    company,
    credit,
    deals,
    home,
    leads,
    look,
    performance,
    referrals,
    registration_files,
    registrations,
    rooms,
    together,
    tokens,
)

app_name = "portal"
urlpatterns: list[URLPattern | URLResolver] = [
    *home.urlpatterns,
    *look.urlpatterns,
    *registration_list_pages.portal_urls,
    *registration_files.urlpatterns,  # before the steps, whose names stand at the same place
    *registrations.urlpatterns,
    *leads.urlpatterns,
    *rooms.urlpatterns,
    *referrals.urlpatterns,
    *deals.urlpatterns,
    *credit.urlpatterns,
    *performance.urlpatterns,
    *company.urlpatterns,
    *tokens.urlpatterns,
    *inbox.portal_urls,
    *together.urlpatterns,
]
