"""The timeline: logged, corrected, shared, planned, done; and who reads what."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cast import NOW
from comity.identity.roles import Role
from comity.kernel.errors import Invalid, NotAllowed, NotFound
from comity.platform.files import FileTypeRefused, path_of
from comity.platform.models import StoredFile
from comity.timeline.drafts import LogDraft, StepDraft, TaskDraft
from comity.timeline.models import AttachedFile, LogEntry, NextStep, Task
from comity.timeline.queries import (
    Touch,
    entries_visible_to,
    entry_visible_to,
    files_visible_to,
    last_contacts_of,
    next_steps_visible_to,
    owners_of,
    task_visible_to,
    tasks_visible_to,
    touches_of,
)
from comity.timeline.services import (
    Past,
    PastEntry,
    PastTask,
    add_task,
    attach_file,
    bring_in,
    complete_task,
    edit_entry,
    edit_task,
    log_contact,
    remove_attachment,
    remove_entry,
    reopen_task,
    set_next_step,
    share_entry,
)
from comity.timeline.states import Kind

CALLED = datetime(2026, 2, 20, 14, 0, tzinfo=UTC)


def log(cast, who="ada", partnership=None, step=None, **given) -> LogEntry:
    draft = LogDraft(**{"kind": Kind.CALL, "happened_at": CALLED, "text": "Spoke about the launch.", **given})
    return log_contact(
        partnership=partnership or cast.of_fabrikam, actor=cast.actor(who), draft=draft, at=NOW, next_step=step
    )


def test_ada_logs_a_call_and_what_comes_next(cast):
    ada, fabrikam = cast.actor("ada"), cast.of_fabrikam
    with cast.scope("ada"):
        call = log(cast, step=StepDraft("Send the offer", date(2026, 3, 9)))
        log(cast, kind=Kind.NOTE, happened_at=CALLED + timedelta(days=3), text="They hire two engineers.")
        assert [(one.kind, str(one.written_by)) for one in entries_visible_to(ada, fabrikam)] == [
            ("note", "Ada"),
            ("call", "Ada"),
        ]
        ids = [fabrikam.pk, cast.of_contoso.pk]
        with CaptureQueriesContext(connection) as asked:
            touches = touches_of(cast.northwind.pk, ids)
        assert len(asked) == 1
        # A note is no contact.
        assert touches == {ids[0]: Touch(CALLED, "Send the offer", date(2026, 3, 9)), ids[1]: Touch()}
        assert last_contacts_of(cast.program) == {fabrikam.pk: CALLED}
        edit_entry(entry=call, actor=ada, draft=LogDraft(Kind.MEETING, CALLED, "Met about the launch."), at=NOW)
        events = LogEntry.pgh_event_model.objects.values_list("kind", "text", "pgh_label")
        assert list(events) == [("call", "Spoke about the launch.", "replaced")]
        set_next_step(partnership=fabrikam, actor=ada, draft=StepDraft("Plan the  kick-off"))
        assert [step.text for step in next_steps_visible_to(ada, cast.program)] == ["Plan the kick-off"]
        assert set_next_step(partnership=fabrikam, actor=ada, draft=StepDraft("")) is None
        assert not NextStep.objects.exists()
        remove_entry(entry=call, actor=ada)
        assert last_contacts_of(cast.program) == {}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"happened_at": NOW + timedelta(days=1)}, "happened_at"),
        ({"happened_at": datetime(1066, 1, 1, tzinfo=UTC)}, "happened_at"),
        ({"kind": Kind.NOTE, "text": " "}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"step": StepDraft("", date(2026, 3, 9))}, "next_step"),
        ({"step": StepDraft("x" * 201)}, "next_step"),
    ],
)
def test_what_cannot_be_logged_says_why(cast, given, field):
    with cast.scope("ada"):
        with pytest.raises(Invalid) as refused:
            log(cast, **given)
        assert set(refused.value.fields) == {field}
        assert not LogEntry.objects.exists()
        assert not NextStep.objects.exists()


def test_tasks_have_an_owner_a_day_and_an_end(cast):
    ada, fabrikam = cast.actor("ada"), cast.of_fabrikam
    olga = cast.person("olga").pk
    with cast.scope("ada"):
        late = add_task(partnership=fabrikam, actor=ada, draft=TaskDraft("Send the price list", date(2026, 2, 1), olga))
        someday = add_task(partnership=cast.of_contoso, actor=ada, draft=TaskDraft("Find a sponsor"))
        assert list(tasks_visible_to(ada, cast.program)) == [late, someday]
        assert list(tasks_visible_to(ada, cast.program, owner_id=olga, is_open=True)) == [late]
        complete_task(task=late, actor=ada, at=NOW)
        complete_task(task=late, actor=cast.actor("olga"), at=NOW + timedelta(days=1))
        assert (late.done_at, late.done_by_id) == (NOW, ada.person_id)
        assert list(tasks_visible_to(ada, partnership=fabrikam, is_open=True)) == []
        reopen_task(task=late, actor=ada)
        edit_task(task=late, actor=ada, draft=TaskDraft("Send both price lists", date(2026, 3, 9), olga))
        seen = task_visible_to(ada, late.pk)
        assert (seen.title, seen.due_on, seen.owner, seen.done_at) == (
            "Send both price lists", date(2026, 3, 9), cast.person("olga"), None,
        )  # fmt: skip
        for wrong in (TaskDraft(" "), TaskDraft("x" * 301), TaskDraft("Call", owner_id=cast.person("bo").pk)):
            with pytest.raises(Invalid):
                add_task(partnership=fabrikam, actor=ada, draft=wrong)
        assert Task.objects.count() == 2
        assert [person.name for person in owners_of(cast.northwind.pk)] == ["Ada", "Di", "Olga", "Root", "Vera"]


def test_a_partner_reads_what_is_shared_and_nothing_else(cast):
    ada = cast.actor("ada")
    with cast.scope("ada"):
        shared, kept = log(cast, shared_with_partner=True), log(cast, text="They are slow to pay.")
        with_contoso = log(cast, partnership=cast.of_contoso, shared_with_partner=True)
        task = add_task(
            partnership=cast.of_fabrikam, actor=ada, draft=TaskDraft("Sign the plan", shared_with_partner=True)
        )
        add_task(partnership=cast.of_fabrikam, actor=ada, draft=TaskDraft("Ask for a discount"))
        set_next_step(partnership=cast.of_fabrikam, actor=ada, draft=StepDraft("Press them"))
    with cast.scope("bo"):
        bo = cast.actor("bo")
        # By the policy, and by the query.
        assert list(LogEntry.objects.all()) == list(entries_visible_to(bo)) == [shared]
        assert list(Task.objects.all()) == list(tasks_visible_to(bo)) == [task]
        assert not NextStep.objects.exists()
        assert not LogEntry.pgh_event_model.objects.exists()
        assert list(next_steps_visible_to(bo, cast.program)) == list(files_visible_to(bo, cast.of_fabrikam)) == []
        with pytest.raises(NotFound):
            entry_visible_to(bo, kept.pk)
        with pytest.raises(NotAllowed):
            share_entry(entry=shared, actor=bo, shared=False)
    with cast.scope("cy"):
        assert list(LogEntry.objects.all()) == [with_contoso]
        assert not Task.objects.exists()
    with cast.scope("eve"):
        assert not LogEntry.objects.exists()
        with pytest.raises(NotFound):
            task_visible_to(cast.actor("eve"), task.pk)
    with cast.scope("ada"):
        share_entry(entry=shared, actor=ada, shared=False)
    with cast.scope("bo"):
        assert not LogEntry.objects.exists()


def test_finance_reads_but_writes_nothing(cast):
    di = cast.actor("di")
    assert di.role is Role.FINANCE
    with cast.scope("ada"):
        call = log(cast)
        task = add_task(partnership=cast.of_fabrikam, actor=cast.actor("ada"), draft=TaskDraft("Call back"))
        assert list(entries_visible_to(di)) == [call]
        for attempt in (
            lambda: log(cast, who="di"),
            lambda: edit_entry(entry=call, actor=di, draft=LogDraft(Kind.CALL, CALLED), at=NOW),
            lambda: remove_entry(entry=call, actor=di),
            lambda: edit_task(task=task, actor=di, draft=TaskDraft("Other")),
            lambda: complete_task(task=task, actor=di, at=NOW),
            lambda: reopen_task(task=task, actor=di),
            lambda: set_next_step(partnership=cast.of_fabrikam, actor=di, draft=StepDraft("x")),
            lambda: bring_in(actor=cast.actor("ada"), past=Past(), at=NOW),
        ):
            with pytest.raises(NotAllowed):
                attempt()


def test_files_stay_with_the_partner_until_taken_away(cast):
    ada = cast.actor("ada")
    with cast.scope("ada"):
        offer = SimpleUploadedFile("../Offer.pdf", b"%PDF-1.7 offer")
        attached = attach_file(partnership=cast.of_fabrikam, actor=ada, upload=offer)
        assert [one.file.name for one in files_visible_to(ada, cast.of_fabrikam)] == ["Offer.pdf"]
        with pytest.raises(FileTypeRefused):
            attach_file(partnership=cast.of_fabrikam, actor=ada, upload=SimpleUploadedFile("run.exe", b"MZ\x00\x01"))
        assert path_of(cast.northwind.pk, attached.file_id).exists()
        remove_attachment(attached=attached, actor=ada)
        assert not AttachedFile.objects.exists()
        assert not StoredFile.objects.exists()


def test_a_timeline_kept_elsewhere_is_brought_in_at_once(cast):
    fabrikam, contoso, ada = cast.of_fabrikam, cast.of_contoso, cast.person("ada").pk
    past = Past(
        entries=[
            PastEntry(fabrikam, LogDraft(Kind.CALL, CALLED, "Kick-off."), ada),
            PastEntry(contoso, LogDraft(Kind.EMAIL, CALLED, "Asked for references."), ada),
        ],
        tasks=[PastTask(fabrikam, TaskDraft("Book a room", owner_id=ada), done_at=CALLED)],
        steps=[(fabrikam, StepDraft("Sign the plan"))],
    )
    with cast.scope("olga"):
        with CaptureQueriesContext(connection) as asked:
            assert bring_in(actor=cast.actor("olga"), past=past, at=NOW) == 4
        assert len([one for one in asked if one["sql"].startswith("INSERT")]) == 3
        assert touches_of(cast.northwind.pk, [fabrikam.pk])[fabrikam.pk] == Touch(CALLED, "Sign the plan")
        ahead = Past(entries=[PastEntry(fabrikam, LogDraft(Kind.CALL, NOW + timedelta(days=2)))])
        with pytest.raises(Invalid):
            bring_in(actor=cast.actor("olga"), past=ahead, at=NOW)
