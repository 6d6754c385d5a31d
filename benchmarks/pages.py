"""How fast the pages answer with 10,000 partners and 1,000,000 deals, while twenty people read.

    .venv/bin/python benchmarks/pages.py [--deals 1000000] [--partners 10000] [--home FOLDER] [--seconds 60]

One big vendor and a small second one are imported by the command, the server starts as anybody starts it, and twenty
readers go from page to page with a second of thought in between, each page as often as the others. The readers run on
the same cores as server and database. With `--home` the data stay and are used again.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

from exports import ROOT, fresh_database, machine, write_export

EMAIL, PASSWORD, SLUG = "ada@benchmark.example", "a long benchmark password", "benchmark"
THOUGHT = 1.0
PAGES = {
    "Home": "/workspace/benchmark/",
    "Partners": "/workspace/benchmark/partners/",
    "Partners, searched": "/workspace/benchmark/partners/?q=maple+harbor",
    "Partner": "/workspace/benchmark/partners/{partner}/",
    "Partner, deals": "/workspace/benchmark/partners/{partner}/deals/",
    "Deals": "/workspace/benchmark/deals/",
    "Deals, open": "/workspace/benchmark/deals/?status=open",
    "Deals, searched": "/workspace/benchmark/deals/?q=kestrel+renewal",
    "Deal": "/workspace/benchmark/deals/{deal}/",
    "Metrics": "/workspace/benchmark/metrics/",
    "Metric by region": "/workspace/benchmark/metrics/partner_revenue/?by=region",
    "Team": "/workspace/benchmark/team/",
}


def main() -> None:
    """Load, serve, read, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deals", type=int, default=1_000_000)
    parser.add_argument("--partners", type=int, default=10_000)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="comity-benchmark-") as scratch:
        home = options.home or Path(scratch) / "home"
        os.environ |= {"COMITY_HOME": str(home), "DJANGO_SETTINGS_MODULE": "comity.project.settings"}
        os.environ.pop("DATABASE_URL", None)
        print(f"{options.partners:,} partners, {options.deals:,} deals · {machine()}")
        with fresh_database():
            fill(Path(scratch), options)
            with served() as port:
                places = first_rows()
                wait_for_quiet()
                measure(port, {name: path.format(**places) for name, path in PAGES.items()}, options)


def fill(scratch: Path, options: argparse.Namespace) -> None:
    """The two vendors, unless they are there."""
    if rows("SELECT 1 FROM programs_program WHERE slug = %s", SLUG):
        return
    for name, partners, deals in (("Benchmark", options.partners, options.deals), ("Small", 50, 5_000)):
        folder = scratch / name / "export"
        folder.mkdir(parents=True, mode=0o755)
        write_export(folder, deals, partners)
        comity("import", str(folder), "--mapping", str(folder.parent / "benchmark.toml"), "--vendor", name,
               "--program", name.lower())  # fmt: skip
    os.environ["COMITY_ADMIN_PASSWORD"] = PASSWORD
    comity("createadmin", "--email", EMAIL, "--name", "Ada Lindqvist", "--organization", "Benchmark")


def comity(*words: str) -> None:
    """A command, as people call it."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-m", "comity", *words], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)


def rows(statement: str, *values: object) -> list[tuple[object, ...]]:
    """What the owner of the tables reads."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def first_rows() -> dict[str, object]:
    """A partner with deals and one of its deals."""
    [(partner, deal)] = rows(
        "SELECT part.partnership_id, part.opportunity_id FROM deals_opportunitypartner part"
        " JOIN programs_program program ON program.vendor_id = part.vendor_id WHERE program.slug = %s LIMIT 1",
        SLUG,
    )
    return {"partner": partner, "deal": deal}


def wait_for_quiet() -> None:
    """Until the worker has worked what the imports announced."""
    while rows("SELECT 1 FROM platform_delivery WHERE state = 'pending' LIMIT 1"):
        time.sleep(1)


@contextmanager
def served() -> Iterator[int]:
    """The server on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "COMITY_BASE_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "comity", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_answer(port, "/readyz")
        yield port
    finally:
        process.terminate()
        process.wait(60)


def wait_for_answer(port: int, path: str, seconds: float = 60) -> None:
    """Until the server is there, whatever it thinks of who asks; gives the run up if it does not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.2)
        try:
            if fetch(HTTPConnection("127.0.0.1", port), path, "")[0] < 500:
                return
        except OSError:
            continue
    raise SystemExit(f"The server at port {port} did not answer {path} within {seconds:.0f} s.")


