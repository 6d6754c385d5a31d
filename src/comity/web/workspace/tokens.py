"""API tokens: made here, shown once, ended here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from comity.identity.queries import tokens_visible_to
from comity.identity.roles import Permission
from comity.identity.services import issue_token, revoke_token
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt
from comity.web.workspace.settings_tabs import settings_frame

NEW: Final = {"scopes": ["read"], "days": "90"}
LIFETIMES: Final = [
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("1 year")),
    ("0", gettext_lazy("Until it is ended")),
]


class TokenForm(forms.Form):
    """What the token is for and what it may do."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("What uses it, such as “Nightly export”."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("May"),
        choices=[("read", gettext_lazy("Read")), ("write", gettext_lazy("Write")), ("import", gettext_lazy("Import"))],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.ChoiceField(label=gettext_lazy("Works for"), choices=LIFETIMES, initial="90")


@never_cache
@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_TOKENS)
def tokens(request: WorkspaceRequest) -> HttpResponse:
    """The tokens, and a form for one more. Its secret is on the answer to that form, and nowhere else."""
    form = TokenForm(request.POST or None, initial=NEW)
    issued: list[Any] = []

    def save() -> None:
        days = int(form.cleaned_data["days"])
        expires_at = request.received_at + timedelta(days=days) if days else None
        values = {"name": form.cleaned_data["name"], "scopes": form.cleaned_data["scopes"]}
        issued.append(issue_token(actor=request.actor, expires_at=expires_at, **values))

    made = request.method == "POST" and accepts(form, save)
    context = {
        **settings_frame(request, "tokens"),
        "tokens": tokens_visible_to(request.actor).select_related("created_by")[:200],
        "form": TokenForm(initial=NEW) if made else form,
        "issued": issued[0] if made else None,
        "now": request.received_at,
    }
    status = 201 if made else 422 if request.method == "POST" else 200
    return render(request, "workspace/tokens.html", context, status=status)


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
