"""Lucerne Data: a second, smaller vendor. Fabrikam Systems works with it as well."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils import timezone

from comity.demo.customers import make_customers
from comity.demo.loading import NewPerson, Report, SignIn, has_signed_up, hire, import_story, open_program
from comity.demo.northwind import ANN, partnership_of
from comity.demo.story import LAST_DAY, ManagerLine, PartnerLine, ProductLine, Story
from comity.demo.timeline import note_what_was_said
from comity.identity.actors import Actor
from comity.identity.models import Organization, Person
from comity.identity.queries import memberships_of
from comity.identity.roles import Role
from comity.identity.services import invite
from comity.insights import trends
from comity.platform.tenancy import tenant
from comity.programs.models import Program
from comity.programs.operator import find_or_create_vendor, operator_of
from comity.programs.services import ProgramDraft, set_data_as_of
from comity.programs.services.joining import join_with_own_organization

VENDOR: Final = "Lucerne Data"
LENA: Final = "lena@lucerne.example"
SIGN_INS: Final = (SignIn("Another vendor", LENA),)
_FABRIKAM, _REGION = "L-101", "Switzerland"
_PARTNERS: Final = (
    PartnerLine(_FABRIKAM, "Fabrikam Systems GmbH", ("reseller",), _REGION, "Germany", "München", "Partner",
                "lena", 4.0),
    PartnerLine("L-102", "Matterhorn Informatik", ("reseller",), _REGION, "Switzerland", "Sion", "Partner", "lena",
                3.0),
    PartnerLine("L-103", "Rütli Consulting", ("implementation",), _REGION, "Switzerland", "Zug", "Partner", "lena",
                2.5),
    PartnerLine("L-104", "Lac Bleu Conseil", ("referral",), _REGION, "Switzerland", "Lausanne", "Member", "lena", 1.5),
    PartnerLine("L-105", "Basilea Daten", ("technology",), _REGION, "Switzerland", "Basel", "Member", "lena", 1.0),
    PartnerLine("L-106", "Säntis Systeme", ("reseller",), _REGION, "Switzerland", "St. Gallen", "Member", "lena", 0.8,
                date(2024, 4, 8)),
    PartnerLine("L-107", "Ticino Digitale", ("agency",), _REGION, "Switzerland", "Lugano", "Member", "lena", 0.6,
                date(2025, 1, 13)),
    PartnerLine("L-108", "Emmental Cloud", ("reseller",), _REGION, "Switzerland", "Bern", "", "lena", 0.0,
                date(2026, 8, 31), "onboarding"),
)  # fmt: skip
STORY: Final = Story(
    prefix="LD",
    seed=1291,
    deals=220,
    managers=(ManagerLine("lena", "Lena Frei", "Partner Manager", (_REGION,), 12),),
    partners=_PARTNERS,
    customers=make_customers({_REGION: 36}, seed=7),
    products=tuple(
        ProductLine(key, name, family, Decimal(price), Decimal(cost), most, Decimal("0.20"))
        for key, name, family, price, cost, most in (
            ("L-10", "Lake Warehouse", "Analytics", 12500, 1900, 3),
            ("L-20", "Lake Catalogue", "Analytics", 4200, 500, 4),
            ("L-30", "Lake Stream", "Integration", 6800, 850, 4),
        )
    ),
    currency="CHF",
    regions={_REGION: 1},
)


def load_lucerne(report: Report) -> None:
    """Load the vendor unless it is there; Northwind comes first, since Fabrikam does."""
    if has_signed_up(LENA):
        return
    report(f"Loading the demo programme of {VENDOR}")
    vendor_id = find_or_create_vendor(VENDOR)
    operator = operator_of(vendor_id)
    draft = ProgramDraft(name="Lucerne Partner Network", currency=STORY.currency, time_zone="Europe/Zurich")
    program = open_program(actor=operator, draft=draft, tiers=("Partner", "Member"), regions=(_REGION,))
    import_story(program=program, actor=operator, story=STORY, report=report)
    with tenant(organization_id=vendor_id):
        organization = Organization.objects.get(pk=vendor_id)
    with transaction.atomic():
        reto = NewPerson("reto@lucerne.example", "Reto Amstutz", Role.ADMINISTRATOR)
        actors = hire(organization, (reto, NewPerson(LENA, "Lena Frei", Role.PARTNER_MANAGER)))
        _let_fabrikam_join(program, actors[reto.email])


def _let_fabrikam_join(program: Program, reto: Actor) -> None:
    """Ann follows the second vendor's letter with the organization that she administrates already."""
    at = timezone.now()
    with tenant(organization_id=program.vendor_id, person_id=reto.person_id, door="workspace"):
        set_data_as_of(program=program, actor=reto, on=LAST_DAY)
        note_what_was_said(program, reto)
        trends.refill(program)
        letter = invite(
            actor=reto, email=ANN, role=Role.PARTNER_ADMIN, organization=partnership_of(program, _FABRIKAM).partner,
            inviting_name=program.vendor_name, at=at,
        )  # fmt: skip
    ann = Person.objects.get(email=ANN)
    with tenant(person_id=ann.pk):
        [membership] = memberships_of(ann.pk)
    join_with_own_organization(secret=letter.secret, person=ann, organization=membership.organization, at=at)
