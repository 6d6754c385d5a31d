"""Tests of the demo look at a clone in which it is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from demo_world import demo_template  # noqa: F401 - a fixture


@pytest.fixture(scope="module")
def demo_database(demo_template: str, django_db_setup: str, django_db_blocker: Any) -> Iterator[str]:  # noqa: F811
    """The demo, to be read and loaded again."""
    from conftest import _clone, _drop, _point_at

    name = f"{django_db_setup}_story"
    _clone(demo_template, name)
    with django_db_blocker.unblock():
        _point_at(name)
        yield name
        _point_at(django_db_setup)
    _drop(name)
    with django_db_blocker.unblock():
        _point_at(django_db_setup)
