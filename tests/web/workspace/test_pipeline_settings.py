"""Settings of what is sold and how it moves: stages, products, families."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from comity.deals.models import Product, ProductFamily, Stage
from deal_story import deal, stages

PAGES = ["program_stages", "products", "product_new", "product_families"]


def at(name: str, *args: object) -> str:
    return reverse(f"workspace:{name}", args=["northwind", *args])


def told(cast) -> list[tuple]:
    with cast.scope("olga"):
        rows = Stage.objects.filter(program=cast.program).order_by("position")
        return list(rows.values_list("name", "status", "probability"))


@pytest.mark.parametrize(("reader", "status"), [("bo", 404), ("cy", 404), ("eve", 404), ("ada", 403), ("vera", 403)])
def test_only_operations_get_in(cast, reader, status):
    browser = cast.browser(reader)
    assert [browser.get(at(page)).status_code for page in PAGES] == [status] * 4
    assert [browser.post(at(page)).status_code for page in PAGES] == [status] * 4


def test_stages_are_added_changed_moved_and_removed(cast):
    olga = cast.browser("olga")
    assert "No stages yet" in olga.get(at("program_stages")).content.decode()
    with cast.scope("ada"):
        named = stages(cast)
        deal(cast, "In Qualify")
    trial = {"name": "Trial", "status": "open", "probability": "70"}
    assert olga.post(at("program_stages"), trial).status_code == 302
    for wrong in ({**trial, "name": "trial"}, {**trial, "name": "Poker", "probability": "101"}, {**trial, "name": " "}):
        refused = olga.post(at("program_stages"), wrong)
        assert (refused.status_code, f'value="{wrong["probability"]}"' in refused.content.decode()) == (422, True)
    with cast.scope("olga"):
        made = Stage.objects.get(program=cast.program, name="Trial")
    for _step in range(3):
        olga.post(at("program_stage", made.pk), {"do": "up"})
    shown = olga.get(at("program_stage", made.pk)).content.decode()
    assert 'value="70"' in shown
    assert olga.post(at("program_stage", made.pk), {**trial, "name": "Pilot", "probability": ""}).status_code == 302
    assert told(cast) == [
        ("Qualify", "open", Decimal("0.1000")),
        ("Develop", "open", Decimal("0.3000")),
        ("Propose", "open", Decimal("0.6000")),
        ("Pilot", "open", None),
        ("Negotiate", "open", Decimal("0.8000")),
        ("Won", "won", Decimal("1.0000")),
        ("Lost", "lost", Decimal("0.0000")),
    ]
    kept = olga.post(at("program_stage", named["Qualify"].pk), {"do": "remove"}, follow=True).content.decode()
    assert "Deals are or were in Qualify; move them first, or rename the stage." in kept
    meaning = {"name": "Qualify", "status": "won", "probability": "10"}
    refused = olga.post(at("program_stage", named["Qualify"].pk), meaning)
    assert (refused.status_code, "Deals are or were in Qualify" in refused.content.decode()) == (422, True)
    olga.post(at("program_stage", made.pk), {"do": "remove"})
    assert [name for name, *_ in told(cast)] == ["Qualify", "Develop", "Propose", "Negotiate", "Won", "Lost"]


def test_products_and_families_are_added_found_and_changed(cast):
    olga = cast.browser("olga")
    assert "No products yet" in olga.get(at("products")).content.decode()
    assert olga.post(at("product_families"), {"name": "Bikes"}).status_code == 302
    assert olga.post(at("product_families"), {"name": "BIKES"}).status_code == 422
    with cast.scope("olga"):
        bikes = ProductFamily.objects.get()
    bike = {"name": "Road-150", "external_id": "310", "family": str(bikes.pk), "list_price": "3,578.27", "cost": ""}
    assert olga.post(at("product_new"), bike).status_code == 302
    assert (
        olga.post(at("product_new"), {**bike, "external_id": "311", "name": "Helmet", "family": ""}).status_code == 302
    )
    for wrong in ({**bike, "name": "Same id"}, {**bike, "external_id": "312", "list_price": "dear"}):
        refused = olga.post(at("product_new"), wrong)
        assert (refused.status_code, f'value="{wrong["name"]}"' in refused.content.decode()) == (422, True)
    found = [olga.get(at("products"), {"q": text}).content.decode() for text in ("road", "BIKE", "311", "boat")]
    named = [[name for name in ("Road-150", "Helmet") if name in page] for page in found]
    assert named == [["Road-150"], ["Road-150"], ["Helmet"], []]
    assert "No product matches" in found[-1]
    with cast.scope("olga"):
        road = Product.objects.get(external_id="310")
    assert olga.post(at("product_edit", road.pk), {**bike, "cost": "2171.29"}).status_code == 302
    assert olga.post(at("product_family", bikes.pk), {"name": "Bicycles"}).status_code == 302
    with cast.scope("olga"):
        rows = Product.objects.order_by("name").values_list("name", "external_id", "family__name", "list_price", "cost")
        assert list(rows) == [
            ("Helmet", "311", None, Decimal("3578.2700"), None),
            ("Road-150", "310", "Bicycles", Decimal("3578.2700"), Decimal("2171.2900")),
        ]
    assert olga.get(at("product_edit", bikes.pk)).status_code == 404
