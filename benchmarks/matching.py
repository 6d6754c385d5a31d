"""How well `matching` finds the same companies in two labelled lists, beside rapidfuzz, TF-IDF trigrams and splink 5.

    .venv/bin/python benchmarks/matching.py --data FOLDER [--peers PYTHON] [--only-own]

FOLDER holds a.csv and b.csv with truth.csv (id, id_b, label) or with truth_a.csv and truth_b.csv (id, entity, family).
PYTHON is an interpreter that has rapidfuzz, scikit-learn, pandas and splink>=5 (default: this one); what it lacks is
reported as missing. The weights were learned from half of the issuers of the real set: half 1 is the one they never
saw. The own engine is measured as people run it, its command in a process of its own; counted are pairs of the band
*same*. The peers get the threshold that is best on the truth.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]
from truth import Pair, Truth  # noqa: E402

PEERS = {
    "exact": "equal normalised names",
    "rapidfuzz": "rapidfuzz, all pairs",
    "tfidf": "TF-IDF trigrams, hand weights",
    "splink": "splink 5",
}
LINE = "{:<42}{:>10}{:>9}{:>9}{:>9}{:>10}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--only-own", action="store_true", help="leave the peers out")
    options = parser.parse_args()
    truth = Truth.read(options.data)
    print(f"{len(truth.left):,} against {len(truth.right):,}, {len(truth.same):,} true pairs; {_machine()}\n")
    print(LINE.format("", "precision", "recall", "F1", "seconds", "memory"))
    with tempfile.TemporaryDirectory() as folder:
        _own(options.data, truth, Path(folder) / "own.csv")
        for peer, name in {} if options.only_own else PEERS.items():
            _peer(options, truth, peer, name, Path(folder) / f"{peer}.csv")


def _own(data: Path, truth: Truth, out: Path) -> None:
    command = [sys.executable, "-m", "comity", "match", str(data / "a.csv"), str(data / "b.csv"), "--out", str(out)]
    took, memory, _said = _timed([*command, "--family"])
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    found = {(row["id_a"], row["id_b"]) for row in rows if row["band"] == "same"}
    print(_line("comity, band same", _figures(found, truth), took, memory))
    for half in () if truth.has_families else (0, 1):
        seen = "the weights were learned from" if half == 0 else "that the weights never saw"
        print(_line(f"  half {half}, {seen}", _figures(found, truth, half)))
    asked = {(row["id_a"], row["id_b"]) for row in rows if row["band"] == "ask"} - truth.uncounted
    print(f"  for a person to decide: {len(asked):,} pairs, {len(asked & truth.same):,} of them the same")
    if truth.has_families:
        family = {(row["id_a"], row["id_b"]) for row in rows if "family by" in row["reasons"]} - truth.same
        right = len(family & truth.family)
        print(f"  family: {right / max(len(family), 1):.3f} of {len(family):,} right, of {len(truth.family):,} true")


def _peer(options: argparse.Namespace, truth: Truth, peer: str, name: str, out: Path) -> None:
    script = str(ROOT / "benchmarks" / "matching_peers.py")
    command = [options.peers, script, peer, str(options.data / "a.csv"), str(options.data / "b.csv"), str(out)]
    took, memory, said = _timed(command)
    if said:
        print(f"{name:<42}  not measured: {said}")
        return
    scored = [((left, right), float(score)) for left, right, score in csv.reader(out.open(encoding="utf-8"))]
    print(_line(name, _best(scored, truth), took, memory))


def _timed(command: list[str]) -> tuple[float, float, str]:
    """Seconds and megabytes of a process, and the last thing it said when it failed."""
    before = time.monotonic()
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment)
    said = process.stderr.read() if process.stderr else ""
    _pid, status, usage = os.wait4(process.pid, 0)
    failed = (said.strip().splitlines() or ["failed"])[-1] if status else ""
    return time.monotonic() - before, usage.ru_maxrss / 1024, failed


def _figures(found: set[Pair], truth: Truth, half: int | None = None) -> tuple[float, float, float]:
    """Precision, recall and F1; of one half of the issuers when it is given."""

    def counted(pairs: set[Pair]) -> set[Pair]:
        return {pair for pair in pairs - truth.uncounted if half is None or truth.half("a" + pair[0]) == half}

    said, same = counted(found), counted(truth.same)
    right = len(said & same)
    return right / max(len(said), 1), right / max(len(same), 1), 2 * right / max(len(said) + len(same), 1)


def _best(scored: list[tuple[Pair, float]], truth: Truth) -> tuple[float, float, float]:
    """The figures at the threshold with the best F1 on the truth."""
    best, right, said = (0.0, 0.0, 0.0), 0, 0
    counted = sorted(((score, pair) for pair, score in scored if pair not in truth.uncounted), reverse=True)
    for place, (score, pair) in enumerate(counted):
        said += 1
        right += pair in truth.same
        if place + 1 < len(counted) and counted[place + 1][0] == score:
            continue
        f1 = 2 * right / (said + len(truth.same))
        if f1 > best[2]:
            best = right / said, right / len(truth.same), f1
    return best


def _line(
    name: str, figures: tuple[float, float, float], took: float | None = None, memory: float | None = None
) -> str:
    shown = [f"{figure:.3f}" for figure in figures]
    return LINE.format(
        name, *shown, "" if took is None else f"{took:.0f}", "" if memory is None else f"{memory:.0f} MB"
    )


def _machine() -> str:
    cores = os.cpu_count()
    return f"{cores} cores, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}"


if __name__ == "__main__":
    main()
