"""What is wrong with a mapping is told with its file, its key and what to do."""

# ruff: noqa: E501 - sentences stand whole in tables

from pathlib import Path
from typing import Final

import pytest
from django.core.exceptions import FieldDoesNotExist

from comity.connectors.files import MappingInvalid, load_mapping, open_export, parse_mapping, shipped_mappings
from comity.connectors.files.conversions import LIMITS
from comity.connectors.files.mapping import SHIPPED
from comity.connectors.files.reading import Reading
from comity.connectors.files.targets import TARGETS, Kind
from comity.deals.models import CustomerAccount, Opportunity, OpportunityLine, Product, ProductFamily, Stage
from comity.programs.models import Manager, Partnership, Quota, Region, Tier

from .workbench import DEALS, REPOSITORY, deals, read, write


def test_the_shipped_mappings() -> None:
    assert list(shipped_mappings()) == ["adventureworks", "crm-sales", "hubspot", "salesforce"]
    for name in shipped_mappings():
        assert load_mapping(name).name == name


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('stage = "stage"', 'stag = "stage"', "bad.toml, source[1] (deals.csv).opportunity.stag: opportunity has no such field; it has external_id, name,"),
        ('stage = "stage"', "", "bad.toml, source[1] (deals.csv).opportunity.stage: this field is required (name of the stage); feed it, or take the table out."),
        ('title = "Deals"', "", "bad.toml, mapping.title: this key is missing; add it."),
        ('title = "Deals"', 'titel = "Deals"', "bad.toml, mapping.title: this key is missing; add it (1 more after it)."),
        ('title = "Deals"', 'title = "Deals"\ncolour = 1', "bad.toml, mapping.colour: this key is not known here; check its spelling, or leave it out."),
        ('title = "Deals"', 'title = "Deals"\ncurrency = "US"', "bad.toml, mapping.currency: 'US' is not an ISO 4217 currency, such as EUR or USD."),
        ('title = "Deals"', 'title = "Deals"\ntime_zone = "Berlin"', "bad.toml, mapping.time_zone: 'Berlin' is not a time zone, such as Europe/Berlin or UTC."),
        ('dates = ["YYYY-MM-DD"]', 'dates = ["%Y-%m-%d"]', "bad.toml, formats.dates: '%Y-%m-%d' is not a date form: write it with YYYY, MM or M, and DD or D."),
        ('amount = "amount"', 'amount = { column = "amount", constant = 1 }', "bad.toml, source[1] (deals.csv).opportunity.amount: say exactly one of column, columns, constant or first_of."),
        ('amount = "amount"', 'amount = { column = "amount", map = "kinds" }', "bad.toml, source[1] (deals.csv).opportunity.amount: there is no [maps.kinds]."),
        ('amount = "amount"', 'amount = { column = "amount", lookup = "x" }', "bad.toml, source[1] (deals.csv).opportunity.amount: there is no [lookup.x] above it."),
        ('name = "name"\nstage', 'name = { column = "name", sum = true }\nstage', "bad.toml, source[1] (deals.csv).opportunity.name: only an amount of an opportunity can be a sum of lines."),
        ('kind = "won"', 'kind = "wonn"', "bad.toml, stage[2].kind: Input should be 'open', 'won' or 'lost'."),
        ("[[source]]", "[[source", "bad.toml is not valid TOML: Expected"),
        ("[source.opportunity]", "[source.oportunity]", "bad.toml, source[1] (deals.csv).oportunity: this key is not known here; check its spelling"),
    ],
)  # fmt: skip
def test_mistakes(old: str, new: str, sentence: str) -> None:
    assert old in DEALS
    with pytest.raises(MappingInvalid) as refused:
        parse_mapping(DEALS.replace(old, new, 1), name="bad.toml")
    assert str(refused.value).startswith(sentence)


def test_a_constant_that_cannot_be_is_told_when_files_are_opened(tmp_path: Path) -> None:
    mapping = parse_mapping(DEALS.replace('amount = "amount"', 'kind = { constant = "newish" }'), name="bad.toml")
    deals(tmp_path)
    with pytest.raises(MappingInvalid, match=r"deals, opportunity: 'newish' is not a known kind \(new, expansion"):
        Reading(open_export(mapping, tmp_path))


def test_an_unknown_mapping_names_the_known_ones() -> None:
    with pytest.raises(MappingInvalid, match="There is no mapping “sugar”: name one of adventureworks, crm-sales,"):
        load_mapping("sugar")


def test_a_mapping_of_ones_own(tmp_path: Path) -> None:
    path = write(tmp_path, "own.toml", DEALS)
    assert load_mapping(path).name == "deals"
    path.write_bytes(DEALS.encode("utf-16"))
    with pytest.raises(MappingInvalid, match=r"own\.toml is not UTF-8 text; save it as UTF-8"):
        load_mapping(path)


