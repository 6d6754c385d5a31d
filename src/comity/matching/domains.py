"""Websites and e-mail addresses down to what a company owns: its registrable domain, by the public suffix list.

The list is the snapshot in the wheel of `tldextract`; nothing is fetched. Free mail and marketplace hosts say nothing
of the company and count as unknown.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from comity.matching.shipped import table
from comity.matching.text import fold

if TYPE_CHECKING:
    from tldextract import TLDExtract

HOST: Final = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?(?://)?(?:[^/@\s]*@)?([^/:?#\s]+)", re.IGNORECASE)
NUMBERS_ONLY: Final = re.compile(r"[\d.]+")


class Domain(NamedTuple):
    """A registrable domain: `acme.co.uk` has the label `acme` and the suffix `co.uk`."""

    label: str
    suffix: str

    def __str__(self) -> str:
        return f"{self.label}.{self.suffix}"


@cache
def _extract() -> TLDExtract:
    from tldextract import TLDExtract  # brings the whole of `requests`, which nobody else needs

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


@cache
def _nobodys() -> frozenset[str]:
    source = table("shared_domains")
    return frozenset(source["free_mail"]) | frozenset(source["hosts"])


@cache
def registrable(host: str) -> Domain | None:
    """The registrable domain of a host or address; None for free mail, shared hosts, numbers and nonsense."""
    found = HOST.match(host.strip().rsplit("@", 1)[-1])
    if not found or NUMBERS_ONLY.fullmatch(found.group(1)):
        return None
    parts = _extract()(found.group(1).strip(".").lower(), include_psl_private_domains=False)
    if not parts.domain or not parts.suffix:
        return None
    whole = f"{parts.domain}.{parts.suffix}"
    labels = [*parts.subdomain.split("."), *whole.split(".")]
    if any(".".join(labels[place:]) in _nobodys() for place in range(len(labels) - 1)):
        return None
    return Domain(fold(parts.domain), parts.suffix)


def mailbox(address: str) -> str:
    """The part of a free-mail address before its @, when it reads like a company's name rather than a person's."""
    name, _at, host = address.strip().rpartition("@")
    return re.sub(r"[\W_]", "", fold(name)) if name and registrable(host) is None else ""
