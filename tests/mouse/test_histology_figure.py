"""Scores per mouse: every mouse is drawn, censored ones apart, names are never cut to the same letters."""

import math
import re

import pytest

from mitograft.errors import UsageError
from mitograft.report.figures.mouse_scores import MouseScoresGroup, draw_mouse_scores
from mitograft.report.palette import hue
from mitograft.report.svg import embed_svg

GROUPS = (
    MouseScoresGroup("healthy", "healthy", (0.0, 0.0, 0.0, 0.0), (), 0.0),
    MouseScoresGroup("CIM vehicle", "control", (3.0, 4.0, 4.5, 2.0), (), 3.5),
    MouseScoresGroup("CIM + PN-101 high", "treated", (1.0, 1.5, 2.0), (), 1.5),
)


def draw(groups=GROUPS, **options):
    return draw_mouse_scores(groups, axis_label="Severity (points)", **options)


def marks(svg, role, *, filled=True):
    """Return the places of the markers of one hue: dark edges are those of open triangles."""
    style = (
        f"fill: {hue(role)}; stroke: {hue('ground')}"
        if filled
        else f"fill: {hue('ground')}; stroke: {hue(role)}"
    )
    return re.findall(rf'<use [^>]*x="([0-9.]+)" y="([0-9.]+)" style="{re.escape(style)}', svg)


def test_every_mouse_is_a_point_and_none_covers_another():
    svg = draw()
    for group, role in zip(GROUPS, ("first", "second", "third"), strict=True):
        places = [(float(x), float(y)) for x, y in marks(svg, role)]
        assert len(places) == len(group.values)
        near = [
            (a, b) for i, a in enumerate(places) for b in places[i + 1 :]
            if abs(a[0] - b[0]) < 7 and abs(a[1] - b[1]) < 7
        ]  # fmt: skip
        assert near == []


def test_values_below_the_limit_are_open_triangles_at_the_limit():
    group = MouseScoresGroup("a", "treated", (8.0, 16.0, 4.0), (4.0, 4.0))
    svg = draw([group], log=True)
    known, censored = marks(svg, "third"), marks(svg, "third", filled=False)
    assert (len(known), len(censored)) == (3, 2)
    assert {y for _, y in censored} == {max(known, key=lambda place: float(place[1]))[1]}
    assert "open triangle: below the limit" in svg
    assert "open triangle" not in draw()


def test_numbers_names_and_words_stand_in_the_figure():
    svg = draw(centre="median", ticks=[(0, "no lesion"), (4, "diffuse")], data_kind="simulated")
    for words in (
        "n = 4",
        "n = 3",
        "bar: median",
        "diffuse",
        "SIMULATED DATA",
        "Severity (points)",
        "CIM vehicle",
    ):
        assert words in svg
    assert "bar:" not in draw([MouseScoresGroup("a", "control", (1.0, 2.0))])


def test_long_names_become_letters_that_are_told():
    groups = [MouseScoresGroup(f"PN-101 intramuscularly, dose {i}", "treated", (1.0, 2.0)) for i in range(8)]
    svg = draw(groups)
    assert all(f"{letter}: PN-101 intramuscularly, dose {i}" in svg for i, letter in enumerate("ABCDEFGH"))


def test_the_same_input_gives_the_same_bytes_and_the_page_admits_it():
    assert draw() == draw()
    assert "var(--figure-second)" in embed_svg(draw(), "f", "scores")


@pytest.mark.parametrize(
    ("values", "log"),
    [
        ((), False),
        ((2.0,), False),
        ((0.0, 0.0), False),
        ((5.0, 5.0), True),
        ((1e-4, 3e5), True),
        ((-3.0, 2.0), False),
    ],
)
def test_odd_values_are_drawn(values, log):
    svg = draw([MouseScoresGroup("a", "control", values, (), math.nan)], log=log)
    assert len(marks(svg, "second")) == len(values)


@pytest.mark.parametrize(
    "groups",
    [[], [GROUPS[0], GROUPS[0]], [MouseScoresGroup(str(i), "treated", (1.0,)) for i in range(9)]],
)
def test_groups_that_cannot_be_drawn(groups):
    with pytest.raises(UsageError, match="expected one to 8"):
        draw(groups)


def test_zero_has_no_logarithm():
    with pytest.raises(UsageError, match="logarithmic axis has none"):
        draw(log=True)