@dataclass
class Answers:
    """What one page took: seconds a request; bytes as sent; what went wrong."""

    seconds: list[float] = field(default_factory=list)
    size: int = 0
    wrong: set[int] = field(default_factory=set)


def measure(port: int, pages: dict[str, str], options: argparse.Namespace) -> None:
    """Twenty readers for a while; a line a page."""
    cookie = sign_in(port)
    answers = {name: Answers() for name in pages}
    end = time.monotonic() + options.seconds
    threads = [
        threading.Thread(target=read, args=(port, cookie, pages, answers, end, number))
        for number in range(options.readers)
    ]
    for path in pages.values():  # each once, so that no first request counts
        fetch(HTTPConnection("127.0.0.1", port), path, cookie)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{options.readers} readers, {THOUGHT:.0f} s of thought, {options.seconds:.0f} s; milliseconds, kB as sent")
    print(f"{'':24}{'n':>5}{'p50':>7}{'p95':>7}{'max':>7}{'kB':>7}")
    everything: list[float] = []
    for name, one in answers.items():
        everything += one.seconds
        note = f"  answered {sorted(one.wrong)}" if one.wrong else ""
        print(f"{name:24}{line(one.seconds)}{one.size / 1e3:7.1f}{note}")
    print(f"{'all':24}{line(everything)}")


def line(seconds: list[float]) -> str:
    """Number, median, 95th percentile and maximum."""
    if len(seconds) < 2:
        return f"{len(seconds):5}"
    cuts = quantiles(seconds, n=20, method="inclusive")
    return f"{len(seconds):5}{cuts[9] * 1e3:7.0f}{cuts[18] * 1e3:7.0f}{max(seconds) * 1e3:7.0f}"


def read(port: int, cookie: str, pages: dict[str, str], answers: dict[str, Answers], end: float, number: int) -> None:
    """One reader, in an order of their own."""
    chance, connection = random.Random(number), HTTPConnection("127.0.0.1", port)
    time.sleep(chance.random() * THOUGHT)
    while time.monotonic() < end:
        for name in chance.sample(sorted(pages), len(pages)):
            started = time.perf_counter()
            status, size = fetch(connection, pages[name], cookie)
            answers[name].seconds.append(time.perf_counter() - started)
            answers[name].size = size
            if status != 200:
                answers[name].wrong.add(status)
            time.sleep(THOUGHT)
            if time.monotonic() > end:
                return


def fetch(connection: HTTPConnection, path: str, cookie: str) -> tuple[int, int]:
    """Status and size of an answer."""
    connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    return answer.status, len(answer.read())


def sign_in(port: int, email: str = EMAIL, password: str = PASSWORD) -> str:
    """The cookies of somebody who is signed in."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/accounts/login/")
    answer = connection.getresponse()
    body = answer.read()
    page = (gzip.decompress(body) if answer.getheader("Content-Encoding") == "gzip" else body).decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    cookies = kept({}, answer.headers.get_all("Set-Cookie"))
    form = {"login": email, "password": password, "csrfmiddlewaretoken": token[1] if token else ""}
    connection.request("POST", "/accounts/login/", urlencode(form), {
        "Content-Type": "application/x-www-form-urlencoded", "Cookie": told(cookies),
        "Origin": f"http://127.0.0.1:{port}", "Referer": f"http://127.0.0.1:{port}/accounts/login/",
    })  # fmt: skip
    answer = connection.getresponse()
    answer.read()
    if answer.status != 302:
        raise SystemExit(f"Signing in answered {answer.status}.")
    return told(kept(cookies, answer.headers.get_all("Set-Cookie")))


def kept(cookies: dict[str, str], lines: list[str] | None) -> dict[str, str]:
    """The cookies after an answer."""
    pairs = (one.partition(";")[0].partition("=") for one in lines or ())
    return cookies | {name: value for name, _, value in pairs}


def told(cookies: dict[str, str]) -> str:
    """As the browser sends them."""
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


if __name__ == "__main__":
    main()
