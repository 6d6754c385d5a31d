"""The board of deals: columns, moves by a plain form, undo, refusals, more of a column, kept views, the spreadsheet."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from comity.deals.models import Opportunity, StageChange
from comity.deals.queries import board as columns
from comity.programs.models import SavedView
from deal_story import customer, deal, stages

BOARD = "/workspace/northwind/deals/board/"


def shown(response) -> dict[str, tuple[list[str], int, Decimal | None, int]]:
    """Each column: its cards, count, amount, and deals without one."""
    return {
        column.stage.name: (
            [card.name for card in column.cards.rows],
            column.count.rows,
            column.amount,
            column.without_amount,
        )
        for column, _links in response.context["columns"]
    }


def as_kept(key) -> tuple[object, ...]:
    row = Opportunity.objects.values_list(
        "stage__name", "status", "closed_on", "expected_close_on", "loss_reason", "edited_fields"
    ).get(pk=key)
    steps = StageChange.objects.filter(opportunity_id=key).order_by("sequence")
    return (*row, list(steps.values_list("stage__name", "on", "amount")))


def test_a_deal_is_moved_on_the_board_and_the_move_is_taken_back(cast):
    soon = date(2027, 1, 31)
    with cast.scope("ada"):
        acme = customer(cast, "Acme GmbH")
        named = stages(cast)
        cloud = deal(cast, "Cloud", partner=cast.of_fabrikam, account=acme, expected_close_on=soon)
        deal(cast, "Lamps", amount=None, opened_on=None)
        deal(cast, "Dollars", currency="USD", amount=Decimal(50))
        deal(cast, "Desk", won_on=date(2026, 2, 1))
        before = as_kept(cloud.pk)
    ada = cast.browser("ada")
    first = shown(ada.get(BOARD))
    assert first["Qualify"] == (["Lamps", "Cloud", "Dollars"], 3, Decimal("1000.00"), 2)  # no rate, no amount
    assert (first["Develop"], first["Won"]) == (([], 0, None, 0), ([], 0, None, 0))  # won too long ago
    assert shown(ada.get(BOARD, {"from": "2026-01-01"}))["Won"] == (["Desk"], 1, Decimal("1000.00"), 0)
    moved = ada.post(f"{BOARD}move/", {"deal": cloud.pk, "stage": named["Lost"].pk, "query": "q=cloud"}, follow=True)
    today = timezone.now().date()
    assert moved.redirect_chain == [(f"{BOARD}?q=cloud&moved={cloud.pk}", 302)]
    assert "Cloud stands in Lost now." in moved.content.decode()
    assert "Say why it was lost" in moved.content.decode()
    with cast.scope("ada"):
        assert as_kept(cloud.pk)[:4] == ("Lost", "lost", today, None)
    undo = {"deal": cloud.pk, "version": moved.context["moved_version"], "undo": "1", "query": ""}
    assert ada.post(f"{BOARD}move/", undo).url == BOARD
    with cast.scope("ada"):
        assert as_kept(cloud.pk) == before  # dates, reason, history and what imports may write again
    again = ada.post(f"{BOARD}move/", undo)
    assert (again.status_code, "Somebody changed this deal" in again.content.decode()) == (422, True)


def test_what_cannot_be_moved_says_why_and_stays(cast):
    with cast.scope("ada"):
        named = stages(cast)
        cloud = deal(cast, "Cloud")
    ada = cast.browser("ada")
    tomorrow = (timezone.now().date() + timedelta(days=2)).isoformat()
    wrong = {
        "Choose a deal first": {"stage": named["Won"].pk},
        "is still to come": {"deal": cloud.pk, "stage": named["Won"].pk, "on": tomorrow},
        "Select a valid choice": {"deal": cloud.pk, "stage": named["Qualify"].pk},
        "This field is required": {"deal": cloud.pk},
    }
    said = {}
    for words, given in wrong.items():
        answer = ada.post(f"{BOARD}move/", given)
        said[words] = (answer.status_code, words in answer.content.decode())
    assert said == dict.fromkeys(wrong, (422, True))
    assert cast.browser("vera").post(f"{BOARD}move/", {"deal": cloud.pk}).status_code == 403
    assert ada.post("/workspace/northwind/deals/board/move/", {"deal": "nonsense"}).status_code == 422
    text = cast.browser("vera").get(BOARD).content.decode()
    assert ("Cloud" in text, 'type="radio"' in text, "New deal" in text) == (True, False, False)


def test_a_column_shows_some_deals_and_then_more_and_counts_no_further_than_it_may(cast, monkeypatch):
    monkeypatch.setattr(columns, "CARDS", 2)
    monkeypatch.setattr(columns, "COUNTED", 3)
    with cast.scope("ada"):
        for number in range(4):
            deal(cast, f"Deal {number}", opened_on=date(2025, 10, 1 + number))
    ada = cast.browser("ada")
    page = ada.get(BOARD)
    assert shown(page)["Qualify"] == (["Deal 3", "Deal 2"], 3, None, 0)
    text = page.content.decode()
    assert "3+ deals" in text
    assert "too many to add up; filter them" in text
    more = re.search(r'hx-get="([^"]+)"', text[text.index("Show more") - 600 :]).group(1).replace("&amp;", "&")
    rest = ada.get(more).content.decode()
    assert ("Deal 1" in rest, "Deal 0" in rest, "Deal 2" in rest, "Show more" in rest) == (True, True, False, False)
    assert ada.get(f"{BOARD}?column=nonsense").status_code == 404


def test_views_of_the_deals_are_kept_and_the_spreadsheet_is_what_the_list_shows(cast, monkeypatch):
    with cast.scope("ada"):
        deal(cast, "Cloud", partner=cast.of_fabrikam)
        deal(cast, "Desk")
    ada = cast.browser("ada")
    kept = {"name": "Ours", "query": "q=cloud&sort=", "is_shared": "1", "place": "deals_board"}
    assert ada.post("/workspace/northwind/deals/views/", kept).url == f"{BOARD}?q=cloud"
    names = [view["name"] for view in cast.browser("vera").get("/workspace/northwind/deals/").context["views"]]
    assert (names[0], names[-1][:4]) == ("All deals", "Ours")
    with cast.scope("ada"):
        key = SavedView.objects.get(page="deals").pk
    assert cast.browser("vera").post("/workspace/northwind/deals/views/", {"remove": key}).status_code == 403
    assert ada.post("/workspace/northwind/deals/views/", {"remove": key}).status_code == 302
    sheet = ada.get("/workspace/northwind/deals/export.xlsx?q=cloud")
    assert sheet["Content-Disposition"].endswith('.xlsx"')
    monkeypatch.setattr("comity.web.workspace.deals.SHEET_ROWS", 1)
    refused = ada.get("/workspace/northwind/deals/export.xlsx", follow=True)
    assert "too many for a spreadsheet at once" in refused.content.decode()
