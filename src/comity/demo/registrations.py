"""Registrations of the demo: a queue with something to think about in each band, and some that were decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from comity.deals.models import CustomerAccount, Opportunity, Registration
from comity.deals.registration.appeals import file_appeal
from comity.deals.registration.attachments import attach_file
from comity.deals.registration.clauses import Clauses, SecondRegistrant
from comity.deals.registration.conflicts import find_conflicts
from comity.deals.registration.decisions import Decision, decide_registration
from comity.deals.registration.drafting import RegistrationDraft, save_draft
from comity.deals.registration.engagement import publish_rules
from comity.deals.registration.protection import ask_extension
from comity.deals.registration.rules_drafts import keep_rules_draft
from comity.deals.registration.submission import submit_registration
from comity.deals.registration.trials import start_trial, work_batch
from comity.deals.services import CustomerDraft, OpportunityDraft, create_customer, create_opportunity
from comity.deals.states import DealStatus
from comity.deals.states.registrations import REASONS, Move
from comity.demo import partners as known
from comity.demo.loading import DOOR
from comity.demo.papers import page_of
from comity.identity.actors import Actor
from comity.identity.roles import Role
from comity.kernel.ids import uuid7
from comity.platform.tenancy import tenant
from comity.programs.calendars import today_in
from comity.programs.models import Partnership, Program

PENROSE: Final = "penrose.example"
NAMES: Final = {
    known.HALDEN: "Kari Nygård", known.BRIGHTWATER: "Owen Price", known.CONTOSO: "Carla Brandt", "adler": "Timo Adler",
}  # fmt: skip

LETTER: Final = (
    "Sonnhalde Maschinenbau, Head of IT", "", "To whom it may concern:", "",
    "We evaluate Northwind Insight together with Fabrikam Systems, who showed it",
    "to us in two workshops, and wish to buy it from them.", "", "signed, H. Brandl",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One registration of the story: whose, of which customer, how many hours ago, and what became of it."""

    partner: str
    customer: str
    hours: float
    value: int
    said: dict[str, Any] = field(default_factory=dict)
    decided: Move | None = None
    reason: str = ""
    text: str = ""
    conditions: str = ""


def register_deals(program: Program, ada: Actor, olga: Actor, *, seller: Actor) -> None:
    """Publish rules, let partners register, and let Ada decide some of it."""
    now = timezone.now()
    with tenant(organization_id=program.vendor_id, person_id=olga.person_id, door=DOOR):
        publish_rules(
            program=program, actor=olga, at=now - timedelta(days=130),
            from_on=today_in(program, now - timedelta(days=130)), note="Small clear deals go without a person",
            clauses=Clauses(approve_automatically=True, approve_up_to=Decimal(15_000), flagged_from=4),
        )  # fmt: skip
        open_deals = Opportunity.objects.filter(vendor_id=program.vendor_id, program=program, status=DealStatus.OPEN)
        free = open_deals.filter(account__isnull=False, partners__isnull=True).select_related("account")
        ours = free.order_by("-opened_on", "id").first()
        theirs = CustomerAccount.objects.filter(vendor_id=program.vendor_id).order_by("name").first()
    lines = _lines(str(ours.account) if ours and ours.account else "Kivinen Foods", str(theirs))
    for line in lines:
        _play(program, ada, line, seller=seller, now=now)
    _sell_directly(program, ada, now)
    with tenant(organization_id=seller.organization_id, person_id=seller.person_id, door="portal"):
        own = Partnership.objects.select_related("program").get(program=program, partner_id=seller.organization_id)
        begun = RegistrationDraft(customer_name="Quellgrund Bank", customer_country="Germany")
        save_draft(partnership=own, actor=seller, draft=begun, at=now)
    _try_a_draft(program, olga, now)


