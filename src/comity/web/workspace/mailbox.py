"""The mailbox that partners write to: its settings with a trial, and what came into it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.deals.intake.mail.mailboxes import (
    MailboxEntry,
    ask_mailbox,
    mailbox_visible_to,
    messages_visible_to,
    set_mailbox,
)
from comity.deals.models import Mailbox, ReceivedMessage
from comity.deals.paging import Order, order_of, slice_of
from comity.deals.registration.queries import registrations_visible_to
from comity.deals.states.messages import MessageOutcome, MessageReason
from comity.identity.roles import Permission
from comity.platform.imap import Security, Trouble
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt, tell
from comity.web.mail_words import OUTCOMES, TROUBLES, WHY
from comity.web.workspace.deals import tabs
from comity.web.workspace.settings_tabs import settings_frame

SECURITIES = [
    (Security.TLS.value, gettext_lazy("TLS from the first byte (port 993)")),
    (Security.STARTTLS.value, gettext_lazy("STARTTLS (port 143)")),
    (Security.NONE.value, gettext_lazy("None, only within the operator's own network")),
]


class MailboxForm(forms.Form):
    """Where the mailbox is; the password is never shown again."""

    is_on = forms.BooleanField(required=False, initial=True, label=gettext_lazy("Read this mailbox"))
    address = forms.CharField(
        label=gettext_lazy("Address"), help_text=gettext_lazy("What partners write to, such as deals@example.com.")
    )
    host = forms.CharField(label=gettext_lazy("IMAP server"))
    security = forms.ChoiceField(label=gettext_lazy("Protection"), choices=SECURITIES)
    port = forms.IntegerField(label=gettext_lazy("Port"), initial=993)
    user = forms.CharField(label=gettext_lazy("User"))
    password = forms.CharField(
        label=gettext_lazy("Password"), required=False, strip=False, widget=forms.PasswordInput,
        help_text=gettext_lazy("Kept sealed and never shown again. Left empty, the one there is stays."),
    )  # fmt: skip
    folder = forms.CharField(label=gettext_lazy("Folder"), initial="INBOX")
    trusted_server = forms.CharField(
        label=gettext_lazy("Mail server that may vouch for senders"), required=False,
        help_text=gettext_lazy(
            "Only where your own server checks DKIM and removes results in its name from what comes in: the name that "
            "stands first in its header Authentication-Results."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, has_password: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not has_password:
            self.fields["password"].required = True
            self.fields["password"].help_text = gettext_lazy("Kept sealed and never shown again.")
        for name in ("address", "host", "user", "folder", "trusted_server"):
            self.fields[name].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
        self.fields["password"].widget.attrs |= {"autocomplete": "new-password"}


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def mailbox(request: WorkspaceRequest) -> HttpResponse:
    """Say which mailbox is read, and see whether it can be."""
    found = mailbox_visible_to(request.actor, request.program)
    names = [name for name in MailboxForm.base_fields if name != "password"]
    initial = {name: getattr(found, name) for name in names} if found else None
    form = MailboxForm(request.POST or None, initial=initial, has_password=found is not None)

    def save() -> None:
        set_mailbox(
            program=request.program, actor=request.actor, entry=MailboxEntry(**form.cleaned_data),
            at=request.received_at,
        )  # fmt: skip

    if request.method == "POST" and accepts(form, save):
        tell(request, _("The mailbox is saved."))
        return redirect("workspace:mailbox", program=request.program.slug)
    context = {
        **settings_frame(request, "mailbox"),
        "form": form,
        "mailbox": found,
        "trouble": _trouble(found),
        "is_asked": bool(found and found.is_on and found.asked_at),
        "may_read": request.actor.can(Permission.DECIDE_REGISTRATIONS),
    }
    return render(request, "workspace/mailbox.html", context, status=422 if form.errors else 200)


@require_POST
@workspace(Permission.MANAGE_PROGRAM)
def mailbox_try(request: WorkspaceRequest) -> HttpResponse:
    """Try the connection, and read what is there."""
    attempt(
        request,
        lambda: ask_mailbox(program=request.program, actor=request.actor, at=request.received_at),
        _("The mailbox is looked into now; the answer stands here in a moment."),
    )
    return redirect("workspace:mailbox", program=request.program.slug)


@require_GET
@workspace(Permission.DECIDE_REGISTRATIONS)
def received_messages(request: WorkspaceRequest) -> HttpResponse:
    """What came by e-mail, from whom, and what became of it."""
    shown = request.GET.get("show", "")
    rows = messages_visible_to(request.actor, request.program)
    if shown in set(MessageOutcome):
        rows = rows.filter(outcome=shown)
    order = order_of("-received", (Order("received", "received_at", "text"),), "-received")
    page = slice_of(rows.order_by(), order, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    kept = f"&show={shown}" if shown else ""
    slug, found = request.program.slug, mailbox_visible_to(request.actor, request.program)
    drafts = [row.registration_id for row in page.rows if row.registration_id]
    submitted = registrations_visible_to(request.actor).filter(pk__in=drafts)
    context = {
        "page_title": _("Messages by e-mail"),
        "breadcrumbs": [
            (_("Deals"), reverse("workspace:deals", args=[slug])),
            (_("Registrations"), reverse("workspace:registrations", args=[slug])),
            (_("Messages by e-mail"), ""),
        ],
        "tabs": tabs(request, "registrations"),
        "mailbox": found,
        "trouble": _trouble(found),
        "rows": [_told(row, set(submitted.values_list("pk", flat=True))) for row in page.rows] if page.rows else [],
        "next": f"?after={page.next}{kept}" if page.next else "",
        "previous": f"?before={page.previous}{kept}" if page.previous else "",
        "show": shown,
        "shows": [("", _("All")), *((outcome.value, label) for outcome, (_tone, label) in OUTCOMES.items())],
        "may_set": request.actor.can(Permission.MANAGE_PROGRAM),
    }
    return render(request, "workspace/received_messages.html", context)


def _trouble(found: Mailbox | None) -> tuple[Any, Any] | None:
    """What is wrong with the mailbox, and what to do."""
    return TROUBLES[Trouble(found.problem)] if found and found.is_on and found.problem else None


def _told(row: ReceivedMessage, submitted: set[Any]) -> dict[str, Any]:
    tone, label = OUTCOMES[MessageOutcome(row.outcome)]
    return {
        "row": row,
        "tone": tone,
        "label": label,
        "why": WHY[MessageReason(row.reason)] if row.reason else "",
        "registration": row.registration_id if row.registration_id in submitted else None,
        "kept": [name for name, why in row.files if not why],
        "left": [name for name, why in row.files if why],
    }


urlpatterns: list[URLPattern] = [
    path("settings/mailbox/", mailbox, name="mailbox"),
    path("settings/mailbox/try/", mailbox_try, name="mailbox_try"),
    path("deals/registrations/messages/", received_messages, name="received_messages"),
]
