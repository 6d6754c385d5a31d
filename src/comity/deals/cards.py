"""What is known of a customer as a card, and the cards that `matching` looks up: customers and registrations."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5
from typing import Final
from uuid import UUID

from comity.deals.models import CustomerAccount, Registration
from comity.matching import domains
from comity.matching.index import index_row, write_row
from comity.matching.profile import core_of_name
from comity.matching.queries import candidates
from comity.matching.record import Kind, Record

MOST: Final = {Kind.CUSTOMER: 20, Kind.REGISTRATION: 300}
"""How many records are compared in full; many partners may have registered one customer."""


@dataclass(frozen=True)
class Card:
    """What is known of a customer."""

    name: str
    domains: tuple[str, ...] = ()
    country: str = ""
    city: str = ""
    postcode: str = ""

    def record(self, domain: str | None = None) -> Record:
        """The card as `matching` reads it, with one of its domains: the first unless another is named."""
        site = domain if domain is not None else next(iter(self.domains), "")
        return Record("", self.name, site, country=self.country, city=self.city, postcode=self.postcode)


def name_key(name: str) -> str:
    """The words of a name without legal form, case and accents: "acme" of "ACME Gesellschaft mbH"."""
    core, _ = core_of_name(name)
    return " ".join(core)[:300]


def registrable(domain: str) -> str:
    """What somebody registered of a domain: acme.co.uk of shop.acme.co.uk; "" of a mail provider's or shared one.

    Under an ending that the public suffix list does not know (a company's own network), the last two labels.
    """
    found = domains.registrable(domain)
    if found is not None or is_known_ending(domain):
        return str(found or "")
    return ".".join(domain.lower().strip(".").split(".")[-2:])


def is_shared(domain: str) -> bool:
    """Whether a domain says nothing of the company behind it, such as that of a mail provider."""
    return not registrable(domain)


def is_known_ending(domain: str) -> bool:
    """Whether the public suffix list knows the domain's ending."""
    return domains.registrable(f"any-name-at-all.{domain.rpartition('.')[2]}") is not None


def card(name: str, hosts: list[str], country: str = "", city: str = "", postcode: str = "") -> Card:
    """A card of these values; shared domains say nothing."""
    known = tuple(sorted({key for host in hosts if (key := registrable(host))}))
    return Card(name, known, country, city, postcode)


def card_of(registration: Registration) -> Card:
    """The customer as the partner describes it."""
    hosts = [registration.customer_domain] if registration.customer_domain else []
    return card(registration.customer_name, hosts, registration.customer_country)


def card_of_account(account: CustomerAccount) -> Card:
    """The customer as the vendor knows it."""
    return card(account.name, account.domains, account.country, account.city, account.postcode)


def look_up(vendor_id: UUID, wanted: Card, kind: Kind) -> list[UUID]:
    """Ids of the vendor's customers or submitted registrations that may mean this one. On the vendor's side."""
    return candidates(vendor_id=vendor_id, record=wanted.record(), kind=kind, hosts=wanted.domains, most=MOST[kind])


def index_customer(account: CustomerAccount) -> None:
    """Make a customer findable as it is now."""
    _write(account.vendor_id, account.pk, card_of_account(account), Kind.CUSTOMER, fingerprint_of(account))


def index_registration(registration: Registration) -> None:
    """Make a submitted registration findable as it is now. On the vendor's side."""
    _write(registration.vendor_id, registration.pk, card_of(registration), Kind.REGISTRATION, "")


def fingerprint_of(account: CustomerAccount) -> str:
    """Of what the index was made of; `known.py` asks the same of all customers in SQL."""
    said = (account.name, ",".join(account.domains), account.country, account.city, account.postcode)
    return md5("\x1f".join(said).encode(), usedforsecurity=False).hexdigest()


def _write(vendor_id: UUID, subject_id: UUID, known: Card, kind: Kind, fingerprint: str) -> None:
    row = index_row(vendor_id, subject_id, fingerprint, known.record(), hosts=known.domains, kind=kind)
    write_row(vendor_id=vendor_id, row=row)
