"""Learn the evidence weights that `matching` ships, from one half of real labelled pairs and a synthetic list.

    .venv/bin/python benchmarks/fit_matching.py REAL SYNTHETIC

REAL holds a.csv, b.csv and truth.csv; only the issuers of half 0 are learned from (see truth.py), so that the other
half still measures. SYNTHETIC holds lists with websites, mail, telephones and streets, which REAL lacks, at half.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]
TABLE = ROOT / "src/comity/matching/tables/weights.toml"
SYNTHETIC_COUNTS = 0.5
PULL = 2.0


def main() -> None:
    """Fit and write the table."""
    from truth import Truth, labelled_levels

    from comity.matching.learn import fit

    levels, same, importance = [], [], []
    for folder, counts in ((sys.argv[1], 1.0), (sys.argv[2], SYNTHETIC_COUNTS)):
        truth = Truth.read(Path(folder))
        for left, _right, found, label in labelled_levels(truth):
            if not truth.has_families and truth.half("a" + left) != 0:
                continue
            levels.append(found)
            same.append(label)
            importance.append(counts)
    weights, start = fit(levels, same, importance, pull=PULL)
    lines = [
        "# What each piece of evidence adds, in nats, to the logarithm of the odds that two records are the same.",
        "# Learned by benchmarks/fit_matching.py from half of the issuers of FinanceDatabase's listings (MIT licence)",
        f"# and one synthetic list: {len(levels)} pairs, {sum(same)} of them the same. The levels are explained",
        "# in docs/algorithms/matching.md.",
        "",
        f"start = {start:.2f}",
    ]
    for evidence, named in weights.items():
        lines += ["", f'[evidence."{evidence}"]']
        lines += [f'"{level}" = {nats:.2f}' for level, nats in sorted(named.items(), key=lambda item: item[1])]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(levels)} pairs, {sum(same)} of them the same")


if __name__ == "__main__":
    main()
