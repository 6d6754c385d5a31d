"""The process of an import is killed at every stage: all of the run is there, or nothing; the next start mends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone

from comity.connectors.models import ImportRun
from comity.connectors.services import close_orphans
from comity.platform.jobs import run_worker

from .imports import FILES, Shop

ROOT = Path(__file__).resolve().parents[2]

# Where the process stops and waits to be killed: at the first call of this function.
PLACES = {
    "while reading": "comity.connectors.runs.copy_rows",
    "while checking": "comity.connectors.runs._reject_strangers",
    "while writing deals": "comity.deals.importing.know_owners",
    "before the commit": "comity.connectors.runs.announce",
    "between the commit and the marts": "comity.connectors.services._deliver",
}
STOPPED = """
import sys, time, django
django.setup()
from importlib import import_module
from comity.connectors import report
module, name = sys.argv[1].rsplit(".", 1)
def stop(*args, **more):
    print("here", flush=True)
    time.sleep(600)
setattr(import_module(module), name, stop)
from pathlib import Path
report.import_from_command_line(path=Path(sys.argv[2]), mapping=sys.argv[3], vendor="Wide World", program="wide-world",
                                dry_run=False, strict=False, report=lambda said: None)
"""


def environment() -> dict[str, str]:
    settings = {"PYTHONPATH": str(ROOT / "src"), "DJANGO_SETTINGS_MODULE": "comity.project.settings"}
    return os.environ | settings


def stopped_at(shop: Shop, place: str) -> subprocess.Popen[str]:
    """A process of its own that imports until this place, and waits there."""
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPED, PLACES[place], str(shop.folder), str(shop.folder.parent / "shop.toml")],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    process.stdout.close()
    return process


def killed_at(shop: Shop, place: str) -> None:
    """Import until this place, and die there."""
    process = stopped_at(shop, place)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("place", PLACES)
def test_all_or_nothing_stays_of_a_killed_import(shop: Shop, place: str) -> None:
    shop.load()
    before = shop.versions()
    shop.change("deals", "100.50", "700")
    shop.change("partners", "Fabrikam", "Fabrikam Europe")
    killed_at(shop, place)
    if place == "between the commit and the marts":
        assert shop.deals()["D1"][2] == "700.0000"
        assert shop.run().state == "done"
        assert shop.rows("SELECT amount::int FROM insights_dealstate WHERE status = 'won'") == [(101,)]
        run_worker(wait=False)  # the next start works off what is pending
        assert shop.rows("SELECT amount::int FROM insights_dealstate WHERE status = 'won'") == [(700,)]
        return
    assert shop.versions() == before
    assert shop.run().state == "running"
    shop.change("deals", "700", "800")
    assert shop.load() == 0
    assert shop.deals()["D1"][2] == "800.0000"
    with shop.scope():
        states = list(ImportRun.objects.order_by("created_at").values_list("state", "problem"))
    assert states == [
        ("done", ""),
        ("failed", "The process that ran this import ended. Nothing of it was kept; start it again."),
        ("done", ""),
    ]


def test_the_command_itself_killed_at_many_moments(shop: Shop) -> None:
    header, *rows = FILES["deals.csv"].splitlines()
    many = [f"X{number},Deal {number},A1,Won,2023-01-01,2024-01-01,{number},M1," for number in range(20_000)]
    shop.write(deals="\n".join([header, *rows, *many]) + "\n")
    command = [sys.executable, "-m", "comity", "import", str(shop.folder), "--mapping",
               str(shop.folder.parent / "shop.toml"), "--vendor", "Wide World", "--program", "wide-world"]  # fmt: skip
    for delay in (1.5, 2.5, 3.5):
        process = subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.kill()
        process.wait()
        try:
            counted = shop.rows("SELECT count(*) FROM deals_opportunity")[0][0]
        except Exception:
            continue  # not even the program was made
        assert counted in (0, 20_003)
        assert shop.rows("SELECT count(*) FROM deals_opportunityline")[0][0] in (0, 3)
    assert shop.load() == 0
    run_worker(wait=False)
    assert shop.rows("SELECT count(*) FROM deals_opportunity") == [(20_003,)]
    assert shop.rows("SELECT count(*) FROM insights_dealstate") == [(40_005,)]


def test_a_run_that_lives_is_not_taken_for_dead(shop: Shop) -> None:
    shop.load()
    shop.change("deals", "100.50", "700")
    process = stopped_at(shop, "while checking")
    with shop.scope() as program:
        assert close_orphans(program=program, at=timezone.now()) == 0
    process.kill()
    process.wait()
    for _ in range(100):  # until the server has noticed
        with shop.scope() as program:
            if close_orphans(program=program, at=timezone.now()) == 1:
                return
        time.sleep(0.1)
    pytest.fail("the dead run was never closed")


def test_two_imports_at_once_come_one_after_the_other(shop: Shop, tmp_path: Path) -> None:
    shop.load()
    shop.change("deals", "100.50", "700")
    statuses: list[int] = []

    def load() -> None:
        try:
            own = Shop(shop.folder)
            statuses.append(own.load())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [0, 0, 0]
    assert shop.events() == 2  # the first import and the one that found something changed
    assert shop.deals()["D1"][2] == "700.0000"
