"""The colours of report and figures: one hue each for light and dark surroundings.

Hues follow Okabe and Ito's palette for all kinds of colour vision (Color Universal Design, 2008); ordered
categories step in lightness within one hue. A figure is drawn in the light hues, so that its file can be
used anywhere; the page swaps each hue for a variable (``themed``) and thereby follows the reader's
light or dark setting. Every role of a figure has its own hue for this to work, even where two could look
alike. Colour never stands alone: words, shapes, hatching or position say the same.
"""

import re
from dataclasses import dataclass

__all__ = ["FIGURE_COLOURS", "PAGE_COLOURS", "Colour", "hue", "themed", "variables"]


@dataclass(frozen=True, slots=True)
class Colour:
    """A role and its hues (``#rrggbb``) on light and on dark ground."""

    role: str
    light: str
    dark: str


PAGE_COLOURS = (
    Colour("page", "#f7f8f9", "#12171d"),
    Colour("surface", "#ffffff", "#1a2129"),
    Colour("sunken", "#f0f3f5", "#222a33"),
    Colour("text", "#1a242e", "#e8edf2"),
    Colour("quiet", "#54606c", "#a3b0bc"),
    Colour("line", "#d8dee4", "#323c47"),
    Colour("strong-line", "#75818d", "#7d8a97"),
    Colour("link", "#005f96", "#7cc6f5"),
    Colour("focus", "#c24e00", "#ffb454"),
    Colour("published-text", "#00507f", "#9fd6fa"),
    Colour("published-ground", "#e4f1f9", "#14303f"),
    Colour("simulated-text", "#8a2f00", "#ffc29b"),
    Colour("simulated-ground", "#fdebdd", "#43230f"),
    Colour("note-line", "#0072b2", "#56b4e9"),
    Colour("warning-line", "#b85000", "#ff9a52"),
    Colour("supported-text", "#00573f", "#84e3c2"),
    Colour("supported-ground", "#dcf3ea", "#0f3529"),
    Colour("refuted-text", "#8a2f00", "#ffc29b"),
    Colour("refuted-ground", "#fdebdd", "#43230f"),
    Colour("open-text", "#654a00", "#f0d67a"),
    Colour("open-ground", "#fbf1cf", "#372d0d"),
    Colour("untested-text", "#4b5661", "#b3bfca"),
    Colour("untested-ground", "#edf0f3", "#262f38"),
)

FIGURE_COLOURS = (
    Colour("ink", "#1b2530", "#e6ebf0"),
    Colour("muted", "#55616d", "#a4b1bd"),
    Colour("grid", "#dbe1e6", "#323d48"),
    Colour("hatch", "#b4bec8", "#4a5763"),
    Colour("ground", "#fffffe", "#1a2128"),
    Colour("none", "#8993a0", "#7b8793"),
    Colour("minimal", "#56b4e9", "#3d8fc4"),
    Colour("moderate", "#0072b2", "#74c3f2"),
    Colour("major", "#003a5d", "#d3ecfb"),
    Colour("first", "#0072b3", "#63b9ee"),
    Colour("second", "#c85600", "#ff9a52"),
    Colour("third", "#008561", "#3fd0a6"),
    Colour("heat-0", "#f0f3f6", "#242d36"),
    Colour("heat-1", "#bad9ee", "#1d4058"),
    Colour("heat-2", "#84bfe6", "#1f6391"),
    Colour("heat-3", "#1c75ad", "#58ace0"),
    Colour("heat-4", "#00406a", "#c4e5fa"),
    Colour("on-heat-0", "#4d5964", "#b0bcc8"),
    Colour("on-heat-1", "#1b2531", "#e6ebf1"),
    Colour("on-heat-2", "#1b2532", "#fcfdff"),
    Colour("on-heat-3", "#fffffd", "#0c1824"),
    Colour("on-heat-4", "#fffffc", "#0c1825"),
)

_LIGHT = {colour.role: colour.light for colour in FIGURE_COLOURS}
_VARIABLE = {colour.light: f"var(--figure-{colour.role})" for colour in FIGURE_COLOURS}
_HUE = re.compile(r"#[0-9a-f]{6}\b")


def hue(role: str) -> str:
    """Return the hue in which a figure draws ``role``.

    >>> hue("moderate")
    '#0072b2'
    """
    return _LIGHT[role]


def themed(style: str) -> str:
    """Swap the known hues in a style declaration for the page's variables.

    >>> themed("fill: #0072b2; stroke: #123456")
    'fill: var(--figure-moderate); stroke: #123456'
    """
    return _HUE.sub(lambda match: _VARIABLE.get(match[0], match[0]), style)


def variables(*, dark: bool) -> str:
    """Return the declarations of every variable, for light or for dark ground."""
    page = [(colour.role, colour) for colour in PAGE_COLOURS]
    figure = [(f"figure-{colour.role}", colour) for colour in FIGURE_COLOURS]
    return " ".join(f"--{name}: {c.dark if dark else c.light};" for name, c in page + figure)
