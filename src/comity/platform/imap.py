"""Reading a mailbox over IMAP: which messages are there, how large they are, and one of them as it came.

The folder is opened to be read only; nothing is marked, moved or deleted there. What can go wrong on the way has one
name each, so that a page can say what to do. Python's own imaplib, with two changes: the address that was checked is
the one that is connected to, and an answer has a limit in time.
"""

from __future__ import annotations

import base64
import imaplib
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from django.conf import settings

SECONDS: Final = 20
"""For one answer."""
MOST_SECONDS: Final = 600
"""For a connection; what is left is read over the next one."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one answer, whatever size the server says that a message has."""
PORTS: Final = (143, 993)
"""Of hosts that the operator did not name."""
_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)")


class Security(StrEnum):
    """How the connection is protected."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class Trouble(StrEnum):
    """Why a mailbox cannot be read."""

    HOST_UNKNOWN = "host_unknown"
    HOST_NOT_ALLOWED = "host_not_allowed"
    PORT_NOT_ALLOWED = "port_not_allowed"
    NEEDS_TLS = "needs_tls"
    NO_ANSWER = "no_answer"
    CERTIFICATE = "certificate"
    NO_TLS = "no_tls"
    NOT_IMAP = "not_imap"
    LOGIN_REFUSED = "login_refused"
    NO_FOLDER = "no_folder"
    PASSWORD_LOST = "password_lost"  # noqa: S105 - the name of a trouble
    LOST = "lost"


class MailboxTrouble(Exception):
    """The mailbox cannot be read now; `trouble` says why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True)
class Place:
    """Where a mailbox is and how one gets in."""

    host: str
    port: int
    security: Security
    user: str
    password: str
    folder: str = "INBOX"


class OpenFolder:
    """A folder that is open; its numbers hold as long as `validity` is the same."""

    def __init__(self, connection: imaplib.IMAP4, validity: int) -> None:
        self._connection = connection
        self.validity = validity

    def numbers(self, *, after: int, since: date) -> list[int]:
        """The numbers (UIDs) above `after` of messages that came on this day or later, in order."""
        day = f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"
        answer = self._ask("SEARCH", f"UID {after + 1}:*", f"SINCE {day}")
        listed = b" ".join(part for part in answer if isinstance(part, bytes)).split()
        # "n:*" always names the last message, also where it is below n (RFC 9051, section 9).
        return sorted({int(one) for one in listed if one.isdigit()} - set(range(after + 1)))

    def size(self, number: int) -> int | None:
        """The bytes of a message; None where it is no longer there."""
        for part in self._ask("FETCH", str(number), "(UID RFC822.SIZE)"):
            line = part[0] if isinstance(part, tuple) else part
            if isinstance(line, bytes) and (found := _SIZE.search(line)):
                return int(found[1])
        return None

    def fetch(self, number: int) -> bytes | None:
        """The whole message, left as unread as it was; None where it is no longer there."""
        for part in self._ask("FETCH", str(number), "(UID BODY.PEEK[])"):
            if isinstance(part, tuple):
                return bytes(part[1])
        return None

    def _ask(self, command: str, *arguments: str) -> list[Any]:
        try:
            status, answer = self._connection.uid(command, *arguments)
        except (imaplib.IMAP4.error, OSError) as lost:
            raise MailboxTrouble(Trouble.LOST) from lost
        if status != "OK":
            raise MailboxTrouble(Trouble.LOST)
        return list(answer)


@contextmanager
def opened(place: Place) -> Iterator[OpenFolder]:
    """Sign in and open the folder to read it. Raises MailboxTrouble."""
    connection = _connect(place)
    try:
        _sign_in(connection, place)
        yield OpenFolder(connection, _examine(connection, place.folder))
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            connection.logout()


def _connect(place: Place) -> imaplib.IMAP4:
    addresses = allowed_addresses(place)
    context = ssl.create_default_context()
    try:
        if place.security is Security.TLS:
            return _TlsConnection(addresses, place, context)
        connection = _PlainConnection(addresses, place)
        if place.security is Security.STARTTLS:
            if "STARTTLS" not in connection.capabilities:
                raise MailboxTrouble(Trouble.NO_TLS)
            connection.starttls(context)
        return connection
    except ssl.SSLCertVerificationError as problem:
        raise MailboxTrouble(Trouble.CERTIFICATE) from problem
    except ssl.SSLError as problem:
        raise MailboxTrouble(Trouble.NO_TLS) from problem
    except OSError as problem:
        raise MailboxTrouble(Trouble.NO_ANSWER) from problem
    except imaplib.IMAP4.error as problem:
        raise MailboxTrouble(Trouble.NOT_IMAP) from problem


