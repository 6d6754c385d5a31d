"""The cut-over: the older system's registrations come first, by their dates, once, by two people."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.utils import timezone

from comity.deals.models import Handling, LegacyBatch, Registration, RegistrationStep
from comity.deals.registration.decisions import newest_verdict
from comity.deals.registration.queries import masked_verdict_of
from registration_story import RegistrationStory

ROOT = "/workspace/northwind/deals/registrations/older/"
AHEAD = (timezone.now() + timedelta(days=60)).date()
HEAD = "Partner,ID,Customer,Registered on,Status,Decided on,Protected until,Domain,Value,Close"
GOOD = (
    f"Contoso,OLD-7,Acme GmbH,2025-11-03,Approved,2025-11-05,{AHEAD},acme.de,20k EUR,2026-01-31",
    "Fabrikam,OLD-3,Globex AG,1 March 2025,Rejected,4 March 2025,,globex.com,,",
    "Fabrikam,OLD-9,Acme,2025-10-01,Open,,,acme.de,,",
)
BAD = (
    "Tailspin,OLD-1,Hooli,2025-01-01,Open,,,,,", f"Fabrikam,,Hooli,{AHEAD},Lost,,,,,",
    "Fabrikam,OLD-3,Hooli,01/02/2025,Approved,2025-01-01,,,a lot,",
)  # fmt: skip


def upload(client, *rows: str):
    content = "\n".join([HEAD, *rows]).encode()
    return client.post(ROOT, {"file": SimpleUploadedFile("old.csv", content)}, follow=True)


def test_two_people_bring_the_old_registrations_over(cast):
    story = RegistrationStory(cast)
    new = story.registers("bo", "Acme Gesellschaft mbH", customer_domain="acme.de", at=timezone.now(),
                          expected_close_on=AHEAD)  # fmt: skip
    olga, root, ada = cast.browser("olga"), cast.browser("root"), cast.browser("ada")
    assert ada.get(ROOT).status_code == 403
    assert "No batch yet" in olga.get(ROOT).content.decode()
    assert "lacks these columns" in olga.post(
        ROOT, {"file": SimpleUploadedFile("x.csv", b"Customer\nAcme")}
    ).content.decode()  # fmt: skip
    page = upload(olga, *GOOD, *BAD)
    wrong, text = page.redirect_chain[-1][0], page.content.decode()
    for words in (
        "3 rows are wrong", "There is no active partner “Tailspin”.", "It has no key of the older system.",
        "lies in the future.", "It is decided, but says not when.", "Line 3 has the same key.",
        "It is approved, but says not until when it is protected.", "This is not an amount", "01/02/2025",
    ):  # fmt: skip
        assert words in text, words
    assert "3 rows are wrong" in root.post(f"{wrong}sign-off/", follow=True).content.decode()
    assert "The batch is gone." in olga.post(f"{wrong}discard/", follow=True).content.decode()

    page = upload(olga, *GOOD)
    at = page.redirect_chain[-1][0]
    assert "somebody else signs it off" in page.content.decode()
    assert "somebody else signs it off" in olga.post(f"{at}sign-off/", follow=True).content.decode()
    with cast.scope("olga"):
        assert Registration.objects.count() == 1, "nothing comes in before the signature"
    assert "3 registrations are brought over" in root.post(f"{at}sign-off/", follow=True).content.decode()

    with cast.scope("ada"):
        kept = {one.intake_key: one for one in Registration.objects.all()}
        first, second, third = (kept[f"legacy:OLD-{number}"] for number in (3, 9, 7))
        orders = [Handling.objects.get(registration=one).order_number for one in (first, second, third, new)]
        assert orders == [-3, -2, -1, 1], "by the dates there, ahead of what is new"
        assert [one.state for one in (first, second, third)] == ["rejected", "in_review", "approved"]
        assert (third.submitted_at.date(), third.protected_until) == (date(2025, 11, 3), AHEAD)
        assert (third.value, third.expected_close_on) == (20_000, date(2026, 1, 31))
        assert third.reference == "DR-2025-00003"
        said = newest_verdict(third).sentence
        assert said.startswith("Brought over from an older system, where it is OLD-7, submitted on")
        assert said.endswith("Olga uploaded it, Root signed it off.")
        assert newest_verdict(second).sentence.startswith("Contoso registered it first: DR-2025-00003 (brought over")
        assert RegistrationStep.objects.get(registration=third).text.startswith("Brought over")
    with cast.scope("bo"):
        told = masked_verdict_of(first)
        assert told["sentence"].startswith("Brought over from an older system with its date")
    late = story.registers("bo", "ACME", customer_domain="acme.de", customer_country="Austria", at=timezone.now(),
                           expected_close_on=AHEAD, kind="teaming")  # fmt: skip
    with cast.scope("ada"):
        findings = [one.sentence for one in newest_verdict(late).findings]
        assert any(one.startswith("Contoso registered it first: DR-2025-00003 (brought over") for one in findings)

    with cast.scope("root"):
        batch = LegacyBatch.objects.get()
        for change in (
            lambda: LegacyBatch.objects.filter(pk=batch.pk).update(sealing=True),
            lambda: LegacyBatch.objects.filter(pk=batch.pk).delete(),
            lambda: Handling.objects.filter(registration=new).update(order_number=-9),
            lambda: Registration.objects.filter(pk=third.pk).update(submitted_at=timezone.now()),
            lambda: LegacyBatch.objects.create(
                vendor_id=batch.vendor_id, program=cast.program, file_id=batch.file_id, name="x",
                uploaded_at=timezone.now(), uploaded_by_id=batch.uploaded_by_id, uploaded_by_name="Olga",
                signed_off_at=timezone.now(), signed_off_by_id=batch.signed_off_by_id,
            ),
        ):  # fmt: skip
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
    assert upload(olga, *GOOD).status_code == 422
    assert "The cut-over is done." in olga.get(ROOT).content.decode()
