"""News between domains: written with its cause, handled once, given up in sight, taken up again by a person."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from django.db import connection, connections, transaction

import outbox_world
from cast import make_cast
from comity.kernel.ids import uuid7
from comity.platform import outbox
from comity.platform.home import REPOSITORY
from comity.platform.models import Delivery, DeliveryState, OutboxEvent, StoredFile
from comity.platform.outbox import NotDead, announce, deliver, replay
from comity.platform.tenancy import NoTenant, tenant
from outbox_world import Greeted


@pytest.fixture(autouse=True)
def wired(monkeypatch):
    monkeypatch.setattr(outbox, "_events", {})
    monkeypatch.setattr(outbox, "_handlers", {})
    outbox.subscribe(outbox_world.SUBSCRIPTIONS)


@pytest.fixture
def stage(committed_database):
    """The cast, committed."""
    with transaction.atomic():
        return make_cast()


def heard() -> list[str]:
    return sorted(StoredFile.objects.filter(purpose="heard").values_list("name", flat=True))


def waiting_jobs() -> list[dict]:
    """Every job, seen by the owner."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT args, status::text FROM procrastinate_jobs ORDER BY id")
        return [{"args": json.loads(args), "status": status} for args, status in cursor.fetchall()]


def greet(stage, words: str, who: str = "ada") -> Delivery:
    with stage.scope(who):
        event_id = announce(Greeted(about=uuid7(), words=words))
        return Delivery.objects.get(event_id=event_id)


def run_deliver(delivery: Delivery) -> DeliveryState:
    return deliver(organization_id=delivery.vendor_id, delivery_id=delivery.pk)


def look(stage, who: str = "ada") -> dict[str, object]:
    with stage.scope(who):
        deliveries = Delivery.objects.order_by("created_at", "id").values_list("state", "attempts")
        return {"heard": heard(), "deliveries": [tuple(row) for row in deliveries]}


def test_a_rolled_back_request_leaves_neither_news_nor_job(stage):
    with stage.scope("ada"):
        announce(Greeted(about=uuid7(), words="never"))
        transaction.set_rollback(True)
    with stage.scope("ada"):
        assert OutboxEvent.objects.count() == 0
    assert waiting_jobs() == []


def test_handlers_side_by_side_are_all_done_though_one_fails(stage, monkeypatch):
    both_begun = threading.Barrier(2)

    def meet(event: Greeted) -> None:
        both_begun.wait(timeout=30)
        outbox_world.write_down(event)

    def meet_and_fail(_event: Greeted) -> None:
        both_begun.wait(timeout=30)
        raise ValueError("one of them fails")

    monkeypatch.setattr(outbox, "_handlers", {})
    outbox.subscribe([(Greeted, meet), (Greeted, meet_and_fail)])
    with stage.scope("ada"):
        event_id = announce(Greeted(about=uuid7(), words="hello"))
    with pytest.raises(ValueError, match="one of them fails"):
        outbox.deliver_pending(organization_id=stage.northwind.pk, event_id=event_id, side_by_side=2)
    assert look(stage) == {"heard": ["hello"], "deliveries": [("done", 1), ("pending", 1)]}


def test_a_job_names_its_organization_and_nothing_but_ids(stage):
    delivery = greet(stage, "hello")
    assert waiting_jobs() == [
        {"args": {"organization": str(stage.northwind.pk), "delivery": str(delivery.pk)}, "status": "todo"}
    ]


def test_news_is_handled_under_its_own_organization(stage):
    mine, theirs = greet(stage, "hello"), greet(stage, "hello from Umbra", who="eve")
    assert (run_deliver(mine), run_deliver(theirs)) == (DeliveryState.DONE, DeliveryState.DONE)
    assert look(stage) == {"heard": ["hello"], "deliveries": [("done", 1)]}
    assert look(stage, "eve") == {"heard": ["hello from Umbra"], "deliveries": [("done", 1)]}
    with pytest.raises(Delivery.DoesNotExist):
        deliver(organization_id=stage.umbra.pk, delivery_id=greet(stage, "not yours").pk)


def test_news_belongs_to_the_scope_it_is_announced_in(stage):
    with stage.scope("ada"):
        with tenant(organization_id=stage.umbra.pk):
            announce(Greeted(about=uuid7(), words="inner"))
        announce(Greeted(about=uuid7(), words="outer"))
        assert [event.payload["words"] for event in OutboxEvent.objects.all()] == ["outer"]
    with stage.scope("eve"):
        assert [event.payload["words"] for event in OutboxEvent.objects.all()] == ["inner"]
    with pytest.raises(NoTenant):
        announce(Greeted(about=uuid7(), words="nobody's"))


def test_the_same_news_is_handled_once(stage):
    delivery = greet(stage, "hello")
    assert [run_deliver(delivery) for _ in range(3)] == [DeliveryState.DONE] * 3
    assert look(stage) == {"heard": ["hello"], "deliveries": [("done", 1)]}


def test_two_workers_at_once_handle_it_once(stage):
    delivery, states = greet(stage, "slow"), []
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        try:
            states.append(run_deliver(delivery))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert states == [DeliveryState.DONE] * 2
    assert look(stage)["heard"] == ["slow"]


