"""Whether two records mean one customer: the one place where registrations ask. Reasons come in words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from comity.deals.registration.evidence import Band, Match
from comity.kernel.names import sort_key


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LEGAL: Final = _words(
    "ab ag aps as asa bv bvba co company corp corporation eg ek fzco gbr gesellschaft gmbh group gruppe haftung"
    " holding inc incorporated kft kg kgaa kk lda limited llc llp lp ltd ltda mbh mit beschrankter nv oao ohg ooo oy"
    " oyj plc pte pty pvt sa sarl sas se sl sp spa spzoo srl sro the und and ug zoo z o"
)
_SECOND_LEVEL: Final = _words("ac co com edu gob gov gv mil ne net nom or org")
FREE_MAIL: Final = _words(
    "aol.com gmail.com gmx.de gmx.net googlemail.com hotmail.com icloud.com live.com mail.ru me.com msn.com outlook.com"
    " proton.me protonmail.com qq.com t-online.de web.de yahoo.co.uk yahoo.com yandex.ru 163.com"
)
_SAME_NAME: Final = 0.93
_SIMILAR_NAME: Final = 0.82


@dataclass(frozen=True)
class Card:
    """What is known of a customer."""

    name: str
    domains: frozenset[str] = frozenset()
    """Registrable domains."""
    country: str = ""


def name_key(name: str) -> str:
    """The name without case, accents, punctuation and legal form: "acme" of "ACME Gesellschaft mbH"."""
    folded = sort_key(unicodedata.normalize("NFKC", name))
    words = re.sub(r"[^\w]+", " ", folded.replace("&", " and ").replace(".", "")).split()
    core = [word for word in words if word not in _LEGAL]
    return " ".join(core or words)[:300]


def registrable(domain: str) -> str:
    """The part of a domain that somebody registered: acme.co.uk of shop.acme.co.uk."""
    labels = domain.lower().strip(".").split(".")
    keep = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 2
    return ".".join(labels[-keep:])


def card(name: str, domains: list[str], country: str = "") -> Card:
    """A card of these values; domains of mail providers say nothing."""
    known = frozenset(registrable(domain) for domain in domains if domain)
    return Card(name, known - FREE_MAIL, country)


def compare(ours: Card, theirs: Card) -> Match:
    """Whether two cards mean one customer."""
    left, right = name_key(ours.name), name_key(theirs.name)
    shared = sorted(ours.domains & theirs.domains)
    alike = SequenceMatcher(None, left, right, autojunk=False).ratio() if left and right else 0.0
    if shared:
        names = "names equal without legal form" if left == right else "names differ"
        return Match(Band.SAME, (f"same domain {shared[0]}", names))
    apart = bool(ours.domains and theirs.domains)
    brands = {domain.split(".")[0] for domain in ours.domains} & {domain.split(".")[0] for domain in theirs.domains}
    if brands and alike >= _SIMILAR_NAME:
        return Match(Band.SAME, (f"same domain name {sorted(brands)[0]} in another country", "names alike"))
    if left and left == right:
        if apart or _countries_differ(ours, theirs):
            return Match(Band.ASK, ("names equal without legal form", "domain or country differs"))
        return Match(Band.SAME, ("names equal without legal form",))
    if alike >= _SAME_NAME and not apart:
        return Match(Band.SAME, (f"names nearly equal ({alike:.0%})",))
    if alike >= _SIMILAR_NAME and not apart:
        return Match(Band.ASK, (f"names alike ({alike:.0%})",))
    return Match(Band.DIFFERENT, ("neither domain nor name agree",))


def _countries_differ(ours: Card, theirs: Card) -> bool:
    return bool(ours.country and theirs.country) and sort_key(ours.country) != sort_key(theirs.country)
