"""API tokens of the vendor: made here, shown once, ended here."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from comity.identity.roles import Permission
from comity.identity.services import revoke_token
from comity.web.api_tokens import tokens_page
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import attempt
from comity.web.workspace.settings_tabs import settings_frame


@never_cache
@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_TOKENS)
def tokens(request: WorkspaceRequest) -> HttpResponse:
    """The tokens, and a form for one more."""
    context, status = tokens_page(request)
    return render(request, "workspace/tokens.html", {**settings_frame(request, "tokens"), **context}, status=status)


@require_POST
@workspace(Permission.MANAGE_TOKENS)
def token_revoke(request: WorkspaceRequest, token: UUID) -> HttpResponse:
    """End a token."""
    attempt(
        request,
        lambda: revoke_token(actor=request.actor, token_id=token, at=request.received_at),
        _("The token is ended; what uses it is refused from now on."),
    )
    return redirect("workspace:tokens", program=request.program.slug)


urlpatterns: list[URLPattern] = [
    path("settings/tokens/", tokens, name="tokens"),
    path("settings/tokens/<uuid:token>/revoke/", token_revoke, name="token_revoke"),
]
