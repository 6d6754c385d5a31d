"""What others reach on the same lists: run by matching.py in an interpreter that has them.

    PEERS/bin/python benchmarks/matching_peers.py exact|rapidfuzz|tfidf|splink LEFT.csv RIGHT.csv OUT.csv

Each writes `id_a,id_b,score` for the pairs that it would consider; matching.py then takes the threshold that is best
*on the truth*, which flatters them. Needs, as the case may be: rapidfuzz, scikit-learn, splink (5), pandas.
"""

from __future__ import annotations

import csv
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

Row = dict[str, str]
Scored = Iterator[tuple[str, str, float]]
MOST_PAIRS = 400_000_000
FORMS = re.compile(
    r"\b(inc|incorporated|corp|corporation|co|company|ltd|limited|plc|ag|sa|se|nv|bv|ab|asa|as|oyj|spa|gmbh|kg|llc|lp)\b"
)


def plain(name: str) -> str:
    """Small letters without accents, signs and the most usual legal forms."""
    folded = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    folded = re.sub(r"[^a-z0-9 ]", " ", folded.replace(".", "").replace("&", " "))
    return " ".join(FORMS.sub(" ", folded).split()) or folded.strip()


def exact(left: list[Row], right: list[Row]) -> Scored:
    """Equal normalised names."""
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for row in right:
        by_name[plain(row["name"])].append(row["id"])
    for row in left:
        for other in by_name[plain(row["name"])]:
            yield row["id"], other, 1.0


def rapidfuzz(left: list[Row], right: list[Row]) -> Scored:
    """Every pair, by the ratio of sorted words."""
    import numpy as np
    from rapidfuzz import fuzz, process

    if len(left) * len(right) > MOST_PAIRS:
        sys.exit(f"too many pairs for all of them: {len(left) * len(right):,}")
    names = [plain(row["name"]) for row in right]
    for start in range(0, len(left), 500):
        part = left[start : start + 500]
        scores = process.cdist(
            [plain(row["name"]) for row in part], names, scorer=fuzz.token_sort_ratio, score_cutoff=75, workers=2
        )
        for i, j in zip(*np.nonzero(scores), strict=True):
            yield part[i]["id"], right[j]["id"], float(scores[i, j])


def tfidf(left: list[Row], right: list[Row]) -> Scored:
    """Cosine of letter trigrams, with hand weights for country, city and postcode."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    lefts, rights = [plain(row["name"]) for row in left], [plain(row["name"]) for row in right]
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), min_df=1).fit([*lefts, *rights])
    theirs = vectors.transform(rights).T.tocsr()
    for start in range(0, len(left), 500):
        likeness = (vectors.transform(lefts[start : start + 500]) @ theirs).tocoo()
        for i, j, value in zip(likeness.row, likeness.col, likeness.data, strict=True):
            if value > 0.4:
                one, other = left[start + i], right[j]
                yield one["id"], other["id"], float(value) + _places(one, other)


def _places(one: Row, other: Row) -> float:
    worth = 0.0
    for name, same, differs in (("country", 0.08, -0.08), ("city", 0.06, -0.06), ("postcode", 0.1, -0.05)):
        if one.get(name) and other.get(name):
            worth += same if one[name].strip().lower() == other[name].strip().lower() else differs
    return worth


def splink(left: list[Row], right: list[Row]) -> Scored:
    """Fellegi-Sunter with weights by expectation maximisation, on all fields that the lists have."""
    import pandas
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    def frame(rows: list[Row]) -> Any:
        made: Any = pandas.DataFrame(rows).rename(columns={"id": "unique_id"})
        made["name"] = made["name"].map(plain)
        made["start"] = made["name"].str[:4]
        made["first"] = made["name"].str.split(" ").str[0]
        return made.where(made != "", None)

    tables = [frame(left), frame(right)]
    has = [name for name in ("country", "city", "postcode", "phone", "website", "email") if name in left[0]]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.JaroWinklerAtThresholds("name", [0.97, 0.92, 0.85, 0.75]),
            *(cl.ExactMatch(name) for name in has),
        ],
        blocking_rules_to_generate_predictions=[block_on("start"), block_on("first"), block_on("name")]
        + [block_on(name) for name in has if name in ("phone", "website", "email")],
    )
    api = DuckDBAPI()
    linker = Linker([api.register(table) for table in tables], settings)
    linker.training.estimate_probability_two_random_records_match([block_on("name")], recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("name"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("start"))
    found = linker.inference.predict(threshold_match_probability=0.01).as_pandas_dataframe()
    ids = {row["id"] for row in left}
    for one, other, score in zip(found.unique_id_l, found.unique_id_r, found.match_probability, strict=True):
        yield (one, other, float(score)) if one in ids else (other, one, float(score))


def main() -> None:
    """Run one peer."""
    peer, left_path, right_path, out = sys.argv[1:]
    lists = []
    for path in (left_path, right_path):
        with open(path, encoding="utf-8", newline="") as lines:
            lists.append(list(csv.DictReader(lines)))
    with open(out, "w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows(PEERS[peer](*lists))


PEERS = {"exact": exact, "rapidfuzz": rapidfuzz, "tfidf": tfidf, "splink": splink}

if __name__ == "__main__":
    main()
