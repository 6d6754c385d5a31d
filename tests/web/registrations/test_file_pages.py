"""Files on the pages of both sides: put beside a draft, read by the vendor, registered again."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from comity.deals.models import Registration, RegistrationFile

LETTER = b"%PDF-1.7 We want to buy from Fabrikam. Signed, Acme"


def typed(**more: object) -> dict[str, object]:
    soon = (timezone.now() + timedelta(days=60)).date()
    return {
        "customer_name": "Acme GmbH", "customer_domain": "acme.de", "contact_name": "Erika", "kind": "new",
        "use_case": "Reports", "value": "41,500", "currency": "EUR", "expected_close_on": soon.isoformat(),
        "rfp": "none", **more,
    }  # fmt: skip


def letter(name: str = "Letter of Acme.pdf", content: bytes = LETTER) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_files_from_the_form_to_the_decider(cast):
    bo, ada, cy = cast.browser("bo"), cast.browser("ada"), cast.browser("cy")
    root = f"/portal/{cast.of_fabrikam.pk}/deals/registrations/"
    refused = bo.post(f"{root}new/", typed(letter=letter("letter.pdf", b"only text")))
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "This is a text file such as CSV; choose" in page
    assert 'value="Acme GmbH"' in page
    with cast.scope("bo"):
        assert not Registration.objects.exists(), "all or nothing"

    sent = bo.post(f"{root}new/", typed(letter=letter(), files=[letter("a.pdf"), letter("b.pdf")]), follow=True)
    page = sent.content.decode()
    assert "is on its way" in page
    for words in ("Letter of Acme.pdf", "the customer&#x27;s signed letter", "a.pdf", "b.pdf", "Add files"):
        assert words in page or words.replace("&#x27;", "'") in page
    with cast.scope("ada"):
        kept = RegistrationFile.objects.get(is_letter=True)
    theirs = f"/workspace/northwind/deals/registrations/{kept.registration_id}/"
    assert "Letter of Acme.pdf" in ada.get(theirs).content.decode()
    for client, place in ((ada, theirs), (bo, f"{root}{kept.registration_id}/")):
        answer = client.get(f"{place}files/{kept.pk}/")
        assert answer["Content-Disposition"] == 'attachment; filename="Letter of Acme.pdf"'
        assert answer["Content-Length"] == str(len(LETTER))
    assert cy.get(f"{root}{kept.registration_id}/files/{kept.pk}/").status_code == 404
    foreign = f"/portal/{cast.of_contoso.pk}/deals/registrations/{kept.registration_id}/files/"
    assert cy.post(foreign, {"files": letter()}).status_code == 404
    stays = bo.post(f"{root}{kept.registration_id}/files/{kept.pk}/", follow=True).content.decode()
    assert "its files stay with it" in stays
    assert "Choose a file first." in bo.post(f"{root}{kept.registration_id}/files/", follow=True).content.decode()

    draft = bo.post(f"{root}{kept.registration_id}/again/", follow=True).content.decode()
    assert "A draft with what DR-" in draft
    assert 'value="Acme GmbH"' in draft
    with cast.scope("bo"):
        copied = Registration.objects.get(state="draft")
    added = bo.post(f"{root}{copied.pk}/files/", {"files": letter("c.pdf")}, follow=True).content.decode()
    assert "Remove c.pdf" in added
