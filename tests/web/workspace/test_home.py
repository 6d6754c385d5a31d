"""The first page of the workspace, through the door."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from cast import Cast
from comity.insights.marts import rebuild
from comity.programs.models import Partnership, Program
from comity.timeline.drafts import TaskDraft
from comity.timeline.services import add_task
from comity.worklist.models import Snooze
from comity.worklist.standings import refill
from deal_story import deal


@pytest.fixture
def address(cast: Cast) -> str:
    return f"/workspace/{cast.program.slug}/"


def texts(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_a_programme_without_anything_says_how_to_begin(cast, address):
    with cast.scope("root"):
        Partnership.objects.all().delete()
    of_root, of_vera = (texts(cast.browser(who).get(address)) for who in ("root", "vera"))
    assert "This programme has no partners yet" in of_root
    assert "Import an export" in of_root
    assert "Import an export" not in of_vera
    assert cast.browser("root").get("/").headers["Location"] == address


def test_lines_are_settled_or_put_off_from_the_page(cast, address, django_assert_max_num_queries):
    today = timezone.now().date()
    with cast.scope("ada"):
        Program.objects.filter(pk=cast.program.pk).update(data_as_of=today)
        cast.program.refresh_from_db()
        for number in range(9):
            late = {"expected_close_on": today - timedelta(days=number + 1), "manager": cast.ada_manager}
            made = deal(cast, f"Late {number}", amount=Decimal(1000 + number), at=timezone.now(), **late)
        rebuild(cast.program)
        refill(cast.program)
    ada = cast.browser("ada")
    with django_assert_max_num_queries(45):
        page = texts(ada.get(address))
    assert "<h1>9 things need you today</h1>" in page
    assert "EUR</span>&nbsp;9,036" in page
    assert "Show 2 more" in page
    assert [name for name in ("Late 8", "Late 2", "Late 1") if f"{name} should have closed by now." in page] == [
        "Late 8",
        "Late 2",
    ]
    assert f"/workspace/{cast.program.slug}/deals/{made.pk}/edit/" in page

    snooze = f"{address}home/snooze/deal_slipped/{made.pk}/"
    refused = ada.post(snooze, {"reason": "They signed", "until": today.isoformat()})
    assert refused.status_code == 422
    assert 'value="They signed"' in texts(refused)
    assert "Choose a day from tomorrow on" in texts(refused)
    until = today + timedelta(days=3)
    assert ada.post(snooze, {"reason": "They signed", "until": until.isoformat()}).status_code == 302
    assert ada.post(f"{address}home/snooze/no_such_kind/{made.pk}/").status_code == 404
    page = texts(ada.get(f"{address}?show=all"))
    assert "<h1>8 things need you today</h1>" in page
    assert "1 put off" in page
    assert "They signed" in page
    with cast.scope("ada"):
        assert [(one.subject_id, one.until) for one in Snooze.objects.all()] == [(made.pk, until)]
    assert ada.post(f"{address}home/wake/deal_slipped/{made.pk}/").status_code == 302
    assert "<h1>9 things need you today</h1>" in texts(ada.get(address))

    with cast.scope("ada"):
        draft = TaskDraft("Send the plan", due_on=today, owner_id=cast.people["ada"].pk)
        task = add_task(partnership=cast.of_fabrikam, actor=cast.actor("ada"), draft=draft)
    assert f'action="{address}home/tasks/{task.pk}/"' in texts(ada.get(f"{address}?show=all"))
    ticked = texts(ada.post(f"{address}home/tasks/{task.pk}/", {"show": "all"}, follow=True))
    assert "Done: Send the plan." in ticked
    assert 'name="undo"' in ticked
    assert "<h1>9 things need you today</h1>" in ticked
    undone = texts(ada.post(f"{address}home/tasks/{task.pk}/", {"undo": "yes"}, follow=True))
    assert "Open again: Send the plan." in undone
    assert "<h1>10 things need you today</h1>" in undone
    tick = f"{address}home/tasks/{task.pk}/"
    assert [cast.browser(who).post(tick).status_code for who in ("bo", "eve")] == [404, 404]
    ada.post(f"{address}home/tasks/{task.pk}/")

    edit = f"/workspace/{cast.program.slug}/deals/{made.pk}/edit/"
    form = ada.get(edit).context["form"]
    given = {name: form[name].value() or "" for name in form.fields} | {"expected_close_on": date(2099, 1, 1)}
    assert ada.post(edit, given).status_code == 302
    assert "<h1>8 things need you today</h1>" in texts(ada.get(address))


def test_nobody_else_opens_it(cast, address):
    assert cast.browser("bo").get(address).status_code == 404
    assert cast.browser("eve").get(address).status_code == 404
