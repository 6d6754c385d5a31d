"""`match`: which records of two lists are the same company (needs no database); learning from answers."""

import argparse
import csv
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from comity.cli.entry import say
from comity.cli.surroundings import database_and_django
from comity.kernel.errors import DomainError
from comity.matching.finding import Finding
from comity.matching.lists import match
from comity.matching.record import FIELDS, Record
from comity.matching.scoring import Band

COLUMNS = ("id_a", "id_b", "probability", "band", "reasons")


class NotAList(DomainError):
    """A file that cannot be read as a list of companies."""

    code, status = "not_a_list", 422


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Two lists and where the pairs go; or whose answers to learn from."""
    parser.epilog = (
        "Columns: id, name and any of website, email, country, city, postcode, street, phone; UTF-8, commas."
    )
    parser.add_argument("left", type=Path, nargs="?", metavar="A.csv", help="one list of companies")
    parser.add_argument("right", type=Path, nargs="?", metavar="B.csv", help="the other list")
    parser.add_argument("--out", type=Path, metavar="PAIRS.csv", help="where the pairs are written")
    parser.add_argument("--family", action="store_true", help="write likely family members too, as the band family")
    parser.add_argument("--refit", metavar="VENDOR", help="learn weights from what the vendor's people answered")
    parser.add_argument("--index", metavar="VENDOR", help="make the vendor's customers findable, all that are not yet")
    parser.add_argument("--keep", action="store_true", help="with --refit: judge by the learned weights from now on")


def run(options: argparse.Namespace) -> int:
    """Write the pairs of the bands *same* and *ask*, learn, or index; status 2 where a file or vendor fails."""
    if options.refit:
        return _refit(options)
    if options.index:
        return _index(options)
    if not (options.left and options.right and options.out):
        say("comity: two lists and --out are needed, or --refit; ./comity match --help tells more.")
        return 2
    began = time.monotonic()
    try:
        left, right = read_list(options.left), read_list(options.right)
        counts = write_pairs(options.out, match(left, right, families=options.family, processes=cores()))
    except NotAList as problem:
        say(f"comity: {problem}")
        return 2
    except OSError as problem:
        say(f"comity: {options.out} cannot be written: {problem.strerror}.")
        return 2
    print(
        f"{len(left):,} against {len(right):,}: {counts[Band.SAME]:,} pairs are the same company, "
        f"{counts[Band.ASK]:,} are for a person to decide; {time.monotonic() - began:.0f} s, in {options.out}"
    )
    return 0


def _refit(options: argparse.Namespace) -> int:
    """Learn from a vendor's answers and tell what changes; status 2 when there is no such vendor."""
    with database_and_django(say):
        from comity.matching.services import refit_weights, use_weights
        from comity.platform.tenancy import tenant
        from comity.programs.operator import find_vendor

        vendor_id = find_vendor(options.refit)
        if vendor_id is None:
            say(f"comity: there is no vendor “{options.refit}”.")
            return 2
        with tenant(organization_id=vendor_id, door="command"):
            refit = refit_weights(vendor_id=vendor_id)
            if options.keep:
                use_weights(vendor_id=vendor_id, refit=refit)
    print(f"{refit.answers} answers    right  precision  recall  nats lost an answer")
    for name, agreement in (("before", refit.before), ("after", refit.after)):
        shares = f"{agreement.right:>9.3f} {agreement.precision:>10.3f} {agreement.recall:>7.3f}"
        print(f"{name:<10} {shares} {agreement.loss:>8.3f}")
    for evidence, level, before, after in refit.moved:
        print(f"{evidence}, {level}: {before:+.2f} becomes {after:+.2f}")
    print("In use from now on." if options.keep else "Nothing was changed; --keep puts the learned weights in use.")
    return 0


def _index(options: argparse.Namespace) -> int:
    """Index what is not, or no longer, in the index; status 2 when there is no such vendor."""
    with database_and_django(say):
        from comity.deals.known import index_all
        from comity.platform.tenancy import tenant
        from comity.programs.operator import find_vendor

        vendor_id = find_vendor(options.index)
        if vendor_id is None:
            say(f"comity: there is no vendor “{options.index}”.")
            return 2
        with tenant(organization_id=vendor_id, door="command"):
            written = index_all(vendor_id)
    print(f"{written:,} customers were indexed.")
    return 0


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_list(path: Path) -> list[Record]:
    """Read a list of companies. Raises NotAList, saying in one sentence what is wrong and where."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list(_records(path, csv.reader(lines, strict=True)))
    except OSError as problem:
        raise NotAList(f"{path} cannot be read: {problem.strerror}.") from None
    except UnicodeDecodeError as problem:
        raise NotAList(f"{path} is not UTF-8 (byte {problem.start:,}); save it as CSV UTF-8.") from None


def _records(path: Path, rows: Iterator[list[str]]) -> Iterator[Record]:
    line = 1
    seen: dict[str, int] = {}
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        _check_header(path, header)
        for row in rows:
            line = getattr(rows, "line_num", line + 1)
            if not row:
                continue
            if len(row) != len(header):
                raise NotAList(f"{path}, line {line}: {len(row)} values where the header names {len(header)} columns.")
            values = dict(zip(header, row, strict=True))
            if not values["id"].strip():
                raise NotAList(f"{path}, line {line}: the id is empty.")
            if (first := seen.setdefault(values["id"], line)) != line:
                raise NotAList(f"{path}, line {line}: the id {values['id']} stands on line {first} already.")
            yield Record(values["id"], **{name: values.get(name, "").strip() for name in FIELDS})
    except csv.Error as problem:
        raise NotAList(f"{path}, after line {line}: not readable as CSV ({problem}).") from None
    if not seen:
        raise NotAList(f"{path} holds a header but no companies.")


def _check_header(path: Path, header: list[str]) -> None:
    if not any(header):
        raise NotAList(f"{path} is empty; a header with the columns id and name is needed.")
    for name in ("id", "name"):
        if header.count(name) != 1:
            has = "no column" if name not in header else "more than one column"
            raise NotAList(f"{path} has {has} {name}; its header is {', '.join(header)[:200]}.")
    twice = next((name for name in FIELDS if header.count(name) > 1), None)
    if twice:
        raise NotAList(f"{path} has more than one column {twice}.")


def _row(found: Finding) -> list[str]:
    said = "; ".join([*found.reasons, found.family] if found.family else found.reasons)
    band = "family" if found.band is Band.DIFFERENT else found.band.value
    return [found.left, found.right, f"{found.probability:.4f}", band, said]


def write_pairs(path: Path, findings: Iterator[Finding]) -> Counter[Band]:
    """Write the pairs as they come, beside the file, which is put in place when all are there."""
    counts: Counter[Band] = Counter()
    unfinished = path.with_name(path.name + ".part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as lines:
            table = csv.writer(lines, lineterminator="\n")
            table.writerow(COLUMNS)
            for found in findings:
                counts[found.band] += 1
                table.writerow(_row(found))
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return counts
