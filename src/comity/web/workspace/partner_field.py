"""One field of a partner, changed in its cell of the list; the change can be taken back for ten seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from comity.identity.roles import Permission
from comity.programs.models import Manager, Partnership, Tier
from comity.programs.queries import managers_of, partnerships_visible_to, tiers_of
from comity.programs.services import ChangedMeanwhile, assign_manager, set_tier
from comity.timeline.queries import with_touches
from comity.timeline.services import set_next_step
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, tell
from comity.web.workspace.partner_frame import load, trail
from comity.web.workspace.partner_list import lines_of
from comity.web.workspace.timeline_forms import StepForm

UNDO_SECONDS: Final = 10


class TierForm(forms.Form):
    """Another tier."""

    tier = forms.ModelChoiceField(queryset=Tier.objects.none(), required=False)

    def __init__(self, *args: Any, request: WorkspaceRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["tier"]
        field.label, field.empty_label, field.queryset = _("Tier"), _("No tier"), tiers_of(request.program)


class ManagerForm(forms.Form):
    """Another manager, from today on."""

    manager = forms.ModelChoiceField(queryset=Manager.objects.none(), required=False)

    def __init__(self, *args: Any, request: WorkspaceRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["manager"]
        managers = managers_of(request.program, active_only=True)
        field.label, field.empty_label, field.queryset = _("Manager"), _("Nobody"), managers


class NextStepForm(StepForm):
    """Another next step."""

    def __init__(self, *args: Any, request: WorkspaceRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


@dataclass(frozen=True)
class Field:
    """How one field is changed: its form, what stands in it now, and the service."""

    form: Callable[..., Any]
    now: Callable[[Any], dict[str, Any]]
    save: Callable[[WorkspaceRequest, Partnership, Any], object]
    permission: Permission = Permission.EDIT_PARTNERS


def _save_tier(request: WorkspaceRequest, row: Partnership, form: Any) -> object:
    return set_tier(partnership=row, actor=request.actor, tier=form.cleaned_data["tier"])


def _save_manager(request: WorkspaceRequest, row: Partnership, form: Any) -> object:
    manager = form.cleaned_data["manager"]
    return assign_manager(partnership=row, manager=manager, actor=request.actor, at=request.received_at)


def _save_step(request: WorkspaceRequest, row: Partnership, form: Any) -> object:
    return set_next_step(partnership=row, actor=request.actor, draft=form.draft())


FIELDS: Final = {
    "tier": Field(TierForm, lambda row: {"tier": row.tier_id}, _save_tier),
    "manager": Field(ManagerForm, lambda row: {"manager": row.manager_id}, _save_manager),
    "step": Field(
        NextStepForm,
        lambda row: {"next_step": row.next_step or "", "next_step_on": row.next_step_on},
        _save_step,
        Permission.LOG_CONTACTS,
    ),
}


@require_http_methods(["GET", "POST"])
@workspace(Permission.VIEW_PARTNERS)
def partner_field(request: WorkspaceRequest, partnership: UUID, field: str) -> HttpResponse:
    """The form of a field, its cell once it was saved, or with `cancel` the cell as it is."""
    row = _row(request, partnership)
    if field not in FIELDS:
        raise Http404("No such field.")
    chosen = FIELDS[field]
    request.actor.require(chosen.permission)
    in_cell = bool(getattr(request, "htmx", False))
    before = _plain(chosen.now(row))
    if in_cell and "cancel" in request.GET:
        return _cell(request, partnership, field)
    form = chosen.form(request.POST or None, request=request, initial=chosen.now(row), auto_id=f"{field}_%s")
    if request.method == "POST" and accepts(form, lambda: _checked_save(request, row, chosen, form, before)):
        if in_cell:
            return _cell(request, partnership, field, undo=before)
        tell(request, _("Saved."))
        return redirect("workspace:partners", program=request.program.slug)
    status = 422 if form.is_bound else 200
    if in_cell:
        context = {"form": form, "row": row, "field": field}
        return render(request, "workspace/partners_cell_form.html", context, status=status)
    context = {
        "form": form,
        "page_title": row.name,
        "breadcrumbs": [*trail(request, row), (_("Edit"), "")],
        "back": trail(request, row)[0][1],
    }
    return render(request, "workspace/partner_entry.html", context, status=status)


def _checked_save(request: WorkspaceRequest, row: Any, chosen: Field, form: Any, before: dict[str, str]) -> None:
    """Save; an undo only takes back what it undoes. Raises ChangedMeanwhile."""
    expected = {name.removeprefix("was_"): value for name, value in request.POST.items() if name.startswith("was_")}
    if expected and expected != before:
        raise ChangedMeanwhile(_("Somebody changed this meanwhile; it stays as it is now."))
    chosen.save(request, row, form)


def _cell(request: WorkspaceRequest, key: UUID, field: str, undo: dict[str, str] | None = None) -> HttpResponse:
    row = _row(request, key)
    (line,) = lines_of(request, [row])
    now = _plain(FIELDS[field].now(row))
    context = {
        "line": line,
        "field": field,
        "can_edit": request.actor.can(Permission.EDIT_PARTNERS),
        "can_log": request.actor.can(Permission.LOG_CONTACTS),
        "undo": [*(undo or {}).items(), *((f"was_{name}", value) for name, value in now.items())] if undo else [],
        "undo_seconds": UNDO_SECONDS,
    }
    if undo is not None and undo == now:
        context["undo"] = []
    return render(request, "workspace/partners_cell.html", context)


def _row(request: WorkspaceRequest, key: UUID) -> Any:
    """The partner with what the list shows of it. Raises PartnershipNotFound."""
    load(request, key)
    return with_touches(partnerships_visible_to(request.actor, request.program)).get(pk=key)


def _plain(values: dict[str, Any]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in values.items()}


urlpatterns: list[URLPattern] = [
    path("partners/<uuid:partnership>/field/<slug:field>/", partner_field, name="partner_field"),
]
