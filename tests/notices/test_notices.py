"""Bo is told of a decision in his own way: in the inbox, by letter, by digest; nobody else reads it, nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from comity.notices.digests import digests_due, write_digest
from comity.notices.kinds import KINDS, kinds_for
from comity.notices.models import Letter, Notice
from comity.notices.queries import unread_of, ways_of
from comity.notices.rules import clock_of, digest_key, last_cut
from comity.notices.services import Fact, Reader, choose_ways, readers, tell
from comity.notices.states import Side, Way
from comity.notices.stopping import stop_address
from comity.notices.tasks import find_digests, forget_old_notices, write_one_digest
from comity.platform.models import Delivery
from comity.platform.outbox import deliver
from comity.platform.tenancy import tenant
from comity.programs.services.assignments import assign_managers
from comity.timeline.drafts import TaskDraft
from comity.timeline.services import add_task, edit_task

QUARTER = timedelta(minutes=15)


def decided(number: int) -> Fact:
    return Fact("registration_decided", f"fact-{number}", f"/portal/x/{number}", values={"reference": f"DR-{number}"})


def told(cast, *facts: Fact, to: list[Reader] | None = None, vendor=None) -> int:
    vendor = vendor or cast.northwind
    with tenant(organization_id=vendor.pk):
        return sum(tell(vendor_id=vendor.pk, to=to or readers(cast.person("bo").pk), fact=fact) for fact in facts)


def inbox(cast, name: str) -> list[tuple[str, str, bool]]:
    with tenant(person_id=cast.person(name).pk):
        found = Notice.objects.order_by("created_at").values_list("from_name", "sentence", "read_at")
        return [(name, sentence, read_at is None) for name, sentence, read_at in found]


def choose(cast, name: str, **ways: Way) -> None:
    with tenant(person_id=cast.person(name).pk):
        choose_ways(person_id=cast.person(name).pk, ways=ways)


def posted(cast) -> list[tuple[str, str]]:
    """Deliver what waits; (to, subject) of the letters that went out."""
    return [(letter.to[0], letter.subject) for letter in sent_now(cast)]


def sent_now(cast) -> list[mail.EmailMessage]:
    mail.outbox.clear()
    with cast.scope("ada"):
        waiting = list(Delivery.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True))
    for key in waiting:
        deliver(organization_id=cast.northwind.pk, delivery_id=key)
    return list(mail.outbox)


def test_everybody_is_told_in_their_own_way_and_once(cast):
    assert told(cast, decided(1), decided(1)) == 1
    assert told(cast, decided(1), to=[*readers(cast.person("bo").pk), Reader(address="mel@northwind.example")]) == 1
    assert inbox(cast, "bo") == [("Northwind", "DR-1 has a new state.", True)]
    assert posted(cast) == [
        ("bo@fabrikam.example", "DR-1 has a new state"),
        ("mel@northwind.example", "DR-1 has a new state"),
    ]
    choose(cast, "bo", registration_decided=Way.INBOX)
    assert told(cast, decided(2)) == 1
    choose(cast, "bo", registration_decided=Way.OFF)
    assert told(cast, decided(3)) == 0
    assert [sentence for _, sentence, _ in inbox(cast, "bo")] == ["DR-1 has a new state.", "DR-2 has a new state."]
    assert posted(cast) == []
    # One inbox for every vendor; nobody else's, and not the vendor's to look through.
    told(cast, decided(9), vendor=cast.umbra, to=readers(cast.person("ann").pk))
    told(cast, decided(9), to=readers(cast.person("ann").pk))
    assert sorted(name for name, _, _ in inbox(cast, "ann")) == ["Northwind", "Umbra"]
    assert inbox(cast, "cy") == []
    with cast.scope("root"):
        assert Notice.objects.count() == 0
    cast.person("bo").is_active = False
    cast.person("bo").save()
    assert told(cast, decided(4)) == 0


def test_the_inbox_is_read_by_its_owner_alone(cast):
    told(cast, decided(1), decided(2), to=readers(cast.person("bo").pk, cast.person("cy").pk))
    told(cast, decided(3), vendor=cast.umbra)
    bo, cy = cast.browser("bo"), cast.browser("cy")
    root = f"/portal/{cast.of_fabrikam.pk}/notices/"
    page = bo.get(root).content.decode()
    assert "Notifications, 3 unread" in page
    assert "Umbra" in page, "several vendors in one inbox, each with its name"
    with tenant(person_id=cast.person("bo").pk):
        first, third = Notice.objects.get(fact="fact-1"), Notice.objects.get(fact="fact-3")
    assert bo.get(f"{root}{first.pk}/").url == "/portal/x/1"
    assert bo.post(f"{root}{third.pk}/mark/").status_code == 302
    assert "Notifications, 1 unread" in bo.get(f"{root}?show=unread").content.decode()
    assert bo.post(f"{root}{third.pk}/mark/", {"unread": "1", "next": f"{root}?from={cast.umbra.pk}"}).url.endswith(
        str(cast.umbra.pk)
    )
    theirs = f"/portal/{cast.of_contoso.pk}/notices/"
    assert cy.get(f"{theirs}{first.pk}/").status_code == 404
    assert cy.post(f"{theirs}{first.pk}/mark/").status_code == 404
    assert bo.post(f"{root}read/", {"next": "https://evil.example/"}).url == root
    with tenant(person_id=cast.person("bo").pk):
        assert unread_of(cast.person("bo").pk) == 0
    with tenant(person_id=cast.person("cy").pk):
        assert unread_of(cast.person("cy").pk) == 2
    assert "Nothing has happened yet" in cast.browser("di").get("/workspace/northwind/notices/").content.decode()
    assert "Nothing of this kind" in bo.get(f"{root}?kind=message").content.decode() or "message" not in KINDS


def test_what_colleagues_give_each_other_is_told(cast):
    ada = cast.person("ada").pk
    with cast.scope("root"):
        root = cast.actor("root")
        task = add_task(partnership=cast.of_fabrikam, actor=root, draft=TaskDraft("Call Bo", owner_id=ada))
        edit_task(task=task, actor=root, draft=TaskDraft("Call Bo today", owner_id=ada))
        assign_managers(partnerships=[cast.of_fabrikam, cast.of_contoso], manager=None, actor=root, at=timezone.now())
        assign_managers(
            partnerships=[cast.of_fabrikam, cast.of_contoso], manager=cast.ada_manager, actor=root, at=timezone.now()
        )
    with cast.scope("ada"):
        add_task(partnership=cast.of_fabrikam, actor=cast.actor("ada"), draft=TaskDraft("My own", owner_id=ada))
    task_told, partners_told = [sentence for _, sentence, _ in inbox(cast, "ada")]
    assert task_told == "Root gave you a task for Fabrikam: Call Bo"
    assert partners_told in ("Root gave you Contoso, Fabrikam.", "Root gave you Fabrikam, Contoso.")


def test_a_digest_is_written_in_the_readers_morning_and_once(cast, monkeypatch):
    bo = cast.person("bo")
    bo.time_zone = "Asia/Tokyo"
    bo.save()
    choose(cast, "bo", registration_decided=Way.DAILY, registration_received=Way.WEEKLY)
    told(cast, decided(1), decided(2), Fact("registration_received", "f", "/x", values={"reference": "DR-7"}))
    told(cast, decided(5), vendor=cast.umbra)
    with tenant(person_id=bo.pk):
        told_at = Notice.objects.latest("created_at").created_at
    morning = last_cut(Way.DAILY, "Asia/Tokyo", told_at + timedelta(days=1))
    assert morning.hour == 8
    with tenant():
        assert digests_due(morning - timedelta(minutes=1)) == []
        due = digests_due(morning)
        assert {(vendor, way) for vendor, _, way in due if way is Way.DAILY} == {
            (cast.northwind.pk, Way.DAILY), (cast.umbra.pk, Way.DAILY),
        }  # fmt: skip
    with cast.scope("ada"):
        assert digests_due(morning) == [], "a tenant learns of nobody's"
    arguments = {"vendor_id": cast.northwind.pk, "person_id": bo.pk, "way": Way.DAILY, "now": morning}
    letter = write_digest(**arguments)
    assert letter is not None
    assert (letter.key, letter.subject, letter.lines) == (
        digest_key(Way.DAILY, morning), "2 things happened at Northwind",
        [["DR-1 has a new state.", "/portal/x/1"], ["DR-2 has a new state.", "/portal/x/2"]],
    )  # fmt: skip
    assert write_digest(**arguments) is None
    told(cast, decided(6))
    with tenant(organization_id=cast.northwind.pk, person_id=bo.pk):
        Notice.objects.filter(fact="fact-6").update(created_at=morning - timedelta(minutes=1))
    assert write_digest(**arguments) is None, "this morning's is written; the next one tells it"
    with tenant(organization_id=cast.northwind.pk, person_id=bo.pk):
        assert Notice.objects.get(fact="fact-6").letter is None
    (sent,) = sent_now(cast)
    assert sent.subject == "2 things happened at Northwind"
    assert "- DR-1 has a new state.\n  http://127.0.0.1:8000/portal/x/1" in sent.body
    choose(cast, "bo", registration_decided=Way.INBOX)
    assert write_digest(**{**arguments, "now": morning + timedelta(days=1)}) is None, "chosen otherwise meanwhile"
    deferred = []
    monkeypatch.setattr(write_one_digest, "defer", lambda **given: deferred.append(given["way"]))
    monkeypatch.setattr("comity.notices.tasks.timezone.now", lambda: morning + timedelta(days=7))
    with tenant():
        find_digests(timestamp=0)
    assert sorted(deferred) == ["daily", "daily", "weekly"]
    write_one_digest(organization=str(cast.northwind.pk), person=str(bo.pk), way="weekly")
    assert [one.subject for one in sent_now(cast)] == ["1 thing happened at Northwind"]


def test_e_mail_is_stopped_from_the_letter_without_a_sign_in(cast):
    told(cast, decided(1))
    (sent,) = sent_now(cast)
    link = sent.extra_headers["List-Unsubscribe"].strip("<>")
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in sent.body
    path = link.removeprefix("http://127.0.0.1:8000")
    stranger = Client(enforce_csrf_checks=True)

    def way() -> Way:
        with tenant(person_id=cast.person("bo").pk):
            return ways_of(cast.person("bo").pk)["registration_decided"]

    page = stranger.get(path)
    assert "Our registration is decided, returned or ended" in page.content.decode()
    assert way() is Way.AT_ONCE, "looking stops nothing"
    assert stranger.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert way() is Way.INBOX
    assert stranger.post(path[:-1]).status_code == 404
    choose(cast, "bo", registration_decided=Way.OFF, registration_received=Way.WEEKLY)
    digest = stop_address(cast.person("bo").pk, "digest").removeprefix("http://127.0.0.1:8000")
    stranger.post(digest)
    assert way() is Way.OFF
    stranger.post(digest, {"everything": "1"})
    with tenant(person_id=cast.person("bo").pk):
        assert set(ways_of(cast.person("bo").pk).values()) == {Way.INBOX, Way.OFF}


def test_the_page_offers_what_ones_roles_hear_of(cast):
    bo = cast.browser("bo")
    page = bo.get("/profile/notices/").content.decode()
    assert "Our appeal is answered" in page
    assert "A task is given to me" not in page
    typed = {kind.name: "daily" for kind in kinds_for([Side.PARTNER])}
    assert bo.post("/profile/notices/", typed).status_code == 302
    with tenant(person_id=cast.person("bo").pk):
        assert ways_of(cast.person("bo").pk)["appeal_answered"] is Way.DAILY
    assert bo.post("/profile/notices/", {**typed, "appeal_answered": "by pigeon"}).status_code == 422


def test_old_ones_are_forgotten(cast):
    told(cast, decided(1), decided(2))
    posted(cast)
    old = timezone.now() - timedelta(days=400)
    with tenant(organization_id=cast.northwind.pk, person_id=cast.person("bo").pk):
        Notice.objects.filter(fact="fact-1").update(read_at=old)
        Letter.objects.update(created_at=old)
    with cast.scope("ada"):
        forget_old_notices(timestamp=0)
        assert Letter.objects.count() == 2, "under a tenant it does nothing"
    with tenant():
        forget_old_notices(timestamp=0)
    with tenant(organization_id=cast.northwind.pk, person_id=cast.person("bo").pk):
        assert Letter.objects.count() == 0
        assert [notice.fact for notice in Notice.objects.all()] == ["fact-2"]


@given(
    st.integers(0, 10 * 365 * 24 * 4).map(lambda quarters: datetime(2020, 1, 1, tzinfo=UTC) + quarters * QUARTER),
    st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns", "Europe/Berlin", "Pacific/Apia", "no/where"]),
    st.sampled_from([Way.DAILY, Way.WEEKLY]),
)
def test_a_cut_is_the_last_morning_that_has_begun(now, zone, way):
    cut = last_cut(way, zone, now)
    assert (cut.hour, cut.minute, cut.tzinfo) == (8, 0, clock_of(zone))
    assert cut <= now.astimezone(ZoneInfo("UTC"))
    assert now - cut < timedelta(days=7 if way is Way.WEEKLY else 1, hours=2)
    assert way is Way.DAILY or cut.weekday() == 0
    assert last_cut(way, zone, cut) == cut


def test_no_digest_at_once():
    with pytest.raises(ValueError, match="no digest"):
        last_cut(Way.AT_ONCE, "UTC", datetime(2026, 1, 1, tzinfo=UTC))
