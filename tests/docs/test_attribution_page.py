"""The worked examples of docs/algorithms/attribution.md are run as they stand."""

import doctest
from pathlib import Path


def test_the_worked_examples_say_what_happens():
    page = Path(__file__).resolve().parents[2] / "docs" / "algorithms" / "attribution.md"
    tried = doctest.testfile(str(page), module_relative=False)
    assert (tried.failed, tried.attempted > 15) == (0, True)
