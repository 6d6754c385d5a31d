"""Names as people write them: cleaned when they come in, made into slugs for addresses and keys for sorting."""

import hashlib
import re
import unicodedata
from typing import Final

from comity.kernel.errors import Invalid
from comity.kernel.words import words

# Letters that Unicode does not decompose into a base letter and an accent; keys are as after casefold().
_SPELLED_OUT: Final = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ĸ": "k", "ł": "l", "ŋ": "n", "þ": "th",
     "ŧ": "t"}
)  # fmt: skip
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_NOT_IN_A_SLUG: Final = re.compile(r"[^a-z0-9]+")

# Characters that can make a name look like another, or hide in it: directional marks and overrides (UAX 9), zero
# widths, soft hyphen, invisible operators. The joiners (ZWNJ, ZWJ) stay: Persian and Indic names need them.
_HIDDEN: Final = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_JOINERS: Final = "\u200c\u200d"


class InvalidName(Invalid):
    """The name is empty or too long; `fields` says so beside the input."""

    code, title = "invalid_name", words("Please check the name")


def clean_name(text: str, max_length: int = 300, *, field: str = "name") -> str:
    """A name fit to store: composed (NFC), white space collapsed, without control or hidden characters.

    Cleaning twice changes nothing. `max_length` counts characters after cleaning.

    Raises InvalidName when nothing is left, or too much; `field` is the input it is shown beside.
    """
    visible = _HIDDEN.sub("", " ".join(text.split()))
    visible = "".join(char for char in visible if unicodedata.category(char) not in {"Cc", "Cs"})
    name = unicodedata.normalize("NFC", " ".join(visible.split())).strip(_JOINERS + " ")
    if not name:
        message = words("Please enter a name; this one has no visible character.")
        raise InvalidName(message, fields={field: message})
    if len(name) > max_length:
        message = words(
            "Please shorten the name to %(max_length)s characters; this one has %(count)s.",
            max_length=max_length,
            count=len(name),
        )
        raise InvalidName(message, fields={field: message})
    return name


def slugify(text: str, *, max_length: int = 80, fallback: str = "x") -> str:
    """The name in an address: lower-case ASCII letters and digits joined by single hyphens, never empty.

    Accents are dropped ("Müller & Søn" is `muller-son`). A name without any Latin letter or digit becomes the
    fallback and eight digits of its SHA-256, the same each time: two such names stay apart, as far as one can
    tell. Unique it is not; the caller adds a number where another has it.
    """
    words = _NOT_IN_A_SLUG.sub("-", sort_key(text)).strip("-")
    slug = words[:max_length].rstrip("-")
    return slug or f"{fallback}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"


def sort_key(text: str) -> str:
    """A key to store beside a name and sort by, bytewise: case and accents folded, white space collapsed.

    Equal for "Émile" and "emile"; order such ties by the name itself. Only Latin, Greek and Cyrillic accents are
    dropped: marks of other scripts are vowels or change the consonant.
    """
    folded = " ".join(text.split())
    for _ in range(3):  # folding can decompose and decomposing fold: three rounds reach the end (tested)
        folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", folded.casefold().translate(_SPELLED_OUT)))
    return unicodedata.normalize("NFC", " ".join(folded.split()))
