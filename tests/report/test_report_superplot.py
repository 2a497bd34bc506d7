"""What stands in a superplot: read from the SVG."""

import re

import pytest

from mitograft.errors import UsageError
from mitograft.report.figures.intervals import Interval
from mitograft.report.figures.superplot import SuperplotDonor, SuperplotGroup, draw_superplot
from mitograft.report.palette import FIGURE_COLOURS
from mitograft.report.svg import embed_svg

GROUPS = (
    SuperplotGroup("untreated", (SuperplotDonor("P1", 10, (9, 11)), SuperplotDonor("P2", 14, (13, 15)))),
    SuperplotGroup("PN-101", (SuperplotDonor("P1", 20, (19, 21)), SuperplotDonor("P2", 26, (25, 27)))),
)
ESTIMATE = Interval("PN-101 minus untreated", 11.0, -1.7, 23.7)


def draw(groups=GROUPS, **options):
    return draw_superplot(groups, axis_label="basal respiration (pmol/min)", estimates=(ESTIMATE,), **options)


def words(svg):
    return re.findall(r"<text [^>]*>([^<]*)</text>", svg)


def test_groups_donors_axis_and_estimate_are_named():
    found = words(draw(replicate_unit="field"))
    for expected in ("untreated", "PN-101", "P1", "P2", "basal respiration (pmol/min)"):
        assert expected in found
    assert "bold: mean of a donor; faint: fields" in found
    assert "PN-101 minus untreated: 11 (−1.7 to 23.7)" in found


def count_marks(svg, opaque):
    """Marks are drawn as uses of a shape; replicates are translucent."""
    uses = re.findall(r"<use [^>]*/>", svg)
    return sum(("opacity" in use) != opaque for use in uses)


def test_every_replicate_and_every_mean_has_a_mark():
    svg = draw()
    assert count_marks(svg, opaque=False) == 8
    assert count_marks(svg, opaque=True) == 4 + 2  # means, and the key


def test_the_same_input_gives_the_same_bytes_in_colours_the_page_knows():
    assert draw() == draw()
    assert set(re.findall(r"#[0-9a-f]{6}\b", draw())) <= {colour.light for colour in FIGURE_COLOURS}
    assert not re.search(r"#[0-9a-f]{6}", str(embed_svg(draw(), "figure-x", "words")))


def test_text_is_at_least_9_pixels_high_on_a_phone_of_360_pixels():
    sizes = [float(size) for size in re.findall(r"font(?:-size)?: [^;\"]*?([\d.]+)px", draw())]
    assert sizes
    assert min(sizes) * (360 - 2 * 12) / 440 >= 9


def test_simulated_data_are_marked():
    assert "SIMULATED DATA" in words(draw(data_kind="simulated"))


def test_missing_and_constant_values_can_be_drawn():
    odd = (
        SuperplotGroup("a", (SuperplotDonor("P1", float("nan"), (float("nan"),)),)),
        SuperplotGroup("b", ()),
    )
    assert "P1" in words(draw(odd))
    same = (SuperplotGroup("a", (SuperplotDonor("P1", 5.0, (5.0, 5.0)),)),)
    assert "5" in words(draw(same))


def test_many_groups_with_long_names_are_slanted():
    groups = [SuperplotGroup(f"PN-101 at {i} microgram per well", GROUPS[0].donors) for i in range(9)]
    slanted = draw(groups)
    assert "rotate(-55" in slanted
    assert "rotate(-55" not in draw()
    assert len({name for name in words(slanted) if name.startswith("…")}) == 9  # still told apart


def test_what_cannot_be_told_apart_is_refused():
    with pytest.raises(UsageError, match="found no group"):
        draw(())
    with pytest.raises(UsageError, match="found a donor twice in the group 'a'"):
        draw((SuperplotGroup("a", (SuperplotDonor("P1", 1), SuperplotDonor("P1", 2))),))
    with pytest.raises(UsageError, match="found 25 donors; expected at most 24"):
        draw((SuperplotGroup("a", tuple(SuperplotDonor(f"P{i}", i) for i in range(25))),))
