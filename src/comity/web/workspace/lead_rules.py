"""The routing of leads: rules as sentences, in versions, built in a form; and where a lead would go."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.leads.clauses import Goes, Place, Routing, RoutingRule
from comity.leads.models import Lead, RoutingVersion
from comity.leads.queries import routing_visible_to
from comity.leads.routing import preview
from comity.leads.states import Source
from comity.leads.versions import clauses_of, publish_routing, routing_on
from comity.leads.wording import PREFERENCES, country_names, routing_told, rule_told
from comity.programs.calendars import today_in
from comity.programs.models import Region, Tier
from comity.programs.states import PartnerType
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, tell
from comity.web.lead_forms import LANGUAGES
from comity.web.lead_words import SOURCES
from comity.web.templatetags.figures import spoken_lazily
from comity.web.typed import DayField
from comity.web.workspace.lead import route_told
from comity.web.workspace.leads import families_of, trail

SPARE: Final = 2
"""Empty rules at the end of the form."""
MOST: Final = 20
PLACES: Final = {
    Place.ANYWHERE: gettext_lazy("anywhere"),
    Place.SAME_COUNTRY: gettext_lazy("in the lead's country"),
    Place.REGIONS: gettext_lazy("in these regions"),
}
GOES: Final = {
    Goes.TO_PARTNERS: gettext_lazy("to the partners below"),
    Goes.TO_A_PERSON: gettext_lazy("to a person of ours"),
}
SOURCE_CHOICES: Final = [(source.value, word) for source, word in SOURCES.items()]


def _many(label: Any, choices: Any = ()) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, required=False, widget=forms.CheckboxSelectMultiple, choices=list(choices)
    )


class RuleForm(forms.Form):
    """One rule; without a name it is left out."""

    position = forms.IntegerField(label=gettext_lazy("Place in the order"), min_value=1, max_value=99)
    name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=120)
    countries = forms.MultipleChoiceField(
        label=gettext_lazy("Leads from"), required=False, widget=forms.SelectMultiple(attrs={"size": 5})
    )
    sources = _many(gettext_lazy("Leads with the source"), SOURCE_CHOICES)
    families = _many(gettext_lazy("Leads about"))
    lead_languages = forms.MultipleChoiceField(
        label=gettext_lazy("Leads in"), required=False, widget=forms.SelectMultiple(attrs={"size": 5}),
        choices=LANGUAGES[1:],
    )  # fmt: skip
    goes = forms.ChoiceField(label=gettext_lazy("They go"), choices=[(one.value, word) for one, word in GOES.items()])
    partner_types = _many(gettext_lazy("Partner types"), [(one.value, spoken_lazily(one.value)) for one in PartnerType])
    tiers = _many(gettext_lazy("Tiers"))
    place = forms.ChoiceField(
        label=gettext_lazy("Who works"), choices=[(one.value, word) for one, word in PLACES.items()]
    )
    regions = _many(gettext_lazy("Regions"))
    speaks_language = forms.BooleanField(label=gettext_lazy("Who speaks the lead's language"), required=False)
    sells_family = forms.BooleanField(label=gettext_lazy("Who sells what it is about"), required=False)
    preference = forms.ChoiceField(
        label=gettext_lazy("First"), choices=[(one.value, word) for one, word in PREFERENCES.items()]
    )

    def __init__(self, *args: Any, offered: dict[str, list[tuple[str, str]]], **options: Any) -> None:
        super().__init__(*args, **options)
        for name, choices in offered.items():
            field: Any = self.fields[name]
            field.choices = choices

    def rule(self) -> RoutingRule | None:
        """The rule, if it has a name."""
        given = self.cleaned_data
        if not given.get("name", "").strip():
            return None
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
        del values["position"]
        return RoutingRule(**{**values, "name": given["name"].strip()})


class RoutingForm(forms.Form):
    """What holds around the rules, and from when."""

    offer_hours = forms.IntegerField(label=gettext_lazy("Answer within … business hours"), min_value=1, max_value=240)
    open_leads = forms.IntegerField(
        label=gettext_lazy("Leads in hand at most, unless a partner declared another number"), min_value=1,
        max_value=10_000,
    )  # fmt: skip
    referrer_first = forms.BooleanField(label=gettext_lazy("Who referred a lead is asked first"), required=False)
    consent = forms.CharField(
        label=gettext_lazy("What prospects agree to on the referral page"), max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    from_on = DayField(label=gettext_lazy("In force from"))
    note = forms.CharField(label=gettext_lazy("Why it was made"), required=False)


class TryForm(forms.Form):
    """A lead that is only thought of."""

    country = forms.ChoiceField(label=gettext_lazy("Country"), required=False)
    family = forms.ChoiceField(label=gettext_lazy("Product"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False, choices=LANGUAGES)
    source = forms.ChoiceField(label=gettext_lazy("Source"), required=False, choices=SOURCE_CHOICES)


@require_GET
@workspace(Permission.VIEW_DEALS)
def lead_rules(request: WorkspaceRequest) -> HttpResponse:
    """Today's rules; with a lead thought of in the address, where it would go."""
    return _show(request, routing_on(request.program, today_in(request.program, request.received_at)))


