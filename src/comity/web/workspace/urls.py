"""The addresses of the workspace, gathered from its pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from comity.web import palette
from comity.web.workspace import (
    audit,
    board,
    customers,
    deal,
    deal_views,
    deals,
    deliveries,
    files,
    home,
    imports,
    metrics,
    partner,
    partner_bulk,
    partner_field,
    partner_timeline,
    partners,
    people,
    pipeline_settings,
    program_settings,
    rates,
    registration,
    registration_conflicts,
    registrations,
    rules_of_engagement,
    segments,
    team,
    tokens,
)

app_name = "workspace"
urlpatterns: list[URLPattern | URLResolver] = [
    *home.urlpatterns,
    *palette.urlpatterns,
    *registrations.urlpatterns,
    *registration_conflicts.urlpatterns,
    *rules_of_engagement.urlpatterns,
    *registration.urlpatterns,
    *deals.urlpatterns,
    *deal_views.urlpatterns,
    *board.urlpatterns,
    *deal.urlpatterns,
    *customers.urlpatterns,
    *rates.urlpatterns,
    *segments.urlpatterns,
    *partners.urlpatterns,
    *partner.urlpatterns,
    *partner_timeline.urlpatterns,
    *partner_bulk.urlpatterns,
    *partner_field.urlpatterns,
    *metrics.urlpatterns,
    *team.urlpatterns,
    *program_settings.urlpatterns,
    *pipeline_settings.urlpatterns,
    *people.urlpatterns,
    *tokens.urlpatterns,
    *deliveries.urlpatterns,
    *audit.urlpatterns,
    *files.urlpatterns,
    *imports.urlpatterns,
]
