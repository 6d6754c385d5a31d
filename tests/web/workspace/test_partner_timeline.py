"""A partner's timeline in the browser: logged in one form, woven with changes, corrected, shared, ticked off."""

from __future__ import annotations

import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from comity.platform.models import StoredFile
from comity.timeline.models import AttachedFile, LogEntry, NextStep, Task


def at(name: str, *args: object) -> str:
    return reverse(f"workspace:{name}", args=["northwind", *args])


def said(page: str) -> list[str]:
    return re.findall(r'<p class="said">(.*?)</p>', page)


def test_a_call_is_logged_in_one_form_and_told_with_the_changes(cast):
    ada, fabrikam = cast.browser("ada"), cast.of_fabrikam.pk
    timeline = at("partner_timeline", fabrikam)
    call = {"kind": "call", "happened_at": "2026-03-01T14:30", "text": "Spoke about the launch."}
    typed = {**call, "next_step": "Send it", "next_step_on": "2026-03-09"}
    answer = ada.post(timeline, typed, follow=True)
    page = answer.content.decode()
    assert "Logged with Fabrikam." in page
    assert said(page) == ["Spoke about the launch."]
    assert "<strong>Send it</strong>" in page
    with cast.scope("ada"):
        entry = LogEntry.objects.get()
        assert (entry.kind, entry.happened_at.isoformat()) == ("call", "2026-03-01T14:30:00+00:00")
    # Logged again without a next step, the one that is there stays.
    ada.post(timeline, {**typed, "kind": "note", "text": "They hire.", "next_step": "", "next_step_on": ""})
    ada.post(at("partner_move", fabrikam), {"move": "pause"})
    page = ada.get(timeline).content.decode()
    assert set(said(page)) == {"They hire.", "Spoke about the launch."}
    assert "Status: Active → Paused" in page
    assert "<strong>Send it</strong>" in page
    assert said(ada.get(timeline, {"kind": "note"}).content.decode()) == ["They hire."]
    assert said(ada.get(timeline, {"kind": "changes"}).content.decode()) == []
    assert said(ada.get(timeline, {"before": "2020-01-01T00:00:00+00:00"}).content.decode()) == []
    refused = ada.post(timeline, {**typed, "happened_at": "2199-01-01T00:00", "text": "Keep me"})
    page = refused.content.decode()
    assert (refused.status_code, "Keep me" in page, "This lies ahead" in page) == (422, True, True)
    # From a list with a panel one comes back to it, and nowhere else.
    back = at("partners") + "?q=fab"
    assert ada.post(timeline, {**typed, "next": back}).url == back
    assert ada.post(timeline, {**typed, "next": "//evil.example/workspace/"}).url == timeline


def test_an_entry_is_corrected_shared_and_removed_and_history_says_so(cast):
    ada, fabrikam = cast.browser("ada"), cast.of_fabrikam.pk
    typed = {"kind": "call", "happened_at": "2026-03-01T14:30", "text": "Spoke.", "next_step": "Send it"}
    ada.post(at("partner_timeline", fabrikam), typed)
    with cast.scope("ada"):
        entry = LogEntry.objects.get().pk
    form = at("partner_entry", fabrikam, entry)
    assert 'value="2026-03-01T14:30"' in ada.get(form).content.decode()
    ada.post(form, {**typed, "text": "Spoke with Bo.", "shared_with_partner": "on"})
    assert "The partner may read it" in ada.get(at("partner_timeline", fabrikam)).content.decode()
    assert ada.post(form, {**typed, "kind": "note", "text": ""}).status_code == 422
    ada.post(at("partner_step", fabrikam), {"next_step": "Call again", "next_step_on": ""})
    assert ada.post(at("partner_step", fabrikam), {"next_step": "", "next_step_on": "2026-03-09"}).status_code == 422
    assert ada.get(at("partner_entry", cast.of_contoso.pk, entry)).status_code == 404
    ada.post(form, {"remove": "1"})
    history = ada.get(at("partner_history", fabrikam)).content.decode()
    for told in ("Spoke. → Spoke with Bo.", "Spoke with Bo. → —", "Send it → Call again", "— → Send it"):
        assert told in history
    with cast.scope("ada"):
        assert (LogEntry.objects.count(), NextStep.objects.get().text) == (0, "Call again")


def test_tasks_are_planned_ticked_off_and_opened_again(cast):
    ada, fabrikam, olga = cast.browser("ada"), cast.of_fabrikam.pk, str(cast.person("olga").pk)
    ada.post(at("partner_tasks", fabrikam), {"title": "Send the price list", "due_on": "2026-02-01", "owner_id": olga})
    with cast.scope("ada"):
        task = Task.objects.get()
        assert str(task.owner_id) == olga
    overview = ada.get(at("partner", fabrikam)).content.decode()
    assert "Send the price list" in overview
    assert "was due" in overview
    one = at("partner_task", fabrikam, task.pk)
    assert "Task done by Ada" in ada.post(one, {"move": "done"}, follow=True).content.decode()
    ada.post(one, {"move": "reopen"})
    assert 'value="Send the price list"' in ada.get(one).content.decode()
    assert ada.post(one, {"title": "Send both"}).status_code == 302
    refused = ada.post(at("partner_tasks", fabrikam), {"title": "", "due_on": "soon"})
    assert (refused.status_code, 'value="soon"' in refused.content.decode()) == (422, True)
    with cast.scope("ada"):
        task.refresh_from_db()
        assert (task.title, task.done_at, task.owner_id) == ("Send both", None, None)


def test_files_are_kept_fetched_and_taken_away(cast):
    ada, fabrikam = cast.browser("ada"), cast.of_fabrikam.pk
    files = at("partner_files", fabrikam)
    assert "Choose a file first." in ada.post(files).content.decode()
    assert ada.post(files, {"file": SimpleUploadedFile("run.exe", b"MZ\x00\x01")}).status_code == 422
    page = ada.post(files, {"file": SimpleUploadedFile("Plan.pdf", b"%PDF-1.7")}, follow=True).content.decode()
    assert "Plan.pdf" in page
    with cast.scope("ada"):
        attached = AttachedFile.objects.get()
    assert cast.browser("di").get(at("file", attached.file_id)).status_code == 200
    assert cast.browser("di").post(at("partner_file", fabrikam, attached.pk)).status_code == 403
    ada.post(at("partner_file", fabrikam, attached.pk))
    with cast.scope("ada"):
        assert not StoredFile.objects.exists()


def test_finance_reads_but_is_offered_nothing_to_write(cast):
    di, fabrikam = cast.browser("di"), cast.of_fabrikam.pk
    cast.browser("ada").post(at("partner_timeline", fabrikam), {"kind": "note", "happened_at": "2026-03-01T14:30",
                                                                "text": "They hire."})  # fmt: skip
    page = di.get(at("partner_timeline", fabrikam)).content.decode()
    assert said(page) == ["They hire."]
    assert "quick-log" not in page
    assert di.post(at("partner_timeline", fabrikam), {"kind": "note"}).status_code in (403, 422)
    writes = [di.post(at(name, fabrikam)).status_code for name in ("partner_tasks", "partner_step")]
    assert writes == [403, 403]
    valid = {"kind": "note", "happened_at": "2026-03-01T14:30", "text": "Mine."}
    assert di.post(at("partner_timeline", fabrikam), valid).status_code == 403
