"""Contrast of every pair of colours that meet on the page, computed from the page itself.

WCAG 2.2: at least 4.5 to 1 for text (1.4.3), 3 to 1 for graphics that carry meaning (1.4.11).
"""

import re
from itertools import pairwise

import pytest

from mitograft.report import render_html
from mitograft.report.palette import FIGURE_COLOURS, PAGE_COLOURS, hue, themed

TEXT_PAIRS = [
    (text, ground) for text in ("text", "quiet", "link") for ground in ("page", "surface", "sunken")
] + [
    *((f"{name}-text", f"{name}-ground") for name in ("published", "simulated", "supported", "refuted")),
    ("open-text", "open-ground"),
    ("untested-text", "untested-ground"),
    ("figure-ink", "figure-ground"),
    ("figure-muted", "figure-ground"),
    *((f"figure-on-heat-{level}", f"figure-heat-{level}") for level in range(5)),
]
GRAPHIC_PAIRS = [
    *(
        (line, ground)
        for line in ("focus", "strong-line", "note-line", "warning-line")
        for ground in ("page", "surface")
    ),
    *(
        (f"figure-{role}", "figure-ground")
        for role in ("none", "moderate", "major", "first", "second", "third")
    ),
]


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_wcag_defines_it():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # WebAIM's well-known near miss


@pytest.fixture(scope="module")
def variables(make_document):
    html = render_html(make_document())
    blocks = re.findall(r":root \{ color-scheme: (light|dark); ([^}]*)\}", html)
    found = {theme: dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block)) for theme, block in blocks}
    assert set(found) == {"light", "dark"}
    assert set(found["light"]) == set(found["dark"])
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_stands_out(variables, theme, text, ground):
    assert contrast(variables[theme][text], variables[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), GRAPHIC_PAIRS)
def test_graphics_stand_out(variables, theme, line, ground):
    assert contrast(variables[theme][line], variables[theme][ground]) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_categories_and_shades_step_in_lightness_so_that_hue_is_not_needed(variables, theme):
    for roles in (("minimal", "moderate", "major"), tuple(f"heat-{level}" for level in range(5))):
        steps = [luminance(variables[theme][f"figure-{role}"]) for role in roles]
        assert steps == sorted(steps, reverse=theme == "light")
        assert all(
            contrast(variables[theme][f"figure-{one}"], variables[theme][f"figure-{next_}"]) > 1.25
            for one, next_ in pairwise(roles)
        )


def test_every_variable_the_page_uses_is_defined(make_document, variables):
    html = render_html(make_document())
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", html)) - {"width"}
    assert used <= set(variables["light"])


def test_the_roles_of_a_figure_can_be_told_apart_by_their_hue():
    hues = [colour.light for colour in FIGURE_COLOURS]
    assert len(set(hues)) == len(hues)
    assert all(themed(hue(c.role)) == f"var(--figure-{c.role})" for c in FIGURE_COLOURS)
    assert all(
        re.fullmatch("#[0-9a-f]{6}", h) for c in FIGURE_COLOURS + PAGE_COLOURS for h in (c.light, c.dark)
    )
