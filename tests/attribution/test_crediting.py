"""Credit in the database: what SQL works out is what the rules say, it is frozen, and every change is a step."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import duckdb
import pytest
from django.db import DatabaseError, transaction

from cast import Cast
from comity.attribution.crediting import Occasion, credit, credit_deal
from comity.attribution.handlers import CreditUnchanged, NothingToReverse, reverse_credit
from comity.attribution.models import AttributionSettings, CreditRun, CreditStep, DealCredit, PartnerCredit, Touch
from comity.attribution.rules import (
    CountedTouch,
    DeclaredPart,
    Settings,
    all_weights,
    decay_weights,
    role_of_deal,
    roles,
    split,
    within_window,
)
from comity.attribution.runs import start_run, work_batch
from comity.attribution.settings import SettingsInForce, publish_settings, settings_of, version_on
from comity.attribution.sharing import DUCKDB, amounts, weights
from comity.attribution.states import TOUCH_MODELS, Cause, Model, TouchKind
from comity.attribution.touches import TouchDraft, confirm_touches, record_touch, refuse_touch
from comity.deals.models import Opportunity, OpportunityPartner, StageChange
from comity.deals.services import move_stage
from comity.kernel.errors import Invalid
from comity.kernel.money import Money
from comity.platform.models import OutboxEvent
from deal_story import MARCH, customer, deal, stages

EVERY = {"deals": "true", "values": {}}


def at(day: date, hour: int = 9) -> datetime:
    """An instant of a day, UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def _random_world(cast: Cast, draw: random.Random) -> None:
    """Won deals of all sorts with touches of all sorts, written straight into the tables."""
    made = stages(cast)
    known = customer(cast, "Acme")
    vendor, partners = cast.program.vendor_id, [cast.of_fabrikam, cast.of_contoso]
    for number in range(60):
        closed = date(2026, 1, 1) + timedelta(days=draw.randrange(60))
        opened = closed - timedelta(days=draw.randrange(300)) if draw.random() < 0.9 else None
        one = Opportunity.objects.create(
            vendor_id=vendor, program=cast.program, name=f"Deal {number}", stage=made["Won"], status="won",
            opened_on=opened, closed_on=closed, currency="EUR", account=known if draw.random() < 0.2 else None,
            amount=None if draw.random() < 0.1 else Decimal(draw.randrange(-10**6, 10**9)).scaleb(-4),
        )  # fmt: skip
        StageChange.objects.create(
            vendor_id=vendor, opportunity=one, sequence=1, on=opened, stage=made["Qualify"], status="open"
        )
        share = draw.choice([None, Decimal("0.25"), Decimal("0.333333")])
        for place, partner in enumerate(draw.sample(partners, draw.randrange(3))):
            OpportunityPartner.objects.create(
                vendor_id=vendor, opportunity=one, partnership=partner, partner_id=partner.partner_id,
                role=draw.choice(["sourced", "influenced", "fulfilled", "implemented"]),
                share=None if share is None else (share if place == 0 else 1 - share), declared_by_import=place == 0,
            )  # fmt: skip
        for _ in range(draw.choice([0, 1, 2, 3, 8])):
            day = closed - timedelta(days=draw.randrange(-5, 500))
            partner = draw.choice(partners)
            Touch.objects.create(
                vendor_id=vendor, program=cast.program, partnership=partner, partner_id=partner.partner_id,
                opportunity=one if one.account is None or draw.random() < 0.5 else None, account=one.account,
                kind=draw.choice(list(TouchKind)).value, happened_at=at(day, draw.choice([9, 9, 23])),
                side=draw.choice(["vendor", "partner"]), state=draw.choice(["confirmed", "confirmed", "waiting"]),
            )  # fmt: skip


