"""Metrics of registrations and leads: a seeded world against the hand-written proofs, and a story told by services."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from cast import NOW
from comity.deals.registration.appeals import answer_appeal, file_appeal
from comity.deals.states.registrations import Move
from comity.insights import partner_marts
from comity.insights.behind import rows_behind
from comity.insights.catalogue import METRICS
from comity.insights.engine import answer, evaluate
from comity.insights.events import MartsFilled
from comity.insights.marts import rebuild
from comity.insights.metric import Dimension
from comity.insights.models import OfferedLead, PartnerActivity, PartnerFigures, SubmittedRegistration
from comity.insights.question import ask
from comity.insights.trends import refill
from comity.leads.answering import accept_lead, decline_lead, return_lead
from comity.leads.clauses import RoutingRule
from comity.platform.models import Delivery
from comity.platform.outbox import deliver
from comity.programs.models import Partnership, Program
from insights.claims_world import ClaimsWorld
from insights.imported import NOT_IN_FILES
from insights.proving import contradictions
from lead_story import LeadStory
from registration_story import RegistrationStory

BY = (Dimension.PARTNER, Dimension.TYPE, Dimension.TIER, Dimension.QUARTER)


def test_a_world_of_claims_against_the_proofs_on_any_day(cast):
    with cast.scope("ada"):
        Program.objects.filter(pk=cast.program.pk).update(time_zone="Pacific/Auckland", fiscal_year_starts=4)
        cast.program.refresh_from_db()
        Partnership.objects.filter(pk=cast.of_fabrikam.pk).update(types=["reseller", "referral"])
        ClaimsWorld(cast, seed=7).fill(70, 60)
        newest = NOW.date() + timedelta(days=60)
        wrong = [
            found
            for name in (*NOT_IN_FILES, "active_partners", "dormancy_rate")
            for back in (0, 61, 130, 260)
            for asked in ({"from_on": None, "to_on": None}, {"from_on": date(2025, 11, 5), "to_on": date(2026, 2, 3)})
            for found in contradictions(name, cast.program, **asked, as_of=newest - timedelta(days=back))
        ]
        assert wrong == []
        assert (SubmittedRegistration.objects.count() > 50, OfferedLead.objects.count() > 60) == (True, True)
        assert _slices_that_do_not_add_up(cast.program, newest) == []
        before = _marts()
        for claim in SubmittedRegistration.objects.all()[:9]:
            partner_marts._follow(cast.program, partner_marts.REGISTRATIONS, claim.registration_id)
        for offer in OfferedLead.objects.all()[:9]:
            partner_marts._follow(cast.program, partner_marts.LEADS, offer.lead_id)
        assert _marts() == before
    with cast.scope("eve"):
        stolen = evaluate(cast.program, NOT_IN_FILES, as_of=newest)
        assert {row.rows for row in stolen} == {0}


def _slices_that_do_not_add_up(program: Program, as_of: date) -> list[object]:
    """Slices of counts that are not the total together, or not the rows behind them."""
    found: list[object] = []
    for by in BY:
        question = ask(program, as_of=as_of, by=by)
        for metric in (METRICS[name] for name in NOT_IN_FILES):
            total, *others = answer(question, [metric])
            slices = [row for row in others if row.dimension == by]
            if by is not Dimension.TYPE and sum(row.rows for row in slices) != total.rows:
                found.append((by, metric.name, total.rows, slices))
            if (
                by is not Dimension.TYPE
                and metric.numerator
                and sum(row.numerator for row in slices) != total.numerator
            ):
                found.append((by, metric.name, total.numerator, slices))
            for row in slices[:2]:
                behind = rows_behind(question, metric, key=row.key, limit=500)
                if (behind.total, len(behind.lines)) != (row.rows, row.rows):
                    found.append((by, row, behind.total, len(behind.lines)))
    return found


def _marts():
    models = (SubmittedRegistration, OfferedLead, PartnerActivity)
    return {model: sorted(model.objects.values_list(), key=str) for model in models}


def news(cast):
    """Deliver all of Northwind's news, and what it brings."""
    for _round in range(3):
        with cast.scope("ada"):
            waiting = list(Delivery.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True))
        for key in waiting:
            deliver(organization_id=cast.northwind.pk, delivery_id=key)


def figures(cast, name, **asked):
    """Key -> (value, rows) of the total and its variants."""
    with cast.scope("ada"):
        rows = evaluate(cast.program, [name], as_of=date(2026, 12, 31), **asked)
        return {row.key: (row.value and round(row.value, 4), row.rows) for row in rows if row.dimension is None}


def shown(cast, address):
    """A page of a metric, all time."""
    days = {"period": "all", "as_of": "2026-12-31"}
    return cast.browser("ada").get(f"/workspace/northwind/metrics/{address}", days)