def _try_a_draft(program: Program, olga: Actor, now: datetime) -> None:
    """Operations think of stricter rules, and look at what they would have changed."""
    clauses = Clauses(
        approve_automatically=True, approve_up_to=Decimal(40_000), refuse_automatically=True, flagged_from=4,
        second_registrant=SecondRegistrant.REFUSE, minimum_value=Decimal(20_000),
    )  # fmt: skip
    with tenant(organization_id=program.vendor_id, person_id=olga.person_id, door=DOOR):
        keep_rules_draft(
            program=program, actor=olga, clauses=clauses, from_on=today_in(program, now) + timedelta(days=30), at=now,
            note="Nothing below 20,000, and one partner a customer",
        )  # fmt: skip
        trial = start_trial(program=program, actor=olga, at=now)
    while work_batch(vendor_id=program.vendor_id, trial_id=trial.pk):
        pass


def _sell_directly(program: Program, ada: Actor, now: datetime) -> None:
    """Somebody of the vendor's opens a deal on a customer that is promised to a partner: a conflict to resolve."""
    with tenant(organization_id=program.vendor_id, person_id=ada.person_id, door=DOOR):
        account = create_customer(actor=ada, draft=CustomerDraft(name="Penrose Engineering", domains=(PENROSE,)))
        draft = OpportunityDraft(
            name="Penrose Engineering · service desk", account=account, kind="new", currency=program.currency,
            amount=Decimal(54_000), opened_on=today_in(program, now - timedelta(days=1)),
        )  # fmt: skip
        deal = create_opportunity(program=program, actor=ada, draft=draft, at=now - timedelta(days=1))
        find_conflicts(deal, at=now - timedelta(hours=20))


def _lines(vendor_deal: str, customer: str) -> Sequence[Line]:
    analytics = {"families": ("Analytics",)}
    return (
        Line(known.HALDEN, "Polarlys Shipping AS", 24 * 86, 64_000, {"customer_domain": "polarlys.example"},
             Move.APPROVE, "first_and_complete"),
        Line(known.FABRIKAM, "Isarwerke GmbH", 24 * 70, 48_000, {"customer_domain": "isarwerke.example", **analytics},
             Move.APPROVE, "first_and_complete"),
        Line(known.FABRIKAM, "Nordhang Kliniken GmbH", 24 * 40, 12_500,
             {"customer_domain": "nordhang.example", **analytics}),
        Line(known.CONTOSO, "Isarwerke Gesellschaft mbH", 24 * 8, 52_000, {"customer_country": "Germany", **analytics},
             Move.QUEUE, "registered_before", "Another partner was here first. You move up if that ends."),
        Line(known.FABRIKAM, "Hafenlicht Logistik AG", 24 * 6, 31_000, {"customer_domain": "hafenlicht.example"},
             Move.REJECT, "not_covered_by_the_rules", "We serve this group through its parent in Zürich."),
        Line(known.BRIGHTWATER, "Castlegate Mutual", 24 * 5, 27_000, {"customer_country": "United Kingdom"},
             Move.RETURN, "need_unclear", "Which team would use it, and who signs?"),
        Line(known.BRIGHTWATER, "Penrose Engineering Ltd", 24 * 4, 88_000, {"customer_domain": PENROSE},
             Move.APPROVE_WITH_CONDITIONS, "first_and_complete", "", "A joint call with our sales before the offer."),
        Line("adler", "Sonnhalde Maschinenbau GmbH", 29, 73_000, {"customer_domain": "sonnhalde.example", **analytics}),
        Line(known.FABRIKAM, "Sonnhalde Maschinenbau", 27, 69_000,
             {"customer_country": "Germany", "has_letter": True, **analytics,
              "evidence": "Letter of their head of IT of last week; two workshops in their plant."}),
        Line(known.CONTOSO, "Sonnhalde Maschinen-Bau G.m.b.H.", 26, 75_000, {"customer_domain": "sonnhalde.example",
             **analytics}),
        Line(known.HALDEN, vendor_deal, 9, 41_000, {"customer_country": "Norway"}),
        Line(known.FABRIKAM, customer, 7, 22_000, {"kind": "expansion"}),
        Line(known.BRIGHTWATER, "Thornfield Council", 6, 95_000, {"rfp": "public_tender",
             "customer_domain": "thornfield.example"}),
        Line("adler", "Kaltenbach Gruppe GmbH", 8, 26_000, {"customer_country": "Germany"}),
        Line("adler", "Eichgrund Energie", 24 * 5, 118_000, {"customer_domain": "eichgrund.example"}),
        *(Line(known.CONTOSO, name, 3 - place / 10, 20_000 + 1_000 * place, {"customer_country": "Germany"})
          for place, name in enumerate(("Wiesental Lebensmittel", "Rotbuche Handel", "Altmühl Kliniken",
                                        "Kranich Spedition", "Lerchenfeld Bank"))),
        Line(known.FABRIKAM, "Birkenhof Lebensmittel GmbH", 1.5, 17_800, {"customer_domain": "birkenhof.example",
             **analytics}),
    )  # fmt: skip


