"""The styleguide shows every component, and the markup keeps to the policy of the pages: nothing inline."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.http import QueryDict
from django.template import engines
from django.test import RequestFactory
from django_cotton import render_component
from django_cotton.compiler_regex import CottonCompiler

from comity.web import build
from comity.web.styleguide import COMPONENTS, styleguide, usages
from comity.web.templatetags import figures

NAMES = sorted(path.stem for path in COMPONENTS.glob("*.html"))
TEMPLATES = COMPONENTS.parent
WEB = TEMPLATES.parent


@pytest.fixture(scope="module")
def page() -> str:
    return styleguide(RequestFactory().get("/styleguide")).content.decode()


def text_of(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", markup).replace("&nbsp;", " ").split())


def render(source: str, **context: object) -> str:
    return engines["django"].from_string(CottonCompiler().process(source)).render(context)


def test_there_are_components():
    assert len(NAMES) >= 25


@pytest.mark.parametrize("name", NAMES)
def test_each_component_is_shown_with_its_usage(name, page):
    assert f'id="component-{name}"' in page
    assert usages()[name].endswith("."), "the first line of the file says in a sentence when to use it"
    shown = "".join(path.read_text() for path in (TEMPLATES / "styleguide").glob("*.html"))
    assert re.search(rf"<c-{name.replace('_', '-')}[\s/>]", shown)


def test_the_whole_page_can_be_shown_from_right_to_left(page):
    mirrored = styleguide(RequestFactory().get("/styleguide", {"dir": "rtl"})).content.decode()
    assert 'dir="rtl"' not in page[:200]
    assert 'dir="rtl"' in mirrored[:200]
    assert "Show everything from left to right" in mirrored


def test_the_page_has_nothing_inline(page):
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", page)
    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert all(not body.strip() or 'type="application/json"' in attributes for attributes, body in scripts)


def test_every_label_and_description_points_to_something(page):
    ids = set(re.findall(r'\sid="([^"]+)"', page))
    assert len(ids) == len(re.findall(r'\sid="[^"]+"', page)), "an id twice"
    wanted = set(re.findall(r'\sfor="([^"]+)"', page))
    for attribute in ("aria-describedby", "aria-labelledby", "aria-controls"):
        for value in re.findall(rf'\s{attribute}="([^"]+)"', page):
            wanted |= set(value.split())
    assert wanted <= ids, wanted - ids


def test_every_icon_in_use_is_in_the_sprite():
    listed = set(build.icon_names())
    used: set[str] = set()
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        used |= set(re.findall(r'<c-icon name="([a-z0-9-]+)"', text))
        used |= set(re.findall(r'{% icon "([a-z0-9-]+)" %}', text))
        used |= set(re.findall(r'\bicon(?:_end)?="([a-z0-9-]+)"', text))
    for path in WEB.rglob("*.py"):
        used |= set(re.findall(r"""(?:"icon": |\bicon=|\bdrawn\()"([a-z0-9-]+)\"""", path.read_text()))
    assert used - listed == set(), "add them to assets/icons.txt"


def test_a_hostile_name_stays_text():
    name = '"><script>alert(1)</script>'
    page = render(
        '<c-button :title="name">{{ name }}</c-button><c-chip key="Tag" :label="name" remove="?" />'
        '<c-metric :label="name" /><c-status :state="name" /><c-page-header :title="name" />'
        '<c-input name="a" :label="name" :value="name" />',
        name=name,
    )
    outside_of_attributes = re.sub(r"""=(?:"[^"]*"|'[^']*')""", "", page)
    assert "<script" not in outside_of_attributes


