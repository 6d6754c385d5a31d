"""The pages of an import, from the upload to the corrected rows that come back."""

from __future__ import annotations

import asyncio
from html.parser import HTMLParser

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cast import NOW, Cast, make_cast
from comity.connectors.files import load_mapping, parse_mapping
from comity.connectors.models import ImportFile, ImportRun, KeptMapping, Reject
from comity.connectors.services import execute_run
from comity.connectors.uploads import mapping_of, paths_beside, paths_of
from comity.deals.models import Opportunity
from comity.platform.jobs import run_worker
from comity.platform.models import StoredFile
from comity.platform.tenancy import tenant

ADDRESS = "/workspace/northwind/imports/"
TEAMS = b"sales_agent,manager,regional_office\nMoses Frase,Dustin Brinkmann,Central\n"
ACCOUNTS = (
    b"account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
    b"Acme,retail,1990,1.5,20,Panama,\n"
)
PRODUCTS = b"product,series,sales_price\nGTX Pro,GTX,4821\n"
PIPELINE = (
    b"opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
    b"D1,Moses Frase,GTXPro,Acme,Won,1/5/2017,2/1/2017,100\n"
    b"D2,Moses Frase,GTXPro,Acme,Won,1/5/2017,31/31/2017,200\n"
    b"D3,Nobody Known,GTXPro,Acme,Won,1/5/2017,2/1/2017,300\n"
)
FILES = {"sales_teams": TEAMS, "accounts": ACCOUNTS, "products": PRODUCTS, "sales_pipeline": PIPELINE}


def uploads(**texts: bytes):
    return [SimpleUploadedFile(f"{name}.csv", text) for name, text in (texts or FILES).items()]


def upload(cast: Cast, who: str = "olga", **more):
    return cast.browser(who).post(f"{ADDRESS}new/", {"files": uploads(), **more})


def page_of(cast: Cast, record: ImportRun) -> str:
    return cast.browser("olga").get(f"{ADDRESS}{record.pk}/").content.decode()


def newest() -> ImportRun:
    return ImportRun.objects.order_by("-created_at", "-id").first()


def test_an_empty_list_says_the_next_step(cast):
    text = cast.browser("olga").get(ADDRESS).content.decode()
    assert "Nothing was imported yet" in text
    assert "/workspace/northwind/imports/new/" in text


def test_a_kept_mapping_that_cannot_be_read_any_more_stops_no_guess(cast):
    with cast.scope("olga"):
        KeptMapping.objects.create(
            vendor_id=cast.northwind.pk, program=cast.program, name="old", title="Our old one", text="[mapping",
            changed_at=NOW,
        )  # fmt: skip
    assert upload(cast).status_code == 302
    with cast.scope("olga"):
        assert newest().mapping != "old"
    page = cast.browser("olga").get(f"{ADDRESS}new/").content.decode()
    assert ("Our old one" in page, "cannot be read any more" in page) == (True, True)


def test_an_upload_is_shown_as_it_will_be_read_and_writes_nothing(cast):
    response = upload(cast)
    with cast.scope("olga"):
        record = newest()
        assert (record.state, record.mapping) == ("draft", "crm-sales")  # found out by the columns
        assert ImportFile.objects.count() == 4
        assert Opportunity.objects.count() == 0
    assert response.headers["Location"] == f"{ADDRESS}{record.pk}/"
    text = page_of(cast, record)
    assert "Nothing is written yet" in text
    assert "2017-02-01" in text
    assert "<mark><bdi>31/31/2017</bdi></mark>" in text
    assert "Rows that will not be taken" in text


def test_what_cannot_be_read_is_refused_and_nothing_is_kept(cast):
    missing = cast.browser("olga").post(f"{ADDRESS}new/", {})
    assert missing.status_code == 422
    assert "Choose the files of the export first" in missing.content.decode()
    binary = cast.browser("olga").post(
        f"{ADDRESS}new/", {"files": uploads(deals=b"PK\x03\x04 xl/ stuff"), "mapping": "hubspot"}
    )
    assert binary.status_code == 422
    assert "a spreadsheet" in binary.content.decode()
    twice = [SimpleUploadedFile("a.csv", b"x"), SimpleUploadedFile("a (1).csv", b"x")]
    same = cast.browser("olga").post(f"{ADDRESS}new/", {"files": twice, "mapping": "hubspot"})
    assert "Several files are called a.csv" in same.content.decode()
    path = cast.browser("olga").post(f"{ADDRESS}new/", {"files": uploads(), "mapping": "../../etc/passwd"})
    assert path.status_code == 422
    with cast.scope("olga"):
        assert ImportRun.objects.count() == 0
        assert StoredFile.objects.count() == 0


