"""What Lighthouse says of five pages of the demo: the median of three visits each; recorded, never asserted.

    npm install --prefix TOOLS lighthouse
    .venv/bin/python benchmarks/lighthouse.py --tools TOOLS [--home FOLDER] [--visits 3]

The workspace is visited as on a desk, the portal as on a phone (four times slower, over a slow network). With `--home`
the demo stays and is used again.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

from exports import ROOT, machine
from pages import sign_in, wait_for_answer

PASSWORD = "comity-demo"
ADA, BO = "ada@northwind.example", "bo@fabrikam.example"
ASPECTS = ("performance", "accessibility", "best-practices")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    " --disable-sync --no-first-run"
)
WORKSPACE = "/workspace/northwind-partners/"
PORT = 8021
TRIES = 3
"""Lighthouse gives up a visit now and then; what it says goes to standard error."""


def main() -> None:
    """Serve the demo, visit, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", type=Path, required=True, help="where npm put lighthouse")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--visits", type=int, default=3)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="comity-benchmark-") as scratch,
        demo(options.home or Path(scratch) / "home"),
    ):
        print(f"median of {options.visits} · {machine()}")
        print(f"{'':24}{'performance':>14}{'accessibility':>15}{'best practices':>16}{'LCP ms':>8}{'shift':>7}")
        for name, path, email in places():
            visited = [visit(options.tools, path, email, Path(scratch)) for _ in range(options.visits)]
            scores = [median(one[aspect] for one in visited) for aspect in (*ASPECTS, "lcp", "shift")]
            print(f"{name:24}{scores[0]:14.0f}{scores[1]:15.0f}{scores[2]:16.0f}{scores[3]:8.0f}{scores[4]:7.3f}")
            for failed in sorted({told for one in visited for told in one["failed"]}):
                print(f"{'':24}{failed}")


@contextmanager
def demo(home: Path) -> Iterator[None]:
    """The demo as anybody starts it, until it answers."""
    environment = os.environ | {"COMITY_HOME": str(home), "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "comity", "demo", "--port", str(PORT)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for_answer(PORT, "/readyz", seconds=300)
        time.sleep(20)  # the worker has what the demo announced
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def places() -> list[tuple[str, str, str]]:
    """Name, path and who reads it."""
    partner = first_link(ADA, f"{WORKSPACE}partners/", rf'href="({WORKSPACE}partners/[0-9a-f-]{{36}}/)"')
    portal = first_link(BO, "/portal/", r'href="(/portal/[0-9a-f-]{36}/)')
    return [
        ("Home", WORKSPACE, ADA),
        ("Partners", f"{WORKSPACE}partners/", ADA),
        ("Partner", partner, ADA),
        ("Metrics", f"{WORKSPACE}metrics/", ADA),
        ("The portal's Home", portal, BO),
    ]


def first_link(email: str, path: str, pattern: str) -> str:
    """The first address on a page that looks so; a page that leads on is followed."""
    connection, cookie = HTTPConnection("127.0.0.1", PORT), sign_in(PORT, email, PASSWORD)
    while True:
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        body = answer.read().decode()
        onward = answer.getheader("Location")
        if onward is None:
            break
        path = onward
    found = re.search(pattern, body)
    if found is None:
        raise SystemExit(f"{path} has no link like {pattern}.")
    return found[1]


def visit(tools: Path, path: str, email: str, scratch: Path) -> dict[str, float | list[str]]:
    """Scores of 100, the largest paint in ms, the layout's shift, and what costs points."""
    for _ in range(TRIES):
        report = report_of(tools, path, email, scratch)
        problem = report.get("runtimeError")
        if problem is None:
            return summary(report)
        print(f"{path}: {problem['code']}, {problem['message']}", file=sys.stderr)
    raise SystemExit(f"Lighthouse left {path} with an error {TRIES} times.")


def report_of(tools: Path, path: str, email: str, scratch: Path) -> dict[str, Any]:
    """What Lighthouse writes; only a runtime error where it wrote nothing."""
    told = scratch / "report.json"
    headers = scratch / "headers.json"
    headers.write_text(json.dumps({"Cookie": sign_in(PORT, email, PASSWORD)}))
    desk = [] if path.startswith("/portal/") else ["--preset=desktop"]
    told.unlink(missing_ok=True)
    done = subprocess.run(
        [
            tools / "node_modules/.bin/lighthouse", f"http://127.0.0.1:{PORT}{path}", "--quiet", *desk,
            "--output=json", f"--output-path={told}", f"--extra-headers={headers}", f"--chrome-flags={FLAGS}",
            f"--only-categories={','.join(ASPECTS)}",
        ],
        env=os.environ | {"CHROME_PATH": str(shutil.which("chromium"))},
    )  # fmt: skip
    if not told.exists():
        return {"runtimeError": {"code": f"exit {done.returncode}", "message": "no report"}}
    report: dict[str, Any] = json.loads(told.read_text())
    return report


def summary(report: dict[str, Any]) -> dict[str, float | list[str]]:
    """The figures of a report that came to its end."""
    audits = report["audits"]
    costly = [
        f"{audits[one['id']]['title']} ({audits[one['id']].get('displayValue') or aspect})"
        for aspect in ASPECTS
        for one in report["categories"][aspect]["auditRefs"]
        if one["weight"] and (audits[one["id"]]["score"] or 0) < 0.9 and audits[one["id"]]["score"] is not None
    ]
    return {
        **{aspect: report["categories"][aspect]["score"] * 100 for aspect in ASPECTS},
        "lcp": audits["largest-contentful-paint"]["numericValue"],
        "shift": audits["cumulative-layout-shift"]["numericValue"],
        "failed": costly,
    }


if __name__ == "__main__":
    main()
