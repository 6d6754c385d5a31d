"""API tokens as both doors show them: made on a page, shown once, ended there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy

from comity.identity.queries import tokens_visible_to
from comity.identity.services import issue_token, scopes_for
from comity.web.doors import PortalRequest, WorkspaceRequest
from comity.web.form_answers import accepts

NEW: Final = {"scopes": ["read"], "days": "90"}
LIFETIMES: Final = [
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("1 year")),
    ("0", gettext_lazy("Until it is ended")),
]
SCOPE_NAMES: Final = {
    "read": gettext_lazy("Read"),
    "write": gettext_lazy("Write"),
    "import": gettext_lazy("Import"),
}
SHOWN: Final = 200


class TokenForm(forms.Form):
    """What the token is for and what it may do."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("What uses it, such as “Nightly export”."),
    )
    scopes = forms.MultipleChoiceField(label=gettext_lazy("May"), widget=forms.CheckboxSelectMultiple)
    days = forms.ChoiceField(label=gettext_lazy("Works for"), choices=LIFETIMES, initial="90")

    def __init__(self, *args: Any, request: WorkspaceRequest | PortalRequest, **options: Any) -> None:
        options.setdefault("initial", NEW)
        super().__init__(*args, **options)
        field: Any = self.fields["scopes"]
        field.choices = [(scope, SCOPE_NAMES[scope]) for scope in scopes_for(request.actor.role)]


def tokens_page(request: WorkspaceRequest | PortalRequest) -> tuple[dict[str, Any], int]:
    """Context and status of the page: the tokens, and a form for one more. Its secret is on the answer to that form,
    and nowhere else."""
    form = TokenForm(request.POST or None, request=request)
    issued: list[Any] = []

    def save() -> None:
        days = int(form.cleaned_data["days"])
        expires_at = request.received_at + timedelta(days=days) if days else None
        values = {"name": form.cleaned_data["name"], "scopes": form.cleaned_data["scopes"]}
        issued.append(issue_token(actor=request.actor, expires_at=expires_at, **values))

    made = request.method == "POST" and accepts(form, save)
    context = {
        "tokens": tokens_visible_to(request.actor).select_related("created_by")[:SHOWN],
        "form": TokenForm(request=request) if made else form,
        "issued": issued[0] if made else None,
        "now": request.received_at,
    }
    return context, 201 if made else 422 if request.method == "POST" else 200
