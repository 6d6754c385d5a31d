"""After an import its customers are compared with each other: who may be the same is put before people, bounded."""

from __future__ import annotations

from uuid import uuid4

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from cast import NOW
from comity.deals import known
from comity.deals.events import CustomersIndexed
from comity.deals.models import CustomerAccount, CustomerQuestion, CustomerSweep
from comity.deals.registration import sweeping
from comity.deals.registration.answers import answer_question
from comity.deals.registration.sweeping import compare_after_import
from comity.deals.tasks import compare_customers

PAGE = "/workspace/northwind/deals/same-customer/"


def imported(cast, *lines):
    """Customers as an import leaves them, found by the index."""
    with cast.scope("ada"):
        rows = [
            CustomerAccount(vendor_id=cast.northwind.pk, name=name, domains=hosts, country="Germany")
            for name, *hosts in lines
        ]
        CustomerAccount.objects.bulk_create(rows)
        known.index_all(cast.northwind.pk)
        compare_after_import(CustomersIndexed(run_id=uuid4(), program_id=cast.program.pk))
    return rows


def pairs(cast):
    with cast.scope("ada"):
        rows = CustomerQuestion.objects.order_by("found_at", "pk")
        return {frozenset((one.left["name"], one.right["name"])) for one in rows}


def sweep(cast):
    with cast.scope("ada"):
        row = CustomerSweep.objects.get()
    return row.state, row.compared, row.found


def test_customers_of_an_import_are_compared_once_and_within_bounds(cast, monkeypatch):
    rows = imported(
        cast, ("Globex Maschinenbau AG", "globex.de"), ("Globex Maschinenbau Aktiengesellschaft", "globex.de"),
        ("Initech GmbH", "initech.de"), ("Tailspin Toys SE", "tailspin.de"), ("Wingtip Nord GmbH",),
    )  # fmt: skip
    with cast.scope("ada"):
        rows[3].parent = rows[4]
        rows[3].save()
        jobs = ProcrastinateJob.objects.filter(task_name="compare_customers")
        assert jobs.count() == 1
    job = {"organization": str(cast.northwind.pk)}
    # A worker is killed after one batch; its successor goes on. Nothing is proposed twice.
    sweeping.work_batch(vendor_id=cast.northwind.pk, size=2)
    assert sweep(cast)[:2] == ("running", 2)
    compare_customers(**job)
    compare_customers(**job)
    globex = frozenset(("Globex Maschinenbau AG", "Globex Maschinenbau Aktiengesellschaft"))
    assert (sweep(cast), pairs(cast)) == (("done", 5, 1), {globex})
    # Answered, it is not asked again; the next import is compared with what was there, and only what is new is.
    with cast.scope("ada"):
        answer_question(question=CustomerQuestion.objects.get(), actor=cast.actor("ada"), answer="different", at=NOW)
    imported(cast, ("Initech Gesellschaft mbH", "initech.de"))
    compare_customers(**job)
    initech = frozenset(("Initech GmbH", "Initech Gesellschaft mbH"))
    assert (sweep(cast), pairs(cast)) == (("done", 1, 1), {globex, initech})
    # A budget bounds a run; the page says how far it is, and a person lets it go on. A failure blocks nothing.
    monkeypatch.setattr(sweeping, "BUDGET", 1)
    imported(cast, ("Hooli SE", "hooli.com"), ("Umbrella plc", "umbrella.example"))
    with monkeypatch.context() as broken:
        broken.setattr(sweeping, "weights_of", None)
        with pytest.raises(TypeError):
            compare_customers(**job)
    assert sweep(cast)[0] == "failed"
    ada = cast.browser("ada")
    assert "Compare the others" in ada.get(PAGE).content.decode()
    assert ada.post(f"{PAGE}compare/").status_code == 302
    compare_customers(**job)
    assert sweep(cast) == ("paused", 1, 0)
    assert "1 customer compared, others not yet" in ada.get(PAGE).content.decode()
    ada.post(f"{PAGE}compare/")
    compare_customers(**job)
    assert sweep(cast) == ("done", 1, 0)
    assert cast.browser("di").post(f"{PAGE}compare/").status_code == 403
    with cast.scope("eve"):
        assert not CustomerSweep.objects.exists()
