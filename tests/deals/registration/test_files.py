"""Files beside a registration: who reads them, what is refused, and the letter that goes before who was first."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cast import NOW
from comity.deals.models import Registration, RegistrationFile
from comity.deals.registration import attachments
from comity.deals.registration.attachments import FilesClosed, TooManyFiles, attach_file, files_of, remove_attachment
from comity.deals.registration.decisions import newest_verdict
from comity.deals.registration.drafting import discard_draft, register_again
from comity.deals.registration.queries import masked_verdict_of
from comity.deals.registration.sides import RegistrationNotFound
from comity.deals.registration.submission import submit_registration, withdraw_registration
from comity.deals.states.registrations import Move
from comity.platform.files import FileTooLarge, FileTypeRefused
from comity.platform.models import StoredFile
from registration_story import RegistrationStory

LETTER = b"%PDF-1.7 We want to buy from Contoso. Signed, Acme"


@pytest.fixture
def story(cast) -> RegistrationStory:
    return RegistrationStory(cast)


def adds(story, who, registration, content=LETTER, *, name="letter.pdf", is_letter=True, at=NOW) -> RegistrationFile:
    with story.cast.scope(who):
        return attach_file(
            registration=registration, partnership=story.partnership(who), actor=story.cast.actor(who),
            upload=SimpleUploadedFile(name, content), is_letter=is_letter, at=at,
        )  # fmt: skip


def test_a_letter_is_read_by_a_person_and_passes_the_first(cast, story):
    story.rules(letter_wins=True)
    first = story.registers("bo", "Acme GmbH", customer_domain="acme.de")
    second = story.registers("cy", "Acme", customer_domain="acme.de", at=NOW + timedelta(hours=1))
    with cast.scope("ada"):
        assert newest_verdict(second).outcome == "queue"
    story.decides(second, Move.QUEUE)
    adds(story, "cy", second, at=NOW + timedelta(hours=2))
    with cast.scope("ada"):
        first.refresh_from_db()
        second.refresh_from_db()
        won, passed = newest_verdict(second), newest_verdict(first)
    assert (second.state, second.has_letter, won.outcome, won.automatic) == ("in_review", True, "approve", False)
    assert won.sentence == (
        "Fabrikam registered it first (DR-2026-00001), but the customer's signed letter names this partner, "
        "which goes before."
    )
    assert (first.state, passed.outcome) == ("submitted", "queue")
    assert passed.sentence == "Contoso came later, but with the customer's signed letter: DR-2026-00002."
    with cast.scope("cy"):
        told = json.dumps(masked_verdict_of(second))
    assert "Somebody of ours is looking at it." in told
    assert "Fabrikam" not in told

    with cast.scope("cy"):
        withdraw_registration(registration=second, partnership=cast.of_contoso, actor=cast.actor("cy"), at=NOW)
    with cast.scope("ada"):
        assert newest_verdict(first).outcome == "approve", "the one who passed it is gone"


def test_an_approval_stands_whatever_letter_comes(cast, story):
    story.rules(letter_wins=True)
    first = story.registers("bo", "Acme GmbH", customer_domain="acme.de")
    story.decides(first, Move.APPROVE)
    draft = story.draft("cy", "Acme", customer_domain="acme.de")
    adds(story, "cy", draft)
    with cast.scope("cy"):
        second = submit_registration(
            registration=draft, partnership=cast.of_contoso, actor=cast.actor("cy"), at=NOW + timedelta(hours=1)
        )
    with cast.scope("ada"):
        assert newest_verdict(second).sentence == (
            "Fabrikam registered it first: DR-2026-00001 (but the customer's letter names this partner)."
        )


def test_both_sides_keep_the_files_and_nobody_else(cast, story, monkeypatch):
    draft = story.draft("bo", "Acme GmbH")
    letter = adds(story, "bo", draft)
    notes = adds(story, "bo", draft, b"Met on Monday", name="../../notes\u202e.txt", is_letter=False)
    assert (letter.size, letter.media_type, notes.name) == (len(LETTER), "application/pdf", "notes.txt")
    for who in ("cy", "eve"):
        with cast.scope(who):
            assert not RegistrationFile.objects.exists()
            assert not StoredFile.objects.exists()
    with pytest.raises(RegistrationNotFound):
        adds(story, "cy", draft)
    for content, name, is_letter, refusal in (
        (b"Signed", "letter.txt", True, FileTypeRefused),
        (b"\x00\x01MZ", "virus.pdf", False, FileTypeRefused),
        (b"%PDF-" + b"x" * attachments.MOST_BYTES, "large.pdf", False, FileTooLarge),
    ):
        with pytest.raises(refusal):
            adds(story, "bo", draft, content, name=name, is_letter=is_letter)
    monkeypatch.setattr(attachments, "MOST_FILES", 2)
    with pytest.raises(TooManyFiles):
        adds(story, "bo", draft)

    bo = {"partnership": cast.of_fabrikam, "actor": cast.actor("bo")}
    with cast.scope("bo"):
        remove_attachment(attached=letter, registration=draft, **bo)
        assert Registration.objects.get(pk=draft.pk).has_letter is False
        sent = submit_registration(registration=draft, **bo, at=NOW)
        with pytest.raises(FilesClosed):
            remove_attachment(attached=notes, registration=sent, **bo)
        again = register_again(registration=sent, **bo, at=NOW + timedelta(days=300))
        assert (again.state, again.customer_name, again.expected_close_on) == ("draft", "Acme GmbH", None)
        assert not files_of(again).exists()
    adds(story, "bo", again)
    with cast.scope("bo"):
        discard_draft(registration=again, **bo)
    with cast.scope("ada"):
        assert [one.name for one in files_of(sent)] == ["notes.txt"]
        assert StoredFile.objects.count() == 1
    story.decides(sent, Move.REJECT)
    with pytest.raises(FilesClosed):
        adds(story, "bo", sent)
