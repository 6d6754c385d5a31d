"""Bo asks, Ada answers with a file: both read it, each side is told, nobody else learns anything."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.utils import timezone

from comity.kernel.errors import Invalid, NotAllowed, NotFound
from comity.notices.models import Notice
from comity.platform.tenancy import tenant
from comity.timeline.conversation.queries import content_of, messages_visible_to, unread_messages
from comity.timeline.conversation.services import mark_conversation_read, send_message
from comity.timeline.drafts import LogDraft, TaskDraft
from comity.timeline.models import Message, MessageFile
from comity.timeline.services import add_task, log_contact
from comity.timeline.states import Kind

PDF = b"%PDF-1.7\n" + b"x" * 2000


def say(cast, who: str, text: str, **more: object) -> int:
    with cast.scope(who):
        sent = send_message(partnership=cast.of_fabrikam, actor=cast.actor(who), text=text, at=timezone.now(), **more)
        return sent.readers


def told(cast, who: str) -> list[str]:
    with tenant(person_id=cast.person(who).pk):
        return list(Notice.objects.filter(kind="message").order_by("created_at").values_list("sentence", flat=True))


def test_both_sides_write_and_are_told(cast):
    assert say(cast, "bo", "Which price list holds?\nThe one of May?") == 1, "the partner manager"
    upload = SimpleUploadedFile("prices.pdf", PDF)
    assert say(cast, "ada", "This one.", files=[upload]) == 2, "Ann administrates, Bo asked"
    assert told(cast, "ada") == ["Bo, Fabrikam: Which price list holds? The one of May?"]
    assert told(cast, "bo") == told(cast, "ann") == ["Ada, Northwind: This one."]
    assert told(cast, "cy") == told(cast, "olga") == []
    with cast.scope("bo"):
        bo = cast.actor("bo")
        assert [(one.side, one.text) for one in messages_visible_to(bo, cast.of_fabrikam)] == [
            ("vendor", "This one."), ("partner", "Which price list holds?\nThe one of May?"),
        ]  # fmt: skip
        assert unread_messages(bo, cast.of_fabrikam) == 1
        mark_conversation_read(partnership=cast.of_fabrikam, actor=bo, at=timezone.now())
        assert unread_messages(bo, cast.of_fabrikam) == 0
        file = MessageFile.objects.get()
        assert content_of(bo, cast.of_fabrikam, file.pk).name == "prices.pdf"
        with pytest.raises(DatabaseError), transaction.atomic():
            Message.objects.update(text="Something else")
    with tenant(person_id=cast.person("bo").pk):
        assert Notice.objects.get(kind="message").read_at is not None, "seen on the page, read in the inbox"
    for stranger in ("cy", "eve"):
        with cast.scope(stranger):
            assert Message.objects.count() == MessageFile.objects.count() == 0
            with pytest.raises((NotFound, NotAllowed)):
                content_of(cast.actor(stranger), cast.of_fabrikam, file.pk)
            with pytest.raises((NotFound, NotAllowed)):
                send_message(partnership=cast.of_fabrikam, actor=cast.actor(stranger), text="Hello", at=timezone.now())
    with cast.scope("di"), pytest.raises(NotAllowed):
        send_message(partnership=cast.of_fabrikam, actor=cast.actor("di"), text="Hello", at=timezone.now())
    for text, files in (("  ", []), ("x" * 10_001, []), ("x", [upload] * 6)):
        with pytest.raises(Invalid):
            say(cast, "bo", text, files=files)


def test_the_pages_of_both_sides(cast):
    bo, ada = cast.browser("bo"), cast.browser("ada")
    portal = f"/portal/{cast.of_fabrikam.pk}"
    desk = f"/workspace/northwind/partners/{cast.of_fabrikam.pk}"
    refused = bo.post(f"{portal}/messages/", {"text": ""})
    assert (refused.status_code, "Write a line" in refused.content.decode()) == (422, True)
    sent = bo.post(
        f"{portal}/messages/", {"text": "Any news?", "files": [SimpleUploadedFile("plan.pdf", PDF)]}, follow=True
    )
    assert "Any news?" in sent.content.decode()
    assert "plan.pdf" in sent.content.decode()
    page = ada.get(f"{desk}/messages/").content.decode()
    assert "Any news?" in page
    with cast.scope("ada"):
        file = MessageFile.objects.get()
    assert ada.get(f"{desk}/messages/files/{file.pk}/").status_code == 200
    assert bo.get(f"{portal}/messages/files/{file.pk}/").status_code == 200
    theirs = f"/portal/{cast.of_contoso.pk}/messages/files/{file.pk}/"
    assert cast.browser("cy").get(theirs).status_code == 404
    other_partner = f"/workspace/northwind/partners/{cast.of_contoso.pk}/messages/files/{file.pk}/"
    assert ada.get(other_partner).status_code == 404
    ada.post(f"{desk}/messages/", {"text": "On Monday."})
    timeline = ada.get(f"{desk}/timeline/?kind=messages").content.decode()
    assert "Message, Ada" in timeline
    assert "Message, Bo" in timeline
    assert "Messages" in bo.get(f"{portal}/notices/").content.decode()


def test_the_portal_shows_what_is_shared_and_nothing_else(cast):
    with cast.scope("ada"):
        ada, of = cast.actor("ada"), cast.of_fabrikam
        for text, shared in (("We agreed on three trainings.", True), ("They are slow payers.", False)):
            draft = LogDraft(Kind.MEETING, timezone.now(), text, shared_with_partner=shared)
            log_contact(partnership=of, actor=ada, draft=draft, at=timezone.now())
        add_task(partnership=of, actor=ada, draft=TaskDraft("Send the dates", shared_with_partner=True))
        add_task(partnership=of, actor=ada, draft=TaskDraft("Check their credit"))
    page = cast.browser("bo").get(f"/portal/{cast.of_fabrikam.pk}/shared/").content.decode()
    assert ["We agreed on three trainings." in page, "Send the dates" in page] == [True, True]
    assert ["slow payers" in page, "credit" in page] == [False, False]
    assert "Nothing is shared yet" in cast.browser("cy").get(f"/portal/{cast.of_contoso.pk}/shared/").content.decode()
