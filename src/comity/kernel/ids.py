"""Identifiers: time-ordered keys inside, random ids towards rivals, short references between people.

A time-ordered key or a counter tells a stranger when and how many; so whatever a rival may see is shown by its
`public_id`, and keys and references stay among those who may see the record itself.
"""

import os
import re
import secrets
import sys
import threading
import time
import uuid
from collections.abc import Callable
from typing import Final

# Without 0/O/o, 1/I/i/l: people read these aloud. 55 characters, 5.78 bits each.
PUBLIC_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"

_COUNTER_BITS: Final = 42
_TAIL_BITS: Final = 32
_PREFIX: Final = re.compile(r"[A-Z]{1,6}")


class TimeOrdered:
    """UUIDs of version 7 (RFC 9562, section 5.7), each greater than the last one of this process.

    Layout as in Python 3.14: 48 bits of milliseconds, a counter of 42 bits in the two random fields (section 6.2,
    method 1; seeded anew each millisecond with its top bit clear, so that it has room to grow), 32 random bits.
    A clock set back does not break the order: the last millisecond is kept and the counter goes on.
    """

    def __init__(self, milliseconds: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        """Read the time (milliseconds since 1970, UTC) from `milliseconds`."""
        self._milliseconds = milliseconds
        self._lock = threading.Lock()
        self._last, self._counter = -1, 0

    def __call__(self) -> uuid.UUID:
        """The next one; safe to call from several threads."""
        with self._lock:
            now = self._milliseconds()
            if now > self._last:
                self._last, self._counter = now, secrets.randbits(_COUNTER_BITS - 1)
            else:
                self._counter += 1
                if self._counter >> _COUNTER_BITS:  # 2**41 in one millisecond, or a clock far back
                    self._last, self._counter = self._last + 1, secrets.randbits(_COUNTER_BITS - 1)
            high, low = self._counter >> 30, self._counter & (1 << 30) - 1
            value = (self._last & (1 << 48) - 1) << 80 | 7 << 76 | high << 64 | 0b10 << 62 | low << _TAIL_BITS
        return uuid.UUID(int=value | secrets.randbits(_TAIL_BITS))

    def forget(self) -> None:
        """Start a new sequence: a forked process must not go on with its parent's counter."""
        self._lock = threading.Lock()
        self._last, self._counter = -1, 0


if sys.version_info >= (3, 14):
    uuid7 = uuid.uuid7
else:
    _sequence: Final = TimeOrdered()
    os.register_at_fork(after_in_child=_sequence.forget)

    def uuid7() -> uuid.UUID:
        """A new key: a UUID of version 7, greater than the last one of this process (Python has it from 3.14)."""
        return _sequence()


def public_id(length: int = 22) -> str:
    """A random id for addresses and letters: letters and digits without look-alikes, safe in a URL.

    22 characters hold 127 bits, more than a random UUID. Raises ValueError below 8 characters (46 bits).
    """
    if length < 8:
        raise ValueError(f"A public id of {length} characters could be guessed; use at least 8.")
    return "".join(secrets.choice(PUBLIC_ALPHABET) for _ in range(length))


def human_reference(prefix: str, year: int, number: int) -> str:
    """A short reference for people: `human_reference("DR", 2026, 42)` is `DR-2026-00042`.

    Args:
        prefix: one to six capital letters, the kind of record.
        year: year of four digits, in the organization's time zone.
        number: counter within organization, kind and year, from 1; past 99999 it takes more digits.

    Raises ValueError.
    """
    if not _PREFIX.fullmatch(prefix) or not 1000 <= year <= 9999 or number < 1:
        raise ValueError(f"A reference is letters, a year and a number from 1, not {prefix!r}, {year}, {number}.")
    return f"{prefix}-{year}-{number:05d}"
