"""Whether two records mean one customer: the one place where registrations ask `matching`."""

from __future__ import annotations

from dataclasses import dataclass

from comity.deals.registration.evidence import Band, Match
from comity.matching import domains
from comity.matching.lists import judge
from comity.matching.profile import core_of_name
from comity.matching.record import Record
from comity.matching.scoring import Band as Finding


@dataclass(frozen=True)
class Card:
    """What is known of a customer."""

    name: str
    domains: tuple[str, ...] = ()
    country: str = ""


def name_key(name: str) -> str:
    """The words of a name without legal form, case and accents: "acme" of "ACME Gesellschaft mbH"."""
    core, _ = core_of_name(name)
    return " ".join(core)[:300]


def registrable(domain: str) -> str:
    """What somebody registered of a domain: acme.co.uk of shop.acme.co.uk; "" of a mail provider's or shared one.

    Under an ending that the public suffix list does not know (a company's own network), the last two labels.
    """
    found = domains.registrable(domain)
    if found is not None or _is_known_ending(domain):
        return str(found or "")
    return ".".join(domain.lower().strip(".").split(".")[-2:])


def is_shared(domain: str) -> bool:
    """Whether a domain says nothing of the company behind it, such as that of a mail provider."""
    return not registrable(domain)


def _is_known_ending(domain: str) -> bool:
    return domains.registrable(f"any-name-at-all.{domain.rpartition('.')[2]}") is not None


def card(name: str, hosts: list[str], country: str = "") -> Card:
    """A card of these values; shared domains say nothing."""
    return Card(name, tuple(sorted({key for host in hosts if (key := registrable(host))})), country)


def compare(ours: Card, theirs: Card) -> Match:
    """Whether two cards mean one customer, of the same family, or to be asked about; with the reasons in words.

    A customer may have several domains: the pair that speaks most for it counts.
    """
    found = max(
        (
            judge(
                Record("ours", ours.name, one, country=ours.country),
                Record("theirs", theirs.name, other, country=theirs.country),
            )
            for one in ours.domains or ("",)
            for other in theirs.domains or ("",)
        ),
        key=lambda finding: (finding.probability, finding.left),
    )
    unlisted = sorted(key for key in {*ours.domains} & {*theirs.domains} if not _is_known_ending(key))
    if unlisted:
        return Match(Band.SAME, (f"same domain {unlisted[0]}", *found.reasons))
    if found.band is Finding.SAME:
        return Match(Band.SAME, found.reasons)
    if found.family:
        return Match(Band.FAMILY, (found.family, *found.reasons))
    return Match(Band.ASK if found.band is Finding.ASK else Band.DIFFERENT, found.reasons)
