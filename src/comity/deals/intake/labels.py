"""What people call the fields of a registration, in English and German: headings of a list, labels in an e-mail."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

PARTNER: Final = "partner"
KEY: Final = "key"
LONGEST: Final = 60
_SAID: Final = {
    "customer_name": (
        "customer; customer name; customer legal name; end customer; company; company name; account; client; "
        "kunde; kundenname; endkunde; firma; firmenname; unternehmen"
    ),
    "customer_domain": (
        "domain; web domain; website; web site; web; url; homepage; customer domain; customer website; "
        "webseite; internetseite; internet; "
        "web-domain"
    ),
    "customer_country": "country; customer country; land",
    "customer_industry": "industry; sector; branche",
    "contact_name": (
        "contact; contact name; contact person; customer contact; your contact there; ansprechpartner; "
        "ansprechpartnerin; kontakt; kontaktperson; "
        "ihre kontaktperson dort; kontaktperson dort"
    ),
    "contact_email": (
        "contact email; contact e mail; email; e mail; mail; email of your contact; e mail of your contact; "
        "kontakt email; kontakt e mail; "
        "e mail ihrer kontaktperson"
    ),
    "kind": "kind; type; deal type; registration type; art; vorgangsart",
    "families": (
        "product; products; product family; product families; solution; produkt; produkte; produktfamilie; lösung"
    ),
    "use_case": (
        "use case; need; needs; what they need; requirement; requirements; project; project description; "
        "description; bedarf; anforderung; anforderungen; projekt; projektbeschreibung; beschreibung; "
        "vorhaben; anwendungsfall; "
        "was dort gebraucht wird"
    ),
    "value": (
        "expected value; value; amount; deal value; deal size; estimated value; volume; budget; wert; "
        "erwarteter wert; auftragswert; projektwert; volumen; betrag; summe"
    ),
    "currency": "currency; währung",
    "expected_close_on": (
        "expected close; expected to close; expected to close on; expected close date; expected closing; "
        "close date; closing date; close; abschluss; abschlussdatum; erwarteter abschluss; voraussichtlicher "
        "abschluss; "
        "abschluss erwartet am"
    ),
    "source": "source; lead source; how you came to it; quelle; herkunft; wie sie dazu kamen",
    "rfp": "tender; rfp; rfp status; ausschreibung",
    "incumbent": (
        "incumbent; current supplier; supplier now; who supplies them now; bisheriger lieferant; bestandslieferant; "
        "wer bisher liefert"
    ),
    "competitors": (
        "competitor; competitors; competition; who else is asked; wettbewerb; wettbewerber; mitbewerber; konkurrenz; "
        "wer noch angefragt ist"
    ),
    "evidence": (
        "evidence; proof; what shows that you work on it; nachweis; nachweise; beleg; "
        "was zeigt, dass sie daran arbeiten"
    ),
    "notes": (
        "note; notes; comment; comments; remark; remarks; notiz; notizen; bemerkung; bemerkungen; anmerkung; kommentar"
    ),
    KEY: ("key; id; row id; row; external id; your reference; reference; schlüssel; kennung; nummer; referenz"),
    PARTNER: "partner; partner name; partner id; partnername; partnernummer",
}
SUBMITTED: Final = "submitted_on"
STATE: Final = "state"
DECIDED: Final = "decided_on"
PROTECTED: Final = "protected_until"
OF_OLDER: Final = {
    SUBMITTED: "submitted; submitted on; registered on; registration date; eingereicht am; registriert am",
    STATE: "state; status; zustand",
    DECIDED: "decided; decided on; approved on; entschieden am; genehmigt am",
    PROTECTED: "protected; protected until; protection until; expires; expires on; geschützt bis; ablauf",
}
"""Columns that only registrations of an older system have."""
BESIDE: Final = frozenset({KEY, PARTNER, *OF_OLDER})
"""What a list says of a row that is no field of a draft."""
LONG: Final = frozenset({"use_case", "evidence", "notes"})
"""Fields that go on over several lines."""


def plain(label: str) -> str:
    """A label as it is compared: no case, accents, umlauts, marks or doubled spaces."""
    text = unicodedata.normalize("NFKC", label[: 4 * LONGEST]).casefold()
    for letter, pair in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        text = text.replace(letter, pair)
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", bare).split())


_FIELDS: Final = {plain(word): name for name, words in _SAID.items() for word in words.split(";")}
_FIELDS.update({plain(name): name for name in _SAID})
_OLDER: Final = {plain(word): name for name, words in OF_OLDER.items() for word in (*words.split(";"), name)}


def field_of(label: str) -> str:
    """The field that a label means, "" where nobody knows it."""
    return _FIELDS.get(plain(label), "")


def field_of_older(label: str) -> str:
    """The same for a list of an older system, which tells dates and states as well."""
    return _OLDER.get(plain(label), "") or field_of(label)
