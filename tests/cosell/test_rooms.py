"""A room's life: partners come in without seeing each other, share the deal, plan and talk; the vendor brings them
together or parts them; what is done becomes a touch; the won deal keeps its shares."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction

from cast import NOW
from comity.attribution.models import Touch
from comity.cosell.checklists import answer_question, publish_checklist
from comity.cosell.models import Circle, Member, PlanStep, Room, RoomFile, RoomMessage, Seat, ShareDeclaration
from comity.cosell.planning import StepDraft, move_step, move_step_as_partner, plan_step, plan_step_as_partner
from comity.cosell.queries import circles_visible_to, content_of, messages_visible_to, steps_visible_to
from comity.cosell.recording import RoomClosed, RoomNotFound
from comity.cosell.rooms import (
    RoomThere,
    answer_invitation,
    close_circle,
    invite_partner,
    leave_room,
    move_room,
    open_circle,
    open_room,
    remove_partner,
    set_room,
)
from comity.cosell.rules import Item
from comity.cosell.sharing import NothingProposed, SharesFrozen, answer_proposal, declare_shares, propose_share
from comity.cosell.states import Field, Known, Role, RoomMove, StepKind, StepMove
from comity.cosell.writing import write_as_partner, write_message
from comity.deals.models import OpportunityPartner, SharedDeal
from comity.deals.rules import SharesRefused
from comity.deals.services import close_won
from comity.kernel.errors import Invalid, NotAllowed
from comity.notices.models import Letter, Notice
from comity.platform.files import FileTypeRefused
from comity.platform.models import Delivery
from comity.platform.outbox import deliver
from room_story import make_room


@pytest.fixture
def story(cast):
    return make_room(cast)


def tell(cast):
    """Let the news of the room reach whoever hears it."""
    while True:
        with cast.scope("ada"):
            waiting = Delivery.objects.filter(state="pending", handler__regex="(cosell|attribution)")
            keys = list(waiting.order_by("pk").values_list("pk", flat=True))
        if not keys:
            return
        for key in keys:
            deliver(organization_id=cast.northwind.pk, delivery_id=key)


def everything(cast, who):
    """All that the database shows this person of rooms, as one text."""
    tables = (Room, Member, Circle, Seat, RoomMessage, RoomFile, PlanStep, ShareDeclaration, SharedDeal)
    with cast.scope(who):
        return repr([list(model.objects.values()) for model in tables])


def test_two_partners_of_one_room_do_not_know_of_each_other(cast, story):
    story.invites("bo", Role.SOURCED)
    story.invites("cy", Role.IMPLEMENT)
    story.vendor(declare_shares, room=story.room, at=NOW, shares={
        cast.of_fabrikam.pk: Decimal("0.7"), cast.of_contoso.pk: Decimal("0.3"),
    })  # fmt: skip
    paper = SimpleUploadedFile("fabrikam-offer.pdf", b"%PDF-1.7 offer")
    story.does("bo", write_as_partner, circle=story.circle("bo"), text="Fabrikam speaks", at=NOW, files=[paper])
    story.vendor(write_message, room=story.room, circle=story.circle("bo"), text="Hush, Bo", at=NOW)
    story.vendor(plan_step, room=story.room, circle=story.circle("bo"), draft=StepDraft("Fabrikam calls Erika"))
    story.vendor(write_message, room=story.room, circle=story.circle("cy"), text="Hush, Cy", at=NOW)

    seen = everything(cast, "cy")
    assert "Hush, Cy" in seen
    for secret in ("Fabrikam", "fabrikam", "Hush, Bo", str(cast.fabrikam.pk), str(cast.of_fabrikam.pk), "0.7", "Ann"):
        assert secret not in seen, secret
    for hidden in ("90000", "Wide World"):  # an implementer sees neither amount nor competitors
        assert hidden not in seen
    assert "90000" in everything(cast, "bo")
    with cast.scope("cy"):
        assert (Room.objects.count(), ShareDeclaration.objects.count(), Member.objects.count()) == (0, 0, 1)
        own = {"vendor_id": cast.northwind.pk, "room_id": story.room.pk}
        assert [one.text for one in messages_visible_to(cast.actor("cy"), **own)] == ["Hush, Cy"]
        assert not steps_visible_to(cast.actor("cy"), **own).exists()
        with pytest.raises(RoomNotFound):
            content_of(cast.actor("cy"), **own, file_id=_file(cast).pk, own=cast.of_contoso)
        told = repr(list(Notice.objects.values())) + repr(list(Letter.objects.values()))
        assert "Hush, Bo" not in told
    with pytest.raises(RoomNotFound):
        story.does("cy", write_as_partner, circle=story.circle("bo"), text="Let me in", at=NOW)
    with cast.scope("bo"):
        stored = content_of(cast.actor("bo"), **own, file_id=_file(cast).pk, own=cast.of_fabrikam)
        assert stored.name == "fabrikam-offer.pdf"
    assert everything(cast, "eve").count("Isar") == 0


def _file(cast):
    with cast.scope("ada"):
        return RoomFile.objects.get()


def test_consent_opens_what_comes_and_can_be_taken_back(cast, story):
    bo, cy = story.invites("bo", Role.CO_SELL), story.invites("cy", Role.RESELL)
    story.does("bo", write_as_partner, circle=story.circle("bo"), text="Between us", at=NOW)
    with pytest.raises(Invalid, match="Nobody was brought"):
        story.vendor(open_circle, room=story.room, members=[bo], at=NOW)
    both = story.vendor(open_circle, room=story.room, members=[bo, cy], at=NOW)
    assert story.vendor(open_circle, room=story.room, members=[cy, bo], at=NOW) == both  # pressed twice
    story.does("bo", write_as_partner, circle=both, text="Hello Contoso", at=NOW)
    step = StepDraft("Contoso shows the demo", StepKind.DEMO, date(2026, 3, 9), cast.of_contoso.pk)
    story.does("bo", plan_step_as_partner, circle=both, draft=step)
    own = {"vendor_id": cast.northwind.pk, "room_id": story.room.pk}
    with cast.scope("cy"):
        assert [one.text for one in messages_visible_to(cast.actor("cy"), **own)] == ["Hello Contoso"]
        assert [one.name for one in circles_visible_to(cast.actor("cy"), **own)] == ["Contoso", "Contoso, Fabrikam"]
    with cast.scope("cy"):
        sentences = set(Notice.objects.filter(person=cast.person("cy")).values_list("sentence", flat=True))
    assert "Bo, Fabrikam, on Isar reporting: Hello Contoso" in sentences
    assert "On Isar reporting it is your turn: Contoso shows the demo" in sentences
    story.vendor(close_circle, circle=both, at=NOW)
    with cast.scope("cy"):
        assert [one.name for one in circles_visible_to(cast.actor("cy"), **own)] == ["Contoso"]
        assert not messages_visible_to(cast.actor("cy"), **own).exists()
        assert not PlanStep.objects.exists()
    with cast.scope("ada"):
        assert messages_visible_to(cast.actor("ada"), **own).count() == 2
    with pytest.raises(RoomNotFound):
        story.does("bo", write_as_partner, circle=both, text="Still there?", at=NOW)


def test_hidden_fields_are_not_in_the_row_and_leaving_empties_it(cast, story):
    story.invites("bo", Role.CO_SELL, joins=False, welcome="Come and help")
    asked = story.member("bo")
    assert (asked.customer_name, asked.amount, asked.customer_contact) == ("Isar Werke", None, "")
    story.does("bo", answer_invitation, at=NOW, joins=True)
    story.vendor(
        answer_question, room=story.room, key="champion", known=Known.ANSWERED, evidence="Erika said so", at=NOW
    )
    seen = story.member("bo")
    assert (seen.amount, seen.competitors, seen.customer_contact) == (
        Decimal(90_000), ["Wide World Importers"], "Erika Muster, CFO",
    )  # fmt: skip
    assert [one["evidence"] for one in seen.checklist if one["evidence"]] == ["Erika said so"]
    story.vendor(declare_shares, room=story.room, at=NOW, shares={cast.of_fabrikam.pk: Decimal(1)})
    with cast.scope("bo"):
        assert SharedDeal.objects.get().amount == 90_000
    story.vendor(set_room, room=story.room, hidden={Role.CO_SELL: list(Field)}, customer_contact="Erika Muster, CFO")
    for secret in ("90000", "Wide World", "Erika"):
        assert secret not in everything(cast, "bo")
    with cast.scope("bo"):
        assert SharedDeal.objects.get().amount is None
    story.does("bo", leave_room, at=NOW, reason="No time")
    left = story.member("bo")
    assert (left.state, left.customer_name, left.share, left.checklist) == ("left", "", None, [])
    with cast.scope("bo"):
        assert (Circle.objects.count(), Seat.objects.count()) == (0, 0)
    with cast.scope("ada"):
        assert [row.shares for row in ShareDeclaration.objects.order_by("at", "id")] == [
            {str(cast.of_fabrikam.pk): "1"}, {},
        ]  # fmt: skip
        assert list(OpportunityPartner.objects.values_list("role", "share")) == [("influenced", None)]
    again = story.invites("bo", Role.SUPPORT)
    story.vendor(remove_partner, member=again, at=NOW, reason="Deal is stopped")
    assert story.member("bo").state == "removed"
    with cast.scope("bo"):
        told = Notice.objects.filter(kind="room_removed").values_list("person_id", flat=True)
        assert set(told) >= {cast.person("bo").pk}


def test_shares_sum_exactly_and_stay_once_the_deal_is_won(cast, story):
    story.invites("bo", Role.SOURCED)
    story.invites("cy", Role.RESELL)
    fabrikam, contoso = cast.of_fabrikam.pk, cast.of_contoso.pk
    with pytest.raises(SharesRefused, match="90 %"):
        story.vendor(declare_shares, room=story.room, at=NOW, shares={fabrikam: Decimal("0.9")})
    with pytest.raises(NotAllowed), cast.scope("vera"):
        declare_shares(room=story.room, actor=cast.actor("vera"), at=NOW, shares={fabrikam: Decimal(1)})
    proposed = story.does("bo", propose_share, share=Decimal("0.333333"), text="We found them", at=NOW)
    story.vendor(answer_proposal, member=proposed, accepts=True, at=NOW)
    with pytest.raises(NothingProposed):
        story.vendor(answer_proposal, member=proposed, accepts=True, at=NOW)
    with cast.scope("ada"):
        rows = OpportunityPartner.objects.order_by("role").values_list("role", "share")
        assert list(rows) == [("fulfilled", Decimal("0.666667")), ("sourced", Decimal("0.333333"))]
        bo = Member.objects.get(partnership=fabrikam)
        with pytest.raises(DatabaseError, match="do not sum to 1"), transaction.atomic():
            Member.objects.filter(pk=bo.pk).update(share=Decimal("0.5"))
        with pytest.raises(DatabaseError, match="do not sum to 1"), transaction.atomic():
            Member.objects.filter(room=story.room).exclude(pk=bo.pk).update(share=None)
        close_won(opportunity=story.deal, actor=cast.actor("ada"), on=NOW.date(), at=NOW)
        with pytest.raises(DatabaseError, match="won deal"), transaction.atomic():
            Member.objects.filter(room=story.room).update(share=Decimal("0.5"))
    with pytest.raises(SharesFrozen):
        story.vendor(declare_shares, room=story.room, at=NOW, shares={contoso: Decimal(1)})
    with pytest.raises(SharesFrozen):
        story.does("bo", propose_share, share=Decimal(1), at=NOW)
    story.does("cy", leave_room, at=NOW)
    assert story.member("cy").share == Decimal("0.666667")  # what was agreed stays
    tell(cast)
    assert story.member("bo").status == "won"


def test_what_is_done_becomes_a_touch_once_the_vendor_says_so(cast, story):
    story.invites("bo", Role.CO_SELL)
    own = story.circle("bo")
    call = StepDraft("Call with Erika", StepKind.JOINT_CALL, date(2026, 2, 20), cast.of_fabrikam.pk)
    step = story.does("bo", plan_step_as_partner, circle=own, draft=call)
    day = date(2026, 2, 19)
    move = {"step": step, "at": NOW, "move": StepMove.FINISH, "done_on": day}
    with pytest.raises(Invalid, match="not saved"):
        story.does("bo", move_step_as_partner, **{**move, "done_on": NOW.date() + timedelta(days=1)})
    story.does("bo", move_step_as_partner, **move)
    tell(cast)

    def touches():
        with cast.scope("ada"):
            rows = Touch.objects.order_by("id")
            return [(row.kind, row.state, row.happened_at.date(), row.recorded_by_name) for row in rows]

    assert touches() == [("joint_call", "waiting", day, "Bo")]
    story.vendor(move_step, step=step, move=StepMove.REOPEN, at=NOW)
    tell(cast)
    assert touches() == [("joint_call", "withdrawn", day, "Bo")]
    story.vendor(move_step, step=step, move=StepMove.BLOCK, at=NOW, text="Erika is away")
    story.vendor(move_step, step=step, move=StepMove.FINISH, at=NOW)
    tell(cast)
    tell(cast)
    assert [row[1] for row in touches()] == ["withdrawn", "confirmed"]
    story.vendor(plan_step, room=story.room, circle=own, draft=StepDraft("Send the paper"))


def test_bad_input_is_refused_and_a_closed_room_is_read_only(cast, story):
    with pytest.raises(RoomThere):
        story.vendor(open_room, opportunity=story.deal, at=NOW)
    with pytest.raises(NotAllowed), cast.scope("cy"):
        open_room(opportunity=story.deal, actor=cast.actor("cy"), at=NOW)
    with pytest.raises(Invalid):
        story.vendor(invite_partner, room=story.room, partnership=cast.of_umbra, role=Role.RESELL, at=NOW)
    story.invites("bo", Role.RESELL)
    own = story.circle("bo")
    for text in ("  ", "x" * 10_001, "a\x00b"):
        with pytest.raises(Invalid):
            story.vendor(write_message, room=story.room, circle=own, text=text, at=NOW)
    virus = SimpleUploadedFile("x.pdf", b"MZ\x00\x01")
    with pytest.raises(FileTypeRefused):
        story.vendor(write_message, room=story.room, circle=own, text="Look", at=NOW, files=[virus])
    for draft in (
        StepDraft(""),
        StepDraft("x", due_on=date(1900, 1, 1)),
        StepDraft("x", owner_id=cast.person("cy").pk),
    ):
        with pytest.raises(Invalid):
            story.vendor(plan_step, room=story.room, circle=own, draft=draft)
    with pytest.raises(Invalid):
        story.vendor(answer_question, room=story.room, key="nonsense", known=Known.PARTLY, evidence="x", at=NOW)
    story.vendor(move_room, room=story.room, move=RoomMove.CLOSE, at=NOW, reason="Deal is over")
    with pytest.raises(RoomClosed):
        story.does("bo", write_as_partner, circle=own, text="One more thing", at=NOW)
    assert not story.member("bo").room_is_open
    story.vendor(move_room, room=story.room, move=RoomMove.REOPEN, at=NOW)
    story.does("bo", write_as_partner, circle=own, text="One more thing", at=NOW)


def test_a_new_checklist_is_for_new_rooms(cast, story):
    with cast.scope("olga"):
        olga, program = cast.actor("olga"), cast.program
        items = (Item("budget", "Budget", "How much?"),)
        made = publish_checklist(program=program, actor=olga, items=items, from_on=date(2026, 3, 3), at=NOW)
        assert made.number == 2
        for wrong in ((), (Item("a", "A"), Item("a", "B")), (Item("Ü", "x"),)):
            with pytest.raises(Invalid, match="not published"):
                publish_checklist(program=program, actor=olga, items=wrong, from_on=date(2026, 3, 3), at=NOW)
        room = Room.objects.select_related("checklist").get(pk=story.room.pk)
        assert [one["key"] for one in room.checklist.items][:2] == ["metrics", "economic_buyer"]
        with pytest.raises(DatabaseError), transaction.atomic():
            type(room.checklist).objects.filter(pk=room.checklist_id).update(items=[])
