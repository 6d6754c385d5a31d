"""What imports cannot show: keys that point down, names, sizes, plain templates, and a reference without gaps.

Each exception stands in a dictionary below with its reason; one that is no longer needed fails too. A room that is
not built yet (no package) is passed over; once it is there, its registry must be found.
"""

import ast
import configparser
import importlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
SOURCE: Final = ROOT / "src" / "comity"
REFERENCE: Final = ROOT / "docs" / "reference"

MAX_FILE_LINES: Final = 400
MAX_FUNCTION_LINES: Final = 40
MAX_CSS_LINES: Final = 1_500  # all hand-written style sheets together stay under it

# Key as the failure prints it -> why it may stay.
LONG_FILES: Final[dict[str, str]] = {}
LONG_FUNCTIONS: Final[dict[str, str]] = {}
LONG_TEMPLATES: Final[dict[str, str]] = {}
UPWARD_KEYS: Final[dict[str, str]] = {}
INLINE_MARKUP: Final[dict[str, str]] = {}

VAGUE_NAMES: Final = {"utils", "util", "helpers", "helper", "misc", "common", "tools"}


def compare(found: Mapping[str, object], excused: Mapping[str, str], what: str) -> None:
    """Fail for whatever was found without an excuse, and for each excuse without its cause."""
    wrong = [f"{what}: {name} ({found[name]})" for name in found.keys() - excused.keys()]
    stale = [f"No longer true, strike the exception: {name}" for name in excused.keys() - found.keys()]
    assert not wrong + stale, "\n".join(["", *sorted(wrong + stale)])


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_files(*, migrations: bool = False) -> Iterator[Path]:
    for path in sorted(SOURCE.rglob("*.py")):
        if migrations or "migrations" not in path.parts:
            yield path


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def line_count(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


# --- Sizes and names ---


def functions(node: ast.AST, outer: str = "") -> Iterator[tuple[str, int]]:
    """Qualified name and length (without decorators) of every function below a node."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{outer}{child.name}"
            if not isinstance(child, ast.ClassDef):
                yield name, (child.end_lineno or child.lineno) - child.lineno + 1
            yield from functions(child, f"{name}.")
        else:
            yield from functions(child, outer)


def test_no_file_is_too_long():
    found = {named(path): lines for path in python_files() if (lines := line_count(path)) > MAX_FILE_LINES}
    compare(found, LONG_FILES, f"More than {MAX_FILE_LINES} lines")


def test_no_function_is_too_long():
    found = {
        f"{named(path)}::{name}": lines
        for path in python_files()
        for name, lines in functions(tree(path))
        if lines > MAX_FUNCTION_LINES
    }
    compare(found, LONG_FUNCTIONS, f"More than {MAX_FUNCTION_LINES} lines")


def test_no_module_has_a_name_that_says_nothing():
    folders = [folder for folder in (SOURCE, ROOT / "tests", ROOT / "benchmarks") if folder.exists()]
    vague = [
        named(path)
        for folder in folders
        for path in [*folder.rglob("*.py"), *folder.rglob("*/")]
        if path.stem in VAGUE_NAMES and "node_modules" not in path.parts
    ]
    assert not vague, f"Name these after what they do: {sorted(vague)}"


# --- Layers ---


@cache
def layers() -> dict[str, int]:
    """Package -> height, the floor 0, as .importlinter orders them."""
    fence = configparser.ConfigParser()
    fence.read_string((ROOT / ".importlinter").read_text("utf-8"))
    rows = fence["importlinter:contract:layers"]["layers"].split("\n")
    from_the_top = [re.findall(r"\w+", row) for row in rows if row.strip()]
    return {room: height for height, rooms in enumerate(reversed(from_the_top)) for room in rooms}


def test_the_fence_knows_the_order_of_the_house():
    heights = layers()
    assert heights["kernel"] == 0
    assert heights["web"] == heights["api"] == heights["cli"] < heights["project"]
    spine = ["platform", "identity", "ledger", "programs", "deals", "insights", "connectors", "demo", "web"]
    assert sorted(spine, key=heights.__getitem__) == spine


def room_of(model: type) -> str | None:
    package, _, rest = model.__module__.partition(".")
    return rest.partition(".")[0] if package == "comity" else None


def upward_keys(models: list[type]) -> dict[str, str]:
    """`room.Model.field` -> where it points, for each key (composite and many-to-many too) to a higher layer."""
    found = {}
    for model in models:
        options = model._meta
        for field in [*options.local_fields, *options.local_many_to_many, *options.private_fields]:
            target = getattr(getattr(field, "remote_field", None), "model", None)
            here, there = room_of(model), room_of(target) if isinstance(target, type) else None
            if here and there and layers()[there] > layers()[here]:
                found[f"{here}.{model.__name__}.{field.name}"] = f"{there}.{target.__name__}"
    return found


def test_an_upward_key_is_recognised():
    def model(name: str, room: str, **keys: type) -> type:
        fields = [SimpleNamespace(name=key, remote_field=SimpleNamespace(model=to)) for key, to in keys.items()]
        options = SimpleNamespace(local_fields=fields, local_many_to_many=[], private_fields=[])
        return type(name, (), {"__module__": f"{room}.models", "_meta": options})

    deal = model("Opportunity", "comity.deals")
    program = model("Program", "comity.programs", best_deal=deal, user=model("User", "django.contrib.auth"))
    line = model("Line", "comity.deals", deal=deal, program=program)
    assert upward_keys([deal, program, line]) == {"programs.Program.best_deal": "deals.Opportunity"}


@pytest.mark.skipif(not (SOURCE / "project" / "settings.py").exists(), reason="the settings are not written yet")
def test_keys_point_to_the_same_or_a_lower_layer():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comity.project.settings")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    models = apps.get_models(include_auto_created=True)
    assert any(room_of(model) for model in models)
    compare(upward_keys(models), UPWARD_KEYS, "This key points up")


# --- Pages ---

TEMPLATE_COMMENT: Final = re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", re.DOTALL)
FORBIDDEN_MARKUP: Final = {
    "style attribute": re.compile(r"(?<![\w-])style(?:=\S|\s*=\s*[\"'{])", re.IGNORECASE),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "script with a body": re.compile(r"<script\b[^>]*>(?!\s*</script)", re.IGNORECASE),
    "event handler": re.compile(r"(?<![\w-])(?:on[a-z]{3,}\s*=\s*[\"'{]|hx-on[:-])", re.IGNORECASE),
    "javascript address": re.compile(r"[\"']\s*javascript:", re.IGNORECASE),
}


def templates() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.html") if "templates" in path.parts)


def forbidden_markup(text: str) -> list[str]:
    bare = TEMPLATE_COMMENT.sub("", text)
    return [what for what, pattern in FORBIDDEN_MARKUP.items() if pattern.search(bare)]


@pytest.mark.parametrize(
    ("markup", "what"),
    [
        ('<p style="color: red">', ["style attribute"]),
        ("<style>p {}</style>", ["style element"]),
        ("<script>go()</script>", ["script with a body"]),
        ('<script type="module">\n  go()</script>', ["script with a body"]),
        ('<button onclick="go()">', ["event handler"]),
        ('<form hx-on:submit="go()">', ["event handler"]),
        ('<a href="javascript:go()">', ["javascript address"]),
        ('<script src="{% static "app.js" %}" defer></script>', []),
        ('<p data-style="plain" class="style">The style = ours; once = enough.</p>{# <script>no</script> #}', []),
    ],
)
def test_inline_code_is_recognised(markup, what):
    assert forbidden_markup(markup) == what


def test_templates_have_no_inline_style_or_script():
    found = {named(path): wrong for path in templates() if (wrong := forbidden_markup(path.read_text("utf-8")))}
    compare(found, INLINE_MARKUP, "The content security policy refuses this")


def test_no_template_is_too_long():
    found = {named(path): lines for path in templates() if (lines := line_count(path)) > MAX_FILE_LINES}
    compare(found, LONG_TEMPLATES, f"More than {MAX_FILE_LINES} lines")


def test_the_style_sheets_stay_small():
    sheets = {named(path): line_count(path) for path in (SOURCE / "web" / "assets" / "css").rglob("*.css")}
    assert sum(sheets.values()) < MAX_CSS_LINES, sheets


# --- Public names: each has a heading in docs/reference ---


def headings() -> set[str]:
    """What headings name: their whole text, and each `code` span in them."""
    found = set()
    for page in sorted(REFERENCE.glob("*.md")):
        for text in re.findall(r"^#{1,6}\s+(.+?)\s*#*$", page.read_text("utf-8"), re.MULTILINE):
            found |= {text, *re.findall(r"`([^`]+)`", text)}
    return found


def constant(body: list[ast.stmt], wanted: str) -> str | None:
    """The text assigned to a name in a class body: `code = "x"`, `code: T = "x"` or `code, status = "x", 409`."""
    for statement in body:
        match statement:
            case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
                pairs = (
                    zip(target.elts, value.elts, strict=False)
                    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
                    else [(target, value)]
                )
                for name, text in pairs:
                    if isinstance(name, ast.Name) and name.id == wanted and isinstance(text, ast.Constant):
                        return str(text.value)
    return None


def classes(paths: Iterator[Path] | list[Path]) -> Iterator[tuple[Path, ast.ClassDef]]:
    for path in paths:
        yield from ((path, node) for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef))


@cache
def error_codes() -> dict[str, list[str]]:
    """Code -> the classes that set it: every class below DomainError, followed by name, whether imported or not."""
    every = [
        (node, {ast.unparse(base).rpartition(".")[2] for base in node.bases}) for _, node in classes(python_files())
    ]
    errors, before = {"DomainError"}, 0
    while len(errors) > before:
        before = len(errors)
        errors |= {node.name for node, bases in every if bases & errors}
    found: dict[str, list[str]] = {}
    for node, _ in every:
        if node.name in errors and (code := constant(node.body, "code")):
            found.setdefault(code, []).append(node.name)
    return found


def command_names() -> list[str]:
    """Hook: `comity.cli.commands.COMMANDS`, each with a `name`."""
    return [command.name for command in importlib.import_module("comity.cli.commands").COMMANDS]


def metric_names() -> list[str]:
    """Hook: each call `Metric(name="…", …)` in `comity.insights`."""
    calls = [
        node for path in sorted((SOURCE / "insights").rglob("*.py")) for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Metric"
    ]  # fmt: skip
    given = [word.value for call in calls for word in call.keywords if word.arg == "name"]
    return [str(value.value) for value in given if isinstance(value, ast.Constant)]


def event_names() -> list[str]:
    """Hook: each dataclass of an `events.py`, by its `name`, or else `room.Class`."""
    return [
        constant(node.body, "name") or f"{path.relative_to(SOURCE).parts[0]}.{node.name}"
        for path, node in classes(sorted(SOURCE.glob("*/events.py")))
        if any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]


def setting_names() -> list[str]:
    """Hook: each environment variable an operator may set, wherever its name is written as a text of its own."""
    name = re.compile(r"COMITY_[A-Z0-9_]+|DATABASE_(?:OWNER_)?URL")
    texts = [
        node.value for path in python_files() for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]  # fmt: skip
    return sorted({text for text in texts if name.fullmatch(text)})


REGISTRIES: Final = {  # what -> the package that must exist, how to read it, whether it may be empty
    "error codes": ("kernel", lambda: sorted(error_codes()), False),
    "commands": ("cli", command_names, False),
    "metrics": ("insights", metric_names, False),
    "events": ("platform", event_names, True),
    "settings": ("project", setting_names, False),
}


@pytest.mark.parametrize("what", REGISTRIES)
def test_the_reference_has_a_heading_for_each_public_name(what):
    room, read, may_be_empty = REGISTRIES[what]
    if not (SOURCE / room / "__init__.py").exists():
        pytest.skip(f"{room} is not built yet")
    names = read()
    assert names or may_be_empty, f"No {what} found: has the registry moved? Mend the hook in this file."
    described = headings()
    missing = [name for name in names if not {name, f"./comity {name}", f"comity {name}"} & described]
    assert not missing, f"{what} without a heading in docs/reference/*.md: {', '.join(missing)}"


def test_each_error_code_has_one_class():
    assert {code: owners for code, owners in error_codes().items() if len(owners) > 1} == {}


@pytest.mark.parametrize("what", REGISTRIES)
def test_public_names_are_unique(what):
    room, read, _ = REGISTRIES[what]
    if not (SOURCE / room / "__init__.py").exists():
        pytest.skip(f"{room} is not built yet")
    assert [name for name, times in Counter(read()).items() if times > 1] == []
