"""The partner's own credit and why: its deals under each model, its touches, and a form to report one."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _later
from django.views.decorators.http import require_http_methods

from comity.attribution.queries import OwnCredit, own_credit, touches_visible_to
from comity.attribution.states import Basis, Model, TouchKind, TouchState
from comity.attribution.touches import TouchDraft, report_touch
from comity.deals.models import SharedDeal
from comity.deals.queries import shared_deals_visible_to
from comity.identity.roles import Permission
from comity.web import touch_words as words
from comity.web.doors import PortalRequest, portal
from comity.web.form_answers import accepts, tell
from comity.web.form_fields import choice_field
from comity.web.portal.registrations import tabs
from comity.web.workspace.timeline_forms import MomentField

SHOWN: Final = 50
CHOSEN: Final = 500


class ReportForm(forms.Form):
    """What we did for one of our deals, and when."""

    opportunity = forms.ChoiceField(label=_later("Deal"))
    kind = forms.ChoiceField(
        label=_later("What we did"),
        choices=[(kind.value, label) for kind, label in words.KINDS.items() if kind is not TouchKind.REGISTRATION],
    )
    happened_at = MomentField(label=_later("When"))
    evidence = forms.CharField(
        label=_later("Evidence"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_later("What shows that it happened."),
    )

    def __init__(self, *args: Any, request: PortalRequest, **options: Any) -> None:
        super().__init__(*args, **options)
        deals = shared_deals_visible_to(request.actor, request.partnership).order_by("status", "name")[:CHOSEN]
        chosen: Any = self.fields["opportunity"]
        chosen.choices = [(str(deal.opportunity_id), deal.name) for deal in deals]
        moment: Any = self.fields["happened_at"]
        moment.zone = ZoneInfo(request.program.time_zone)


@require_http_methods(["GET", "POST"])
@portal(Permission.PORTAL_DEALS)
def credit(request: PortalRequest) -> HttpResponse:
    """Own credit of won deals, own touches with what became of them, and the form."""
    form = ReportForm(request.POST or None, request=request, initial={"happened_at": request.received_at})

    def save() -> None:
        given = form.cleaned_data
        draft = TouchDraft(
            partnership=request.partnership,
            kind=TouchKind(given["kind"]),
            happened_at=given["happened_at"],
            evidence=given["evidence"],
        )
        report_touch(actor=request.actor, draft=draft, opportunity_id=given["opportunity"], at=request.received_at)

    if request.method == "POST" and accepts(form, save):
        tell(request, _("Reported. It counts once %(vendor)s confirms it.") % {"vendor": request.program.vendor_name})
        return redirect(reverse("portal:credit", args=[request.partnership.pk]))
    own = own_credit(request.actor, request.partnership, most=SHOWN)
    rows = [one.row for one in own]
    touches: list[Any] = list(
        touches_visible_to(request.actor, request.program).filter(partnership=request.partnership)[:SHOWN]
    )
    ids = {row.opportunity_id for row in [*rows, *touches]}
    shared = shared_deals_visible_to(request.actor, request.partnership).filter(opportunity_id__in=ids)
    deals: dict[Any, SharedDeal] = {deal.opportunity_id: deal for deal in shared}
    context = {
        "page_title": _("Our credit"),
        "breadcrumbs": [(_("Deals"), reverse("portal:deals", args=[request.partnership.pk])), (_("Our credit"), "")],
        "tabs": tabs(request, "credit"),
        "closed": (rows[-1].closed_on, rows[0].closed_on) if rows else None,
        "rows": [_told(one, deals.get(one.row.opportunity_id)) for one in own],
        "some_hidden": any(one.hidden for one in own),
        "models": list(words.MODELS.values()),
        "touches": [_touch(touch, deals.get(touch.opportunity_id)) for touch in touches],
        "form": form,
        "has_deals": bool(choice_field(form, "opportunity").choices),
    }
    return render(request, "portal/credit.html", context, status=422 if form.is_bound else 200)


def _told(one: OwnCredit, deal: SharedDeal | None) -> dict[str, Any]:
    row = one.row
    named = [words.ROLES[row.role]] if row.role else []
    named += [words.ROLES["fulfilled"]] if row.fulfilled else []
    return {
        "row": row,
        "deal": deal,
        "roles": named,
        "basis": words.BASES[Basis(row.basis)],
        "declared": one.amounts[Model.DECLARED_SPLIT],
        "amounts": list(one.amounts.values()),
    }


def _touch(touch: Any, deal: SharedDeal | None) -> dict[str, Any]:
    state = TouchState(touch.state)
    return {
        "touch": touch,
        "deal": deal,
        "kind": words.KINDS[TouchKind(touch.kind)],
        "state": words.STATES[state],
        "tone": words.TONES[state],
    }


urlpatterns: list[URLPattern] = [path("credit/", credit, name="credit")]
