"""Who is this customer: spellings that people and exchanges really use, and what must hold for any."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from comity.matching.kin import Families
from comity.matching.lists import match
from comity.matching.pair import judge
from comity.matching.profile import core_of_name, profile
from comity.matching.record import Record
from comity.matching.scoring import Band

NAMES = st.text(
    alphabet=st.sampled_from("aeounrstlmkAOUB äöüßéøłñ&.,-/'()0127ЖяΔ北 "), min_size=0, max_size=40
) | st.lists(
    st.sampled_from(
        [
            "Acme",
            "Müller",
            "Mueller",
            "GmbH",
            "&",
            "Co.",
            "KG",
            "Ltd.",
            "Inc",
            "S.p.A.",
            "INH.",
            "O.N.",
            "DL-,01",
            "Group",
            "Intl",
            "ADR",
            "Bank",
            "A/S",
        ]
    ),
    max_size=7,
).map(" ".join)


def _record(identifier: str, name: str, **known: str) -> Record:
    return Record(identifier, name, **known)


def test_a_name_is_its_core_whatever_is_written_around_it():
    written = {
        "Müller Maschinenbau GmbH & Co. KG": "muller maschinenbau",
        "MUELLER MASCHINENBAU": "muller maschinenbau",
        "ACME Gesellschaft mbH": "acme",
        "PT Astra International Tbk": "astra international",
        "McCormick & Company, Incorporated": "mccormick",
        "MCCORMICK + CO.INC. N.VTG": "mccormick",
        "EL. ARTS INC.  DL-,01": "el arts",
        "ALZCHEM GROUP AG INH O.N.": "alzchem group",
        "LUKOIL SP.ADR  RL-,025": "lukoil",
        "NEXANS SA NEXANS ORD SHS": "nexans",
        "Grupo Gigante, S. A. B. de C. V.": "grupo gigante",
        "ООО Ромашка": "romashka",
        "Piekarnia Łódzka Sp. z o.o.": "piekarnia lodzka",
        "Limited Inc.": "limited",
        "O'Neil Pty Ltd": "oneil",
        "***": "",
        "Ас\u200fme Воok": "acme book",  # letters that only look Latin, and a mark that turns the reading direction
        "Acme " * 3_000: " ".join(["acme"] * 24),
    }
    assert {name: " ".join(core_of_name(name)[0]) for name in written} == written


def test_judging_says_what_it_saw():
    pairs = [
        (
            _record("1", "Müller Maschinenbau GmbH & Co. KG", website="www.mueller-maschinen.de", city="Köln"),
            _record("2", "MUELLER MASCHINENBAU", email="info@mueller-maschinen.de", city="Cologne"),
        ),
        (_record("1", "Fabrikam France SAS", website="fabrikam.fr"), _record("2", "Fabrikam", website="fabrikam.com")),
        (_record("1", "Contoso Energy", country="GB"), _record("2", "Contoso Foods", country="Brasil")),
        (_record("1", "BAY.MOTOREN WERKE VZO", country="Germany"), _record("2", "BMW", country="DE")),
    ]
    assert [(found.band, found.family, found.reasons) for found in (judge(one, other) for one, other in pairs)] == [
        (
            Band.SAME,
            None,
            ("names equal without legal form", "same registrable domain mueller-maschinen.de", "same city"),
        ),
        (
            Band.ASK,
            "family by domain name in another country",
            (
                "both say “fabrikam”",
                "only in one name: “france”",
                "same domain name, other ending (fabrikam.com, fabrikam.fr)",
            ),
        ),
        (
            Band.DIFFERENT,
            None,
            ("both say “contoso”", "only in one name: “energy”, “foods”", "country differs (BR, GB)"),
        ),
        (Band.SAME, None, ("initials: “bmw” for “bay motoren werke”", "same country")),
    ]


def test_shared_mail_and_hosts_say_nothing_of_a_company():
    lone = profile(_record("1", "Acme", website="https://www.facebook.com/acme", email="acme@gmail.com"))
    own = profile(_record("2", "Acme", website="https://shop.acme.co.uk/en", email="x@acme.com"))
    assert (lone.domains, lone.mailbox) == (frozenset(), "acme")
    assert sorted(map(str, own.domains)) == ["acme.co.uk", "acme.com"]


def test_families_follow_parents_and_survive_a_circle():
    families = Families({"b": "a", "c": "b", "d": "e", "e": "d", "f": "d"})
    assert [families.related(*pair) for pair in ("ac", "bc", "df", "ad", "aa")] == [True, True, True, False, False]
    north, south = _record("c", "Northwind Traders"), _record("b", "Southridge Video")
    assert (judge(north, south).family, judge(north, south, families=families).family) == (
        None,
        "family by a declared parent",
    )


def test_a_list_finds_its_companies_in_another():
    left = [
        _record("a1", "TAIWAN SEMICON.MANU.ADR/5", country="Taiwan"),
        _record("a2", "Northwind Traders Ltd", phone="+44 20 7946 0018"),
        _record("a3", "", website="tailspin.example.com"),
        _record("a4", "Wide World Importers"),
    ]
    right = [
        _record("b1", "Taiwan Semiconductor Manufacturing Company Limited", country="TW"),
        _record("b2", "NORTHWIND", phone="020 7946 0018"),
        _record("b3", "Fourth Coffee"),
    ]
    found = {(pair.left, pair.right): pair.band for pair in match(left, right)}
    assert found == {("a1", "b1"): Band.SAME, ("a2", "b2"): Band.SAME}


@given(NAMES)
@settings(max_examples=150, deadline=None)
def test_normalising_twice_changes_nothing(name: str):
    core, _forms = core_of_name(name)
    assert core_of_name(" ".join(core))[0] == core


@given(NAMES, NAMES, st.sampled_from(["", "DE", "France"]), st.sampled_from(["", "acme.de", "acme.fr", "x@gmail.com"]))
@settings(max_examples=150, deadline=None)
def test_judging_is_symmetric(one: str, other: str, country: str, website: str):
    left, right = _record("1", one, country=country, website=website), _record("2", other, website="acme.com")
    there, back = judge(left, right), judge(right, left)
    assert (there.probability, there.band, there.family, there.reasons) == (
        back.probability,
        back.band,
        back.family,
        back.reasons,
    )


@given(st.permutations(range(8)), st.permutations(range(8)))
@settings(max_examples=20, deadline=None)
def test_the_order_of_lists_changes_nothing(lefts: list[int], rights: list[int]):
    names = ["Acme GmbH", "ACME", "Acme Foods", "Müller KG", "Mueller", "BMW", "Bay. Motoren Werke", "Intl Bank"]
    left, right = ([_record(f"{side}{n}", name) for n, name in enumerate(names)] for side in "ab")

    def pairs(one: list[Record], other: list[Record]) -> set[tuple[str, str, float]]:
        return {(found.left, found.right, found.probability) for found in match(one, other)}

    assert pairs([left[n] for n in lefts], [right[n] for n in rights]) == pairs(left, right)
