"""Fibres of label masks: area and minimum Feret diameter of known shapes, borders, central nuclei."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.draw import disk, ellipse, polygon2mask

from mitograft.mouse.infiltrate.contract import load_infiltrate_parameters
from mitograft.mouse.infiltrate.density import map_density
from mitograft.mouse.infiltrate.fibres import measure_fibres, minimum_feret
from mitograft.seeds import stream

RULES = load_infiltrate_parameters()
PIXEL = 0.5


def draw(*shapes, size=300):
    labels = np.zeros((size, size), np.int32)
    for number, (rows, columns) in enumerate(shapes, start=1):
        seen = (rows >= 0) & (rows < size) & (columns >= 0) & (columns < size)
        labels[rows[seen], columns[seen]] = number
    return labels


def measure(labels, nuclei=None, density=None):
    nuclei = np.zeros_like(labels) if nuclei is None else nuclei
    tissue = np.ones(labels.shape, bool)
    density = density or map_density(np.zeros((0, 2)), tissue, PIXEL, RULES)
    return measure_fibres(labels, nuclei, density, PIXEL, RULES)


@settings(max_examples=40)
@given(st.floats(15.0, 40.0), st.floats(1.0, 2.5), st.floats(0.0, np.pi))
def test_an_ellipse_is_as_narrow_as_its_short_axis(short, ratio, angle):
    mask = np.zeros((260, 260), bool)
    mask[ellipse(130, 130, short, short * ratio, rotation=angle)] = True
    assert minimum_feret(mask) == pytest.approx(2 * short, abs=1.2)


@settings(max_examples=40)
@given(st.floats(10.0, 50.0), st.floats(1.0, 2.0), st.floats(0.0, np.pi))
def test_a_rectangle_is_as_narrow_as_its_short_side(short, ratio, angle):
    corners = np.array([(-1, -ratio), (-1, ratio), (1, ratio), (1, -ratio)]) * short / 2
    turned = corners @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert minimum_feret(polygon2mask((150, 150), turned + 75.0)) == pytest.approx(short, abs=1.5)


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_no_direction_is_narrower(seed):
    rng = stream(seed, "feret")
    mask = polygon2mask((120, 120), rng.uniform(10, 110, (6, 2)))
    if mask.sum() < 30:
        return
    found = minimum_feret(mask)
    points = np.argwhere(mask)
    for angle in np.linspace(0, np.pi, 60):
        across = points @ np.array([np.cos(angle), np.sin(angle)])
        assert found <= np.ptp(across) + 1.42  # a pixel is at most its diagonal wide


def test_a_single_pixel_and_a_line_have_a_width():
    assert minimum_feret(np.ones((1, 1), bool)) == pytest.approx(np.sqrt(0.5))
    assert minimum_feret(np.ones((1, 30), bool)) == pytest.approx(1.0)


def test_areas_and_what_is_left_out():
    labels = draw(
        disk((60, 60), 30), disk((60, 200), 25), disk((200, 60), 5), disk((0, 120), 20), disk((150, 299), 20)
    )
    found = measure(labels)
    assert found.numbers.tolist() == [1, 2]
    assert found.area_um2 == pytest.approx(np.pi * np.array([30.0, 25.0]) ** 2 * PIXEL**2, rel=0.02)
    assert found.feret_um == pytest.approx([30.0, 25.0], abs=1.0)
    assert (found.at_border, found.debris) == (2, 1)
    assert len(found) == 2


def test_a_gap_in_the_numbers_does_no_harm():
    labels = draw(disk((60, 60), 30), disk((60, 200), 25))
    labels[labels == 2] = 9
    assert measure(labels).numbers.tolist() == [1, 9]


FIBRE = disk((150, 150), 60)  # 30 µm radius


@pytest.mark.parametrize(
    ("centre", "radius", "inside"),
    [
        ((150, 150), 6, 1),
        ((150, 120), 6, 1),
        ((150, 97), 6, 0),  # at the edge, within
        ((150, 90), 6, 0),  # across the edge
        ((150, 60), 6, 0),  # outside
        ((150, 150), 58, 0),  # fills the fibre to its edge
    ],
)
def test_a_nucleus_is_central_where_fibre_lies_all_round_it(centre, radius, inside):
    assert measure(draw(FIBRE), draw(disk(centre, radius))).inside.tolist() == [inside]


def test_a_nucleus_across_two_touching_fibres_is_in_neither():
    labels = np.zeros((300, 300), np.int32)
    labels[50:250, 50:150], labels[50:250, 150:250] = 1, 2
    assert measure(labels, draw(disk((150, 150), 6))).inside.tolist() == [0, 0]
    assert measure(labels, draw(disk((150, 100), 6))).inside.tolist() == [1, 0]


def test_a_nucleus_at_the_edge_of_touching_fibres_is_not_central():
    labels = np.zeros((300, 300), np.int32)
    labels[50:250, 50:150], labels[50:250, 150:250] = 1, 2
    assert measure(labels, draw(disk((150, 143), 6))).inside.tolist() == [0, 0]


def test_invaded_fibres_and_those_in_dense_tissue_are_not_judged():
    invaded = draw(*(disk((150 + 24 * i, 150 + 24 * j), 5) for i in (-1, 1) for j in (-1, 1)))
    found = measure(draw(FIBRE), invaded)
    assert found.inside.tolist() == [4]
    assert found.judged(1e9, RULES).tolist() == [False]
    labels = draw(FIBRE, disk((250, 250), 30))
    crowd = stream(1, "crowd").uniform(110, 190, (60, 2))
    density = map_density(crowd, np.ones(labels.shape, bool), PIXEL, RULES)
    both = measure(labels, density=density)
    assert both.judged(3000.0, RULES).tolist() == [False, True]
    assert both.judged(np.inf, RULES).tolist() == [True, True]


def test_density_is_even_where_nuclei_are_even_to_the_border_and_beside_clefts():
    side = 400
    rows, columns = np.meshgrid(np.arange(5, side, 10), np.arange(5, side, 10), indexing="ij")
    centres = np.stack([rows.ravel(), columns.ravel()], 1).astype(float)
    tissue = np.ones((side, side), bool)
    tissue[:, 180:220] = False
    centres = centres[tissue[centres[:, 0].astype(int), centres[:, 1].astype(int)]]
    density = map_density(centres, tissue, PIXEL, RULES)
    expected = 1e6 / (10 * PIXEL) ** 2
    assert density.nuclei_mm2[density.tissue_mm2 > 0.0] == pytest.approx(expected)
    assert density.median == pytest.approx(expected)
    assert np.isnan(density.nuclei_mm2[:, 18:22]).all()
    assert density.dense_share(0.9 * expected) == pytest.approx(1.0)
    assert density.dense_share(1.1 * expected) == 0.0


def test_a_focus_is_dense_over_about_its_own_area():
    rng = stream(4, "focus")
    spread = rng.uniform(0, 800, (1000, 2))
    turn, way = rng.uniform(0, 2 * np.pi, 600), 160 * np.sqrt(rng.uniform(0, 1, 600))
    focus = 400 + np.stack([way * np.cos(turn), way * np.sin(turn)], 1)
    density = map_density(np.concatenate([spread, focus]), np.ones((800, 800), bool), PIXEL, RULES)
    middle = (1000 / 0.16 + (1000 / 0.16 + 600 / (np.pi * 0.08**2))) / 2  # half-way up the step
    assert density.dense_share(middle) == pytest.approx(np.pi * 0.08**2 / 0.16, rel=0.15)


def test_a_map_without_tissue_says_so():
    density = map_density(np.zeros((0, 2)), np.zeros((100, 100), bool), PIXEL, RULES)
    assert np.isnan(density.median)
    assert np.isnan(density.dense_share(1.0))
