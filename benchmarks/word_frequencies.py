"""Count words of legal names and write the small table that `matching` ships.

    .venv/bin/python benchmarks/word_frequencies.py NAMES.parquet

NAMES holds a column `name`; the shipped table was counted from the golden copy of GLEIF (CC0), a sample of 337,057
legal names of all countries.
"""

from __future__ import annotations

import collections
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
TABLE = ROOT / "src/comity/matching/tables/word_frequencies.tsv"
FEWEST = 20


def main() -> None:
    """Count in how many names each word stands; keep those of at least FEWEST names."""
    import duckdb

    from comity.matching.text import collapsed, words

    names = duckdb.sql(f"select name from '{sys.argv[1]}'").fetchall()
    counts: collections.Counter[str] = collections.Counter()
    for (name,) in names:
        counts.update({collapsed(word) for word in words(name)})
    kept = sorted(
        ((word, count) for word, count in counts.items() if count >= FEWEST), key=lambda row: (-row[1], row[0])
    )
    lines = [
        "# In how many of the legal names below a word stands (words of fewer than 20 names are left out).",
        "# Counted by benchmarks/word_frequencies.py from legal names of GLEIF's golden copy, which is under CC0 1.0.",
        f"(names)\t{len(names)}",
        *(f"{word}\t{count}" for word, count in kept),
    ]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(kept)} words of {len(names)} names")


if __name__ == "__main__":
    main()
