"""Labelled company lists in either layout: a.csv and b.csv with truth.csv, or with truth_a.csv and truth_b.csv."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from comity.matching.lists import Lists
from comity.matching.profile import profile
from comity.matching.record import FIELDS, Record

Pair = tuple[str, str]


@dataclass
class Truth:
    """Two lists and which pairs are the same company, of the same family, or not to be counted either way."""

    left: list[Record]
    right: list[Record]
    same: set[Pair]
    uncounted: set[Pair] = field(default_factory=set)
    family: set[Pair] = field(default_factory=set)
    has_families: bool = False
    _issuer: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Truth:
        """Read a folder of either layout."""
        left, right = (_records(folder / f"{side}.csv") for side in "ab")
        if (folder / "truth.csv").exists():
            rows = [row for name in ("truth.csv", "truth_extra_ignore.csv") for row in _rows(folder / name)]
            pairs = [((row["id"], row["id_b"]), row["label"]) for row in rows]
            uncounted = {pair for pair, label in pairs if label != "match"}
            return cls(left, right, {pair for pair, label in pairs if label == "match"} - uncounted, uncounted)
        lefts, rights = list(_rows(folder / "truth_a.csv")), list(_rows(folder / "truth_b.csv"))
        same = _joined(lefts, rights, "entity")
        return cls(left, right, same, family=_joined(lefts, rights, "family") - same, has_families=True)

    def half(self, identifier: str) -> int:
        """0 or 1: the half of the issuers (connected components of the truth) to which a record belongs."""
        if not self._issuer:
            self._join()
        return hashlib.sha256(self._root(identifier).encode()).digest()[0] % 2

    def _join(self) -> None:
        self._issuer["\0"] = "\0"
        for one, other in sorted(self.same):
            first, second = sorted((self._root("a" + one), self._root("b" + other)))
            self._issuer[second] = first

    def _root(self, key: str) -> str:
        while self._issuer.setdefault(key, key) != key:
            key = self._issuer[key]
        return key


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if path.exists():
        with path.open(encoding="utf-8", newline="") as lines:
            yield from csv.DictReader(lines)


def _records(path: Path) -> list[Record]:
    return [Record(row["id"], **{name: row.get(name) or "" for name in FIELDS}) for row in _rows(path)]


def _joined(lefts: list[dict[str, str]], rights: list[dict[str, str]], key: str) -> set[Pair]:
    by_key: defaultdict[str, list[str]] = defaultdict(list)
    for row in rights:
        by_key[row[key]].append(row["id"])
    return {(row["id"], other) for row in lefts for other in by_key[row[key]]}


def labelled_levels(truth: Truth) -> Iterator[tuple[str, str, dict[str, str], bool]]:
    """Every pair that the matcher compares: both ids, the levels of evidence, and whether it is the same company."""
    lefts, rights = ([profile(record) for record in side] for side in (truth.left, truth.right))
    lists = Lists(lefts, rights)
    for left in lefts:
        for right in lists.candidates(left):
            pair = (left.record.id, right.record.id)
            if pair not in truth.uncounted:
                yield (*pair, lists.comparison.compare(left, right), pair in truth.same)