def test_a_failing_handler_leaves_nothing_but_its_error(stage):
    delivery = greet(stage, "fail")
    with pytest.raises(ValueError, match="the handler fails"):
        run_deliver(delivery)
    assert look(stage) == {"heard": [], "deliveries": [("pending", 1)]}
    assert len(waiting_jobs()) == 1, "what the failed handler deferred is gone with it"
    with stage.scope("ada"):
        assert "ValueError: the handler fails" in Delivery.objects.get().last_error


def test_it_is_given_up_in_sight_and_taken_up_again_by_a_person(stage, monkeypatch):
    delivery = greet(stage, "fail")
    for _ in range(outbox.MAX_ATTEMPTS - 1):
        with pytest.raises(ValueError, match="fails"):
            run_deliver(delivery)
    assert run_deliver(delivery) == DeliveryState.DEAD
    assert run_deliver(delivery) == DeliveryState.DONE, "a late job finds nothing to do"
    assert look(stage) == {"heard": [], "deliveries": [("dead", 6)]}
    with stage.scope("ada"):
        replay(delivery=Delivery.objects.get())
        with pytest.raises(NotDead):
            replay(delivery=Delivery.objects.get())
    assert look(stage)["deliveries"] == [("pending", 0)]
    assert len(waiting_jobs()) == 2
    monkeypatch.setitem(outbox._handlers["test.Greeted"], "outbox_world.write_down", lambda event: None)
    assert run_deliver(delivery) == DeliveryState.DONE


def test_news_that_kills_its_worker_each_time_is_given_up_too(stage):
    delivery = greet(stage, "hello")
    with stage.scope("ada"):
        Delivery.objects.update(attempts=outbox.MAX_ATTEMPTS)
    assert run_deliver(delivery) == DeliveryState.DEAD
    with stage.scope("ada"):
        assert Delivery.objects.get().last_error == "The worker was lost at each attempt."


def worker(**surroundings: str) -> subprocess.Popen[bytes]:
    path = f"{REPOSITORY / 'src'}:{REPOSITORY / 'tests'}"
    environment = os.environ | {"PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "comity.project.settings"} | surroundings
    return subprocess.Popen([sys.executable, "-m", "outbox_worker"], env=environment, stderr=subprocess.DEVNULL)


def test_a_worker_process_works_the_jobs_of_everybody_each_under_its_own(stage):
    greet(stage, "hello")
    greet(stage, "answer", who="eve")
    assert worker().wait(60) == 0
    assert look(stage) == {"heard": ["hello"], "deliveries": [("done", 1)]}
    assert look(stage, "eve") == {"heard": ["answer", "answered"], "deliveries": [("done", 1), ("done", 1)]}
    assert [job for job in waiting_jobs() if "delivery" in job["args"]] == []


def test_a_killed_workers_job_is_taken_up_and_runs_once(stage, tmp_path: Path):
    greet(stage, "hang once")
    marker = tmp_path / "marker"
    doomed = worker(OUTBOX_MARKER=str(marker), OUTBOX_WAIT="1")
    deadline = time.monotonic() + 60
    while not marker.exists():
        assert time.monotonic() < deadline
        assert doomed.poll() is None
        time.sleep(0.1)
    doomed.send_signal(signal.SIGKILL)
    doomed.wait()
    assert [job["status"] for job in waiting_jobs() if "delivery" in job["args"]] == ["doing"]
    assert look(stage) == {"heard": [], "deliveries": [("pending", 1)]}
    time.sleep(1.1)
    assert worker(OUTBOX_MARKER=str(marker), OUTBOX_STALLED="1").wait(60) == 0
    assert look(stage) == {"heard": ["hang once"], "deliveries": [("done", 2)]}
    assert [job for job in waiting_jobs() if "delivery" in job["args"]] == []


def comity(*arguments: str, **surroundings: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src")} | surroundings
    command = [sys.executable, "-m", "comity", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_the_worker_command_works_jobs(stage):
    """The real wiring does not know this news, which it says where people look."""
    greet(stage, "hello")
    outcome = comity("worker", "--once")
    assert outcome.returncode == 0, outcome.stderr
    with stage.scope("ada"):
        delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("pending", 1)
    assert "KeyError: 'test.Greeted'" in delivery.last_error


def test_the_worker_refuses_every_role_but_the_applications(stage):
    outcome = comity("worker", "--once", DATABASE_URL=os.environ["DATABASE_OWNER_URL"])
    assert outcome.returncode == 1
    assert "The server connects as comity_owner" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_only_a_worker_sees_the_jobs_of_others(stage):
    greet(stage, "hello")
    greet(stage, "hello", who="eve")
    seen = {}
    for who in ("ada", "eve", "bo"):
        with stage.scope(who), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_jobs")
            seen[who] = cursor.fetchone()[0]
    with psycopg.connect(os.environ["DATABASE_URL"], options="-c comity.worker=on") as raw:
        seen["worker"] = raw.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()[0]
    assert seen == {"ada": 1, "eve": 1, "bo": 0, "worker": 2}
