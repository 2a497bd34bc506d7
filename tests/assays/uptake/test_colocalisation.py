"""Colocalisation on constructed images: no public two-channel mitochondria images with ground truth exist."""

import math

import numpy as np
import pytest

from mitograft.assays.uptake.derive_colocalisation import colocalise, costes_thresholds, manders, pearson
from mitograft.assays.uptake.simulate import simulate_two_channels
from mitograft.errors import UsageError
from mitograft.seeds import stream


def test_coefficients_by_hand():
    donor = np.array([[0.0, 4.0], [6.0, 0.0]])
    host = np.array([[0.0, 5.0], [0.0, 3.0]])
    assert manders(donor, host, 1, 1) == (0.4, 0.625)
    assert pearson(donor, donor) == 1
    assert pearson(donor, -donor) == -1
    assert math.isnan(pearson(donor, np.ones((2, 2))))
    assert all(math.isnan(m) for m in manders(donor, host, 10, 10))


def test_coefficients_are_those_of_scikit_image():
    measure = pytest.importorskip("skimage.measure")
    a, b = simulate_two_channels(96, 40, 0.5, stream(1, "images"))
    assert pearson(a, b) == pytest.approx(measure.pearson_corr_coeff(a, b)[0])
    m1, m2 = manders(a, b, 30, 30)
    # scikit-image takes one channel's intensity within the other's mask, by all of its intensity.
    own_a, own_b = np.where(a > 30, a, 0), np.where(b > 30, b, 0)
    assert m1 == pytest.approx(measure.manders_coloc_coeff(own_a, b > 30))
    assert m2 == pytest.approx(measure.manders_coloc_coeff(own_b, a > 30))


@pytest.mark.parametrize("shared", [0.25, 0.5, 0.75])
def test_the_shared_part_of_the_spots_is_recovered(shared):
    found = [
        colocalise(*simulate_two_channels(160, 45, shared, rng), rng, rearrangements=1)
        for rng in (stream(k, "shared") for k in range(6))
    ]
    # Overlap by chance adds a little to the share of intensity that colocalises.
    assert np.mean([one.pearson for one in found]) == pytest.approx(shared, abs=0.06)
    assert shared - 0.05 <= np.mean([one.donor_in_host for one in found]) <= shared + 0.15


@pytest.mark.parametrize("null", ["shift", "blocks"])
def test_unrelated_channels_are_rarely_called_colocalised(null):
    called = 0
    for seed in range(60):
        rng = stream(seed, "null", null)
        called += (
            colocalise(*simulate_two_channels(96, 25, 0.0, rng), rng, null=null, rearrangements=39).p <= 0.05
        )
    # Of 60 at the 5 % level: more than 9 has probability below 0.2 %.
    assert called <= 9


@pytest.mark.parametrize("null", ["shift", "blocks"])
def test_shared_channels_stand_out_from_their_null(null):
    rng = stream(1, "shared")
    found = colocalise(*simulate_two_channels(128, 40, 0.5, rng), rng, null=null, rearrangements=99)
    assert found.p == 0.01
    assert abs(found.null_mean) < 0.05 < found.pearson


def test_costes_finds_nothing_where_the_channels_exclude_each_other():
    a = np.tile([[1.0, 9.0]], (16, 8))
    assert costes_thresholds(a, 10 - a) == (9, 9)


def test_gain_and_offset_change_nothing():
    a, b = simulate_two_channels(96, 30, 0.5, stream(2, "images"))
    first = colocalise(a, b, stream(1, "null"), rearrangements=5)
    second = colocalise(3 * a, b, stream(1, "null"), rearrangements=5)
    assert second.pearson == pytest.approx(first.pearson)
    assert second.p == first.p


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.zeros((64, 64)), np.zeros((64, 32))),
        (np.zeros((8, 8)), np.zeros((8, 8))),
        (np.zeros(64), np.zeros(64)),
    ],
)
def test_images_that_do_not_fit_are_refused(a, b):
    with pytest.raises(UsageError, match="expected two images of one shape"):
        colocalise(a, b, stream(1, "x"))


def test_missing_pixels_are_refused():
    a = np.zeros((64, 64))
    a[3, 3] = math.nan
    with pytest.raises(UsageError, match="without a finite value"):
        colocalise(a, np.zeros((64, 64)), stream(1, "x"))


def test_costes_thresholds_are_the_highest_without_correlation_below():
    a, b = simulate_two_channels(96, 30, 0.5, stream(4, "images"))
    first, second = costes_thresholds(a, b)
    step = np.ptp(a) / 255

    def below(x, y):
        kept = (a < x) | (b < y)
        return pearson(a[kept], b[kept])

    assert not below(first, second) > 0
    # the line of orthogonal regression through both thresholds
    covariance = np.cov(a.ravel(), b.ravel())
    slope = (
        covariance[1, 1]
        - covariance[0, 0]
        + np.hypot(covariance[1, 1] - covariance[0, 0], 2 * covariance[0, 1])
    ) / (2 * covariance[0, 1])
    assert second - b.mean() == pytest.approx(slope * (first - a.mean()))
    assert all(below(first + k * step, second + slope * k * step) > 0 for k in (1, 2, 5, 20))
