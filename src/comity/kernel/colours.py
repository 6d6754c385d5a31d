"""Colours as figures: OKLCH to sRGB, and the contrast between two of them.

OKLCH after Björn Ottosson (https://bottosson.github.io/posts/oklab/); a colour outside sRGB keeps lightness and hue and
loses chroma, as CSS Color 4 (section 13) has browsers do. Contrast by WCAG 2.2: 1 to 21.
"""

from __future__ import annotations

import math

type Rgb = tuple[float, float, float]
"""Red, green and blue, gamma-encoded, 0 to 1."""

_STEPS = 24
"""Halvings of the chroma while it is fitted into sRGB: finer than eight bits a channel."""


def rgb_of(lightness: float, chroma: float, hue: float) -> Rgb:
    """The colour of `oklch(lightness chroma hue)`: lightness 0 to 1, hue in degrees."""
    low, high = 0.0, chroma
    if _fits(_linear(lightness, chroma, hue)):
        low = chroma
    else:
        for _ in range(_STEPS):
            middle = (low + high) / 2
            if _fits(_linear(lightness, middle, hue)):
                low = middle
            else:
                high = middle
    red, green, blue = (_encoded(min(1.0, max(0.0, part))) for part in _linear(lightness, low, hue))
    return red, green, blue


def hex_of(colour: Rgb) -> str:
    """The colour as letters and mail programs read it: `#3b5bdb`."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)


def contrast(first: Rgb, second: Rgb) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    brighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _linear(lightness: float, chroma: float, hue: float) -> Rgb:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _fits(colour: Rgb) -> bool:
    return all(-1e-6 <= part <= 1 + 1e-6 for part in colour)


def _encoded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _decoded(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_decoded(part) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
