"""The Chromium that the browser tests drive: Playwright's own, else the system's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from comity.platform.home import Report, SetupError

VARIABLE: Final = "COMITY_CHROMIUM"
"""Where the tests find the browser: set for them; set it yourself to choose another."""

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str | None:
    """The path of a Chromium: the one named, Playwright's, or the system's."""
    named = os.environ.get(VARIABLE)
    if named:
        return named if Path(named).exists() else None
    return _playwright_browser() or next((path for name in _NAMES if (path := shutil.which(name))), None)


def ensure_browser(report: Report) -> str:
    """The path of a Chromium, installed if there was none. Raises SetupError."""
    if found := find_browser():
        return found
    report("Installing Chromium for the browser tests")
    _quietly(sys.executable, "-P", "-m", "playwright", "install", "chromium")
    if found := find_browser():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        report("Playwright's Chromium cannot be had here; installing the system's")
        _quietly("apt-get", "update", "-q")
        _quietly("apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium")
        if found := find_browser():
            return found
    raise SetupError(
        "The browser tests need Chromium, and it could not be installed:"
        f" install your system's chromium package, or set {VARIABLE} to the path of one."
    )


def _playwright_browser() -> str | None:
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or _playwright_folder())
    found = sorted(folder.glob("chromium-*/chrome-*/*"), reverse=True)
    names = {"chrome", "Chromium.app"}
    return next((str(path) for path in found if path.name in names and os.access(path, os.X_OK)), None)


def _playwright_folder() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ms-playwright"
    return Path.home() / ".cache" / "ms-playwright"


def _quietly(*command: str) -> None:
    """Run an installer. Whether it worked shows in whether the browser is there."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603
    except OSError:
        return
