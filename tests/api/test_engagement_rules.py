"""Rules of engagement over the API: versions, a draft, and what it would have changed in a year."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from comity.deals.tasks import try_rules
from registration_story import RegistrationStory

from .conftest import give_token

SOON = {"expected_close_on": timezone.now().date() + timedelta(days=90)}


def test_operations_try_a_draft_and_publish_it(cast, ada, bo):
    story, now = RegistrationStory(cast), timezone.now()
    story.rules(at=now - timedelta(days=100), second_registrant="queue")
    story.registers("bo", "Acme GmbH", customer_domain="acme.de", **SOON, at=now - timedelta(days=9))
    story.registers("cy", "Acme", customer_domain="acme.de", **SOON, at=now - timedelta(days=8))
    olga, base = give_token(cast, "olga"), f"/programs/{cast.program.pk}"
    assert olga.post(f"{base}/engagement-draft/trials", {}).status == 404  # no draft yet
    assert olga.call("PUT", f"{base}/engagement-draft", {"from_on": "2026", "extensions": 99}).status == 422
    day = (now + timedelta(days=2)).date().isoformat()
    for wrong in ({"approve_up_to": "-1"}, {"minimum_value": "-0.01"}, {"tiers": ["Platinium"]}, {"families": ["X"]}):
        refused = olga.call("PUT", f"{base}/engagement-draft", {"from_on": day, **wrong})
        assert (refused.status, [name for name in wrong if name in str(refused.body["errors"])]) == (422, [*wrong])
    kept = olga.call(
        "PUT", f"{base}/engagement-draft", {"from_on": day, "second_registrant": "refuse", "approve_up_to": "15000"}
    )
    assert (kept.status, kept.body["clauses"]["approve_up_to"]) == (200, "15000")
    started = olga.post(f"{base}/engagement-draft/trials", {})
    assert (started.status, started.body["state"]) == (202, "waiting")
    try_rules(organization=str(cast.northwind.pk), trial=started.body["id"])
    told = olga.get(started.headers["Location"]).body
    assert (told["state"], told["stale"], told["total"], told["changed"]) == ("done", None, 2, 1)
    assert told["moves"] == [{"before": "queue", "after": "reject", "registrations": 1}]
    [change] = olga.get(f"/engagement-trials/{told['id']}/changes").body["items"]
    assert (change["customer_name"], change["before"], change["after"]) == ("Acme", "queue", "reject")
    for caller in (ada, bo, give_token(cast, "eve")):
        assert caller.get(f"/engagement-trials/{told['id']}").status == 404
    assert ada.call("PUT", f"{base}/engagement-draft", {"from_on": day}).status == 403
    made = olga.post(f"{base}/engagement-draft/publish", {})
    assert (made.status, made.body["from_on"]) == (201, day)
    assert olga.get(f"/engagement-trials/{told['id']}").body["stale"] == "no_draft"
    assert [one["number"] for one in ada.get(f"{base}/engagement-rules").body["items"]] == [3, 2, 1]
