"""What a finished demo leaves in the home, so that the next start need not load Django to find out that all is there.

The mark names the version that made it, and is believed only if everybody it names is in the database (which somebody
may have restored from a backup meanwhile).
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psycopg

from comity.platform import postgres
from comity.platform.home import REPOSITORY, Home

SOURCE: Final = REPOSITORY / "src" / "comity"

type SignIns = list[tuple[str, str, str]]
"""Who, e-mail address, password."""


def leave_mark(home: Home, sign_ins: SignIns) -> None:
    """Keep who can sign in, and for which version that is true."""
    _path(home).write_text(json.dumps({"version": _version(), "sign_ins": sign_ins}), "utf-8")


def read_mark(home: Home, *, wanted: Sequence[str] = ()) -> SignIns | None:
    """Who can sign in, if the demo is there as this version makes it; None where that must be looked into.

    `wanted` are words of which each must stand in one of the roles: data sets that were asked for.
    """
    try:
        kept = json.loads(_path(home).read_text("utf-8"))
        sign_ins: SignIns = [(who, email, password) for who, email, password in kept["sign_ins"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if kept.get("version") != _version() or any(not any(word in who for who, _, _ in sign_ins) for word in wanted):
        return None
    return sign_ins if _is_true(home, [email for _, email, _ in sign_ins]) else None


def _is_true(home: Home, emails: list[str]) -> bool:
    try:
        with psycopg.connect(postgres.connection_urls(home).app) as connection:
            found = connection.execute("SELECT count(*) FROM identity_person WHERE email = ANY (%s)", [emails])
            row = found.fetchone()
    except psycopg.Error:
        return False
    return row is not None and row[0] == len(emails)


def _version() -> str:
    """Changes with the packages, with any migration and with the demo itself."""
    digest = hashlib.sha256((REPOSITORY / "requirements.lock").read_bytes())
    for part in sorted([*SOURCE.glob("*/migrations/*.py"), *SOURCE.glob("demo/*.*")]):
        digest.update(part.read_bytes())
    return digest.hexdigest()


def _path(home: Home) -> Path:
    return home.path / "demo.json"
