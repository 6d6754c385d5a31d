"""Where somebody would look in a vendor's program: one partner, deal, customer and so on, to make addresses of."""

from __future__ import annotations

from typing import Final

from django.db.models import Model

from comity.attribution.models import AttributionSettings, CreditRun, TouchFile
from comity.connectors.models import ImportRun
from comity.cosell.models import Member, PlanStep, Room
from comity.deals.models import (
    CustomerAccount,
    EngagementRules,
    Opportunity,
    Product,
    Registration,
    RulesTrial,
    SharedDeal,
    Stage,
)
from comity.leads.models import Lead, LeadOffer, ReferralLink, RoutingVersion
from comity.platform.tenancy import tenant
from comity.programs.models import Manager, Partnership, SegmentRun, Team
from comity.programs.operator import Found, find_program
from comity.timeline.models import LogEntry, Task

_METRICS: Final = {
    "metric": "partner_sourced_revenue",
    "pipeline": "partner_sourced_pipeline",
    "concentration": "revenue_concentration",
    "registration_volume": "deal_registration_volume",
    "lead_response": "lead_response_time",
}


def places_of(program: str, *, partner: str = "", portal_of: str = "") -> dict[str, str]:
    """Name of a place (as in the arguments of the pages' addresses) to its key.

    `partner` is the name of the partner to look at, else the first by name; `portal_of` of the one whose side is shown.
    Places that do not exist are missing.
    """
    found = find_program(program)
    with tenant(organization_id=found.vendor_id, door="command"):
        partners = Partnership.objects.filter(vendor_id=found.vendor_id, program_id=found.program_id)
        tokens: dict[str, str] = {}
        chosen = partners.filter(name=partner).first() or partners.order_by("sort_name").first()
        portal = partners.filter(name=portal_of or partner).first() or chosen
        rows: dict[str, Model | None] = {"partner": chosen, "partnership": portal, **_rows_of(found)}
        if chosen is not None:
            rows["entry"] = LogEntry.objects.filter(partnership=chosen).order_by("-happened_at").first()
            rows["task"] = Task.objects.filter(partnership=chosen, done_at__isnull=True).order_by("pk").first()
        if portal is not None:
            claims = Registration.objects.filter(vendor_id=found.vendor_id, partnership=portal)
            rows["own_draft"] = claims.filter(state="draft").first()
            rows["own_registration"] = (
                claims.filter(appeals__isnull=False).first() or claims.exclude(state="draft").first()
            )
            offers = LeadOffer.objects.filter(vendor_id=found.vendor_id, partnership=portal)
            rows["offer"] = offers.filter(state="offered").order_by("-due_at").first()
            rows["own_lead"] = offers.filter(progress="working").first()
            rows |= _own_rooms_of(portal)
            link = ReferralLink.objects.filter(partnership=portal, ended_at__isnull=True).first()
            tokens = {"secret": link.token} if link else {}
            rows["shared_deal"] = SharedDeal.objects.filter(partnership=portal).order_by("-closed_on").last()
    words = {
        **tokens,
        **_METRICS,
        "field": "tier",
    }
    return {"program": found.slug, **words, **{name: str(row.pk) for name, row in rows.items() if row is not None}}


def _own_rooms_of(portal: Partnership) -> dict[str, Model | None]:
    own = Member.objects.filter(vendor_id=portal.vendor_id, partnership=portal)
    return {"room_member": own.filter(state="joined").first(), "asked_member": own.filter(state="invited").first()}


def _rows_of(found: Found) -> dict[str, Model | None]:
    own = {"vendor_id": found.vendor_id, "program_id": found.program_id}
    deals = Opportunity.objects.filter(**own)
    room = Room.objects.filter(**own).order_by("opened_at").first()
    deal = (
        deals.filter(status="won", lines__isnull=False, partners__share__isnull=False)
        .order_by("-closed_on", "id")
        .first()
    )
    return {
        "deal": deal or deals.order_by("-closed_on", "id").first(),
        "customer": CustomerAccount.objects.filter(vendor_id=found.vendor_id).order_by("name").first(),
        "manager": Manager.objects.filter(**own, capacity__isnull=False).order_by("name").first()
        or Manager.objects.filter(**own).order_by("name").first(),
        "run": SegmentRun.objects.filter(**own).order_by("-pk").first(),
        "team": Team.objects.filter(**own).order_by("name").first(),
        "rules_version": EngagementRules.objects.filter(**own).order_by("number").first(),
        "rules_trial": RulesTrial.objects.filter(**own).order_by("-created_at").first(),
        "registration": Registration.objects.filter(**own, has_letter=True).order_by("pk").first(),
        "room": room,
        "room_step": PlanStep.objects.filter(vendor_id=found.vendor_id, room_id=room.pk, state="open").first()
        if room
        else None,
        "lead": Lead.objects.filter(**own, state="held").order_by("-received_at").first(),
        "routed_lead": Lead.objects.filter(**own, routes__isnull=False, state="offered").order_by("pk").first(),
        "routing": RoutingVersion.objects.filter(**own).order_by("-number").first(),
        "credit_run": CreditRun.objects.filter(**own).order_by("-pk").first(),
        "touch_file": TouchFile.objects.filter(**own).order_by("-pk").first(),
        "settings_version": AttributionSettings.objects.filter(**own).order_by("number").first(),
        "stage": Stage.objects.filter(**own).order_by("position").first(),
        "product": Product.objects.filter(vendor_id=found.vendor_id).order_by("name", "id").first(),
        "import": ImportRun.objects.filter(**own).order_by("-pk").first(),
    }
