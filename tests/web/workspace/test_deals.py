"""The deals pages of the workspace: list, deal, forms, export."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import chain

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comity.deals.models import Opportunity, OpportunityLine, OpportunityPartner, StageChange
from comity.deals.queries import opportunities
from comity.deals.states import PartnerRole
from deal_story import customer, deal, stages

RTL = "شركة المثال\u202e"


@pytest.fixture
def pipeline(cast):
    """Four deals: one open with Bo, one won with Cy, one lost direct, one without an amount."""
    with cast.scope("ada"):
        acme = customer(cast, "Acme GmbH")
        return {
            "open": deal(cast, "Cloud for Acme", partner=cast.of_fabrikam, account=acme, manager=cast.ada_manager),
            "won": deal(cast, "Desk", partner=cast.of_contoso, role=PartnerRole.FULFILLED, won_on=date(2026, 2, 1)),
            "lost": deal(cast, "Chairs", lost_on=date(2026, 1, 15)),
            "unknown": deal(cast, "Lamps", amount=None, opened_on=None),
        }


def page(cast, address="", who="ada", **given):
    return cast.browser(who).get(f"/workspace/northwind/{address}", given)


def names(response) -> list[str]:
    return [row.name for row in response.context["rows"]]


def test_a_programme_without_stages_is_told_the_first_step(cast):
    response = page(cast, "deals/")
    assert "Take the usual stages" in response.content.decode()
    assert cast.browser("ada").post("/workspace/northwind/deals/stages/").status_code == 302
    assert "record the first by hand" in page(cast, "deals/").content.decode()
    assert "New deal" not in page(cast, "deals/", "vera").content.decode()


def test_the_list_shows_open_deals_first_then_the_last_closed(cast, pipeline):
    response = page(cast, "deals/")
    assert names(response)[2:] == ["Desk", "Chairs"]
    assert sorted(names(response)[:2]) == ["Cloud for Acme", "Lamps"]
    text = response.content.decode()
    assert "Fabrikam" in text
    assert response.context["count"].rows == 4


def test_each_filter_narrows_the_list_and_can_be_taken_off(cast, pipeline):
    stage = pipeline["won"].stage_id
    expected = {
        "status=won": ["Desk"],
        f"stage={stage}": ["Desk"],
        f"manager={cast.ada_manager.pk}": ["Cloud for Acme"],
        f"partner={cast.of_contoso.pk}": ["Desk"],
        f"customer={pipeline['open'].account_id}": ["Cloud for Acme"],
        "role=sourced": ["Cloud for Acme"],
        "from=2026-01-20&to=2026-02-01": ["Desk"],
        "q=acme": ["Cloud for Acme"],
        "q=zzz": [],
        "q=%25": [],
        "q=de": ["Desk"],
        "role=supported": [],
    }
    found = {query: names(cast.browser("ada").get(f"/workspace/northwind/deals/?{query}")) for query in expected}
    assert found == expected
    chips = page(cast, "deals/", status="won", q="desk").context["chips"]
    assert [(chip["key"], chip["label"], chip["remove"]) for chip in chips] == [
        ("Status", "Won", "?q=desk"),
        ("Search", "desk", "?status=won"),
    ]


def test_a_filter_that_cannot_be_read_is_told_and_kept_as_typed(cast, pipeline):
    response = page(cast, "deals/", **{"from": "31/12/2025", "manager": "nobody", "status": "maybe", "after": "%%%"})
    assert response.status_code == 200
    assert len(names(response)) == 4
    text = response.content.decode()
    assert "“31/12/2025” is not a day" in text
    assert 'value="31/12/2025"' in text


def test_pages_follow_each_other_both_ways_in_every_order(cast, monkeypatch):
    from comity.deals import paging
    from comity.web.workspace import deals as module

    monkeypatch.setattr(module, "slice_of", lambda rows, order, **marks: paging.slice_of(rows, order, size=2, **marks))
    with cast.scope("ada"):
        for number in range(7):
            closed = date(2026, 2, 1 + number % 2) if number > 2 else None
            deal(cast, f"Deal {number}", amount=Decimal(number // 2) if number else None, won_on=closed)
    for sort in ("-closed", "closed", "-opened", "opened", "-amount", "amount"):
        seen, back = [], []
        response = page(cast, "deals/", sort=sort)
        while True:
            seen.append(names(response))
            if not response.context["next"]:
                break
            response = cast.browser("ada").get("/workspace/northwind/deals/" + response.context["next"])
        while True:
            back.insert(0, names(response))
            if not response.context["previous"]:
                break
            response = cast.browser("ada").get("/workspace/northwind/deals/" + response.context["previous"])
        forwards = list(chain.from_iterable(seen))
        assert sorted(forwards) == [f"Deal {number}" for number in range(7)], sort
        assert list(chain.from_iterable(back)) == forwards, sort


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(cast):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert page(cast, "deals/").status_code == 200
        return len(queries)

    with cast.scope("ada"):
        deal(cast, "One", partner=cast.of_fabrikam, account=customer(cast, "A"))
    few = asked()
    with cast.scope("ada"):
        for number in range(8):
            deal(cast, f"More {number}", partner=cast.of_contoso, account=customer(cast, f"C{number}"))
    assert asked() == few


def test_a_deal_is_recorded_edited_and_moved_by_form(cast):
    ada = cast.browser("ada")
    with cast.scope("ada"):
        named = stages(cast)
        customer(cast, "Acme GmbH")
    said = {
        "name": "Cloud", "account": "acme gmbh", "kind": "new", "stage": named["Qualify"].pk, "opened_on": "2026-01-05",
        "currency": "EUR", "amount": "12,500.50", "competitors": "Contoso, Wide World",
    }  # fmt: skip
    made = ada.post("/workspace/northwind/deals/new/", said)
    assert made.status_code == 302
    with cast.scope("ada"):
        found = Opportunity.objects.get()
        assert (found.amount, found.competitors, found.account.name) == (
            Decimal("12500.50"), ["Contoso", "Wide World"], "Acme GmbH",
        )  # fmt: skip
    address = f"/workspace/northwind/deals/{found.pk}/"
    assert "12,500.50" in ada.get(address).content.decode()
    form = ada.get(f"{address}edit/").context["form"]
    said = {name: form[name].value() if form[name].value() is not None else "" for name in form.fields}
    assert said["amount"] == "12500.50" or form["amount"].value() == Decimal("12500.5")
    again = {**said, "amount": "13000", "opened_on": "2026-01-05", "competitors": "Contoso"}
    assert ada.post(f"{address}edit/", again).status_code == 302
    clash = ada.post(f"{address}edit/", {**again, "name": "Mine"})
    assert clash.status_code == 422
    assert "Somebody changed this" in clash.content.decode()
    assert (
        ada.post(
            f"{address}edit/", {**again, "name": "Mine", "loaded": clash.context["form"].data["loaded"]}
        ).status_code
        == 302
    )
    moved = ada.post(f"{address}move/", {"stage": named["Lost"].pk, "on": "2026-02-02", "loss_reason": "Price"})
    assert moved.status_code == 302
    text = ada.get(address).content.decode()
    assert "Price" in text
    assert "2 Feb 2026" in text
    refused = ada.post(f"{address}move/", {"stage": named["Qualify"].pk, "on": "2026-01-01"})
    assert refused.status_code == 422
    assert "2 February 2026" in refused.content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("opened_on", "31.12.2025", "not a day"),
        ("opened_on", "2999-01-01", "still to come"),
        ("amount", "12,5", "point before the cents"),
        ("amount", "a lot", "not an amount"),
        ("amount", "1e5", "not an amount"),
        ("amount", "-5", "zero or more"),
        ("amount", "9" * 30, "16 digits"),
        ("currency", "Dollars", "not a currency code"),
        ("currency", "XXX", "not a currency code"),
        ("name", "n" * 10_000, "300 characters"),
        ("name", "\u202e\u200f", "no visible character"),
        ("account", "Nobody Ltd", "There is no customer"),
        ("term_months", "x", "whole number"),
        ("competitors", "c" * 300, "200 characters"),
        ("external_id", "e" * 200, "120 characters"),
    ],
)
def test_bad_input_is_explained_beside_the_field_and_kept(cast, field, typed, told):
    with cast.scope("ada"):
        stage = stages(cast)["Qualify"]
    said = {"name": "Fine", "kind": "new", "stage": stage.pk, "currency": "EUR", field: typed}
    response = cast.browser("ada").post("/workspace/northwind/deals/new/", said)
    assert response.status_code == 422
    form = response.context["form"]
    assert told in " ".join(form.errors[field])
    assert f'value="{typed}"' in response.content.decode()
    with cast.scope("ada"):
        assert Opportunity.objects.count() == 0


def test_right_to_left_names_lose_their_tricks_and_keep_their_letters(cast):
    with cast.scope("ada"):
        made = deal(cast, RTL)
    assert made.name == "شركة المثال"
    assert "<bdi>شركة المثال</bdi>" in page(cast, "deals/").content.decode()


def test_partners_and_lines_are_set_by_form(cast, pipeline):
    ada, address = cast.browser("ada"), f"/workspace/northwind/deals/{pipeline['unknown'].pk}/"
    rows = {
        "part-TOTAL_FORMS": 3, "part-INITIAL_FORMS": 0,
        "part-0-partner": "fabrikam", "part-0-role": "sourced", "part-0-share": "66.6667",
        "part-1-partner": "Contoso", "part-1-role": "fulfilled", "part-1-share": "33.3333%",
        "part-2-partner": "", "part-2-role": "sourced", "part-2-share": "",
    }  # fmt: skip
    wrong = ada.post(f"{address}partners/", {**rows, "part-1-share": "20"})
    assert wrong.status_code == 422
    assert "The shares sum to 86.6667 %" in wrong.content.decode()
    assert 'value="66.6667"' in wrong.content.decode()
    assert ada.post(f"{address}partners/", {**rows, "part-0-partner": "Fabrikan"}).status_code == 422
    assert ada.post(f"{address}partners/", rows).status_code == 302
    with cast.scope("ada"):
        kept = OpportunityPartner.objects.filter(opportunity=pipeline["unknown"]).order_by("role")
        assert [(part.role, part.share) for part in kept] == [
            ("fulfilled", Decimal("0.333333")), ("sourced", Decimal("0.666667")),
        ]  # fmt: skip
    assert "66.7" in ada.get(address).content.decode()
    lines = {
        "line-TOTAL_FORMS": 2, "line-INITIAL_FORMS": 0,
        "line-0-quantity": "3", "line-0-unit_price": "1,000.10", "line-1-amount": "0.20",
    }  # fmt: skip
    assert ada.post(f"{address}lines/", {**lines, "line-0-quantity": "three"}).status_code == 422
    assert ada.post(f"{address}lines/", lines).status_code == 302
    with cast.scope("ada"):
        assert Opportunity.objects.get(pk=pipeline["unknown"].pk).amount == Decimal("3000.50")
        assert OpportunityLine.objects.count() == 2


def test_the_export_holds_what_the_list_shows_and_no_formula(cast, pipeline):
    with cast.scope("ada"):
        deal(cast, "=cmd|' /C calc'!A0", won_on=date(2026, 2, 2), loss_reason="")
    response = page(cast, "deals/export.csv", status="won")
    text = b"".join(response.streaming_content if not response.is_async else _drained(response)).decode("utf-8-sig")
    lines = text.strip().split("\r\n")
    assert lines[0].startswith("External id,Deal,Customer")
    assert [line.split(",")[1] for line in lines[1:]] == ["'=cmd|' /C calc'!A0", "Desk"]
    assert "Contoso (fulfilled)" in lines[2]


def _drained(response):
    from asgiref.sync import async_to_sync

    async def collect():
        return [chunk async for chunk in response.streaming_content]

    return async_to_sync(collect)()


def test_the_partner_page_has_its_deals(cast, pipeline):
    response = page(cast, f"partners/{cast.of_fabrikam.pk}/deals/")
    assert response.status_code == 200
    assert [row.name for row in response.context["deals"]] == ["Cloud for Acme"]
    assert "No deals with this partner" not in response.content.decode()


def test_strangers_and_partners_find_nothing(cast, pipeline):
    key = pipeline["open"].pk
    addresses = ["deals/", "deals/export.csv", f"deals/{key}/", f"deals/{key}/edit/", f"deals/{key}/partners/"]
    for who in ("bo", "cy", "eve"):
        assert {page(cast, address, who).status_code for address in addresses} == {404}
    assert cast.browser("eve").get(f"/workspace/umbra/deals/{key}/").status_code == 404
    assert names(cast.browser("eve").get("/workspace/umbra/deals/?q=cloud")) == []
    assert page(cast, f"deals/{key}/edit/", "vera").status_code == 403
    assert cast.browser("vera").post(f"/workspace/northwind/deals/{key}/move/", {}).status_code == 403


def test_the_searches_see_only_the_own_vendor(cast, pipeline):
    for who, found in (("ada", 1), ("eve", 0), ("bo", 0)):
        with cast.scope(who), connection.cursor() as cursor:
            cursor.execute("SELECT comity_find_deals(%s, 'acme', 100)", [cast.program.pk])
            assert len(cursor.fetchall()) == found
            cursor.execute("SELECT comity_find_customers('acme', 100)")
            assert len(cursor.fetchall()) == found


def test_of_words_that_very_many_deals_hold_the_first_are_shown_and_the_page_says_so(cast, pipeline, monkeypatch):
    monkeypatch.setattr(opportunities, "FOUND_AT_ONCE", 2)
    response = page(cast, "deals/", q="s")
    assert not response.context["is_cut"]  # fewer than three letters are a beginning; none begins so
    with cast.scope("ada"):
        for number in range(3):
            deal(cast, f"Lamps {number}", won_on=date(2026, 2, 3 + number))
    response = page(cast, "deals/", q="lamps")
    assert len(names(response)) == 2
    assert names(response)[0] == "Lamps"  # open
    assert (response.context["count"].rows, response.context["count"].exact) == (2, False)
    assert "Very many deals hold these words." in response.content.decode()
    assert names(page(cast, "deals/", q="lamps", status="won")) == ["Lamps 2", "Lamps 1"]
    assert names(page(cast, "deals/", q="desk")) == ["Desk"]
    with cast.scope("eve"), connection.cursor() as cursor:
        cursor.execute("SELECT comity_first_deals(%s, 'lamps', '', 1)", [cast.program.pk])
        assert cursor.fetchall() == []


def test_a_deal_without_history_rows_is_still_shown(cast, pipeline):
    with cast.scope("ada"):
        StageChange.objects.filter(opportunity=pipeline["won"]).delete()
    assert page(cast, f"deals/{pipeline['won'].pk}/").status_code == 200
