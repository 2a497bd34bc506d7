"""The quick filters give what the functions of scipy and scikit-image give, at every size and edge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.segmentation import watershed

from mitograft.assays.myotube.filters import fill_holes, highest_near, laplacian, smooth, widen_round
from mitograft.assays.myotube.flood import depth_inside, flood
from mitograft.assays.myotube.images import average_blocks, background, enlarge
from mitograft.seeds import stream

SIZES = [(1, 1), (1, 90), (7, 3), (48, 96), (130, 77)]


def image(shape, seed=1):
    return stream(seed, "filters", *shape).gamma(2.0, 50.0, shape).astype(np.float32)


def blobs(shape, sigma=2.0, share=70, seed=1):
    light = ndimage.gaussian_filter(image(shape, seed), sigma)
    return light > np.percentile(light, share)


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize(("sigma", "truncate"), [(0.05, 4.0), (0.9, 4.0), (2.5, 3.0), (11.0, 4.0)])
def test_smooth_is_the_gaussian_filter(shape, sigma, truncate):
    found = smooth(image(shape), sigma, truncate)
    assert found.dtype == np.float32
    np.testing.assert_allclose(
        found, ndimage.gaussian_filter(image(shape), sigma, truncate=truncate), rtol=2e-6
    )


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("side", [1, 3, 5, 13])
def test_highest_near_is_the_maximum_filter(shape, side):
    for picture in (image(shape), blobs(shape)):
        found = highest_near(picture, side)
        assert found.dtype == picture.dtype
        np.testing.assert_array_equal(found, ndimage.maximum_filter(picture, side))


@pytest.mark.parametrize("shape", SIZES)
def test_laplacian(shape):
    np.testing.assert_allclose(laplacian(image(shape)), ndimage.laplace(image(shape)), atol=2e-4)


@pytest.mark.parametrize("radius", [0.5, 1.2, 2.2, 5.0])
def test_widen_round_is_a_dilation_by_a_disk(radius):
    reach = int(radius)
    disk = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1]) <= radius
    mask = blobs((60, 41), share=90)
    np.testing.assert_array_equal(widen_round(mask, radius), ndimage.binary_dilation(mask, disk))


@pytest.mark.parametrize("share", [0, 40, 70, 100])
def test_fill_holes(share):
    mask = blobs((80, 61), share=share)
    np.testing.assert_array_equal(fill_holes(mask), ndimage.binary_fill_holes(mask))


def test_large_holes_stay():
    mask = np.ones((20, 20), bool)
    mask[2, 2] = mask[10:13, 10:13] = False
    filled = fill_holes(mask, most=4)
    assert filled[2, 2]
    assert not filled[11, 11]


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.0, 1.0), st.integers(0, 99))
def test_depth_is_the_distance_transform(height, width, share, seed):
    mask = stream(seed, "depth").random((height, width)) < share
    mask[0, 0] = False  # without any ground the distance is undefined
    found = depth_inside(mask)
    np.testing.assert_allclose(found, ndimage.distance_transform_edt(mask), rtol=1e-6)


def test_depth_of_a_piece_deeper_than_kept():
    mask = np.ones((500, 400), bool)
    mask[0] = False
    np.testing.assert_array_equal(depth_inside(mask)[:, 7], np.arange(500, dtype=np.float32))


@given(st.integers(0, 200), st.integers(2, 40))
def test_flood_is_the_watershed(seed, count):
    mask = blobs((50, 70), 1.5, 60, seed)
    surface = smooth(image(mask.shape, seed + 1), 1.0)
    random = stream(seed, "seeds")
    seeds = np.zeros(mask.shape, np.int32)
    seeds.ravel()[random.choice(seeds.size, count, replace=False)] = random.integers(1, count + 1, count)
    expected = watershed(-surface, seeds, mask=mask)
    np.testing.assert_array_equal(flood(surface, seeds, mask), expected)


def test_flood_without_pieces_or_seeds():
    nothing = np.zeros((5, 6), np.int32)
    surface = np.ones((5, 6), np.float32)
    assert not flood(surface, nothing, np.ones((5, 6), bool)).any()
    assert not flood(surface, nothing + 1, np.zeros((5, 6), bool)).any()


@pytest.mark.parametrize("factor", [1, 2, 3, 7])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32, bool])
def test_block_averages(factor, kind):
    picture = (image((21, 42)) > 90) if kind is bool else np.minimum(image((21, 42)), 255).astype(kind)
    expected = picture.reshape(21, 42)[: 21 // factor * factor, : 42 // factor * factor]
    expected = expected.reshape(21 // factor, factor, 42 // factor, factor).astype(float).mean(axis=(1, 3))
    found = average_blocks(picture, factor)
    assert found.shape == (-(-21 // factor), -(-42 // factor))
    np.testing.assert_allclose(found[: len(expected), : expected.shape[1]], expected, rtol=1e-6)


def test_enlarging_a_plane_gives_the_plane():
    rows, columns = np.mgrid[:8, :5].astype(np.float32)
    large = enlarge(3 * rows - 2 * columns, (56, 25))
    rows, columns = np.mgrid[:56, :25]
    expected = 3 * ((rows + 0.5) / 7 - 0.5) - 2 * ((columns + 0.5) / 5 - 0.5)
    np.testing.assert_allclose(large[4:-4, 3:-3], expected[4:-4, 3:-3], atol=1e-4)


def test_background_of_blocks_is_their_percentile():
    picture = image((30, 40))
    level = background(picture, 1.0, block_um=40.0, share=37.0)
    np.testing.assert_allclose(level, np.percentile(picture, 37.0), rtol=1e-6)