def _by_the_rules(one: Opportunity, settings: Settings) -> tuple[str, dict[UUID, tuple]]:
    """Role of the deal, and of each partner role, basis and amounts, as the pure rules have it."""
    rows = list(Touch.objects.filter(opportunity=one, state="confirmed"))
    if one.account_id:
        rows += Touch.objects.filter(account_id=one.account_id, opportunity=None, state="confirmed")
    made = {
        row.pk: CountedTouch(row.happened_at, row.pk, row.partnership_id, row.happened_at.date(), TouchKind(row.kind))
        for row in rows
    }
    inside = within_window(made.values(), opened_on=one.opened_on, until=one.closed_on, days=settings.window_days)
    named = [made[row.pk] for row in rows if row.opportunity_id or made[row.pk] in inside]
    parts = [
        DeclaredPart(row.partnership_id, row.role, row.declared_by_import, row.share) for row in one.partners.all()
    ]
    by_vendor = [made[row.pk].on for row in rows if row.side == "vendor" and made[row.pk] in named]
    moved = [step.on for step in one.steps.all() if step.on]
    found = roles(
        named, parts, opened_on=one.opened_on, until=one.closed_on, activity=[*by_vendor, *moved],
        idle_days=settings.idle_days,
    )  # fmt: skip
    shared = {
        model: split(Money(one.amount or 0, "EUR"), given)
        for model, given in all_weights(inside, settings, declared=parts).items()
    }
    everybody = {*found, *(partner for given in shared.values() for partner in given)}
    told = {}
    for partner in everybody:
        part = found.get(partner)
        values = [
            None if one.amount is None else (given[partner].amount if partner in given else Decimal(0))
            for given in shared.values()
        ]
        said = (part.role if part else "", part.basis.value if part else "", bool(part and part.fulfilled))
        if any(said) or any(partner in given for given in shared.values()):
            told[partner] = (*said, *values)
    return role_of_deal(found.values()), told


@pytest.mark.django_db
def test_sql_and_rules_say_the_same_of_random_deals(cast: Cast):
    with cast.scope("ada"):
        _random_world(cast, random.Random(7))
        assert credit(cast.program, Occasion(Cause.WON, MARCH), **EVERY) == 60
        settings = settings_of(version_on(cast.program, date(2026, 1, 1)))
        for one in Opportunity.objects.prefetch_related("partners", "steps"):
            role, told = _by_the_rules(one, settings)
            stored = {
                row.partnership_id: (
                    row.role, row.basis, row.fulfilled, *(getattr(row, f"{model}_amount") for model in Model),
                )
                for row in PartnerCredit.objects.filter(opportunity=one)
            }  # fmt: skip
            assert (DealCredit.objects.get(opportunity=one).role, stored) == (role, told), one.name
        # Again, and thawed: nothing has changed, so nothing is written and nobody is told.
        assert credit(cast.program, Occasion(Cause.IMPORT, MARCH, thaw=True), **EVERY) == 0
        assert OutboxEvent.objects.filter(name="attribution.CreditChanged").count() == 1


def test_duckdb_and_the_rules_say_the_same_of_random_touches():
    draw = random.Random(3)
    touches = [
        (
            number // 7,
            UUID(int=draw.randrange(4)),
            UUID(int=number),
            at(date(2025, 1, 1) + timedelta(draw.randrange(200))),
        )
        for number in range(700)
    ]
    units = {number: draw.choice([1, 100, 12_345, 10**15 + 7, -999]) for number in range(100)}
    base = duckdb.connect()
    base.execute("CREATE TABLE touches (deal int, partner uuid, id uuid, happened_at timestamp, day date)")
    base.executemany(
        "INSERT INTO touches VALUES (?, ?, ?, ?, ?)",
        [(one, who, key, when.replace(tzinfo=None), when.date()) for one, who, key, when in touches],
    )
    base.execute("CREATE TABLE deals (deal int, units bigint)")
    base.executemany("INSERT INTO deals VALUES (?, ?)", list(units.items()))
    base.execute("CREATE TABLE decay (age int, weight bigint)")
    base.executemany("INSERT INTO decay VALUES (?, ?)", list(enumerate(decay_weights(45))))
    base.execute(f"CREATE TABLE weighted AS {weights(touches='touches', decay='decay', settings=Settings())}")
    found = base.execute(amounts(DUCKDB, deals="deals", weighted="weighted")).fetchall()
    said = {}
    for number in units:
        mine = sorted(CountedTouch(when, key, who, when.date()) for one, who, key, when in touches if one == number)
        for model, given in all_weights(mine, Settings()).items():
            for who, part in split(Money(units[number], "JPY"), given).items():
                said[number, who, model] = int(part.amount)
    assert {
        (row[0], row[1], model): row[2 + place]
        for row in found for place, model in enumerate(TOUCH_MODELS)
        if row[2 + place] or (row[0], row[1], model) in said
    } == said  # fmt: skip


