"""Who managed whom from when: dated, without gaps or overlaps, all or none."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from cast import NOW
from comity.kernel.errors import Invalid, NotAllowed
from comity.programs.models import Manager, ManagerAssignment
from comity.programs.queries import assignments_of, team_visible_to
from comity.programs.queries.partnerships import partnership_visible_to
from comity.programs.services import HandOverDate, NotTheirPartner, assign_manager, hand_over

TODAY = NOW.date()


@pytest.fixture
def ben(cast) -> Manager:
    with cast.scope("ada"):
        return Manager.objects.create(vendor_id=cast.northwind.pk, program=cast.program, name="Ben")


def story(partnership) -> list[tuple[str, date | None, date | None]]:
    return [(item.manager.name, item.from_on, item.to_on) for item in assignments_of(partnership)]


def test_hand_overs_are_dated_one_after_the_other(cast, ben):
    change = {"partnership": cast.of_fabrikam, "actor": cast.actor("ada"), "at": NOW}
    first, second = TODAY - timedelta(days=20), TODAY - timedelta(days=5)
    with cast.scope("ada"):
        assign_manager(**change, manager=ben, on=first)
        assign_manager(**change, manager=ben, on=TODAY)
        assign_manager(**change, manager=None, on=second)
        given = assign_manager(**change, manager=cast.ada_manager)
        assert story(cast.of_fabrikam) == [("Ada", TODAY, None), ("Ben", first, second), ("Ada", None, first)]
        assert (given.manager, given.edited_fields) == (cast.ada_manager, ["manager"])
        for day in (second - timedelta(days=1), TODAY + timedelta(days=1)):
            with pytest.raises(HandOverDate):
                assign_manager(**change, manager=ben, on=day)
        assign_manager(**change, manager=ben)
        assert story(cast.of_fabrikam)[0] == ("Ben", TODAY, None)
        assign_manager(**change, manager=None)
        assert story(cast.of_fabrikam) == [("Ben", first, second), ("Ada", None, first)]


def test_the_database_refuses_two_managers_at_once(cast, ben):
    row = {"vendor_id": cast.northwind.pk, "partnership": cast.of_fabrikam, "from_on": date(2026, 1, 1)}
    with cast.scope("ada"):
        ManagerAssignment.objects.create(**row, manager=cast.ada_manager)
        with pytest.raises(IntegrityError), transaction.atomic():
            ManagerAssignment.objects.create(**row, manager=ben)


def test_several_partners_change_hands_in_one_step(cast, ben):
    both = [cast.of_fabrikam, cast.of_contoso]
    step = {"giver": cast.ada_manager, "taker": ben, "actor": cast.actor("vera"), "at": NOW}
    with cast.scope("vera"):
        with pytest.raises(Invalid, match="Nothing was chosen"):
            hand_over(**step, partnerships=[])
        assign_manager(partnership=cast.of_contoso, manager=ben, actor=cast.actor("ada"), at=NOW)
        with pytest.raises(NotTheirPartner, match="Contoso"):
            hand_over(**step, partnerships=both)
        assert story(cast.of_fabrikam) == []
        hand_over(**step, partnerships=[cast.of_fabrikam], on=date(2026, 2, 1))
        assert story(cast.of_fabrikam) == [("Ben", date(2026, 2, 1), None), ("Ada", None, date(2026, 2, 1))]
        assert partnership_visible_to(cast.actor("vera"), cast.of_fabrikam.pk).manager == ben
        members = team_visible_to(cast.actor("vera"), cast.program)
        assert [(item.manager.name, item.active) for item in members] == [("Ben", 2), ("Ada", 0)]


def test_only_active_managers_of_the_program_take_partners(cast, ben):
    with cast.scope("eve"):
        other = Manager.objects.create(vendor_id=cast.umbra.pk, program=cast.umbra_program, name="Zed")
    with cast.scope("ada"):
        Manager.objects.filter(pk=ben.pk).update(is_active=False)
        ben.refresh_from_db()
        for manager in (ben, other):
            with pytest.raises(Invalid):
                assign_manager(partnership=cast.of_fabrikam, manager=manager, actor=cast.actor("ada"), at=NOW)
        with pytest.raises(NotAllowed):
            hand_over(
                giver=ben, taker=cast.ada_manager, partnerships=[cast.of_fabrikam], actor=cast.actor("ada"), at=NOW
            )
