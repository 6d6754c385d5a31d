"""Metrics take roles from attribution: a seeded world against proofs, pages and credit, and the story of one deal."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count

from django.utils import timezone

from cast import NOW
from comity.attribution.crediting import Occasion, credit
from comity.attribution.models import DealCredit, Touch
from comity.attribution.queries import explain
from comity.attribution.settings import publish_settings
from comity.attribution.states import Cause, TouchKind
from comity.attribution.touches import TouchDraft, confirm_touches, record_touch, refuse_touch, report_touch
from comity.deals.models import CustomerAccount, Handling, Opportunity, OpportunityPartner, Registration
from comity.deals.services import close_won
from comity.deals.states import PartnerRole
from comity.insights.claimed_roles import follow_roles
from comity.insights.engine import evaluate
from comity.insights.marts import ROLES, rebuild
from comity.insights.models import ClosedSum, DealPartner, DealState, OpenSum, PartnerActivity, PartnerFigures
from comity.insights.trends import refill
from comity.platform.models import Delivery, OutboxEvent
from comity.platform.outbox import deliver
from deal_story import deal
from insights.odd_deals import odd_deal
from insights.proving import contradictions

KINDS = ("registration", "referral", "meeting", "demo", "lead_accepted")
OPENED = date(2025, 6, 1)
ROLE_METRICS = (
    "partner_sourced_pipeline", "partner_influenced_pipeline", "partner_sourced_revenue", "partner_influenced_revenue",
    "partner_fulfilled_revenue", "partner_revenue", "revenue_concentration", "active_partners", "producing_partners",
)  # fmt: skip


def world(cast, seed: int) -> None:
    """Deals in every state with declared roles, registrations, touches on any day; most won ones credited."""
    dice, vendor, program = random.Random(seed), cast.northwind.pk, cast.program
    partners, numbers = [cast.of_fabrikam, cast.of_contoso], count(1)
    accounts = [CustomerAccount.objects.create(vendor_id=vendor, name=f"Customer {n}") for n in range(6)]
    for number in range(36):
        opened = OPENED + timedelta(days=dice.randint(0, 200))
        status = dice.choice(["open", "won", "lost"])
        changes = [(opened, "open", "100.10")]
        if status != "open":
            changes.append((opened + timedelta(days=dice.randint(1, 60)), status, f"{dice.randint(1, 999)}.01"))
        declared = [(of, role) for of in partners for role in ROLES[:-1] if dice.random() < 0.15]
        made = odd_deal(
            program, changes, roles=declared, name=f"Deal {number}", opened_on=None if dice.random() < 0.1 else "first"
        )
        Opportunity.objects.filter(pk=made.pk).update(account=dice.choice([None, *accounts]))
        if dice.random() < 0.4:
            _registered(dice, cast, made, dice.choice(partners), next(numbers))
        for _ in range(dice.choice([0, 0, 1, 2, 3])):
            at = datetime.combine(opened, datetime.min.time(), NOW.tzinfo) + timedelta(
                days=dice.choice([-200, -90, -1, 0, 0, 1, 30, 181, 230]), hours=dice.randint(0, 23)
            )
            named = {"opportunity": made} if dice.random() < 0.6 else {"account": dice.choice(accounts)}
            _touch(dice, cast, dice.choice(partners), at, **named)
    credit(program, Occasion(Cause.WON, NOW), deals="right(o.name, 1) <> '7'", values={})
    for touch in dice.sample(list(Touch.objects.all()), 6):  # what came after the credit was frozen
        Touch.objects.filter(pk=touch.pk).update(state="withdrawn" if touch.state == "confirmed" else "confirmed")
    rebuild(program)


def _registered(dice, cast, made: Opportunity, of, number: int) -> None:
    at = NOW - timedelta(days=dice.randint(0, 300))
    claim = Registration.objects.create(
        vendor_id=cast.northwind.pk, program=cast.program, partnership=of, partner_id=of.partner_id, state="approved",
        customer_name="A customer", submitted_at=at, reference=f"DR-2026-{number:05}",
    )  # fmt: skip
    linked = made if dice.random() < 0.7 else None
    Handling.objects.create(
        vendor_id=cast.northwind.pk, registration=claim, order_number=number, opportunity=linked, account=made.account
    )
    _touch(dice, cast, of, at, kind="registration", registration=claim, account=made.account)


def _touch(dice, cast, of, at, *, kind="", **named) -> None:
    Touch.objects.create(
        vendor_id=cast.northwind.pk, program=cast.program, partnership=of, partner_id=of.partner_id,
        kind=kind or dice.choice(KINDS), happened_at=at, side=dice.choice(["partner", "vendor"]),
        state=dice.choice(["confirmed", "confirmed", "confirmed", "waiting"]), **named,
    )  # fmt: skip


def kept(program):
    """Deal -> partner -> the highest of its roles there, as the marts have it."""
    found = defaultdict(dict)
    for row in DealPartner.objects.filter(program_id=program.pk):
        found[row.opportunity_id][row.partnership_id] = ROLES[row.rank - 1]
    return found


def told(actor, deal):
    """The same as the page of the deal tells it, with what was declared beside attribution."""
    roles = defaultdict(set)
    for line in explain(actor, deal, today=timezone.now().date()).lines:
        roles[line.partnership.pk] |= {line.part.role, "fulfilled" if line.part.fulfilled else ""}
    for part in OpportunityPartner.objects.filter(opportunity=deal, role__in=["implemented", "supported"]):
        roles[part.partnership_id].add(part.role)
    highest = {of: next((role for role in ROLES if role in held), None) for of, held in roles.items()}
    return {of: role for of, role in highest.items() if role}


def sums():
    """All that the sums hold."""
    held = [sorted(model.objects.exclude(deals=0).values_list(), key=str) for model in (ClosedSum, OpenSum)]
    return [*held, sorted(DealState.objects.values_list(), key=str)]


def test_roles_are_those_of_the_pages_the_proofs_and_the_credit(cast):
    with cast.scope("olga"):
        changed = {"idle_days": 90, "window_days": 60}
        publish_settings(
            program=cast.program, actor=cast.actor("olga"), values=changed, from_on=date(2025, 11, 1),
            at=datetime(2025, 11, 1, 9, tzinfo=NOW.tzinfo),
        )  # fmt: skip
    with cast.scope("ada"):
        world(cast, seed=5)
        deals = list(Opportunity.objects.filter(program=cast.program).select_related("program", "account"))
        marts = kept(cast.program)
        pages = {deal.pk: told(cast.actor("ada"), deal) for deal in deals}
        assert {deal.name: (marts[deal.pk], pages[deal.pk]) for deal in deals if marts[deal.pk] != pages[deal.pk]} == {}
        assert {role for held in marts.values() for role in held.values()} == set(ROLES[:-1])
        for as_of in (date(2026, 9, 1), date(2025, 12, 20)):
            asked = {"from_on": None, "to_on": None, "as_of": as_of}
            assert [found for name in ROLE_METRICS for found in contradictions(name, cast.program, **asked)] == []
        credited = defaultdict(Decimal)
        for one in DealCredit.objects.all():
            credited[one.role] += one.amount
        rows = evaluate(cast.program, ["partner_revenue"], as_of=date(2026, 9, 1), by="role")
        figures = {row.key: row.value for row in rows if row.dimension == "role"}
        uncredited = DealState.objects.filter(status="won").exclude(
            opportunity_id__in=DealCredit.objects.values("opportunity_id")
        )
        for state in uncredited:
            if state.role in figures:
                figures[state.role] -= state.amount
        assert {role: figures.get(role, 0) for role in ("sourced", "influenced")} == {
            role: credited[role] for role in ("sourced", "influenced")
        }


def test_only_deals_whose_roles_are_others_are_filled_anew(cast):
    with cast.scope("ada"):
        world(cast, seed=9)
        everything = {"deals": "true", "values": {}}
        assert follow_roles(cast.program, **everything) == 0
        Touch.objects.filter(state="waiting").update(state="confirmed")
        OpportunityPartner.objects.filter(role="sourced", partnership=cast.of_contoso).delete()
        differing = follow_roles(cast.program, **everything)
        assert 0 < differing < 20
        assert follow_roles(cast.program, **everything) == 0
        before = (kept(cast.program), sums())
        rebuild(cast.program)
        assert (kept(cast.program), sums()) == before


def news(cast):
    """Deliver all of Northwind's news, and what it brings."""
    for _round in range(3):
        with cast.scope("ada"):
            waiting = list(Delivery.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True))
        for key in waiting:
            deliver(organization_id=cast.northwind.pk, delivery_id=key)


