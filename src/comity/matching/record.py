"""What is known of one company: the row of a list, or what somebody typed."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

FIELDS: Final = ("name", "website", "email", "country", "city", "postcode", "street", "phone")


@dataclass(frozen=True, slots=True)
class Record:
    """One company as somebody wrote it down; an empty string is *not known*. `id` is the list's own."""

    id: str
    name: str
    website: str = ""
    email: str = ""
    country: str = ""
    city: str = ""
    postcode: str = ""
    street: str = ""
    phone: str = ""


class Kind(StrEnum):
    """What sort of record describes a known company; each sort is searched by itself."""

    CUSTOMER = "customer"
    REGISTRATION = "registration"


def kept(record: Record) -> dict[str, str]:
    """What is known of it, without what is not."""
    return {name: value for name, value in asdict(record).items() if value}


def pair_key(left: Record, right: Record) -> str:
    """A fingerprint of two records, whichever came first; 64 hexadecimal digits."""
    texts = sorted("\0".join(f"{name}={value}" for name, value in sorted(kept(one).items())) for one in (left, right))
    return sha256("\n".join(texts).encode()).hexdigest()
