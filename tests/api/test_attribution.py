"""Touches, the credit of a deal and of a program through the API."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from comity.attribution.crediting import Occasion, credit_deal
from comity.attribution.states import Cause
from comity.deals.services import close_won
from deal_story import MARCH, deal


@pytest.fixture
def acme(cast):
    """A deal of Fabrikam's."""
    with cast.scope("ada"):
        return deal(cast, "Acme", partner=cast.of_fabrikam)


def test_a_partner_reports_the_vendor_confirms_and_the_deal_is_credited(cast, ada, bo, acme):
    said = {"partnership_id": str(cast.of_fabrikam.pk), "opportunity_id": str(acme.pk), "kind": "demo",
            "happened_at": "2026-01-05T09:00:00Z", "external_key": "crm-1"}  # fmt: skip
    made = bo.post("/touches", said)
    assert (made.status, made.body["state"], made.body["side"]) == (201, "waiting", "partner")
    assert bo.post("/touches", said).body["id"] == made.body["id"]
    assert bo.post("/touches", {**said, "kind": "event"}).body["code"] == "touch_known"
    assert bo.post(f"/touches/{made.body['id']}/confirm", {}).status == 403
    assert ada.post(f"/touches/{made.body['id']}/confirm", {}).body["state"] == "confirmed"
    listed = ada.get(f"/touches?opportunity={acme.pk}&state=confirmed").body["items"]
    assert [one["id"] for one in listed] == [made.body["id"]]
    assert ada.post("/touches", {**said, "external_key": "", "happened_at": "2090-01-01T09:00:00Z"}).status == 422
    told = ada.get(f"/opportunities/{acme.pk}/attribution").body
    assert told["frozen_at"] is None
    (line,) = told["partners"]
    assert (line["role"], line["basis"]) == ("sourced", "declared")
    assert {one["model"]: one["share"] for one in line["models"]}["linear"] == "1.000000"
    with cast.scope("ada"):
        won = close_won(opportunity=acme, actor=cast.actor("ada"), on=date(2026, 2, 1), at=MARCH)
        credit_deal(cast.program, Occasion(Cause.WON, MARCH), won.pk)
    assert ada.get(f"/opportunities/{acme.pk}/attribution").body["settings_number"] == 1
    found = ada.get(f"/programs/{cast.program.pk}/attribution?from=2026-01-01&to=2026-12-31").body
    assert [(one["role"], one["deals"]) for one in found["totals"] if one["deals"]] == [("sourced", 1)]
    assert [one["models"]["linear"] for one in found["partners"]] == ["1000"]
    assert ada.get(f"/programs/{cast.program.pk}/attribution?from=2026-01-01").status == 422


def test_settings_are_published_and_credit_is_worked_out_by_machines(cast, ada, olga, bo, acme):
    base = f"/programs/{cast.program.pk}/attribution"
    (first,) = olga.get(f"{base}/settings").body["items"]
    assert (first["number"], first["from_on"], first["window_days"], first["used"]) == (1, None, 180, False)
    new = {"window_days": 30, "from_on": timezone.now().date().isoformat(), "note": "Short"}
    assert ada.post(f"{base}/settings", new).status == 403
    wrong = olga.post(f"{base}/settings", {**new, "first_percent": 90})
    assert (wrong.status, wrong.body["code"]) == (422, "invalid")
    made = olga.post(f"{base}/settings", new)
    assert (made.status, made.body["number"], made.body["window_days"]) == (201, 2, 30)
    assert bo.get(f"{base}/settings").status == 403
    with cast.scope("ada"):
        close_won(opportunity=acme, actor=cast.actor("ada"), on=date(2026, 2, 1), at=MARCH)
    assert ada.post(f"/opportunities/{acme.pk}/attribution/recompute", {}).status == 403
    done = olga.post(f"/opportunities/{acme.pk}/attribution/recompute", {})
    assert (done.status, done.body["settings_number"]) == (200, 1)
    again = olga.post(f"/opportunities/{acme.pk}/attribution/recompute", {})
    assert (again.status, again.body["code"]) == (409, "credit_unchanged")
    started = olga.post(f"{base}/runs", {})
    assert (started.status, started.body["state"]) == (202, "waiting")
    assert olga.get(f"/attribution-runs/{started.body['id']}").body == started.body
    assert bo.get(f"/attribution-runs/{started.body['id']}").status == 404
