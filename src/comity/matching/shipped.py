"""The tables beside this module, read once: plain text files that a person can read and correct."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final

FOLDER: Final = files("comity.matching") / "tables"


@cache
def table(name: str) -> dict[str, Any]:
    """A TOML table by its name without the ending."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def word_counts() -> tuple[int, dict[str, int]]:
    """How many legal names were counted, and in how many of them each common word stands."""
    lines = (FOLDER / "word_frequencies.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    counts = {word: int(count) for word, count in rows}
    return counts.pop("(names)"), counts
