"""Lists of registrations: looked at, made into drafts once, submitted at the program's pace; on both sides' pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from comity.deals.intake.lists import ListNotFound, list_visible_to, receive_list
from comity.deals.intake.tables import ListRefused, read_table
from comity.deals.models import Handling, Registration, RegistrationList, RegistrationStep
from registration_story import RegistrationStory

SOON = (timezone.now() + timedelta(days=60)).date()
HEAD = "Schlüssel;Kunde;Land;Ansprechpartner;Bedarf;Erwarteter Wert;Abschluss;Farbe"
ROWS = (
    f"A-1;Acme GmbH;Germany;Erika;Reports;20.000 EUR;{SOON:%d.%m.%Y};red",
    "A-2;Globex;;Hans;Reports;a lot;31.02.2027;red",
    "A-3;Initech;Germany;;;;;",
    f"A-1;Acme again;Germany;Erika;Reports;1;{SOON};",
    f"A-4;Umbrella;Germany;Erika;Reports;7;{SOON};=1+1",
)
LIST = "\r\n".join([HEAD, *ROWS]).encode("utf-8-sig")


def test_a_partner_brings_a_list_and_sends_what_is_complete(cast):
    RegistrationStory(cast).rules(at=timezone.now() - timedelta(days=1), submissions_an_hour=1, flagged_from=1)
    bo, cy = cast.browser("bo"), cast.browser("cy")
    root = f"/portal/{cast.of_fabrikam.pk}/deals/registrations/lists/"
    assert "No list yet" in bo.get(root).content.decode()
    assert bo.get(f"{root}sample/").content.decode().startswith("\ufeffKey,Customer name,")
    assert "Choose a file first." in bo.post(root).content.decode()
    page = bo.post(root, {"file": SimpleUploadedFile("ours.csv", LIST)}, follow=True)
    at, text = page.redirect_chain[-1][0], page.content.decode()
    assert "3 rows become drafts." in text
    assert "2 rows are not taken." in text
    for words in ("This is not an amount that could be read", "This day could not be read", "Line 2 has the same key."):
        assert words in text
    assert '<option value="customer_name" selected>' in text
    fields = ["key", "customer_name", "customer_country", "contact_name", "use_case", "value", "expected_close_on", ""]
    chosen = {f"column_{place}": name for place, name in enumerate(fields)}
    refused = bo.post(at, {**chosen, "column_7": "value"}, follow=True).content.decode()
    assert "Two columns are the value; leave one of them out." in refused
    bo.post(at, {**chosen, "column_7": "notes"})
    for answer in (cy.get(at), cy.post(f"{at}make/"), cy.get(f"{at}rejects/")):
        assert answer.status_code == 404

    done = bo.post(f"{at}make/", follow=True).content.decode()
    assert "5 rows were read" in done
    assert "The drafts of ours.csv are made" in bo.post(f"{at}make/", follow=True).content.decode()
    rejects = bo.get(f"{at}rejects/").content.decode()
    assert 'A-2,Globex,,Hans,Reports,a lot,31.02.2027,red,"Value: This is not' in rejects
    again = bo.post(root, {"file": SimpleUploadedFile("ours.csv", LIST.replace(b"Hans", b"Hanna"))}, follow=True)
    bo.post(f"{again.redirect_chain[-1][0]}make/")
    with cast.scope("bo"):
        kept = {one.intake_key: one for one in Registration.objects.all()}
        assert sorted(kept) == ["list:A-1", "list:A-3", "list:A-4"]
        assert (kept["list:A-1"].value, kept["list:A-1"].expected_close_on) == (20_000, SOON)
        assert kept["list:A-4"].notes == "=1+1", "what a later list does not say stays"
        newest = RegistrationList.objects.order_by("-pk")[0]
        assert newest.counts == {"created": 0, "changed": 0, "known": 3, "rejected": 2, "rows": 5}
    sent = bo.post(f"/portal/{cast.of_fabrikam.pk}/deals/registrations/submit-all/", follow=True).content.decode()
    assert "1 registrations are on their way. 1 drafts lack something. 1 wait" in sent
    with cast.scope("ada"):
        assert list(Handling.objects.values_list("flag", flat=True)) == ["Number 1 of this partner within an hour"]


def test_operations_bring_a_list_for_several_partners(cast):
    olga, ada = cast.browser("olga"), cast.browser("ada")
    rows = [f"{name};{company};Germany;Erika;Reports;5;{SOON}" for name, company in (
        ("Fabrikam", "Acme"), ("contoso", "Globex"), ("Tailspin", "Initech"), ("", "Umbrella"))]  # fmt: skip
    content = "\n".join(["Partner;Customer;Country;Contact;Need;Value;Close", *rows]).encode()
    root = "/workspace/northwind/deals/registrations/lists/"
    assert ada.get(root).status_code == 403
    page = olga.post(root, {"file": SimpleUploadedFile("theirs.csv", content)}, follow=True)
    at, text = page.redirect_chain[-1][0], page.content.decode()
    assert "There is no active partner “Tailspin”." in text
    assert "No partner is named." in text
    olga.post(f"{at}make/")
    with cast.scope("cy"):
        assert [one.customer_name for one in Registration.objects.all()] == ["Globex"]
        assert not RegistrationList.objects.exists()
    assert "2 registrations are on their way." in olga.post(f"{at}submit/", follow=True).content.decode()
    with cast.scope("cy"):
        sent = Registration.objects.get()
        assert (sent.state, sent.decided_at) == ("submitted", None)
        assert RegistrationStep.objects.get().side == "vendor"
    with cast.scope("bo"), pytest.raises(ListNotFound):
        list_visible_to(cast.actor("bo"), cast.program, sent.pk, cast.of_fabrikam)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Customer", "has no rows"), (b"Customer,Value\n" + b"a,1\n" * 501, "501 rows"), (b'a,b\n"x', "is not CSV"),
        (b"a," * 61 + b"b\nx", "62 columns"), (b"a\n" + b"x" * 10_001, "more than 10,000 letters"),
        (b"\xff\xfeA", "not text in UTF-8"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused(cast, content, words):
    with cast.scope("bo"), pytest.raises(ListRefused, match=words):
        receive_list(
            program=cast.program, actor=cast.actor("bo"), upload=SimpleUploadedFile("x.csv", content),
            at=timezone.now(), partnership=cast.of_fabrikam,
        )  # fmt: skip


def test_what_spreadsheets_write():
    for content in ("Kunde;Größe\r\nMüller;1\r\n".encode("cp1252"), "Kunde\tGröße\nMüller\t1".encode("utf-16")):
        table = read_table(content)
        assert (table.columns, table.rows) == (["Kunde", "Größe"], [(2, ["Müller", "1"])])
