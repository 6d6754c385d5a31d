"""Leads of the demo: in every state, some with something to think about, and referrals by link and by form."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from comity.demo import partners as known
from comity.demo.loading import DOOR
from comity.identity.actors import Actor
from comity.identity.roles import Role
from comity.kernel.ids import uuid7
from comity.leads.answering import accept_lead, decline_lead, return_lead, work_on_lead
from comity.leads.clauses import Goes, Place, Preference, Routing, RoutingRule
from comity.leads.conversion import convert_to_opportunity, convert_to_registration
from comity.leads.decisions import disqualify_lead, merge_lead, offer_to
from comity.leads.intake import LeadDraft, Origin, keep_lead, take_in_lead
from comity.leads.models import Lead, LeadOffer
from comity.leads.recording import By
from comity.leads.referrals import leave_details, refer_lead, share_link
from comity.leads.states import Channel, Move, Source
from comity.leads.versions import publish_routing
from comity.leads.wishes import WishesDraft, declare_wishes
from comity.platform.tenancy import tenant
from comity.programs.calendars import today_in
from comity.programs.models import Partnership, Program

DAY: Final = timedelta(days=1)
NEEDS: Final = (
    "Their month-end reports take four days; they saw us at the fair and want one.",
    "Wants to connect two plants to one order system before summer.",
    "Asked for a price of twenty seats and who could run the roll-out.",
    "Looks for somebody who automates their invoices, in their language.",
)
ROUTING: Final = Routing(
    rules=(
        RoutingRule(name="Public sector", sources=(Source.OUTBOUND.value,), goes=Goes.TO_A_PERSON),
        RoutingRule(
            name="High tiers first", place=Place.SAME_COUNTRY, tiers=("Platinum", "Gold"),
            preference=Preference.CONVERSION,
        ),
        RoutingRule(name="Same country", place=Place.SAME_COUNTRY, preference=Preference.CAPACITY),
    ),
    offer_hours=16,
    open_leads=8,
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One lead of the story: who, from where, when, and how far it came with whom."""

    name: str
    country: str
    days: float
    source: str = Source.WEBSITE.value
    to: str = ""
    """The partner that Ada chose; else the rules choose."""
    goes: tuple[str, ...] = ()
    """What the partner, then perhaps the vendor, did with it."""
    said: dict[str, Any] = field(default_factory=dict)


LINES: Final = (
    Line("Wetterstein Papier GmbH", "Germany", 70, "event", known.FABRIKAM, ("accept", "start", "qualify", "deal")),
    Line("Brenner Kühlhaus AG", "Austria", 58, "website", known.FABRIKAM, ("accept", "qualify", "register")),
    Line("Loden & Filz GmbH", "Germany", 41, "campaign", known.FABRIKAM, ("accept", "start", "qualify")),
    Line("Salzach Optik GmbH", "Austria", 33, "event", known.FABRIKAM, ("accept", "start")),
    Line("Rheinufer Verlag", "Germany", 12, "website", known.CONTOSO, ("accept",)),
    Line("Fjordlys Fisk AS", "Norway", 45, "event", known.HALDEN, ("accept", "qualify", "deal")),
    Line("Thornbury Tiles Ltd", "United Kingdom", 30, "call", known.BRIGHTWATER, ("accept", "start")),
    Line("Moorgate Stationers", "United Kingdom", 21, "website", known.BRIGHTWATER, ("accept", "return")),
    Line("Tannhof Möbel GmbH", "Germany", 16, "campaign", known.CONTOSO, ("decline",)),
    Line("Stadtwerke Lechfeld", "Germany", 9, "outbound"),
    Line("Gratis Gewinn Online", "Germany", 8, "outbound", "", ("disqualify",)),
    Line("Zirbenholz Spielwaren", "Germany", 5, "website", known.FABRIKAM),
    Line("Kettenberg Uhren AG", "Switzerland", 0.3, "event"),
    Line("Almrausch Reisen GmbH", "Germany", 0.1, "website", known.FABRIKAM),
    Line("Silberdistel Pflege gGmbH", "Germany", 0.05, "call", known.FABRIKAM, (), {"value": Decimal(18_400)}),
    Line("Almrausch Reisen", "Germany", 0.02, "event", "", ("merge",), {"contact_email": "chef@almrausch.example"}),
)


def give_leads(program: Program, ada: Actor, olga: Actor, *, seller: Actor) -> None:
    """Publish the routing, let partners say what they take, and play the lines; then two referrals."""
    now = timezone.now()
    begun = now - 100 * DAY
    with tenant(organization_id=program.vendor_id, person_id=olga.person_id, door=DOOR):
        publish_routing(
            program=program, actor=olga, routing=ROUTING, at=begun, from_on=today_in(program, begun),
            note="High tiers go first where they are at home",
        )  # fmt: skip
    own = _partnership(program, known.FABRIKAM)
    wishes = WishesDraft(capacity=12, countries=("Austria", "Switzerland"), languages=("de", "en"))
    with tenant(organization_id=seller.organization_id, person_id=seller.person_id, door="portal"):
        declare_wishes(partnership=own, actor=seller, draft=wishes)
    for number, line in enumerate(LINES):
        _play(program, ada, line, number, seller=seller, now=now)
    _refer(program, own, seller, now)


