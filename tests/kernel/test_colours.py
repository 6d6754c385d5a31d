"""Every hue that a brand may choose is readable: the colours of tokens.css, computed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from comity.kernel.colours import contrast, hex_of, rgb_of

TOKENS = (Path(__file__).parents[2] / "src/comity/web/assets/css/tokens.css").read_text()
COLOUR = re.compile(r"--([a-z-]+): oklch\(([\d.]+) ([\d.]+) (var\(--hue\)|[\d.]+)\)")
#: What is read on what, and the least contrast: 4.5 for text, 3 for a ring (WCAG 2.2, 1.4.3 and 1.4.11).
PAIRS = {
    ("primary-foreground", "primary"): 4.5, ("primary", "background"): 4.5, ("link", "background"): 4.5,
    ("link", "selected"): 4.5, ("link", "muted"): 4.5, ("foreground", "selected"): 4.5,
    ("muted-foreground", "selected"): 4.5, ("ring", "background"): 3, ("primary", "sidebar"): 3,
}  # fmt: skip


def scheme(dark: bool) -> dict[str, tuple[str, str, str]]:
    """The last value of each colour: the dark ones stand after the light ones, in blocks of `.dark`."""
    found: dict[str, tuple[str, str, str]] = {}
    for block in re.finditer(r"([^{}]*)\{([^{}]*)\}", TOKENS):
        if dark or ".dark" not in block[1]:
            found |= {name: (one, two, hue) for name, one, two, hue in COLOUR.findall(block[2])}
    return found


def test_known_colours_and_contrasts():
    assert [hex_of(rgb_of(*colour)) for colour in ((1, 0, 0), (0, 0, 0), (0.6279554, 0.2576833, 29.2338))] == [
        "#ffffff",
        "#000000",
        "#ff0000",
    ]
    assert contrast(rgb_of(1, 0, 0), rgb_of(0, 0, 0)) == pytest.approx(21, abs=1e-4)


@pytest.mark.parametrize("dark", [False, True])
def test_every_hue_of_a_brand_is_readable(dark):
    tokens = scheme(dark)
    assert (tokens["primary"][2], tokens["background"][2] != "var(--hue)") == ("var(--hue)", True)

    def colour(name: str, hue: int):
        one, two, three = tokens[name]
        return rgb_of(float(one), float(two), hue if three.startswith("var") else float(three))

    faint = [
        (hue, text, ground)
        for hue in range(0, 360, 10)
        for (text, ground), least in PAIRS.items()
        if contrast(colour(text, hue), colour(ground, hue)) < least
    ]
    assert faint == []
