"""Secrets that we must be able to say again, such as the password of a mailbox: sealed in the database.

A seal is authenticated encryption (Fernet) under a key drawn from the installation's secret key, another for each
purpose. A dump or a backup without that key tells nothing.
"""

from __future__ import annotations

import base64
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

LONGEST: Final = 500
"""Characters of a secret."""


class SealBroken(Exception):
    """The text was sealed under another key, for another purpose, or changed: it has to be entered again."""


def seal(secret: str, *, purpose: str) -> str:
    """The secret as it may lie in a table."""
    return _fernet(purpose).encrypt(secret.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """The secret itself. Raises SealBroken."""
    try:
        return _fernet(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as problem:
        raise SealBroken(f"What was sealed for {purpose} cannot be opened with this installation's key.") from problem


def _fernet(purpose: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"comity sealed {purpose}".encode())
    return Fernet(base64.urlsafe_b64encode(derived.derive(settings.SECRET_KEY.encode())))