def test_a_mapping_of_ones_own_and_another_choice(cast):
    own = SimpleUploadedFile("mine.toml", b"[mapping]\nname = 'mine'\n")
    refused = upload(cast, own_mapping=own)
    assert refused.status_code == 422
    assert "mine.toml" in refused.content.decode()
    upload(cast, mapping="hubspot")
    with cast.scope("olga"):
        record = newest()
    assert "These files cannot be read like this" in page_of(cast, record)
    cast.browser("olga").post(f"{ADDRESS}{record.pk}/mapping/", {"mapping": "crm-sales"})
    assert "2017-02-01" in page_of(cast, record)


def form_of(text: str) -> dict[str, list[str] | str]:
    """What a browser would send of the form of columns, as it stands."""
    parser = _Form()
    parser.feed(text)
    return parser.fields


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._select = ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "input" and given.get("name") and (given.get("type") != "checkbox" or "checked" in given):
            self.fields.setdefault(given["name"], []).append(given.get("value") or "")
        elif tag == "select":
            self._select = given["name"]
            self.fields[self._select] = [""]
        elif tag == "option" and "selected" in given:
            self.fields[self._select] = [given["value"]]


OWN_PARTNERS = b"Partner Nr;Firma;Seit;Status\n7;Piz AG;1.3.2020;aktiv\n8;Rigi GmbH;31.12.2021;aktiv\n"
OWN_DEALS = (
    b"Order;Customer;Phase;Angelegt am;Abschluss;Betrag;Partner Nr\n"
    b"A1;Acme;gewonnen;1.2.2024;28.2.2024;1.234,50;7\nA2;Acme;Angebot;1.2.2024;;99,00;8\n"
)


def test_files_that_no_mapping_knows_are_read_by_a_guess_that_is_corrected_in_place_and_kept(cast):
    olga = cast.browser("olga")
    export = {"partner-2026-11": OWN_PARTNERS, "auftraege-2026-11": OWN_DEALS}
    olga.post(f"{ADDRESS}new/", {"files": uploads(**export)})
    with cast.scope("olga"):
        record = newest()
        assert (record.state, record.mapping) == ("draft", "own")
    shown = page_of(cast, record)
    assert "aktiv</bdi></mark>" in shown, "a word nobody explained"
    assert "1,234.50" in shown
    address = f"{ADDRESS}{record.pk}/columns/"
    form = form_of(olga.get(address).content.decode())
    assert form["f1.partner.external_id"] == ["c:Partner Nr"]
    assert form["f0.opportunity.stage_kind.0.word"] == ["gewonnen"]
    assert form["f0.opportunity.stage_kind.0"] == ["won"]
    assert form["f1.file"] == ["partner-*.csv"]
    form |= {"f1.partner.status.0": "active", "title": "Our orders"}
    refused = olga.post(address, {**form, "f1.partner.external_id": ""})
    assert refused.status_code == 422
    assert "Choose the column that feeds this field." in refused.content.decode()
    assert form_of(refused.content.decode())["f1.partner.status.0"] == ["active"], "nothing typed is lost"
    assert olga.post(address, {**form, "title": "CRM sales"}).status_code == 422, "the name is taken"
    saved = olga.post(address, form, follow=True).content.decode()
    assert "This is how the files are read now." in saved
    assert "<mark>" not in saved
    olga.post(f"{ADDRESS}{record.pk}/start/")
    with cast.scope("olga"):
        assert newest().state == "waiting"
    later = {"partner-2026-12": OWN_PARTNERS, "auftraege-2026-12": OWN_DEALS}
    olga.post(f"{ADDRESS}new/", {"files": uploads(**later)})
    with cast.scope("olga"):
        again = newest()
        assert again.mapping == "our-orders", "found by the columns"
        kept = KeptMapping.objects.get().pk
    assert "<mark>" not in page_of(cast, again)
    toml = olga.get(f"{ADDRESS}mappings/{kept}/").content.decode()
    assert parse_mapping(toml, name="own").formats.decimal == ","
    for who, status in (("ada", 403), ("eve", 404)):
        assert cast.browser(who).get(address).status_code == status
        assert cast.browser(who).post(f"{ADDRESS}mappings/{kept}/forget/").status_code == status
    olga.post(f"{ADDRESS}mappings/{kept}/forget/")
    assert "Our orders" not in olga.get(f"{ADDRESS}new/").content.decode().partition("</h1>")[2]