@pytest.mark.django_db
def test_credit_freezes_when_the_deal_is_won_and_every_change_is_a_step(cast: Cast):
    ada, olga = cast.actor("ada"), cast.actor("olga")
    with cast.scope("ada"):
        one = deal(cast, "Acme", partner=cast.of_fabrikam, amount=Decimal("1000.01"))
        record_touch(program=cast.program, actor=ada, at=MARCH, draft=_draft(cast, one, date(2026, 1, 5)))
        with pytest.raises(NothingToReverse):
            reverse_credit(opportunity=one, actor=olga, reason="not yet", at=MARCH)
        one = move_stage(opportunity=one, actor=ada, stage=stages(cast)["Won"], on=date(2026, 2, 1), at=MARCH)
        won = Occasion(Cause.WON, MARCH)
        assert (credit_deal(cast.program, won, one.pk), credit_deal(cast.program, won, one.pk)) == (1, 0)
        frozen = PartnerCredit.objects.get(opportunity=one)
        assert (frozen.role, frozen.basis, frozen.linear_amount, frozen.touches) == (
            "sourced", "declared", Decimal("1000.0100"), 1,
        )  # fmt: skip
        # A touch that comes late does not count, until somebody reverses the credit and says why.
        late = _draft(cast, one, date(2026, 1, 20), partner=cast.of_contoso)
        record_touch(program=cast.program, actor=ada, at=MARCH, draft=late)
        assert credit_deal(cast.program, won, one.pk) == 0
        with pytest.raises(Invalid):
            reverse_credit(opportunity=one, actor=olga, reason=" ", at=MARCH)
        reverse_credit(opportunity=one, actor=olga, reason="Contoso's demo was forgotten.", at=MARCH)
        with pytest.raises(CreditUnchanged):
            reverse_credit(opportunity=one, actor=olga, reason="Again.", at=MARCH)
        assert dict(PartnerCredit.objects.values_list("partnership__name", "linear_amount")) == {
            "Fabrikam": Decimal("500.0100"), "Contoso": Decimal("500.0000"),
        }  # fmt: skip
        # The amount follows the deal, the weights stay; opened again the credit is taken back.
        Opportunity.objects.filter(pk=one.pk).update(amount=Decimal("10.01"))
        assert credit_deal(cast.program, won, one.pk) == 1
        assert sorted(PartnerCredit.objects.values_list("linear_amount", flat=True)) == [5, Decimal("5.01")]
        move_stage(opportunity=one, actor=ada, stage=stages(cast)["Propose"], on=date(2026, 2, 2), at=MARCH)
        assert credit_deal(cast.program, won, one.pk) == 1
        assert not PartnerCredit.objects.exists()
        steps = CreditStep.objects.order_by("sequence").values_list("kind", "cause", "person_name", "settings_number")
        assert list(steps) == [
            ("credited", "won", "", 1), ("reversed", "reversal", "Olga", 1), ("credited", "reversal", "Olga", 1),
            ("revalued", "amount", "", 1), ("withdrawn", "reopened", "", None),
        ]  # fmt: skip


