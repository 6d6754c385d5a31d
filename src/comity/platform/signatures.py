"""Who really sent a message: DKIM signatures, checked against the keys in the DNS.

DKIM is RFC 6376; the domain that signs must belong to the address that is read as the sender (alignment, RFC 7489,
section 3.1.1). A signature that covers a part of the body only (`l=`), or not the sender and the addressee, proves
nothing here: anybody could pass such a message on with words of their own, or to somebody it was not meant for.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # two hundred modules: they are loaded by those who check a message, not by each process
    import dkim

_quiet: Final = logging.getLogger("comity.signatures")
_quiet.setLevel(logging.CRITICAL)  # that a stranger's signature is not valid is no event of ours
MOST_SIGNATURES: Final = 5
"""More are not looked at: each costs a question to the DNS."""
DNS_SECONDS: Final = 5
COVERED: Final = frozenset({b"from", b"to"})
"""Headers that a signature must cover; `Cc` as well, where there is one."""
type Resolver = Callable[..., bytes | None]
"""`(name, timeout=seconds)` -> the TXT record, None where there is none. Raises dkim.DnsTimeoutError."""


class Proof(StrEnum):
    """What the signatures of a message say of its sender."""

    PROVED = "proved"
    UNSIGNED = "unsigned"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The DNS did not answer: ask again later."""


def look_up(name: bytes, timeout: float = DNS_SECONDS) -> bytes | None:
    """A TXT record. Unlike dkimpy's own, a name server that fails is no answer, rather than "there is no key"."""
    import dkim
    import dns.exception
    import dns.rdatatype
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name.decode("ascii"), dns.rdatatype.TXT, lifetime=timeout)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, UnicodeDecodeError, dns.exception.SyntaxError):
        return None
    except dns.exception.DNSException as silent:
        raise dkim.DnsTimeoutError(str(silent)) from silent
    return b"".join(next(iter(answer)).strings)


def prove_sender(raw: bytes, *, is_of_sender: Callable[[str], bool], resolver: Resolver | None = None) -> Proof:
    """Whether a domain that belongs to the sender signed the message as it is here."""
    import dkim

    try:
        checked = dkim.DKIM(raw, logger=_quiet, timeout=DNS_SECONDS)
    except Exception:  # a message that dkimpy cannot take apart was not signed by anybody who can
        return Proof.FAILED
    count = sum(name.lower() == b"dkim-signature" for name, _value in checked.headers)
    if not count:
        return Proof.UNSIGNED
    found = Proof.FAILED
    for place in range(min(count, MOST_SIGNATURES)):
        proof = _prove(checked, place, is_of_sender, resolver or look_up)
        if proof is Proof.PROVED:
            return proof
        if proof is Proof.UNKNOWN:
            found = proof
    return found


def _prove(checked: dkim.DKIM, place: int, is_of_sender: Callable[[str], bool], resolver: Resolver) -> Proof:
    try:
        prepared = checked.verify_headerprep(place)
        if not prepared:
            return Proof.FAILED
        signature, covered, _headers = prepared
        domain = signature[b"d"].decode("ascii").lower().rstrip(".")
        needed = COVERED | {b"cc"} & {name.lower() for name, _value in checked.headers}
        if b"l" in signature or not needed.issubset(covered) or not is_of_sender(domain):
            return Proof.FAILED
        asked = _Asked(resolver)
        if checked.verify(place, dnsfunc=asked):
            return Proof.PROVED
        return Proof.UNKNOWN if asked.in_vain else Proof.FAILED
    except Exception:  # dkimpy raises many kinds for what senders write: whatever it is, nothing is proved
        return Proof.FAILED


class _Asked:
    """Remembers that the DNS was silent: dkimpy says "not valid" then, as if there were no key."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver, self.in_vain = resolver, False

    def __call__(self, name: bytes, timeout: float = DNS_SECONDS) -> bytes | None:
        import dkim

        try:
            return self.resolver(name, timeout=timeout)
        except dkim.DnsTimeoutError:
            self.in_vain = True
            raise


_PASSED: Final = re.compile(r"^\s*(dkim|dmarc)\s*=\s*pass\b(.*)$", re.IGNORECASE | re.DOTALL)
_DOMAIN: Final = re.compile(r"\bheader\.(d|from)\s*=\s*([^\s;]+)", re.IGNORECASE)


def proved_by_server(results: Iterable[str], *, server: str, is_of_sender: Callable[[str], bool]) -> bool:
    """Whether a mail server of one's own says that the sender is proved (Authentication-Results, RFC 8601).

    Of the headers that name the server only the first counts: it is the one that the server put on top. A server that
    does not take away headers in its own name (RFC 8601, section 5) must not be trusted so.
    """
    for header in results:
        named, *said = _bare(header[:4_000]).split(";")
        if (named.split() or [""])[0].lower() != server.lower():
            continue
        for one in said:
            passed = _PASSED.match(one)
            domain = _DOMAIN.search(passed[2]) if passed else None
            if not passed or not domain or (passed[1].lower() == "dkim") != (domain[1].lower() == "d"):
                continue
            if is_of_sender(domain[2].lower().rstrip(".")):
                return True
        return False
    return False


def _bare(header: str) -> str:
    """The header without its comments, and of quoted texts only what a domain may hold: senders choose what stands in
    both (the name before the @ in `smtp.mailfrom`), and must not write results there. A quotation mark within a comment
    ends what is read: whether it belongs to a name is not certain."""
    kept: list[str] = []
    depth, is_quoted, is_escaped = 0, False, False
    for sign in header:
        if is_escaped or sign == "\\":
            is_escaped = not is_escaped
        elif sign == '"' and depth:
            break
        elif sign == '"':
            is_quoted = not is_quoted
        elif is_quoted:
            kept.append(sign if sign.isalnum() or sign in ".-_" else "")
        elif sign == "(":
            depth += 1
            kept.append(" ")
        elif sign == ")":
            depth = max(depth - 1, 0)
        elif not depth:
            kept.append(sign)
    return "".join(kept)
