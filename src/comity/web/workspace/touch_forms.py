"""The forms about touches and credit."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from comity.attribution.states import TouchKind
from comity.attribution.touches import TouchDraft
from comity.deals.models import Opportunity
from comity.programs.models import Partnership
from comity.web.doors import WorkspaceRequest
from comity.web.touch_words import KINDS
from comity.web.workspace.timeline_forms import MomentField


class TouchForm(forms.Form):
    """What a partner did for one deal, and when."""

    partnership = forms.ModelChoiceField(label=_("Partner"), queryset=Partnership.objects.none(), empty_label=None)
    kind = forms.ChoiceField(
        label=_("What they did"),
        choices=[(kind.value, label) for kind, label in KINDS.items()],
        initial=TouchKind.MEETING.value,
    )
    happened_at = MomentField(label=_("When"))
    evidence = forms.CharField(
        label=_("Evidence"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What shows that it happened. The partner reads this."),
    )

    def __init__(self, *args: Any, request: WorkspaceRequest, deal: Opportunity, **options: Any) -> None:
        super().__init__(*args, **options)
        self.deal = deal
        chosen: Any = self.fields["partnership"]
        on_it = list(deal.partners.values_list("partnership_id", flat=True))
        mine = Partnership.objects.filter(vendor_id=deal.vendor_id, program=request.program)
        chosen.queryset = (mine.filter(status="active") | mine.filter(pk__in=on_it)).order_by("sort_name", "pk")
        moment: Any = self.fields["happened_at"]
        moment.zone = ZoneInfo(request.program.time_zone)

    def draft(self) -> TouchDraft:
        """What was typed, as the service takes it."""
        given = self.cleaned_data
        return TouchDraft(
            partnership=given["partnership"],
            kind=TouchKind(given["kind"]),
            happened_at=given["happened_at"],
            opportunity=self.deal,
            evidence=given["evidence"],
        )


class ReasonForm(forms.Form):
    """Why a touch is refused, or credit reversed."""

    reason = forms.CharField(label=_("Why"), widget=forms.Textarea(attrs={"rows": 2}))