def test_a_touch_that_is_confirmed_counts_at_once_and_one_that_comes_after_the_win_does_not(cast):
    def pipeline():
        with cast.scope("ada"):
            rows = evaluate(cast.program, ["partner_sourced_pipeline", "partner_influenced_pipeline"], **on)
            return [row.value for row in rows]

    on = {"as_of": date(2026, 3, 31)}
    ada, bo = cast.actor("ada"), cast.actor("bo")
    with cast.scope("ada"):
        made = deal(cast, "Fleet", partner=cast.of_fabrikam, role=PartnerRole.SUPPORTED, opened_on=date(2026, 1, 10))
        refill(cast.program)
    news(cast)
    assert pipeline() == [0, 0]
    met, named = (datetime(2026, month, day, 9, tzinfo=NOW.tzinfo) for month, day in ((2, 3), (1, 9)))
    draft = TouchDraft(cast.of_fabrikam, TouchKind.MEETING, met, opportunity=made)
    with cast.scope("bo"):
        reported = report_touch(actor=bo, draft=draft, opportunity_id=made.pk, at=NOW)
    news(cast)
    assert pipeline() == [0, 0]
    with cast.scope("ada"):
        confirm_touches(program=cast.program, actor=ada, touch_ids=[reported.pk], at=NOW)
    news(cast)
    assert pipeline() == [0, 1000]
    with cast.scope("ada"):
        assert list(PartnerActivity.objects.values_list("kind", "on")) == [("touch_confirmed", date(2026, 2, 3))]
        assert PartnerFigures.objects.get(partnership_id=cast.of_fabrikam.pk).last_activity_on == date(2026, 2, 3)
        claim = TouchDraft(cast.of_contoso, TouchKind.REFERRAL, named, opportunity=made)
        referral = record_touch(program=cast.program, actor=ada, draft=claim, at=NOW)
    news(cast)
    assert pipeline() == [1000, 0]
    with cast.scope("ada"):
        refuse_touch(touch=referral, actor=ada, reason="That was another deal.", at=NOW)
    news(cast)
    assert pipeline() == [0, 1000]
    with cast.scope("ada"):
        close_won(opportunity=made, actor=ada, on=date(2026, 3, 2), at=NOW)
    news(cast)
    with cast.scope("ada"):
        confirm_touches(program=cast.program, actor=ada, touch_ids=[referral.pk], at=NOW)
    news(cast)
    with cast.scope("ada"):
        rows = evaluate(cast.program, ["partner_sourced_revenue", "partner_influenced_revenue"], **on)
        assert [row.value for row in rows] == [0, 1000]
        assert OutboxEvent.objects.filter(name="attribution.TouchesChanged").count() == 4
