"""API tokens of the partner's company: for systems of its own, which then see and do what its administrator may."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from comity.identity.roles import Permission
from comity.identity.services import revoke_token
from comity.web.api_tokens import tokens_page
from comity.web.doors import PortalRequest, portal
from comity.web.form_answers import attempt


@never_cache
@require_http_methods(["GET", "POST"])
@portal(Permission.PORTAL_TOKENS)
def tokens(request: PortalRequest) -> HttpResponse:
    """The company's tokens, and a form for one more."""
    context, status = tokens_page(request)
    company = (_("Company"), reverse("portal:company", args=[request.partnership.pk]))
    frame = {"page_title": _("API tokens"), "breadcrumbs": [company, (_("API tokens"), "")]}
    return render(request, "portal/tokens.html", {**frame, **context}, status=status)


@require_POST
@portal(Permission.PORTAL_TOKENS)
def token_revoke(request: PortalRequest, token: UUID) -> HttpResponse:
    """End a token."""
    attempt(
        request,
        lambda: revoke_token(actor=request.actor, token_id=token, at=request.received_at),
        _("The token is ended; what uses it is refused from now on."),
    )
    return redirect("portal:tokens", partnership=request.partnership.pk)


urlpatterns: list[URLPattern] = [
    path("company/tokens/", tokens, name="tokens"),
    path("company/tokens/<uuid:token>/revoke/", token_revoke, name="token_revoke"),
]