def test_figures_follow_each_registration_by_its_news(cast):
    story = RegistrationStory(cast)
    story.rules(second_registrant="refuse")
    with cast.scope("ada"):
        refill(cast.program)
    first = story.registers("bo", "Acme GmbH", customer_domain="acme.de", at=NOW)
    second = story.registers("cy", "ACME Gesellschaft mbH", customer_domain="acme.de", at=NOW + timedelta(hours=3))
    news(cast)
    volume = figures(cast, "deal_registration_volume")
    assert (volume[None], volume["median_hours"], volume["approval_rate"]) == ((2, 2), (None, 2), (None, 2))
    story.decides(first, Move.APPROVE, at=NOW + timedelta(hours=6))
    story.decides(second, Move.REJECT, at=NOW + timedelta(hours=13))
    with cast.scope("cy"):
        appeal = file_appeal(
            registration=second, partnership=cast.of_contoso, actor=cast.actor("cy"), grounds="We were first.",
            at=NOW + timedelta(hours=20),
        )  # fmt: skip
    news(cast)
    assert figures(cast, "deal_registration_volume") == {
        None: (2, 2), "approval_rate": (Decimal("0.5"), 2), "median_hours": (8, 2), "p90_hours": (Decimal("9.6"), 2),
        "appeals": (1, 1), "appeals_granted": (0, 0), "appeals_dismissed": (0, 0),
    }  # fmt: skip
    assert figures(cast, "conflict_rate") == {
        None: (Decimal("0.5"), 2), "with_partners": (Decimal("0.5"), 2), "with_own_deals": (0, 2),
        "with_customers": (0, 2),
    }  # fmt: skip
    with cast.scope("olga"):
        answer_appeal(
            appeal=appeal, actor=cast.actor("olga"), granted=True, answer="You were.", at=NOW + timedelta(days=2)
        )
    news(cast)
    assert figures(cast, "deal_registration_volume")["appeals_granted"] == (1, 1)
    with cast.scope("ada"):
        question = ask(cast.program, as_of=date(2026, 12, 31))
        lines = rows_behind(question, METRICS["conflict_rate"]).lines
        assert [(line.customer, line.partner, line.hours, line.against) for line in lines] == [
            ("Acme GmbH", "Fabrikam", 6, ()), ("ACME Gesellschaft mbH", "Contoso", 10, ("partner",)),
        ]  # fmt: skip
        assert set(PartnerFigures.objects.values_list("last_activity_on", flat=True)) == {NOW.date()}
        before = _marts()
        rebuild(cast.program)
        assert _marts() == before
    page = cast.browser("ada").get(
        "/workspace/northwind/metrics/conflict_rate/", {"period": "all", "as_of": "2026-12-31"}
    )
    text = page.content.decode()
    assert page.status_code == 200
    assert f"/deals/registrations/{second.pk}/" in text
    rows = b"".join(
        cast.browser("ada").get(
            "/workspace/northwind/metrics/conflict_rate/rows.csv", {"period": "all", "as_of": "2026-12-31"}
        )
    ).decode("utf-8-sig")
    assert rows.splitlines()[0] == "registration,customer,partner,state,submitted,decided,hours,against it"
    assert "ACME Gesellschaft mbH,Contoso" in rows
    assert cast.browser("cy").get("/workspace/northwind/metrics/conflict_rate/").status_code == 404


def test_figures_follow_each_lead_by_its_news(cast):
    story = LeadStory(cast)
    story.rules(RoutingRule(name="By tier", preference="tier"))
    first = story.lead("Isar GmbH", at=NOW)
    taker, other = ("bo", "cy") if story.now(first).holder_id == cast.of_fabrikam.pk else ("cy", "bo")
    offer = story.offer(taker)
    story.does(taker, decline_lead, offer, at=NOW + timedelta(hours=2), reason="no_capacity")
    story.does(other, accept_lead, story.offer(other), at=NOW + timedelta(hours=6))
    news(cast)
    assert figures(cast, "lead_response_time") == {
        None: (3, 2), "p90_hours": (Decimal("3.8"), 2), "acceptance_rate": (Decimal("0.5"), 2), "ran_out_rate": (0, 2),
    }  # fmt: skip
    assert figures(cast, "lead_conversion") == {None: (0, 1), "returned_rate": (0, 1), "median_days": (None, 1)}
    story.does(other, return_lead, story.offer(other), at=NOW + timedelta(days=3), reason="no_answer")
    news(cast)
    assert figures(cast, "lead_conversion")["returned_rate"] == (1, 1)
    with cast.scope("ada"):
        kinds = PartnerActivity.objects.values_list("kind", "on")
        assert list(kinds) == [("lead_accepted", (NOW + timedelta(hours=6)).date())]
        question = ask(cast.program, as_of=date(2026, 12, 31))
        lines = rows_behind(question, METRICS["lead_response_time"]).lines
        assert [(line.customer, line.answer, line.hours, line.returned_on is None) for line in lines] == [
            ("Isar GmbH", "accepted", 4, False), ("Isar GmbH", "declined", 2, True),
        ]  # fmt: skip
    page = cast.browser("ada").get(
        "/workspace/northwind/metrics/lead_conversion/", {"period": "all", "as_of": "2026-12-31"}
    )
    assert f"/deals/leads/{first.pk}/" in page.content.decode()


def test_nobody_knows_without_an_answer(cast):
    rows = figures(cast, "lead_conversion") | figures(cast, "conflict_rate")
    assert {key: value for key, (value, _rows) in rows.items()} == dict.fromkeys(rows)
    with cast.scope("ada"):
        (row, *_) = evaluate(cast.program, ["lead_response_time"])
        assert (row.value, row.rows, str(row.reason)) == (None, 0, "no partner has answered an offer")
        told = MartsFilled(program_id=cast.program.pk, partnership_ids=(cast.of_contoso.pk,))
        assert (told.concerned, MartsFilled(program_id=cast.program.pk).concerned) == ((cast.of_contoso.pk,), None)
