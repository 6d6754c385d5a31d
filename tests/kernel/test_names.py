"""Names come in clean, go into addresses as slugs, and sort by a stored key."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.kernel.errors import Invalid
from comity.kernel.names import InvalidName, clean_name, slugify, sort_key


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  Acme \t GmbH\n", "Acme GmbH"),
        ("Cafe\u0301", "Café"),
        ("Acme\u202egpj.exe", "Acmegpj.exe"),
        ("\u2066Acme\u2069\u200b Ltd\x00\x07", "Acme Ltd"),
        ("Acme \u200b Ltd", "Acme Ltd"),
        ("Acme\u00a0\u3000Ltd", "Acme Ltd"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("株式会社ブリヂストン", "株式会社ブリヂストン"),
        ("A\ud800cme", "Acme"),
        ("Ware House", "Ware House"),
    ],
)
def test_names_are_cleaned(text, cleaned):
    assert clean_name(text) == cleaned


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u202e", "\x00", "\u200d", "\u200c \u200d"])
def test_a_name_without_anything_to_see_is_refused(text):
    with pytest.raises(InvalidName) as caught:
        clean_name(text, field="company")
    assert caught.value.fields == {"company": "Please enter a name; this one has no visible character."}


def test_a_long_name_is_refused_after_cleaning():
    assert clean_name(" " * 400 + "a" * 300) == "a" * 300
    with pytest.raises(Invalid, match="to 300 characters; this one has 301"):
        clean_name("a" * 301)
    with pytest.raises(Invalid, match="to 5 characters"):
        clean_name("Comity", max_length=5)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Friendly Bike Shop", "friendly-bike-shop"),
        ("Müller & Søn A/S", "muller-son-a-s"),
        ("Straße Łódź Æon", "strasse-lodz-aeon"),
        ("  --GTX Pro--  ", "gtx-pro"),
        ("İstanbul ığdır", "istanbul-igdir"),
        ("ＡＢＣ ﬁrst ½", "abc-first-1-2"),
        ("株式会社ABC", "abc"),
    ],
)
def test_slugs(text, slug):
    assert slugify(text) == slug


def test_a_slug_is_never_empty_and_other_scripts_stay_apart():
    names = ["株式会社", "Компания", "???", ""]
    slugs = [slugify(name, fallback="partner") for name in names]
    assert len(set(slugs)) == len(names)
    assert all(slug.startswith("partner-") for slug in slugs)
    assert slugs == [slugify(name, fallback="partner") for name in names]


def test_a_slug_is_cut_without_a_hanging_hyphen():
    assert slugify("one two three", max_length=8) == "one-two"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Émile", "emile"),
        ("  ÅNGSTRÖM  AB ", "angstrom ab"),
        ("Straße", "strasse"),
        ("Ødegård", "odegard"),
        ("Ελλάς", "ελλασ"),
        ("ガス", "ガス"),
        ("한국", "한국"),
    ],
)
def test_sort_keys(text, key):
    assert sort_key(text) == key


def test_sorting_by_the_key_is_what_a_reader_expects():
    names = ["Zeta", "Ärzte", "apple", "Émile", "Banane", "Øre", "emu"]
    assert sorted(names, key=sort_key) == ["apple", "Ärzte", "Banane", "Émile", "emu", "Øre", "Zeta"]


@given(st.text(st.characters(), max_size=80))
def test_cleaning_twice_changes_nothing(text):
    try:
        cleaned = clean_name(text)
    except InvalidName:
        return
    assert clean_name(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert "  " not in cleaned
    assert cleaned == cleaned.strip()
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in cleaned)
    cleaned.encode("utf-8")


@given(st.text(st.characters(), max_size=80), st.integers(1, 40))
def test_slugs_are_plain(text, max_length):
    slug = slugify(text, max_length=max_length, fallback="x")
    assert slug
    assert slug.strip("-") == slug
    assert "--" not in slug
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(slug) <= max(max_length, len("x-00000000"))


@given(st.text(st.characters(), max_size=80))
def test_a_key_is_its_own_key(text):
    key = sort_key(text)
    assert sort_key(key) == key
    assert sort_key(text.upper()) == sort_key(text.upper().lower().upper())


@pytest.mark.parametrize("block", range(0, 0x110000, 0x4000))
def test_every_character_folds_in_three_rounds(block):
    for char in map(chr, range(block, block + 0x4000)):
        key = sort_key(char)
        assert sort_key(key) == key, f"U+{ord(char):04X}"
