"""Writing, made comparable: one alphabet, no accents, words without punctuation. Pure and idempotent."""

import re
import unicodedata
from typing import Final

# Letters that Unicode does not decompose, and the alphabets whose names reach us in Latin letters as well.
LETTERS: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "ħ": "h", "ŋ": "n"}
    | dict(zip("абвгдеёзийклмнопрстуфыэіѓќў", "abvgdeeziiklmnoprstufyeigku", strict=True))
    | {"ж": "zh", "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю": "yu", "я": "ya"}
    | {"ї": "i", "є": "e", "ґ": "g", "ђ": "d", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz"}
    | dict(zip("αβγδεζηικλμνξοπρστυφω", "avgdeziiklmnxoprstyfo", strict=True))
    | {"θ": "th", "ς": "s", "χ": "ch", "ψ": "ps"}
)
# What looks like a Latin letter; used only inside words that mix alphabets, as no honest spelling does.
LOOKALIKES: Final = str.maketrans(
    dict(zip("асеорхуіѕјкмтнвг", "aceopxyisjkmthbr", strict=True)) | dict(zip("οανρτικ", "oavptik", strict=True))
)
MIXED: Final = re.compile(r"(?=\w*[a-z])(?=\w*[\u0370-\u03ff\u0400-\u04ff])\w+")
INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
UMLAUTS: Final = re.compile(r"([aou])e+")
APOSTROPHES: Final = re.compile("['’‘`´ʼ]")
INITIALS: Final = re.compile(r"\b\w(?:[.·/]\w\b)+|\b\w(?:\.\s?\w)+\.", re.UNICODE)
WORD: Final = re.compile(r"[^\W_]+", re.UNICODE)
MARKS: Final = frozenset({"Mn", "Cf", "Cc"})


def fold(text: str) -> str:
    """Small letters of one alphabet without accents: `Müller-Łódź ПАО` becomes `muller-lodz pao`."""
    if text.isascii():
        return text.lower()
    small = INVISIBLE.sub("", unicodedata.normalize("NFKC", text).lower())
    plain = MIXED.sub(lambda word: word.group().translate(LOOKALIKES), small).translate(LETTERS)
    spread = unicodedata.normalize("NFKD", plain).translate(LETTERS)
    return "".join(letter for letter in spread if unicodedata.category(letter) not in MARKS)


def words(text: str) -> tuple[str, ...]:
    """The words of a text: folded, initials joined (`S.p.A.` is `spa`, `A/S` is `as`), `O'Neil` one word."""
    plain = APOSTROPHES.sub("", fold(text))
    plain = INITIALS.sub(lambda found: re.sub(r"\W", "", found.group()) + " ", plain)
    return tuple(WORD.findall(plain))


def collapsed(word: str) -> str:
    """The word with German transliteration undone: `mueller` and `müller` both become `muller`."""
    return UMLAUTS.sub(r"\1", word)
