"""The page of exchange rates."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from procrastinate.contrib.django.models import ProcrastinateJob

from comity.ledger.events import RatesLoaded
from comity.ledger.models import ExchangeRate
from comity.platform.models import Delivery, OutboxEvent
from comity.platform.outbox import deliver
from comity.programs.tasks import tell_vendors_of_rates

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


def test_the_other_vendors_hear_of_what_one_of_them_loaded(cast):
    upload(cast, TABLE)
    with cast.scope("ada"):
        deliveries = list(Delivery.objects.filter(event__name=RatesLoaded.name).values_list("pk", flat=True))
    for delivery_id in deliveries:
        deliver(organization_id=cast.northwind.pk, delivery_id=delivery_id)
    with cast.scope("ada"):
        (job,) = ProcrastinateJob.objects.filter(task_name="tell_vendors_of_rates")
    tell_vendors_of_rates(**job.args)
    days = {"first_on": "2026-02-26", "last_on": "2026-02-27"}
    assert {who: heard_by(cast, who) for who in ("ada", "eve")} == {
        "ada": [days | {"everybody_told": False}],
        "eve": [days | {"everybody_told": True}],
    }
    with cast.scope("eve"):
        for delivery_id in Delivery.objects.filter(event__name=RatesLoaded.name).values_list("pk", flat=True):
            deliver(organization_id=cast.umbra.pk, delivery_id=delivery_id)
        assert not ProcrastinateJob.objects.filter(task_name="tell_vendors_of_rates").exists()


def heard_by(cast, who: str) -> list[dict[str, object]]:
    with cast.scope(who):
        return list(OutboxEvent.objects.filter(name=RatesLoaded.name).values_list("payload", flat=True))


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