def _draft(cast: Cast, one: Opportunity, day: date, *, partner=None, **said) -> TouchDraft:
    return TouchDraft(
        **{
            "partnership": partner or cast.of_fabrikam, "kind": TouchKind.DEMO, "happened_at": at(day),
            "opportunity": one, **said,
        }
    )  # fmt: skip


@pytest.mark.django_db
def test_used_settings_are_never_edited(cast: Cast):
    olga = cast.actor("olga")
    with cast.scope("olga"):
        one = deal(cast, "Acme", won_on=date(2026, 3, 1))
        credit_deal(cast.program, Occasion(Cause.WON, MARCH), one.pk)
        values = {"half_life_days": 7, "window_days": 30}
        with pytest.raises(Invalid) as refused:
            publish_settings(
                program=cast.program, actor=olga, values={"half_life_days": 0}, from_on=date(2020, 1, 1), at=MARCH
            )
        assert set(refused.value.fields) == {"half_life_days", "from_on"}
        today = MARCH.date()
        second = publish_settings(program=cast.program, actor=olga, values=values, from_on=today, at=MARCH)
        second = publish_settings(program=cast.program, actor=olga, values=values, from_on=today, at=MARCH, note="why")
        assert [(row.number, row.from_on, row.to_on) for row in AttributionSettings.objects.order_by("number")] == [
            (1, date.min, today), (2, today, None),
        ]  # fmt: skip
        two = deal(cast, "Bolt", won_on=today)
        credit_deal(cast.program, Occasion(Cause.WON, MARCH), two.pk)
        assert DealCredit.objects.get(opportunity=two).settings == second
        with pytest.raises(SettingsInForce):
            publish_settings(program=cast.program, actor=olga, values=values, from_on=today, at=MARCH)
        for change in ({"body": {}}, {"from_on": date(2021, 1, 1)}):
            with pytest.raises(DatabaseError), transaction.atomic():
                AttributionSettings.objects.filter(pk=second.pk).update(**change)


@pytest.mark.django_db
def test_a_whole_program_in_batches(cast: Cast):
    with cast.scope("olga"):
        for number in range(3):
            deal(cast, f"Deal {number}", partner=cast.of_fabrikam, won_on=date(2026, 2, 1 + number))
        run = start_run(program=cast.program, actor=cast.actor("olga"))
        assert start_run(program=cast.program) == run
    while work_batch(vendor_id=cast.program.vendor_id, run_id=run.pk, size=2):
        pass
    with cast.scope("olga"):
        (found,) = CreditRun.objects.values_list("state", "deals", "done", "changed")
        assert found == ("done", 3, 3, 3)
        told = OutboxEvent.objects.filter(name="attribution.CreditChanged").values_list("payload", flat=True)
        assert [(one["change_id"], one["deals"]) for one in told] == [(str(run.pk), 3)]
        assert DealCredit.objects.filter(change_id=run.pk).count() == 3


@pytest.mark.django_db
def test_refused_touches_do_not_count_and_say_why(cast: Cast):
    ada = cast.actor("ada")
    with cast.scope("ada"):
        one = deal(cast, "Acme")
        made = record_touch(program=cast.program, actor=ada, at=MARCH, draft=_draft(cast, one, date(2026, 1, 5)))
        with pytest.raises(Invalid):
            refuse_touch(touch=made, actor=ada, reason="", at=MARCH)
        refused = refuse_touch(touch=made, actor=ada, reason="Nobody came.", at=MARCH)
        assert (refused.state, refused.refusal) == ("refused", "Nobody came.")
        confirm_touches(program=cast.program, actor=ada, touch_ids=[made.pk], at=MARCH)
        assert Touch.objects.get().state == "confirmed"
        wrong = _draft(cast, one, date(2027, 1, 1), opportunity=None, evidence="x" * 2_001, external_key="k" * 201)
        with pytest.raises(Invalid) as refusal:
            record_touch(program=cast.program, actor=ada, at=MARCH, draft=wrong)
        assert set(refusal.value.fields) == {"happened_at", "opportunity", "evidence", "external_key"}
