"""Northwind Software: the vendor of the demo, and what happened there besides deals."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils import timezone

from comity.demo import partners as known
from comity.demo.customers import make_customers
from comity.demo.leads import give_leads
from comity.demo.loading import (
    DOOR,
    PASSWORD,
    NewPerson,
    Report,
    SignIn,
    has_signed_up,
    hire,
    import_story,
    instant,
    open_program,
)
from comity.demo.messages import write_messages
from comity.demo.partners import AMERICA, AMERICA_OPENED, DACH, ISLES, NORDICS, PARTNERS, REGIONS, SOUTH
from comity.demo.registrations import register_deals
from comity.demo.rooms import work_in_rooms
from comity.demo.story import LAST_DAY, REVIEWED_ON, HandOver, ManagerLine, ProductLine, Story
from comity.demo.timeline import note_what_was_said
from comity.demo.touches import touch_deals
from comity.identity.actors import Actor
from comity.identity.models import Organization, Person
from comity.identity.queries import actor_of, memberships_of
from comity.identity.roles import Role
from comity.identity.services import accept_as_new_person, invite
from comity.insights import trends
from comity.insights.segmentation import revenue_of_partnerships
from comity.platform.tenancy import tenant
from comity.programs.models import Manager, Partnership, Program, Tier
from comity.programs.operator import find_or_create_vendor, operator_of
from comity.programs.services import (
    ManagerDraft,
    ProgramDraft,
    TeamDraft,
    apply_segments,
    change_manager,
    create_team,
    evaluate_segments,
    hand_over,
    set_data_as_of,
    set_potential,
    set_segment_policy,
    set_tier,
)
from comity.programs.states import OrganizationModel, Segment

VENDOR: Final = "Northwind Software"
DRAFT: Final = ProgramDraft(
    name="Northwind Partners",
    currency="EUR",
    time_zone="Europe/Berlin",
    organization_model=OrganizationModel.GEOGRAPHIC,
    shows_peer_band=True,
)
TIERS: Final = ("Platinum", "Gold", "Silver", "Registered")
VERA, ADA, OLGA = "vera@northwind.example", "ada@northwind.example", "olga@northwind.example"
ANN, BO = "ann@fabrikam.example", "bo@fabrikam.example"
SIGN_INS: Final = (
    SignIn("Partner manager", ADA),
    SignIn("Executive", VERA),
    SignIn("Operations", OLGA),
    SignIn("Partner seller", BO),
    SignIn("Partner admin", ANN),
)
_PEOPLE: Final = (
    NewPerson(VERA, "Vera Hoffmann", Role.EXECUTIVE),
    NewPerson(ADA, "Ada Lindqvist", Role.PARTNER_MANAGER),
    NewPerson(OLGA, "Olga Marek", Role.OPERATIONS),
    NewPerson("jonas@northwind.example", "Jonas Weber", Role.PARTNER_MANAGER),
    NewPerson("sofia@northwind.example", "Sofia Marino", Role.PARTNER_MANAGER),
    NewPerson("daniel@northwind.example", "Daniel Brooks", Role.PARTNER_MANAGER),
    NewPerson("ruth@northwind.example", "Ruth Keller", Role.ADMINISTRATOR),
)
_MANAGERS: Final = (
    ManagerLine("vera", "Vera Hoffmann", "VP of Partnerships", capacity=3, partner_types=("strategic_alliance",)),
    ManagerLine("ada", "Ada Lindqvist", "Senior Partner Manager", (NORDICS, ISLES), 20, "vera"),
    ManagerLine("jonas", "Jonas Weber", "Partner Manager", (DACH,), 16, "vera"),
    ManagerLine("sofia", "Sofia Marino", "Partner Manager", (SOUTH,), 15, "vera"),
    ManagerLine("daniel", "Daniel Brooks", "Partner Manager", (AMERICA,), 12, "vera", since=AMERICA_OPENED),
)
_HAND_OVERS: Final = (
    HandOver("jonas", "ada", (known.FABRIKAM,), date(2025, 2, 3)),
    HandOver("ada", "daniel", ("P-1013", "P-1014"), date(2025, 10, 6)),
)
_PRODUCTS: Final = tuple(
    ProductLine(key, name, family, Decimal(price), Decimal(cost), most, Decimal(yearly))
    for key, name, family, price, cost, most, yearly in (
        ("N-110", "Insight Server", "Analytics", 9800, 1150, 4, "0.20"),
        ("N-120", "Insight Workplace", "Analytics", 290, 22, 120, "0.20"),
        ("N-130", "Insight Forecast", "Analytics", 6400, 700, 3, "0.20"),
        ("N-210", "Bridge Gateway", "Integration", 7200, 900, 5, "0.18"),
        ("N-220", "Bridge Connector", "Integration", 1450, 120, 20, "0.18"),
        ("N-230", "Bridge EDI", "Integration", 5600, 640, 3, "0.18"),
        ("N-310", "Flow Designer", "Automation", 4900, 420, 6, "0.22"),
        ("N-320", "Flow Robot", "Automation", 2600, 210, 25, "0.22"),
        ("N-330", "Flow Document", "Automation", 3900, 380, 8, "0.22"),
        ("N-410", "Implementation day", "Services", 1380, 820, 30, "0"),
        ("N-420", "Training day", "Services", 1650, 760, 8, "0"),
        ("N-430", "Health check", "Services", 4200, 2300, 2, "0"),
    )
)
STORY: Final = Story(
    prefix="NW",
    seed=1897,
    deals=1800,
    managers=_MANAGERS,
    partners=PARTNERS,
    customers=make_customers(dict(zip(REGIONS, (44, 24, 24, 20, 12), strict=True)), seed=11),
    products=_PRODUCTS,
    currency=DRAFT.currency,
    regions={DACH: 40, NORDICS: 20, ISLES: 20, SOUTH: 15, AMERICA: 9},
    opened={AMERICA: AMERICA_OPENED},
    hand_overs=_HAND_OVERS,
)


def load_northwind(report: Report) -> None:
    """Load the vendor unless it is there."""
    if has_signed_up(BO):
        return
    report(f"Loading the demo programme of {VENDOR}")
    vendor_id = find_or_create_vendor(VENDOR)
    operator = operator_of(vendor_id)
    program = open_program(actor=operator, draft=DRAFT, tiers=TIERS, regions=REGIONS)
    import_story(program=program, actor=operator, story=STORY, report=report)
    report("Adding people, teams, hand-overs and segments")
    with tenant(organization_id=vendor_id):
        organization = Organization.objects.get(pk=vendor_id)
    with transaction.atomic():
        _settle(program, organization)


def _settle(program: Program, organization: Organization) -> None:
    """What imports do not carry. All or none: the people are the mark that it was done."""
    actors = hire(organization, _PEOPLE)
    olga, ada = actors[OLGA], actors[ADA]
    with tenant(organization_id=program.vendor_id, person_id=olga.person_id, door=DOOR):
        _set_up_team(program, olga)
        for move in STORY.hand_overs:
            _hand_over(program, olga, move)
        _review_segments(program, olga)
    with tenant(organization_id=program.vendor_id, person_id=ada.person_id, door=DOOR):
        star = partnership_of(program, known.HALDEN)
        set_tier(partnership=star, actor=ada, tier=Tier.objects.get(program=program, name="Platinum"))
    bo = _let_fabrikam_in(program, olga)
    register_deals(program, ada, olga, seller=bo)
    give_leads(program, ada, olga, seller=bo)
    touch_deals(program, ada, olga, seller=bo)
    work_in_rooms(program, ada, seller=bo)
    write_messages(program, ada, seller=bo)
    with tenant(organization_id=program.vendor_id, person_id=olga.person_id, door=DOOR):
        note_what_was_said(program, olga)
        trends.refill(program)


def _set_up_team(program: Program, olga: Actor) -> None:
    """Two teams, and each manager with their login."""
    europe = create_team(program=program, actor=olga, draft=TeamDraft("Europe", regions=(DACH, NORDICS, ISLES, SOUTH)))
    america = create_team(program=program, actor=olga, draft=TeamDraft("Americas", regions=(AMERICA,)))
    logins = {person.name: person for person in Person.objects.filter(email__in=[one.email for one in _PEOPLE])}
    managers = {one.external_id: one for one in Manager.objects.filter(program=program)}
    for line in STORY.managers:
        manager = managers[line.key]
        change_manager(
            manager=manager,
            actor=olga,
            draft=ManagerDraft(
                name=line.name,
                email=logins[line.name].email,
                title=line.title,
                team=None if not line.regions else america if AMERICA in line.regions else europe,
                reports_to=managers.get(line.reports_to),
                person=logins[line.name],
                partner_types=line.partner_types,
                regions=line.regions,
                capacity=None if line.capacity is None else Decimal(line.capacity),
            ),
        )


def _hand_over(program: Program, olga: Actor, move: HandOver) -> None:
    managers = {one.external_id: one for one in Manager.objects.filter(program=program)}
    hand_over(
        giver=managers[move.giver],
        taker=managers[move.taker],
        partnerships=[partnership_of(program, key) for key in move.partners],
        actor=olga,
        at=instant(move.on),
        on=move.on,
    )


def _review_segments(program: Program, olga: Actor) -> None:
    """One cut applied on the figures of the quarter before, and a proposal on those of now that nobody has applied."""
    potentials = {line.key: line.potential for line in STORY.partners if line.potential is not None}
    for partnership in Partnership.objects.filter(program=program, external_id__in=potentials):
        set_potential(partnership=partnership, actor=olga, potential=potentials[partnership.external_id or ""])
    set_segment_policy(
        program=program,
        actor=olga,
        strategic_share=Decimal("0.125"),
        core_share=Decimal("0.375"),
        weights={Segment.STRATEGIC: Decimal(2), Segment.CORE: Decimal(1), Segment.EMERGING: Decimal("0.5")},
        runs_monthly=True,
    )
    set_data_as_of(program=program, actor=olga, on=REVIEWED_ON)
    figures = revenue_of_partnerships(program, REVIEWED_ON)
    run = evaluate_segments(program=program, actor=olga, figures=figures, as_of=REVIEWED_ON)
    apply_segments(run=run, actor=olga, at=instant(REVIEWED_ON + timedelta(days=6)))
    set_data_as_of(program=program, actor=olga, on=LAST_DAY)
    figures = revenue_of_partnerships(program, LAST_DAY)
    evaluate_segments(program=program, actor=olga, figures=figures, as_of=LAST_DAY)


def _let_fabrikam_in(program: Program, olga: Actor) -> Actor:
    """Fabrikam's administrator follows her invitation and invites Bo, who is returned; two partners are silent."""
    at = timezone.now()
    letters = {}
    with tenant(organization_id=program.vendor_id, person_id=olga.person_id, door=DOOR):
        for key, email in ((known.FABRIKAM, ANN), (known.HALDEN, "kari@haldensystems.example"),
                           (known.CONTOSO, "carla@contosodigital.example")):  # fmt: skip
            partner = partnership_of(program, key).partner
            letters[email] = invite(
                actor=olga, email=email, role=Role.PARTNER_ADMIN, organization=partner,
                inviting_name=program.vendor_name, at=at,
            )  # fmt: skip
    ann = accept_as_new_person(secret=letters[ANN].secret, name="Ann Fischer", password=PASSWORD, at=at)
    with tenant(person_id=ann.pk):
        [membership] = memberships_of(ann.pk)
    with tenant(organization_id=membership.organization_id, person_id=ann.pk, door="portal"):
        letter = invite(
            actor=actor_of(membership, ann.name), email=BO, role=Role.PARTNER_SELLER,
            organization=membership.organization, inviting_name=membership.organization.name, at=at,
        )  # fmt: skip
    bo = accept_as_new_person(secret=letter.secret, name="Bo Sandberg", password=PASSWORD, at=at)
    with tenant(person_id=bo.pk):
        [membership] = memberships_of(bo.pk)
    return actor_of(membership, bo.name)


def partnership_of(program: Program, key: str) -> Partnership:
    """The partnership of this external id."""
    return Partnership.objects.select_related("program", "partner").get(
        vendor_id=program.vendor_id, program=program, external_id=key
    )