def test_a_shipped_mapping_is_corrected_without_losing_what_is_richer_than_columns(cast):
    upload(cast)
    with cast.scope("olga"):
        record = newest()
    olga, address = cast.browser("olga"), f"{ADDRESS}{record.pk}/columns/"
    form = form_of(olga.get(address).content.decode())
    olga.post(address, {**form, "title": "Ours", "f2.opportunity.name": "c:opportunity_id"})
    with cast.scope("olga"):
        record.refresh_from_db()
        changed = mapping_of(record)
    shipped = load_mapping("crm-sales")
    assert changed.source[3].opportunity.rules["name"].column == "opportunity_id"
    del changed.source[3].opportunity.rules["name"]
    assert [one.model_dump() for one in changed.source[:3]] == [one.model_dump() for one in shipped.source[:3]]
    assert changed.source[3].opportunity.rules == shipped.source[3].opportunity.rules
    assert (changed.stage, changed.maps, changed.lookup) == (shipped.stage, shipped.maps, shipped.lookup)
    only = [target for target in form["f2.targets"] if target != "opportunity_partner"]
    olga.post(address, {**form, "title": "Ours", "f2.targets": [*only, "quota"]})
    with cast.scope("olga"):
        record.refresh_from_db()
        assert mapping_of(record).source[3].opportunity_partner is not None, "what is new is looked at first"


def test_only_operations_and_administrators_import(cast):
    upload(cast)
    with cast.scope("olga"):
        record = newest()
    for who, status in (("ada", 403), ("vera", 403), ("bo", 404), ("eve", 404)):
        browser = cast.browser(who)
        for address in ("", "new/", f"{record.pk}/", f"{record.pk}/rejects/?file=deals.csv"):
            assert browser.get(f"{ADDRESS}{address}").status_code == status, (who, address)
        for address in (f"{record.pk}/start/", f"{record.pk}/discard/", f"{record.pk}/again/", f"{record.pk}/mapping/"):
            assert browser.post(f"{ADDRESS}{address}").status_code == status, (who, address)
        assert browser.post(f"{ADDRESS}new/", {"files": uploads()}).status_code == status
    eve = cast.browser("eve")
    assert eve.get(f"/workspace/umbra/imports/{record.pk}/").status_code == 404
    assert eve.get(f"/workspace/umbra/imports/new/?corrects={record.pk}").status_code == 404
    with cast.scope("olga"):
        record.refresh_from_db()
        assert record.state == "draft"


def test_a_draft_is_discarded_with_its_files(cast):
    upload(cast)
    with cast.scope("olga"):
        record = newest()
    cast.browser("olga").post(f"{ADDRESS}{record.pk}/discard/")
    with cast.scope("olga"):
        assert ImportRun.objects.count() == 0
        assert StoredFile.objects.count() == 0


@pytest.fixture
def stage(committed_database: str) -> Cast:
    """The cast, where commits are real."""
    return make_cast()


def work(cast: Cast) -> ImportRun:
    """Let a worker do what waits; the newest run."""
    run_worker(wait=False)
    with cast.scope("olga"):
        return newest()


def body_of(response) -> bytes:
    async def read() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    return asyncio.run(read())


def test_from_upload_to_corrected_rows(stage):
    upload(stage)
    with stage.scope("olga"):
        record = newest()
    browser = stage.browser("olga")
    started = browser.post(f"{ADDRESS}{record.pk}/start/", follow=True)
    assert 'hx-trigger="every 1s"' in started.content.decode()
    assert "Waiting for a worker" in started.content.decode()
    again = browser.post(f"{ADDRESS}{record.pk}/start/", follow=True)
    assert "was started in the meantime" in again.content.decode()
    assert work(stage).state == "done"
    text = page_of(stage, record)
    assert "Some rows could not be taken" in text
    assert "is not in sales_teams.csv" in text
    assert 'hx-trigger="every' not in text, "nothing is waited for any more"
    downloaded = body_of(browser.get(f"{ADDRESS}{record.pk}/rejects/?file=sales_pipeline.csv"))
    assert downloaded.startswith(b"\xef\xbb\xbfopportunity_id,sales_agent")
    assert b"31/31/2017,200,close_date: is not a day of the calendar\r\n" in downloaded
    assert browser.get(f"{ADDRESS}{record.pk}/rejects/?file=accounts.csv").status_code == 404
    corrected = downloaded.replace(b"31/31/2017", b"3/31/2017").replace(b"Nobody Known", b"Moses Frase")
    back = browser.post(
        f"{ADDRESS}new/",
        {"files": [SimpleUploadedFile("sales_pipeline (1).csv", corrected)], "corrects": str(record.pk)},
        follow=True,
    )
    assert "2017-03-31" in back.content.decode()
    with stage.scope("olga"):
        second = newest()
    browser.post(f"{ADDRESS}{second.pk}/start/", {"strict": "on"})
    assert work(stage).state == "done"
    with stage.scope("olga"):
        assert sorted(Opportunity.objects.values_list("external_id", flat=True)) == ["D1", "D2", "D3"]
    with stage.scope("eve"):
        assert Opportunity.objects.count() == 0
    listed = browser.get(ADDRESS).content.decode()
    assert listed.count("Done") == 2


