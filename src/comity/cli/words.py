"""`words`: bring the catalogues of the languages up to what pages, letters and rules say, and tell what is missing."""

import argparse
import os

SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Only tell, or write as well."""
    parser.add_argument("--check", action="store_true", help="write nothing; only say what is missing")


def run(options: argparse.Namespace) -> int:
    """A line for each language. Status 1 when any lacks a translation."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comity.project.settings")
    from comity.platform import catalogues

    lacking = 0
    for language in catalogues.languages():
        if not options.check:
            catalogues.update(language)
            catalogues.compile_catalogues()
        problems = catalogues.problems(language)
        lacking += len(problems)
        print(f"{language}: {len(problems) or 'nothing'} to do in {catalogues.po_file(language)}")
        for problem in problems[:SHOWN]:
            print(f"  {problem}")
        if len(problems) > SHOWN:
            print(f"  and {len(problems) - SHOWN} more")
    return 1 if lacking else 0