@require_GET
@workspace(Permission.VIEW_DEALS)
def lead_rules_version(request: WorkspaceRequest, version: UUID) -> HttpResponse:
    """One version."""
    found = routing_visible_to(request.actor, request.program).filter(pk=version).first()
    if found is None:
        raise NotFound(words("There is no such version of the rules."))
    return _show(request, found)


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def lead_rules_new(request: WorkspaceRequest) -> HttpResponse:
    """A new version: build the rules, read them back, publish them."""
    today = today_in(request.program, request.received_at)
    routing = clauses_of(routing_on(request.program, today))
    data = request.POST or None
    form = RoutingForm(data, initial={**routing.model_dump(exclude={"rules", "holidays"}), "from_on": today})
    rules = _rule_forms(request, routing, data)
    sentences: list[tuple[str, str]] = []
    if request.method == "POST" and all([form.is_valid(), *(one.is_valid() for one in rules)]):
        made = _routing(form, rules, routing)
        if "read" in request.POST:
            sentences = [(rule.name, rule_told(rule)) for rule in made.rules]
        elif accepts(form, lambda: _publish(request, form, made)):
            tell(request, _("The new rules are published."), draft="routing")
            return redirect("workspace:lead_rules", program=request.program.slug)
    wrong = bool(form.errors or any(one.errors for one in rules))
    context = {
        "page_title": _("New routing rules"),
        "breadcrumbs": [*_trail(request), (_("New version"), "")],
        "form": form,
        "rules": [{"form": one, "title": one["name"].value() or "", "open": bool(one.errors)} for one in rules],
        "problem": wrong,
        "sentences": sentences,
        "back": reverse("workspace:lead_rules", args=[request.program.slug]),
    }
    return render(request, "workspace/lead_rules_form.html", context, status=422 if wrong else 200)


def _rule_forms(request: WorkspaceRequest, routing: Routing, data: Any) -> list[RuleForm]:
    of_program = {"vendor_id": request.actor.organization_id, "program": request.program}
    tiers = list(Tier.objects.filter(**of_program).order_by("rank").values_list("name", flat=True))
    regions = list(Region.objects.filter(**of_program).order_by("name").values_list("name", flat=True))
    names = {"tiers": tiers, "regions": regions, "families": families_of(request)}
    offered = {field: [(name, name) for name in found] for field, found in names.items()}
    offered["countries"] = country_names()
    shown = [rule.model_dump(mode="json") for rule in routing.rules]
    shown += [RoutingRule(name="x").model_dump(mode="json") | {"name": ""} for _place in range(SPARE)]
    return [
        RuleForm(data, prefix=f"r{place}", offered=offered, initial={**values, "position": place})
        for place, values in enumerate(shown[:MOST], start=1)
    ]


def _routing(form: RoutingForm, rules: list[RuleForm], before: Routing) -> Routing:
    """What the forms say; holidays stay as they were."""
    pairs = [(one.cleaned_data["position"], place, one.rule()) for place, one in enumerate(rules)]
    ordered = [rule for _position, _place, rule in sorted(pairs, key=lambda pair: pair[:2]) if rule is not None]
    given = {name: form.cleaned_data[name] for name in ("offer_hours", "open_leads", "referrer_first", "consent")}
    return Routing(rules=tuple(ordered), holidays=before.holidays, **given)


def _publish(request: WorkspaceRequest, form: RoutingForm, routing: Routing) -> object:
    given = form.cleaned_data
    return publish_routing(
        program=request.program, actor=request.actor, routing=routing, from_on=given["from_on"],
        at=request.received_at, note=given["note"],
    )  # fmt: skip


def _show(request: WorkspaceRequest, shown: RoutingVersion) -> HttpResponse:
    routing = clauses_of(shown)
    today = today_in(request.program, request.received_at)
    form = TryForm(request.GET if "source" in request.GET else None)
    for name, choices in (("country", country_names()), ("family", [(one, one) for one in families_of(request)])):
        field: Any = form.fields[name]
        field.choices = [("", _("Not said")), *choices]
    context: dict[str, Any] = {
        "page_title": _("Routing of leads"),
        "breadcrumbs": _trail(request, last=True),
        "shown": shown,
        "holds": shown.from_on <= today and (shown.to_on is None or today < shown.to_on),
        "sentences": [(rule.name, rule_told(rule)) for rule in routing.rules],
        "always": routing_told(routing),
        "consent": routing.consent,
        "versions": [
            (version, reverse("workspace:lead_rules_version", args=[request.program.slug, version.pk]))
            for version in routing_visible_to(request.actor, request.program)
        ],
        "today": today,
        "try_form": form,
        "route": _tried(request, form, routing) if form.is_bound and form.is_valid() else None,
        "may_edit": request.actor.can(Permission.MANAGE_PROGRAM),
    }
    return render(request, "workspace/lead_rules.html", context)


def _tried(request: WorkspaceRequest, form: TryForm, routing: Routing) -> dict[str, Any]:
    """Where a lead of that kind would go now by these rules; nothing is written."""
    given = form.cleaned_data
    lead = Lead(
        vendor_id=request.program.vendor_id, program=request.program, customer_country=given["country"],
        families=[given["family"]] if given["family"] else [], language=given["language"],
        source=given["source"] or Source.OTHER.value,
    )  # fmt: skip
    return route_told(preview(lead=lead, at=request.received_at, routing=routing))


def _trail(request: WorkspaceRequest, *, last: bool = False) -> list[tuple[str, str]]:
    here = "" if last else reverse("workspace:lead_rules", args=[request.program.slug])
    return [*trail(request), (_("Routing"), here)]


urlpatterns: list[URLPattern] = [
    path("deals/leads/rules/", lead_rules, name="lead_rules"),
    path("deals/leads/rules/new/", lead_rules_new, name="lead_rules_new"),
    path("deals/leads/rules/<uuid:version>/", lead_rules_version, name="lead_rules_version"),
]
