"""What is known of one company: the row of a list, or what somebody typed."""

from dataclasses import dataclass
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