def test_rows_are_corrected_on_the_page_and_come_in_by_one_click(stage):
    upload(stage)
    browser = stage.browser("olga")
    with stage.scope("olga"):
        record = newest()
    browser.post(f"{ADDRESS}{record.pk}/start/")
    work(stage)
    address = f"{ADDRESS}{record.pk}/correct/?file=sales_pipeline.csv"
    shown = browser.get(address).content.decode()
    assert 'value="31/31/2017"' in shown
    assert "is not a day of the calendar" in shown
    assert "is not in sales_teams.csv" in shown
    with stage.scope("olga"):
        day, agent = Reject.objects.filter(run=record).order_by("line")
    kept = browser.post(address, {f"{day.pk}.6": "3/31/2017", f"{agent.pk}.1": "=Somebody"}, follow=True)
    assert "2 rows are kept as you typed them." in kept.content.decode()
    assert 'value="=Somebody"' in kept.content.decode()
    too_long = browser.post(address, {f"{agent.pk}.1": "x" * 2_001, "import": "yes"})
    assert too_long.status_code == 422
    assert "x" * 2_001 in too_long.content.decode(), "what was typed stays"
    with stage.scope("olga"):
        Reject.objects.filter(pk=agent.pk).update(is_cut=True)
    half = browser.post(f"{ADDRESS}{record.pk}/corrected/", follow=True).content.decode()
    assert "is too long to be corrected here" in half, "cells that were cut are not imported"
    with stage.scope("olga"):
        Reject.objects.filter(pk=agent.pk).update(is_cut=False)
    begun = browser.post(f"{ADDRESS}{record.pk}/corrected/", follow=True).content.decode()
    assert "The rows are being imported again." in begun
    assert "are being imported already" in browser.post(address, {"import": "yes"}, follow=True).content.decode()
    second = work(stage)
    assert (second.state, second.corrects_id, second.counts["rejected"]) == ("done", record.pk, 1)
    with stage.scope("olga"):
        assert sorted(Opportunity.objects.values_list("external_id", flat=True)) == ["D1", "D2"]
        [left] = Reject.objects.filter(run=second)
        assert left.raw[1] == "=Somebody", "no guard of spreadsheets is left on it"
    browser.post(f"{ADDRESS}{second.pk}/correct/", {f"{left.pk}.1": "Moses Frase", "import": "yes"})
    third = work(stage)
    assert third.counts["rejected"] == 0
    with stage.scope("olga"):
        assert Opportunity.objects.count() == 3
    assert f"{second.pk}/" in page_of(stage, record)
    assert f"{record.pk}/" in page_of(stage, second)
    assert browser.post(f"{ADDRESS}{third.pk}/corrected/", follow=True).content.decode().count("took every row") == 1
    for who, status in (("ada", 403), ("eve", 404)):
        assert stage.browser(who).post(address, {f"{day.pk}.6": "x"}).status_code == status


def test_a_trial_changes_nothing_and_then_the_same_files_come_in(stage):
    upload(stage)
    browser = stage.browser("olga")
    with stage.scope("olga"):
        record = newest()
    browser.post(f"{ADDRESS}{record.pk}/start/", {"trial": "yes"})
    trial = work(stage)
    assert trial.dry_run
    assert trial.counts["written"]["opportunity"] == {"created": 1, "updated": 0}
    alone = browser.post(f"{ADDRESS}{trial.pk}/corrected/", follow=True).content.decode()
    assert "its rows cannot come in by themselves" in alone
    assert "This was a trial" in page_of(stage, trial)
    with stage.scope("olga"):
        assert Opportunity.objects.count() == 0
    browser.post(f"{ADDRESS}{trial.pk}/again/")
    with stage.scope("olga"):
        draft = newest()
    browser.post(f"{ADDRESS}{draft.pk}/start/", {"strict": "on"})
    refused = work(stage)
    assert refused.state == "refused"
    assert "so nothing was imported, as asked" in page_of(stage, refused)


def test_an_upload_whose_worker_dies_waits_and_starts_over(stage):
    upload(stage)
    with stage.scope("olga"):
        record = newest()
    stage.browser("olga").post(f"{ADDRESS}{record.pk}/start/")
    with stage.scope("olga"):
        ImportRun.objects.filter(pk=record.pk).update(state="running", step="reading", bytes_read=5)
    assert "Waiting for a worker" in page_of(stage, record)
    assert work(stage).state == "done"
    with tenant(organization_id=stage.northwind.id):
        done = ImportRun.objects.select_related("program").get(pk=record.pk)
        mapping, paths, beside = mapping_of(done), paths_of(done), paths_beside(done)
    outcome = execute_run(record=done, mapping=mapping, path=paths, beside=beside)  # a job delivered twice
    assert outcome.changed == 0
    assert outcome.event_id is None