def test_the_whole_grammar_of_a_field(tmp_path: Path) -> None:
    mapping = """
[mapping]
name = "grammar"
title = "Grammar"
[[source]]
file = "p*.csv"
optional_columns = ["site"]
where = { deleted = ["no", ""] }
[source.partner]
external_id = { columns = ["country", "number"], join = "-" }
name = { first_of = ["name", "number"] }
types = { column = "types", split = "/", map = { "SI/ISV" = "implementation/technology" } }
tier = { column = "tier", empty_words = ["none"], default = "Basic" }
website = "site"
region = { column = "country", lookup = "regions", if_missing = "empty" }
manager = { column = "owner", empty_when = { tier = "Gold", owner = "*" } }
[source.quota]
where = { quota = "*" }
partner = { columns = ["country", "number"], join = "-" }
starts_on = { constant = "2024-01-01" }
period = { constant = "year" }
amount = { column = "quota", times = 1000 }
[lookup.regions]
file = "countries.csv"
key = "code"
value = { column = "region", map = { WEST = "North America" } }
pick = "last"
"""
    write(tmp_path, "countries.csv", "code,region\nDE,APAC\nDE,EMEA\nUS,WEST\n")
    write(
        tmp_path,
        "p1.csv",
        "number,country,name,types,tier,owner,quota,deleted\n1,DE,Fabrikam,SI/ISV,Gold,ada,5,no\n"
        "2,US,,reseller,none,ada,,\n3,FR,Gone,reseller,,,,yes\n4,FR,Contoso,,,,,\n",
    )
    found = read(mapping, tmp_path)
    assert found.rejects == []
    assert "website" not in found.of("partner")[0]  # the file lacks the column, so it says nothing of it
    assert [list(partner.values()) for partner in found.of("partner")] == [
        ["DE-1", "Fabrikam", ["implementation", "technology"], "Gold", "EMEA", None],
        ["US-2", "2", ["reseller"], "Basic", "North America", "ada"],
        ["FR-4", "Contoso", [], "Basic", None, None],
    ]
    assert [(quota["partner"], quota["amount"], str(quota["ends_on"])) for quota in found.of("quota")] == [
        ("DE-1", 5000, "2024-12-31")
    ]


HOLDS: Final = {
    "manager": Manager,
    "partner": Partnership,
    "account": CustomerAccount,
    "product": Product,
    "opportunity": Opportunity,
    "opportunity_line": OpportunityLine,
    "quota": Quota,
}
ELSEWHERE: Final = {"tier": Tier, "region": Region, "stage": Stage, "family": ProductFamily}


@pytest.mark.parametrize(("target", "field"), [(name, field.name) for name in HOLDS for field in TARGETS[name]])
def test_no_value_that_is_read_is_too_long_for_where_it_is_kept(target: str, field: str) -> None:
    spoken = TARGETS[target].field(field)
    model, name = (ELSEWHERE[field], "name") if field in ELSEWHERE else (HOLDS[target], field)
    try:
        column = model._meta.get_field(name)
    except FieldDoesNotExist:
        return  # made into something else
    column = getattr(column, "base_field", column)
    if spoken.kind in LIMITS and column.max_length:
        assert (spoken.longest or LIMITS[spoken.kind]) <= column.max_length
    if spoken.kind in (Kind.MONEY, Kind.NUMBER) and not spoken.below:
        assert (column.max_digits, column.decimal_places) == (20, 4)


def test_every_target_has_words_for_all_its_fields() -> None:
    for target in TARGETS.values():
        assert target.meaning
        assert all(field.meaning for field in target)
        assert set(target.key) <= {field.name for field in target}
        assert target.deal is None or target.field(target.deal).required


def test_the_example_in_the_readme_is_a_mapping() -> None:
    readme = (SHIPPED.parent / "README.md").read_text(encoding="utf-8")
    example = readme.split("```toml\n")[1].split("```")[0]
    assert parse_mapping(example, name="README.md").name == "orders"


def test_the_reference_tells_every_field_and_the_same_example() -> None:
    reference = (REPOSITORY / "docs" / "reference" / "mappings.md").read_text(encoding="utf-8")
    readme = (SHIPPED.parent / "README.md").read_text(encoding="utf-8")
    assert readme.split("```toml\n")[1].split("```")[0] in reference
    assert all(f"`{name}`" in reference for name in shipped_mappings())
    for target in TARGETS.values():
        section = reference.split(f"### `{target.name}`\n")[1].split("\n###")[0]
        for field in target:
            assert (f"`{field.name}`" in section) != field.derived
            assert field.derived or field.meaning in section
