"""A record made comparable: everything that is worked out once, before it meets another record."""

from dataclasses import dataclass
from functools import lru_cache

from comity.matching.domains import Domain, mailbox, registrable
from comity.matching.legal import without_legal_form
from comity.matching.listings import without_kind_of_share, without_par_value
from comity.matching.postal import city, country_code, phone, postcode, street
from comity.matching.record import Record
from comity.matching.text import collapsed, words

MOST_WORDS = 24  # of a name; legal names are shorter, pasted paragraphs are not
LONGEST = 400  # letters
# Words between names that are written or left out as one likes.
LINKS = frozenset({"and", "und", "et", "y", "e", "og", "och", "i", "the", "of", "de", "der", "die", "das", "la", "le"})


@dataclass(frozen=True, slots=True)
class Profile:
    """A record's comparable form. `core` is the name without legal form, listing shorthand and little links."""

    record: Record
    core: tuple[str, ...]
    forms: tuple[str, ...]
    country: str
    city: str
    postcode: str
    street: str
    phone: str
    site: Domain | None
    mail: Domain | None
    mailbox: str

    @property
    def domains(self) -> frozenset[Domain]:
        """The registrable domains of website and e-mail."""
        return frozenset(found for found in (self.site, self.mail) if found)


def profile(record: Record) -> Profile:
    """Work out the comparable form of one record."""
    country = country_code(record.country) if record.country else ""
    core, forms = core_of_name(record.name, country)
    return Profile(
        record=record,
        core=core,
        forms=forms,
        country=country,
        city=city(record.city) if record.city else "",
        postcode=postcode(record.postcode) if record.postcode else "",
        street=street(record.street) if record.street else "",
        phone=phone(record.phone) if record.phone else "",
        site=registrable(record.website) if record.website else None,
        mail=registrable(record.email) if record.email else None,
        mailbox=mailbox(record.email) if record.email else "",
    )


@lru_cache(maxsize=200_000)
def core_of_name(name: str, country: str = "") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A name as written -> (its core words, its legal forms in their usual writing). Neither is ever invented.

    The core of a core, joined by spaces, is itself: normalising twice changes nothing.
    """
    rest = tuple(collapsed(word) for word in words(without_par_value(name[:LONGEST])))[:MOST_WORDS]
    taken: set[str] = set()
    while True:
        shorter, forms = without_legal_form(_once(without_kind_of_share(rest), country), country)
        taken.update(forms)
        shorter = tuple(word for word in shorter if word not in LINKS) or shorter
        shorter = words(without_par_value(" ".join(shorter)))
        if shorter == rest:
            return rest, tuple(sorted(taken))
        rest = shorter


def _once(name: tuple[str, ...], country: str) -> tuple[str, ...]:
    """`NEXANS SA NEXANS`: a name said twice, with its legal form in between, is said once."""
    for place in range(2, len(name)):
        if name[place] == name[0] and len(name[0]) > 2 and without_legal_form(name[:place], country)[1]:
            return name[:place]
    return name


def joined(core: tuple[str, ...]) -> str:
    """The core as one string of letters."""
    return "".join(core)
