"""Pieces of nuclei joined or kept apart, and nuclei at the edge of a myotube: on drawn shapes."""

import numpy as np
import pytest

from mitograft.assays.myotube.pieces import ellipse_excess, join_pieces
from mitograft.assays.myotube.segment import load_rules
from mitograft.assays.myotube.settle import settle_nuclei

PIXEL_UM = 0.65
ROWS, COLUMNS = np.mgrid[:80, :80]


def ellipse(row, column, down, across):
    return np.hypot((ROWS - row) / down, (COLUMNS - column) / across) <= 1


def moments(mask):
    row, column = np.nonzero(mask)
    sums = (np.ones(len(row)), row, column, row * row, column * column, row * column)
    return np.array([[float(np.sum(values))] for values in sums])


@pytest.mark.parametrize(("down", "across"), [(8, 8), (6, 11), (20, 7)])
def test_an_ellipse_has_no_excess(down, across):
    assert ellipse_excess(moments(ellipse(40, 40, down, across)))[0] == pytest.approx(1, abs=0.01)


def test_two_discs_side_by_side_have_the_excess_of_the_formula():
    pair = ellipse(40, 28, 12, 12) | ellipse(40, 52, 12, 12)
    # Covariance of two touching unit discs: 1/4 across and 5/4 along, area 2 pi.
    assert ellipse_excess(moments(pair))[0] == pytest.approx(
        4 * np.pi * (5 / 16) ** 0.5 / (2 * np.pi), abs=0.03
    )


def cut_in_two(mask):
    """Label the left and the right half of a shape, with a peak in the middle of each."""
    labels = np.where(mask, np.where(COLUMNS < 40, 1, 2), 0).astype(np.int32)
    peaks = np.array([np.round(np.argwhere(labels == k).mean(0)) for k in (1, 2)]).astype(int)
    return labels, peaks


def test_halves_of_one_ellipse_are_joined():
    labels, peaks = cut_in_two(ellipse(40, 40, 7, 10))
    joined = join_pieces(labels, np.ones(labels.shape, np.float32), peaks, 200.0, load_rules())
    assert np.array_equal(joined > 0, labels > 0)
    assert len(np.unique(joined)) == 2


def test_two_discs_stay_two_even_without_a_waist_in_their_light():
    labels, peaks = cut_in_two(ellipse(40, 31, 9, 9) | ellipse(40, 49, 9, 9))
    joined = join_pieces(labels, np.ones(labels.shape, np.float32), peaks, 250.0, load_rules())
    assert np.array_equal(joined, labels)


def test_halves_of_one_ellipse_with_a_deep_waist_stay_two():
    labels, peaks = cut_in_two(ellipse(40, 40, 7, 10))
    surface = np.where(abs(COLUMNS - 39.5) < 2, 0.5, 1.0).astype(np.float32)
    assert np.array_equal(join_pieces(labels, surface, peaks, 200.0, load_rules()), labels)


def settle(share_inside, edge):
    """Put a nucleus on a tube whose labelled edge leaves a share inside; its light is halfway at ``edge``."""
    nucleus = ellipse(40, 40, 8, 8).astype(np.int32)
    labelled = (COLUMNS - 32 - round(16 * share_inside) < 0).astype(np.int32)
    light = (100 + 900 / (1 + np.exp((COLUMNS - edge) / 2))).astype(np.float32)
    return settle_nuclei(nucleus, labelled, light, 1, PIXEL_UM, load_rules())[40, 40] > 0, labelled[
        40, 40
    ] > 0


def test_light_decides_where_the_edge_runs_through_the_centre():
    assert settle(0.48, edge=45) == (True, False)
    assert settle(0.55, edge=34) == (False, True)


def test_a_nucleus_far_from_the_edge_stays_where_it_is():
    for share, inside in ((0.0, False), (1.0, True)):
        for edge in (30, 50):
            assert settle(share, edge)[0] == inside


def test_objects_without_nuclei_at_their_edge_are_returned_as_they_are():
    objects = (COLUMNS < 20).astype(np.int32)
    nuclei = ellipse(40, 60, 8, 8).astype(np.int32)
    light = np.ones(objects.shape, np.float32)
    assert np.array_equal(settle_nuclei(nuclei, objects, light, 1, PIXEL_UM, load_rules()), objects)
    assert np.array_equal(settle_nuclei(nuclei * 0, objects, light, 1, PIXEL_UM, load_rules()), objects)
