"""What waits for whom at Northwind on one Monday, and how the lines go away."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from cast import make_partnership
from comity.deals.models import Opportunity, Registration
from comity.identity.models import Organization
from comity.insights.marts import rebuild
from comity.kernel.errors import Invalid
from comity.platform.models import Delivery, DeliveryState, OutboxEvent
from comity.programs.calendars import calendar_of
from comity.programs.events import DataAsOfMoved, QuotasChanged
from comity.programs.models import Manager, Partnership, Program, Quota
from comity.programs.services import set_data_as_of, set_quota
from comity.timeline.models import NextStep, Task
from comity.worklist.gathering import viewer_of, worklist_of
from comity.worklist.models import Snooze
from comity.worklist.needs import NeedKind
from comity.worklist.queries import movers_of, standings_of
from comity.worklist.services import snooze_need, wake_need
from comity.worklist.standings import refill, refill_after_move, refill_after_quota
from deal_story import deal

AS_OF = date(2026, 3, 2)  # a Monday
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def partner(cast, name: str, **fields: object) -> Partnership:
    private = Organization.objects.create(name=name, private_to_id=cast.northwind.pk)
    return make_partnership(cast.program, private.pk, name, **fields)


@pytest.fixture
def monday(cast):
    """Fabrikam sells, Contoso went quiet, deals slip, a newcomer waits, Ada is full and behind."""
    with cast.scope("ada"):
        Program.objects.filter(pk=cast.program.pk).update(data_as_of=AS_OF)
        cast.program.refresh_from_db()
        deal(cast, "Old glory", partner=cast.of_contoso, won_on=date(2025, 10, 15), amount=Decimal(40_000))
        deal(cast, "Fresh win", partner=cast.of_fabrikam, won_on=date(2026, 2, 20), amount=Decimal(9_000))
        deal(cast, "Untold", won_on=date(2026, 2, 10), amount=None)
        mine = {"manager": cast.ada_manager}
        deal(cast, "Late", partner=cast.of_fabrikam, expected_close_on=date(2026, 2, 16), **mine)
        deal(cast, "Soon", amount=Decimal(5_000), expected_close_on=date(2026, 3, 4), **mine)
        deal(cast, "Still", amount=Decimal(2_000), **mine)
        deal(cast, "Elsewhere", amount=Decimal(70_000), expected_close_on=date(2026, 2, 1))
        partner(cast, "Newcomer", status="applied")
        partner(cast, "Slow", status="onboarding", started_on=date(2025, 9, 1), manager=cast.ada_manager)
        partner(cast, "Alone")
        Manager.objects.filter(pk=cast.ada_manager.pk).update(capacity=1)
        quota = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 3, 31), "amount": 10_000, "currency": "EUR"}
        Quota.objects.create(vendor_id=cast.northwind.pk, program=cast.program, manager=cast.ada_manager, **quota)
        Task.objects.create(
            vendor_id=cast.northwind.pk,
            partnership=cast.of_fabrikam,
            partner_id=cast.fabrikam.pk,
            title="Send the price list",
            due_on=date(2026, 2, 27),
            owner=cast.person("ada"),
        )
        NextStep.objects.create(
            vendor_id=cast.northwind.pk, partnership=cast.of_contoso, text="Call Cy", due_on=date(2026, 2, 20)
        )
        Registration.objects.create(
            vendor_id=cast.northwind.pk,
            program=cast.program,
            partnership=cast.of_fabrikam,
            partner_id=cast.fabrikam.pk,
            reference="DR-2026-00001",
            state="submitted",
            customer_name="Acme",
            value=Decimal(3_000),
            currency="EUR",
            submitted_at=AT,
            due_at=AT + timedelta(hours=2),
        )
        event = OutboxEvent.objects.create(vendor_id=cast.northwind.pk, name="a.Fact", payload={})
        Delivery.objects.create(vendor_id=cast.northwind.pk, event=event, handler="x", state=DeliveryState.DEAD)
        rebuild(cast.program)
        refill(cast.program)
    return cast


def listed(cast, who: str, at: datetime = AT):
    with cast.scope(who):
        return worklist_of(viewer_of(cast.actor(who), cast.program, at))


def told(found) -> list[tuple[str, str]]:
    return [(need.sentence, "" if need.at_stake is None else f"{need.at_stake:.0f}") for need in found.needs]


def test_each_sees_what_is_theirs_in_order(monday, django_assert_max_num_queries):
    with django_assert_max_num_queries(30):
        of_ada = listed(monday, "ada")
    assert told(of_ada) == [
        ("Late should have closed by now.", "1000"),
        ("Send the price list", ""),
        ("Next step with Contoso: Call Cy", ""),
        ("Slow has been onboarding for 182 days.", ""),
        ("Fabrikam waits for a decision on Acme.", "3000"),
        ("Soon is to close on Wednesday, 4 Mar.", "5000"),
        ("Contoso has been quiet for 138 days.", "40000"),
        ("Still has not moved for 152 days.", "2000"),
        ("You are behind the pace of your quota.", "6778"),
        ("Newcomer asked to join and waits for an answer.", ""),
        ("Untold was won without a known amount.", ""),
        ("You look after more partners than fit.", ""),
    ]
    assert of_ada.at_stake == sum(need.at_stake or 0 for need in of_ada.needs)
    assert [need.evidence for need in of_ada.needs if need.kind is NeedKind.PARTNER_QUIET] == [
        ("last activity 15 Oct 2025", "dormant from 13 Apr 2026")
    ]
    kinds = {who: {need.kind for need in listed(monday, who).needs} for who in ("olga", "vera", "di", "root")}
    assert kinds["olga"] == {
        NeedKind.REGISTRATION,
        NeedKind.APPLICATION,
        NeedKind.ONBOARDING_LONG,
        NeedKind.NO_MANAGER,
        NeedKind.DEAL_WITHOUT_AMOUNT,
        NeedKind.MANAGER_OVERLOADED,
        NeedKind.DELIVERY_DEAD,
    }
    assert kinds["vera"] == {
        NeedKind.PARTNER_QUIET,
        NeedKind.DEAL_SLIPPED,
        NeedKind.DEAL_CLOSING,
        NeedKind.DEAL_STUCK,
        NeedKind.QUOTA_BEHIND,
        NeedKind.MANAGER_OVERLOADED,
    }
    assert kinds["di"] == {NeedKind.DEAL_WITHOUT_AMOUNT, NeedKind.QUOTA_BEHIND}
    assert kinds["root"] >= kinds["olga"] | kinds["vera"]
    assert told(listed(monday, "vera"))[0] == ("Elsewhere should have closed by now.", "70000")
    of_later = listed(monday, "olga", AT + timedelta(days=20))
    assert ("The data end on 2 Mar 2026.", "") in told(of_later)


def test_what_is_done_or_put_off_leaves_the_list_of_one_person(monday):
    of_ada = listed(monday, "ada")
    late = next(need for need in of_ada.needs if need.kind is NeedKind.DEAL_SLIPPED)
    quiet = next(need for need in of_ada.needs if need.kind is NeedKind.PARTNER_QUIET)
    put_off = {"program": monday.program, "actor": monday.actor("ada"), "today": AS_OF}
    with monday.scope("ada"):
        for wrong in ({"until": AS_OF, "reason": "Holiday"}, {"until": date(2026, 3, 9), "reason": "  "}):
            with pytest.raises(Invalid):
                snooze_need(kind=quiet.kind, subject_id=quiet.subject_id, **put_off, **wrong)
        for days in (1, 7):  # the second time moves the day
            until = AS_OF + timedelta(days=days)
            snooze_need(kind=quiet.kind, subject_id=quiet.subject_id, until=until, reason="On holiday", **put_off)
        task = Task.objects.get(title="Send the price list")
        task.done_at = AT
        task.save()
        Opportunity.objects.filter(pk=late.subject_id).update(expected_close_on=date(2026, 6, 30))
    gone = {late.subject_id, quiet.subject_id, task.pk}
    after = listed(monday, "ada")
    assert [need.subject_id for need in after.needs] == [
        need.subject_id for need in of_ada.needs if need.subject_id not in gone
    ]
    assert [(need.subject_id, snooze.until, snooze.reason) for need, snooze in after.snoozed] == [
        (quiet.subject_id, date(2026, 3, 9), "On holiday")
    ]
    assert NeedKind.PARTNER_QUIET in {need.kind for need in listed(monday, "vera").needs}
    assert NeedKind.PARTNER_QUIET in {need.kind for need in listed(monday, "ada", AT + timedelta(days=7)).needs}
    with monday.scope("ada"):
        wake_need(program=monday.program, actor=monday.actor("ada"), kind=quiet.kind, subject_id=quiet.subject_id)
    assert listed(monday, "ada").snoozed == ()


def test_the_figures_beside_the_list(monday):
    with monday.scope("ada"):
        viewer = viewer_of(monday.actor("ada"), monday.program, AT)
        found = standings_of(viewer, ("quota_attainment", "partner_revenue", "active_partners"))
        assert {name: (row.value, row.numerator, row.denominator) for name, row in found.items()} == {
            "quota_attainment": (0, 0, 10_000),
            "active_partners": (1, 1, None),
        }
        assert [(mover.name, mover.recent, mover.former, mover.reason) for mover in movers_of(viewer)] == [
            ("Fabrikam", 9_000, 0, "1 deal won in 90 days, 0 a year before")
        ]
        whole = viewer_of(monday.actor("vera"), monday.program, AT)
        assert standings_of(whole, ("partner_revenue",))["partner_revenue"].value == 9_000


def test_a_new_target_and_another_day_are_followed(monday):
    with monday.scope("olga"):
        calendar = calendar_of(monday.program)
        order = {"program": monday.program, "actor": monday.actor("olga"), "manager": monday.ada_manager}
        set_quota(**order, period=calendar.quarter_of(AS_OF), amount=Decimal(20_000))
        events = {
            (row.name, handler)
            for row in OutboxEvent.objects.all()
            for handler in row_handlers(row)
            if "worklist" in handler
        }
        assert ("programs.QuotasChanged", "comity.worklist.standings.refill_after_quota") in events
        refill_after_quota(QuotasChanged(program_id=monday.program.pk))
        set_data_as_of(program=monday.program, actor=monday.actor("olga"), on=date(2026, 1, 10))
        viewer = viewer_of(monday.actor("ada"), monday.program, AT)
        (before,) = standings_of(viewer, ("quota_attainment",)).values()
        refill_after_move(DataAsOfMoved(program_id=monday.program.pk))
        (after,) = standings_of(viewer, ("quota_attainment",)).values()
    assert [(row.denominator, row.as_of) for row in (before, after)] == [
        (20_000, AS_OF),
        (20_000, date(2026, 1, 10)),
    ]
    assert NeedKind.QUOTA_BEHIND not in {need.kind for need in listed(monday, "ada").needs}  # too early to say


def row_handlers(event: OutboxEvent) -> list[str]:
    return list(Delivery.objects.filter(event=event).values_list("handler", flat=True))


def test_a_person_reads_and_writes_their_own_snoozes_only(monday):
    quiet = next(need for need in listed(monday, "ada").needs if need.kind is NeedKind.PARTNER_QUIET)
    with monday.scope("ada"):
        snooze_need(
            program=monday.program,
            actor=monday.actor("ada"),
            kind=quiet.kind,
            subject_id=quiet.subject_id,
            until=date(2026, 3, 9),
            reason="On holiday",
            today=AS_OF,
        )
    for who in ("root", "vera", "bo", "eve"):
        with monday.scope(who):
            assert Snooze.objects.count() == 0
