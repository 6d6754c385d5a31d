"""The worklist over the API: the same lines as on Home, for whom the token acts."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from cast import make_partnership
from comity.identity.models import Organization
from comity.programs.models import Program
from comity.worklist.needs import NeedKind
from comity.worklist.rules import ANSWER_DAYS, business_days_after
from comity.worklist.services import snooze_need


def test_what_waits_and_what_was_put_off(cast, ada, bo):
    today = timezone.now().date()
    with cast.scope("ada"):
        Program.objects.filter(pk=cast.program.pk).update(data_as_of=today)
        waiting = []
        for name in ("Newcomer", "Latecomer"):
            private = Organization.objects.create(name=name, private_to_id=cast.northwind.pk)
            waiting.append(make_partnership(cast.program, private.pk, name, status="applied", types=["agency"]))
        newcomer, latecomer = waiting
        snooze_need(
            program=cast.program,
            actor=cast.actor("ada"),
            kind=NeedKind.APPLICATION,
            subject_id=latecomer.pk,
            until=today + timedelta(days=4),
            reason="Asked for references",
            today=today,
        )

    def line(partnership, until=None):
        due = business_days_after(partnership.created_at, ANSWER_DAYS, timezone.get_default_timezone())
        return {
            "kind": "application",
            "subject_id": str(partnership.pk),
            "sentence": f"{partnership.name} asked to join and waits for an answer.",
            "evidence": [f"since {partnership.created_at:%-d %b %Y}", "agency"],
            "at_stake": None,
            "due_at": due.isoformat().replace("+00:00", "Z"),
            "is_overdue": False,
            "snoozed_until": until,
        }

    with cast.scope("ada"):
        for partnership in waiting:
            partnership.refresh_from_db()
    answer = ada.get(f"/programs/{cast.program.pk}/worklist")
    assert answer.status == 200
    assert answer.body == {
        "as_of": today.isoformat(),
        "currency": "EUR",
        "at_stake": "0",
        "total": 1,
        "needs": [line(newcomer)],
        "snoozed": [line(latecomer, (today + timedelta(days=4)).isoformat())],
    }
    assert bo.get(f"/programs/{cast.program.pk}/worklist").status == 403