def allowed_addresses(place: Place) -> list[str]:
    """The addresses to try. Raises MailboxTrouble: a programme's settings must not reach into the installation's
    own network, except to hosts that the operator names (COMITY_MAILBOX_HOSTS)."""
    named = place.host.lower() in settings.MAILBOX_HOSTS
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise MailboxTrouble(Trouble.HOST_UNKNOWN) from problem
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if named:
        return addresses
    if place.port not in PORTS:
        raise MailboxTrouble(Trouble.PORT_NOT_ALLOWED)
    if place.security is Security.NONE:
        raise MailboxTrouble(Trouble.NEEDS_TLS)
    if not all(ipaddress.ip_address(address.partition("%")[0]).is_global for address in addresses):
        raise MailboxTrouble(Trouble.HOST_NOT_ALLOWED)
    return addresses


def _sign_in(connection: imaplib.IMAP4, place: Place) -> None:
    try:
        if "AUTH=PLAIN" in connection.capabilities:
            connection.authenticate("PLAIN", lambda _challenge: f"\0{place.user}\0{place.password}".encode())
        else:
            connection.login(place.user, place.password)
    except imaplib.IMAP4.abort as lost:
        raise MailboxTrouble(Trouble.LOST) from lost
    except (imaplib.IMAP4.error, UnicodeError) as refused:
        raise MailboxTrouble(Trouble.LOGIN_REFUSED) from refused
    except OSError as lost:
        raise MailboxTrouble(Trouble.LOST) from lost


def _examine(connection: imaplib.IMAP4, folder: str) -> int:
    quoted = '"' + _utf7(folder).replace("\\", "\\\\").replace('"', '\\"') + '"'
    try:
        status, _answer = connection.select(quoted, readonly=True)
        _name, validity = connection.response("UIDVALIDITY")
    except (imaplib.IMAP4.error, OSError) as lost:
        raise MailboxTrouble(Trouble.LOST) from lost
    first = validity[0] if validity else None
    if status != "OK" or not isinstance(first, bytes) or not first.isdigit():
        raise MailboxTrouble(Trouble.NO_FOLDER)
    return int(first)


def _utf7(name: str) -> str:
    """A folder's name as IMAP writes it (RFC 3501, section 5.1.3)."""
    parts = re.split(r"([^\x20-\x7e]+)", name)
    for place, part in enumerate(parts):
        if place % 2:
            encoded = part.encode("utf-16-be")
            parts[place] = "&" + _base64(encoded) + "-"
        else:
            parts[place] = part.replace("&", "&-")
    return "".join(parts)


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode().rstrip("=").replace("/", ",")


class _Bounded(imaplib.IMAP4):
    """Connects to the addresses that were checked; takes no answer that is too large, and waits for none for ever."""

    _addresses: list[str]
    _until: float

    def _dial(self, timeout: float | None) -> socket.socket:
        self._until = time.monotonic() + MOST_SECONDS
        for place, address in enumerate(self._addresses, 1):
            try:
                return socket.create_connection((address, self.port), timeout)
            except OSError:
                if place == len(self._addresses):
                    raise
        raise OSError("no address")

    def read(self, size: int) -> bytes:
        """So many bytes of an answer."""
        if size > MOST_BYTES:
            raise self.abort("too large")
        self._hurry()
        return super().read(size)

    def readline(self) -> bytes:
        """A line of an answer."""
        self._hurry()
        return super().readline()

    def _hurry(self) -> None:
        if time.monotonic() > self._until:
            raise self.abort("too slow")


class _PlainConnection(_Bounded):
    def __init__(self, addresses: list[str], place: Place) -> None:
        self._addresses = addresses
        super().__init__(place.host, place.port, SECONDS)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._dial(timeout)


class _TlsConnection(_Bounded, imaplib.IMAP4_SSL):
    """The same within TLS; the certificate is that of the host's name."""

    def __init__(self, addresses: list[str], place: Place, context: ssl.SSLContext) -> None:
        self._addresses = addresses
        imaplib.IMAP4_SSL.__init__(self, place.host, place.port, ssl_context=context, timeout=SECONDS)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self.ssl_context.wrap_socket(self._dial(timeout), server_hostname=self.host)
