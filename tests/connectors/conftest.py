"""The shop, in a database in which commits are real."""

from __future__ import annotations

from pathlib import Path

import pytest

from .imports import Shop, make_shop


@pytest.fixture
def shop(committed_database: str, tmp_path: Path) -> Shop:
    """An export, not imported yet."""
    return make_shop(tmp_path)
