"""The page of exchange rates."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from comity.ledger.models import ExchangeRate

ADDRESS = "/workspace/northwind/rates/"
TABLE = b"Date,USD,GBP,\n2026-02-27,1.25,zero,\n2026-02-26,1.2,0.8,\n"


def upload(cast, text: bytes, name: str = "eurofxref-hist.csv"):
    return cast.browser("olga").post(ADDRESS, {"file": SimpleUploadedFile(name, text)})


def test_a_table_is_loaded_and_its_bad_cells_are_listed(cast):
    assert "No exchange rates yet" in cast.browser("olga").get(ADDRESS).content.decode()
    text = upload(cast, TABLE).content.decode()
    assert "3 rates were added" in text
    assert "zero" in text
    assert "27 Feb 2026" in text
    assert ExchangeRate.objects.count() == 3
    assert "Nothing new" in upload(cast, TABLE).content.decode()


def test_what_is_no_table_is_refused_with_a_sentence(cast):
    response = upload(cast, b"name;price\n")
    assert response.status_code == 422
    assert "first line must be" in response.content.decode()
    missing = cast.browser("olga").post(ADDRESS, {})
    assert missing.status_code == 422
    assert "Choose the file first" in missing.content.decode()


def test_only_operations_and_administrators_load_rates(cast):
    assert cast.browser("ada").get(ADDRESS).status_code == 403
    assert cast.browser("bo").get(ADDRESS).status_code == 404