@pytest.mark.parametrize(
    ("tag", "component"),
    [
        ("{% icon 'user' %}", '<c-icon name="user" />'),
        ("{% state 'won' %}", '<c-status state="won" />'),
        ("{% state 'won' name %}", '<c-status state="won" :label="name" />'),
        ("{% pill 'good' name 'Why' %}", '<c-status tone="good" :label="name" title="Why" />'),
        ("{% money sum 'EUR' %}", '<c-money :value="sum" currency="EUR" />'),
        ("{% money sum 'EUR' bare=True %}", '<c-money :value="sum" currency="EUR" bare />'),
        ("{% money None name missing=name %}", '<c-money :value="None" :currency="name" :missing="name" />'),
        ("{% bare_money sum 'EUR' %}", '<c-money :value="sum" currency="EUR" places="0" bare />'),
        ("{% linked_figure sum '?q=' name '&a=1' %}", '<c-figure :value="sum" href="?q={{ name }}&amp;a=1" />'),
        ("{% avatar name %}", '<c-avatar :name="name" />'),
    ],
)
def test_a_plain_tag_writes_what_its_component_writes(tag, component):
    given = {"name": "\"><script>alert('1')</script> & Ø", "sum": Decimal("1234.5")}
    plain, whole = (
        re.sub(r"\s+(?=>)", "", " ".join(render(source, **given).split()))
        for source in ("{% load lists icons %}" + tag, component)
    )
    assert plain == whole


def test_a_metric_without_an_amount_says_how_many_rows_lack_it():
    page = render('<c-metric label="Pipeline" unit="money" currency="USD" :missing="2089" period="Open" />')
    assert text_of(page) == "Pipeline Not available 2,089 rows without an amount Open"


def test_a_metric_says_figure_change_period_and_day():
    page = render(
        '<c-metric label="Revenue" :value="value" unit="money" currency="USD" period="2019" :previous="0.124" '
        'previous_label="on 2018" href="/rows" definition="/definition" />',
        value=Decimal("32500005.58"),
    )
    assert text_of(page) == "Revenue USD 32,500,006 up 12.4 % on 2018 2019"
    assert 'title="USD 32,500,005.58"' in page
    assert 'href="/rows"' in page
    assert 'href="/definition"' in page


@pytest.mark.parametrize(
    ("value", "currency", "written"),
    [
        ("77548570.2", "USD", "77,548,570.20"),
        ("2360.5", "JPY", "2,360"),
        ("-0.125", "EUR", "\u22120.12"),
        (None, "EUR", ""),
        ("NaN", "EUR", ""),
        ("1", "TND", "1.000"),
    ],
)
def test_amounts(value, currency, written):
    assert figures.amount(value, currency) == written


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [("0.6315", "ratio", "63.2\u202f%"), (57, "days", "57 days"), (1, "days", "1 day"), (4238, "count", "4,238")],
)
def test_figures(value, unit, written):
    assert figures.figure(value, unit) == written


def test_sorting_keeps_the_filters_and_starts_at_the_first_page():
    request = RequestFactory().get("/partners?tier=gold&tier=silver&page=3&sort=name")
    assert figures.sorting({"request": request}, "name") == {
        "url": "?tier=gold&tier=silver&sort=-name",
        "aria": "ascending",
        "icon": "arrow-up",
    }
    assert figures.sorting({"request": request}, "revenue", "", "descending")["url"].endswith("sort=-revenue")
    assert QueryDict("sort=-name")["sort"] == "-name"


def test_a_component_can_answer_a_request_alone():
    page = render_component(RequestFactory().get("/"), "status", state="onboarding")
    assert text_of(page) == "Onboarding"
    assert 'data-tone="info"' in page


@pytest.mark.parametrize("code", [400, 403, 404, 500])
def test_an_error_page_needs_no_context(code):
    page = engines["django"].get_template(f"{code}.html").render({})
    assert f"Error {code}" in page
    assert "<h1>" in page


@pytest.mark.parametrize("base", ["workspace/base.html", "portal/base.html", "account/base.html"])
def test_a_shell_renders_with_nothing_given(base):
    page = engines["django"].get_template(base).render({}, RequestFactory().get("/"))
    assert '<main id="main"' in page


def test_the_build_is_done_once(tmp_path, monkeypatch):
    said: list[str] = []
    root = Path(__file__).resolve().parents[2]
    build.build_assets(root, said.append)
    said.clear()
    folder = build.build_assets(root, said.append)
    assert said == []
    built = {path.name for path in (folder / "comity").iterdir()}
    assert built >= {"app.css", "app.js", "early.js", "htmx.js", "charts.js", "icons.svg", "favicon.svg"}
    assert "sourceMappingURL" not in (folder / "comity" / "charts.js").read_text()


def test_an_unknown_icon_is_named(tmp_path):
    with pytest.raises(build.AssetsNotBuilt, match="no-such-icon"):
        build.icon_sprite(tmp_path, ["no-such-icon"])
