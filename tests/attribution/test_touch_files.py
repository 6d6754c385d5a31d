"""Lists of touches: what is good waits to be taken in, what is bad says why, and twice is as once."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.attribution.test_pages import at

from comity.attribution.models import Touch, TouchFile
from comity.attribution.states import TouchKind
from comity.attribution.touch_files import take_touches_in
from comity.attribution.touches import TouchDraft, record_touch
from comity.deals.models import CustomerAccount, Opportunity
from comity.platform.models import OutboxEvent
from deal_story import MARCH, deal

FILES = "/workspace/northwind/deals/touches/files/"
HEADER = "Partner;Kind;Date;Deal;Customer;Notes;ID\n"


@pytest.mark.django_db
def test_a_list_is_checked_looked_at_and_taken_in_once(cast):
    ada = cast.browser("ada")
    with cast.scope("ada"):
        acme = deal(cast, "Acme", partner=cast.of_fabrikam)
        Opportunity.objects.filter(pk=acme.pk).update(external_id="OPP-1")
        account = CustomerAccount.objects.create(vendor_id=cast.program.vendor_id, name="Acme")
        same = TouchDraft(cast.of_fabrikam, TouchKind.DEMO, at(date(2026, 1, 9)), acme, external_key="old")
        record_touch(program=cast.program, actor=cast.actor("ada"), draft=same, at=MARCH)
    rows = [
        "Fabrikam;demo;2026-01-05;OPP-1;;Showed it;crm-1",
        "fabrikam;Joint call;2026-01-06T09:30;OPP-1;;;",
        "Contoso;event;2026-01-07;;Acme;Their <fair>;crm-2",
        "Contoso;party;7.1.2026;OPP-9;;;crm-3",
        "Nobody;demo;2090-01-01;;;;crm-4",
        "Contoso;demo;2090-01-01;OPP-1;;;crm-5",
        "Fabrikam;demo;2026-01-05;OPP-1;;Showed it;crm-1",
        "Fabrikam;event;2026-01-09;OPP-1;;;old",
    ]

    def send(text: str):
        return ada.post(FILES, {"file": SimpleUploadedFile("list.csv", text.encode())})

    for bad, told in (
        ("", "Choose a CSV file"),
        (HEADER, "has no rows"),
        ("Partner;Day\nx;y\n", "lacks these columns"),
    ):
        refused = send(bad) if bad else ada.post(FILES, {})
        assert (refused.status_code, told in refused.content.decode()) == (422, True)
    address = send(HEADER + "\n".join(rows)).url
    page = ada.get(address).content.decode()
    for told in ("4 touches can be taken in", "4 rows are not taken", "Their &lt;fair&gt;", "names this touch twice"):
        assert told in page, told
    with cast.scope("ada"):
        assert Touch.objects.count() == 1  # nothing was taken in yet
    taken = ada.post(f"{address}take/", follow=True).content.decode()
    assert ("3 taken in" in taken, "5 rejected" in taken) == (True, True)
    assert "thrown away, already" in ada.post(f"{address}take/", follow=True).content.decode()
    told = ada.get(f"{address}rejects.csv").content.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(told)))
    assert [line[0] for line in lines] == ["Line", "5", "6", "7", "8", "9"]
    assert "“party” is no kind of touch" in lines[1][1]
    assert "no deal with the id or name “OPP-9”" in lines[1][1]
    assert lines[5][1:3] == ["This touch is recorded already, differently.", "Fabrikam"]
    with cast.scope("ada"):
        made = Touch.objects.exclude(external_key="old").order_by("happened_at")
        assert [(one.partnership.name, one.kind, one.state, one.side) for one in made] == [
            ("Fabrikam", "demo", "confirmed", "vendor"), ("Fabrikam", "joint_call", "confirmed", "vendor"),
            ("Contoso", "event", "confirmed", "vendor"),
        ]  # fmt: skip
        assert (made[2].opportunity_id, made[2].account_id) == (None, account.pk)
        news = OutboxEvent.objects.filter(name="attribution.TouchesChanged").latest("created_at").payload
        assert sorted(news["touch_ids"]) == sorted(str(one.pk) for one in made)
    # The same list again, also the row without an id of its own: nothing new.
    again = send(HEADER + "\n".join(rows)).url
    with cast.scope("ada"):
        file = TouchFile.objects.get(pk=again.rstrip("/").rsplit("/", 1)[1])
        done = take_touches_in(file=file, actor=cast.actor("ada"), at=MARCH)
        assert (done.taken, done.known, Touch.objects.count()) == (0, 3, 4)
    third = send(HEADER + rows[0]).url
    assert ada.post(f"{third}discard/").url == FILES
    assert ada.get(third).status_code == 404
    for who in ("bo", "eve"):
        assert cast.browser(who).get(address).status_code == 404
    with cast.scope("bo"):
        assert not TouchFile.objects.exists()


@pytest.mark.django_db
def test_a_list_may_name_deals_and_what_is_not_one_deal_is_refused(cast):
    with cast.scope("ada"):
        for name, customer in (("Rollout", "Acme"), ("Rollout", "Globex"), ("Pilot", "Acme")):
            account, _new = CustomerAccount.objects.get_or_create(vendor_id=cast.program.vendor_id, name=customer)
            deal(cast, name, partner=cast.of_fabrikam, account=account)
    rows = [
        "Fabrikam;demo;2026-01-05;Pilot;;;",
        "Fabrikam;event;2026-01-06;Rollout;Globex;;",
        "Fabrikam;event;2026-01-07;Rollout;;;",
        "Fabrikam;event;2026-01-08;Pilot;Globex;;",
    ]
    ada = cast.browser("ada")
    address = ada.post(FILES, {"file": SimpleUploadedFile("list.csv", (HEADER + "\n".join(rows)).encode())}).url
    page = ada.get(address).content.decode()
    for told in (
        "2 touches can be taken in",
        "Several deals are called “Rollout”",
        "No deal of Globex is called “Pilot”",
    ):
        assert told in page, told
    ada.post(f"{address}take/")
    with cast.scope("ada"):
        made = Touch.objects.order_by("happened_at")
        assert [(one.opportunity.name, one.opportunity.account.name) for one in made] == [
            ("Pilot", "Acme"), ("Rollout", "Globex"),
        ]  # fmt: skip