def _play(program: Program, ada: Actor, line: Line, *, seller: Actor, now: datetime) -> None:
    at = now - timedelta(hours=line.hours)
    partnership = _partnership(program, line.partner)
    partner_id = partnership.partner_id
    actor = seller if seller.organization_id == partner_id else _somebody(partner_id, line.partner)
    draft = RegistrationDraft(
        **{
            "customer_name": line.customer, "contact_name": "Head of IT", "value": Decimal(line.value),
            "currency": program.currency, "customer_country": partnership.country,
            "expected_close_on": (now + timedelta(days=75)).date(), "source": "prospecting",
            "use_case": "Their reports take a week; they want them the same day.", **line.said,
        }
    )  # fmt: skip
    with tenant(organization_id=actor.organization_id, person_id=actor.person_id, door="portal"):
        own = Partnership.objects.select_related("program").get(pk=partnership.pk)
        kept = save_draft(partnership=own, actor=actor, draft=draft, at=at)
        if draft.has_letter:
            letter = page_of("Letter of the customer.pdf", LETTER)
            attach_file(registration=kept, partnership=own, actor=actor, upload=letter, at=at, is_letter=True)
        made = submit_registration(registration=kept, partnership=own, actor=actor, at=at)
    later = min(now - timedelta(minutes=20), at + timedelta(hours=20))
    if line.decided is not None:
        reason = line.reason or REASONS[line.decided][0]
        decision = Decision(line.decided, reason, line.text, line.conditions)
        with tenant(organization_id=program.vendor_id, person_id=ada.person_id, door=DOOR):
            decide_registration(registration=made, actor=ada, decision=decision, at=later)
    with tenant(organization_id=actor.organization_id, person_id=actor.person_id, door="portal"):
        _go_on(made, own, actor, now)


def _go_on(made: Registration, own: Partnership, actor: Actor, now: datetime) -> None:
    """What the partner does about a decision."""
    order: dict[str, Any] = {"registration": made, "partnership": own, "actor": actor, "at": now - timedelta(hours=2)}
    if made.customer_name.startswith("Hafenlicht"):
        file_appeal(**order, grounds="Their Hamburg office buys on its own; the contract is signed there.")
    elif made.customer_name.startswith("Polarlys"):
        ask_extension(**order, activity="Pilot since October with 14 users; their board decides in January.")


def _partnership(program: Program, key: str) -> Partnership:
    with tenant(organization_id=program.vendor_id, door=DOOR):
        rows = Partnership.objects.select_related("program").filter(vendor_id=program.vendor_id, program=program)
        return rows.get(name="Adler Systemhaus") if key == "adler" else rows.get(external_id=key)


@cache
def _somebody(partner_id: UUID, key: str) -> Actor:
    """A seller of a partner that has not signed up, the same each time: the story needs a name only."""
    return Actor(uuid7(), partner_id, Role.PARTNER_SELLER, NAMES.get(key, "Somebody"))
