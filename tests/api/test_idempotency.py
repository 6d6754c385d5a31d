"""The same request twice does its work once, also at the same time."""

import threading
from datetime import UTC, datetime, timedelta

from django.db import connection, connections

from cast import make_cast
from comity.api.limits import count_request
from comity.api.models import IdempotentAnswer
from comity.api.tasks import purge_idempotent_answers
from comity.deals.models import CustomerAccount

from .conftest import give_token


def customers(cast):
    with cast.scope("ada"):
        return sorted(CustomerAccount.objects.values_list("name", flat=True))


def test_a_repeated_request_is_told_the_first_answer(cast, ada):
    first = ada.post("/customer-accounts", {"name": "Acme"}, Idempotency_Key="k-1")
    again = ada.post("/customer-accounts", {"name": "Acme"}, Idempotency_Key="k-1")
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert again.headers["Location"] == first.headers["Location"]
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert customers(cast) == ["Acme"]


def test_a_key_belongs_to_one_request(cast, ada, olga):
    assert ada.post("/customer-accounts", {"name": "Acme"}, Idempotency_Key="k").status == 201
    for caller, body in [(ada, {"name": "Other"}), (olga, {"name": "Acme"})]:
        refused = caller.post("/customer-accounts", body, Idempotency_Key="k")
        assert (refused.status, refused.body["code"]) == (422, "idempotency_key_reused")
    assert customers(cast) == ["Acme"]


def test_keys_of_two_organizations_never_meet(cast, ada, eve):
    assert ada.post("/customer-accounts", {"name": "Acme"}, Idempotency_Key="k").status == 201
    theirs = eve.post("/customer-accounts", {"name": "Acme"}, Idempotency_Key="k")
    assert (theirs.status, "Idempotency-Replayed" in theirs.headers) == (201, False)


def test_a_refusal_is_not_kept(cast, ada):
    assert ada.post("/customer-accounts", {"name": ""}, Idempotency_Key="k").status == 422
    assert ada.post("/customer-accounts", {"name": "Acme"}, Idempotency_Key="k").status == 201


def test_a_key_has_a_form(ada):
    for key in ("", "a b", "x" * 256, "ü"):
        refused = ada.post("/customer-accounts", {"name": "Acme"}, Idempotency_Key=key)
        assert (refused.status, refused.body["errors"][0]["field"]) == (422, "Idempotency-Key"), key


def test_without_a_key_each_request_counts(cast, ada):
    for _ in range(2):
        assert ada.post("/customer-accounts", {"name": "Acme"}).status == 201
    assert customers(cast) == ["Acme", "Acme"]


def test_after_a_day_a_key_is_free_and_the_purge_forgets_it(cast, ada, eve):
    for caller in (ada, eve):
        assert caller.post("/customer-accounts", {"name": "Acme"}, Idempotency_Key="old").status == 201
        assert caller.post("/customer-accounts", {"name": "Acme"}, Idempotency_Key="new").status == 201
    for name in ("ada", "eve"):
        with cast.scope(name):
            IdempotentAnswer.objects.filter(key="old").update(created_at=datetime.now(UTC) - timedelta(hours=25))
    assert ada.post("/customer-accounts", {"name": "Other"}, Idempotency_Key="old").status == 201
    assert purge_idempotent_answers() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('comity.worker', '', true)")
    with cast.scope("ada"):
        assert sorted(IdempotentAnswer.objects.values_list("key", flat=True)) == ["new", "old"]
    with cast.scope("eve"):
        assert list(IdempotentAnswer.objects.values_list("key", flat=True)) == ["new"]


def test_two_at_once_do_the_work_once(committed_database):
    everybody = make_cast()
    callers = [give_token(everybody, "ada")] * 2
    start, answers = threading.Barrier(2), []

    def send(caller):
        start.wait()
        answers.append(caller.post("/customer-accounts", {"name": "Acme"}, Idempotency_Key="same"))
        connections.close_all()

    threads = [threading.Thread(target=send, args=[caller]) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body == answers[1].body
    assert sorted("Idempotency-Replayed" in answer.headers for answer in answers) == [False, True]
    assert customers(everybody) == ["Acme"]


def test_the_rate_limit_holds_for_several_processes_together(committed_database):
    everybody = make_cast()
    at, token = datetime(2026, 3, 2, 9, 0, 30, tzinfo=UTC), everybody.program.pk
    left = []

    def call():
        for _ in range(5):
            left.append(
                count_request(organization_id=everybody.northwind.pk, token_id=token, at=at, limit=12).remaining
            )
        connections.close_all()

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(left) == [0, 0, 0, *range(12)]
    later = count_request(
        organization_id=everybody.northwind.pk, token_id=token, at=at + timedelta(seconds=30), limit=12
    )
    assert (later.remaining, later.resets_in) == (11, 60)
