"""The vendor's logo, as its partners see it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET

from comity.identity.roles import Permission
from comity.programs.branding import logo_for_partner
from comity.web.brand import image_answer
from comity.web.doors import PortalRequest, portal


@require_GET
@portal(Permission.PORTAL_COMPANY)
def logo(request: PortalRequest, file_id: UUID) -> HttpResponse:
    """The logo as partners see it."""
    return image_answer(logo_for_partner(request.partnership, request.actor), file_id)


urlpatterns: list[URLPattern] = [path("logo/<uuid:file_id>", logo, name="logo")]
