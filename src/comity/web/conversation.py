"""The page of a conversation, the same on both sides: what was written, and a form to write more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comity.deals.models import Registration, SharedDeal
from comity.identity.roles import Permission
from comity.programs.models import Partnership
from comity.timeline.conversation.queries import files_of, messages_visible_to, side_of
from comity.timeline.conversation.services import MAX_TEXT, Subject, mark_conversation_read, send_message
from comity.timeline.states import About
from comity.web.doors import PortalRequest, WorkspaceRequest
from comity.web.form_answers import accepts, tell

PAGE_SIZE: Final = 30


class MessageForm(forms.Form):
    """What one writes to the other side."""

    text = forms.CharField(
        label=gettext_lazy("Message"),
        max_length=MAX_TEXT,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": gettext_lazy("Write a line; a file alone says little.")},
    )


@dataclass(frozen=True)
class Place:
    """Where the page stands: its template and addresses, and what the side adds to it."""

    template: str
    here: str
    context: dict[str, Any]


def conversation(
    request: WorkspaceRequest | PortalRequest, partnership: Partnership, place: Place, *, may_write: bool
) -> HttpResponse:
    """Show the newest messages, which are read with that; a POST writes one."""
    subject = _subject(request, partnership)
    form = MessageForm(request.POST or None)
    if request.method == "POST" and accepts(form, lambda: _send(request, partnership, form, subject)):
        return redirect(place.here)
    found = list(_page(messages_visible_to(request.actor, partnership), request.GET.get("before", "")))
    shown, own = found[:PAGE_SIZE], side_of(request.actor, partnership)
    files = files_of(shown)
    if request.method != "POST":
        mark_conversation_read(partnership=partnership, actor=request.actor, at=request.received_at)
    context = {
        "lines": [{"message": one, "files": files.get(one.pk, []), "own": one.side == own} for one in shown],
        "older": f"?before={shown[-1].created_at.isoformat()}".replace("+", "%2B") if len(found) > PAGE_SIZE else "",
        "form": form,
        "subject": subject,
        "here": place.here,
        "may_write": may_write,
        **place.context,
    }
    return render(request, place.template, context, status=422 if form.is_bound else 200)


def _send(
    request: WorkspaceRequest | PortalRequest, partnership: Partnership, form: MessageForm, subject: Subject | None
) -> None:
    sent = send_message(
        partnership=partnership,
        actor=request.actor,
        text=form.cleaned_data["text"],
        at=request.received_at,
        files=request.FILES.getlist("files"),
        subject=subject,
    )
    if sent.readers:
        tell(request, _("Sent."), draft=f"message-{partnership.pk}")
    else:
        told = _("Sent. Nobody of theirs can sign in yet: it waits for them here.")
        tell(request, told, draft=f"message-{partnership.pk}")


def _page(rows: Any, before: str) -> Any:
    """The newest, or those before an instant; one more than a page."""
    try:
        mark = datetime.fromisoformat(before) if before else None
    except ValueError:
        mark = None
    if mark is not None and mark.tzinfo and mark.year > 1:
        rows = rows.filter(created_at__lt=mark)
    return rows[: PAGE_SIZE + 1]


def _subject(request: WorkspaceRequest | PortalRequest, partnership: Partnership) -> Subject | None:
    """What `about` names, if both sides may read it: a registration of the partnership, or a deal that is shared."""
    about, _colon, key = (request.POST.get("about") or request.GET.get("about", "")).partition(":")
    if not request.actor.can(Permission.VIEW_DEALS) and not request.actor.can(Permission.PORTAL_DEALS):
        return None
    try:
        value = forms.UUIDField().clean(key)
    except forms.ValidationError:
        return None
    of = {"vendor_id": partnership.vendor_id, "partnership_id": partnership.pk}
    if about == About.REGISTRATION:
        claim = Registration.objects.filter(**of, pk=value).exclude(state="draft").first()
        return Subject(About.REGISTRATION, claim.pk, f"{claim.reference} {claim.customer_name}") if claim else None
    if about == About.DEAL:
        deal = SharedDeal.objects.filter(**of, opportunity_id=value).first()
        return Subject(About.DEAL, deal.opportunity_id, deal.name) if deal else None
    return None
