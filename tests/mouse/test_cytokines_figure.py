"""The figure of cytokine panels, read from the SVG as a browser would."""

import math
import re
from dataclasses import replace

import pytest

from mitograft.errors import UsageError
from mitograft.report.figures.canvas import MARK_ID
from mitograft.report.figures.cytokine_panels import (
    CytokineGroup,
    CytokinePanel,
    CytokineRatio,
    draw_cytokine_panels,
)
from mitograft.report.palette import FIGURE_COLOURS
from mitograft.report.svg import embed_svg

GROUPS = (
    CytokineGroup("vehicle", (40.0, 55.0, 90.0, 62.0)),
    CytokineGroup("PN-101", (12.0, 25.0, 18.0), (10.0, 10.0)),
)
IL6 = CytokinePanel("IL-6", "pg/mL", GROUPS, (CytokineRatio("PN-101", 0.2451, 0.11, 0.52, 0.0044),))
LOST = CytokinePanel(
    "TNF", "pg/mL", (CytokineGroup("PN-101", (), (5.0, 5.0)), CytokineGroup("vehicle", (), (5.0,))),
    (CytokineRatio("PN-101", math.nan, math.nan, math.nan, math.nan, "Every mouse lies below the limit."),),
)  # fmt: skip
OPEN = replace(IL6, title="IL-10", ratios=(CytokineRatio("PN-101", 0.0, 0.0, 4e7, 0.0002),))
PANELS = (IL6, LOST, OPEN)


def draw(**more):
    return draw_cytokine_panels(PANELS, control="vehicle", **more)


def words(svg):
    return [t.replace("&lt;", "<") for t in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def test_it_is_repeatable_legible_and_fit_for_the_page():
    svg = draw()
    assert svg == draw()
    width, height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
    assert width == 440
    assert height < 600
    assert "<text" in embed_svg(svg, "figure", "what it shows")
    assert min(float(size) for size in re.findall(r"font(?:-size)?: ([\d.]+)px", svg)) >= 12
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= {colour.light for colour in FIGURE_COLOURS}
    for tag in re.findall(r"<text([^>]*)>", svg):
        place = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", tag) or re.search(
            r'x="([-\d.]+)" y="([-\d.]+)"', tag
        )
        assert 0 <= float(place[1]) <= 440
        assert 0 <= float(place[2]) <= height


def test_it_names_analytes_ratios_and_what_a_triangle_is():
    shown = words(draw())
    for text in (
        "IL-6 (pg/mL)", "TNF (pg/mL)", "0.25 (0.11 to 0.52), q 0.0044", "ratio to vehicle",
        "below the limit of quantification, drawn at the limit",
    ):  # fmt: skip
        assert text in shown
    assert any(text.startswith("Every mouse lies") for text in shown)
    assert any("q < 0.001" in text for text in shown)


def test_without_censored_values_nothing_is_said_of_them():
    plain = replace(IL6, groups=(GROUPS[0], CytokineGroup("PN-101", (12.0,))))
    shown = words(draw_cytokine_panels((plain,), control="vehicle"))
    assert not any("limit" in text for text in shown)


def test_points_alone_can_be_drawn():
    svg = draw_cytokine_panels((replace(IL6, ratios=()),), control="vehicle")
    assert "ratio to vehicle" not in words(svg)


def test_simulated_data_say_so():
    assert MARK_ID not in draw()
    assert "SIMULATED DATA" in words(draw(data_kind="simulated"))


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(UsageError, match="Leave the figure away"):
        draw_cytokine_panels((), control="vehicle")
    with pytest.raises(UsageError, match="not above 0"):
        draw_cytokine_panels((replace(IL6, groups=(CytokineGroup("vehicle", (0.0,)),)),), control="vehicle")