def _play(program: Program, ada: Actor, line: Line, number: int, *, seller: Actor, now: datetime) -> None:
    at = now - line.days * DAY
    host = "".join(char for char in line.name.split(" ")[0].lower() if char.isascii() and char.isalnum())
    values = {
        "customer_name": line.name, "customer_country": line.country, "contact_name": f"{CONTACTS[number % 4]}",
        "contact_email": f"office@{host}.example", "need": NEEDS[number % 4], "source": line.source,
        "value": Decimal(6_000 + 1_750 * number), **line.said,
    }  # fmt: skip
    with tenant(organization_id=program.vendor_id, person_id=ada.person_id, door=DOOR):
        channel = Channel.API if line.source == "website" else Channel.PAGE
        if line.to:  # chosen by Ada herself
            origin = Origin(channel, By.vendor(ada))
            lead = keep_lead(program=program, draft=LeadDraft(**values), origin=origin, at=at)
            offer_to(lead=lead, partnership=_partnership(program, line.to), actor=ada, at=at)
        else:
            lead = take_in_lead(program=program, actor=ada, draft=LeadDraft(**values), at=at, channel=channel)
    for step, verb in enumerate(line.goes, start=1):
        _act(lead, verb, ada, seller, min(at + step * 3 * DAY / 12, now))


CONTACTS: Final = ("Erika Sommer", "Jonas Vogt", "Marta Lind", "Peter Hale")


def _act(lead: Lead, verb: str, ada: Actor, seller: Actor, at: datetime) -> None:
    with tenant(organization_id=ada.organization_id, person_id=ada.person_id, door=DOOR):
        order: dict[str, Any] = {"lead": Lead.objects.get(pk=lead.pk), "actor": ada, "at": at}
        if verb == "deal":
            convert_to_opportunity(**order)
        elif verb == "disqualify":
            disqualify_lead(**order, reason="spam")
        elif verb == "merge":
            first = Lead.objects.filter(program=lead.program, customer_name__startswith=lead.customer_name)
            merge_lead(**order, into=first.exclude(pk=lead.pk).earliest("received_at"))
        else:
            live = LeadOffer.objects.filter(lead=lead, state__in=["offered", "accepted"])
            offer = live.select_related("partnership__program").first()
            if offer is not None:
                _answer(offer, verb, seller, at)


def _answer(offer: LeadOffer, verb: str, seller: Actor, at: datetime) -> None:
    partnership = offer.partnership
    mine = seller.organization_id == partnership.partner_id
    actor = seller if mine else Actor(uuid7(), partnership.partner_id, Role.PARTNER_SELLER, "Somebody")
    order: dict[str, Any] = {"offer": offer, "partnership": partnership, "actor": actor, "at": at}
    steps = {
        "accept": lambda: accept_lead(**order),
        "start": lambda: work_on_lead(**order, move=Move.START),
        "qualify": lambda: work_on_lead(**order, move=Move.QUALIFY),
        "register": lambda: convert_to_registration(**order),
        "decline": lambda: decline_lead(**order, reason="no_capacity", text="Our people are booked until March."),
        "return": lambda: return_lead(**order, reason="bought_elsewhere", text="They signed with another last month."),
    }
    with tenant(organization_id=actor.organization_id, person_id=actor.person_id, door="portal"):
        steps[verb]()


def _refer(program: Program, own: Partnership, seller: Actor, now: datetime) -> None:
    """One that Bo named himself, and one that came by his link."""
    with tenant(organization_id=seller.organization_id, person_id=seller.person_id, door="portal"):
        draft = LeadDraft(
            customer_name="Enzian Versicherung AG", customer_country="Austria", contact_name="Greta Moser",
            contact_email="g.moser@enzian.example", need="We run their network; they asked us about reporting.",
        )  # fmt: skip
        refer_lead(partnership=own, actor=seller, draft=draft, agreed=True, at=now - 6 * DAY)
        link = share_link(partnership=own, actor=seller, at=now - 20 * DAY)
    left = LeadDraft(
        customer_name="Murmeltier Software GmbH", customer_country="Germany", contact_name="Lars Behrens",
        contact_email="lars@murmeltier.example", need="Fabrikam told us about you. Please call.",
    )  # fmt: skip
    leave_details(link=link, draft=left, agreed=True, at=now - 2 * DAY)


def _partnership(program: Program, key: str) -> Partnership:
    with tenant(organization_id=program.vendor_id, door=DOOR):
        return Partnership.objects.select_related("program").get(
            vendor_id=program.vendor_id, program=program, external_id=key
        )
