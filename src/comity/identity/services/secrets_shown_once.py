"""Secrets of letters and tokens: shown once, kept as a hash only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Issued[Thing]:
    """Something whose secret is shown once and never kept."""

    thing: Thing
    secret: str


def hash_secret(secret: str) -> str:
    """How secrets are kept: SHA-256 in hex. They are long and random, so a slow hash adds nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()
