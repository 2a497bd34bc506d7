"""Colour deconvolution against scikit-image, Beer and Lambert's law, and the white of empty glass."""

from pathlib import Path

import numpy as np
import pytest
import skimage
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import rgb2hed

from mitograft.errors import UsageError
from mitograft.mouse.infiltrate.contract import load_infiltrate_parameters
from mitograft.mouse.infiltrate.picture import Picture
from mitograft.mouse.infiltrate.segment import find_nuclei, find_stained, nuclear_threshold
from mitograft.mouse.infiltrate.stains import White, find_white, haematoxylin, optical_density, stain_matrix
from mitograft.seeds import stream

RULES = load_infiltrate_parameters()
FULL = White((255.0, 255.0, 255.0), 0.0, clipped=False)
IHC = Path(skimage.__file__).parent / "data" / "ihc.png"  # ships in the wheel of scikit-image


def picture(pixels, pixel_um=0.5):
    top = 255 if pixels.dtype == np.uint8 else 65535
    return Picture("x.png", pixels, top, pixel_um, "user")


def stained_pixels(blue, pink, white):
    """Light that is left by known amounts of haematoxylin and eosin, on 16 bits so that rounding is small."""
    density = blue[..., None] * stain_matrix(RULES)[0] + pink[..., None] * stain_matrix(RULES)[1]
    return np.round(np.array(white) * 10.0**-density).astype(np.uint16)


def test_haematoxylin_is_that_of_scikit_image_up_to_its_factor():
    if not IHC.is_file():
        pytest.skip("this build of scikit-image ships no ihc.png")
    pixels = skimage.io.imread(IHC)
    # scikit-image divides the logarithms by ln(1e-6), that is six decades.
    expected = 6 * rgb2hed(pixels)[..., 0]
    found = haematoxylin(picture(pixels), FULL, RULES)
    at_zero = (pixels == 0).any(axis=2)  # level 0 is read as half a level here, as 1e-6 of white there
    np.testing.assert_allclose(found[~at_zero], expected[~at_zero], atol=2e-5)
    assert found.max() > 0.3


def test_a_real_section_runs_through():
    # Not validated on it: an immunostained section without known nuclei. It shows nuclei by the hundred.
    if not IHC.is_file():
        pytest.skip("this build of scikit-image ships no ihc.png")
    stained = find_stained(picture(skimage.io.imread(IHC)), RULES)
    nuclei = find_nuclei(stained, 0.5, RULES)
    assert 50 < nuclei.max() < 2000
    assert 0.01 < stained.nuclear.mean() < 0.5


@settings(max_examples=40)
@given(
    st.floats(0.0, 0.9),
    st.floats(0.0, 0.9),
    st.tuples(st.floats(2e4, 6e4), st.floats(2e4, 6e4), st.floats(2e4, 6e4)),
)
def test_known_amounts_of_stain_come_back_under_any_white(blue, pink, white):
    pixels = stained_pixels(np.full((2, 2), blue), np.full((2, 2), pink), white)
    light = White(white, 1.0, clipped=False)
    assert haematoxylin(picture(pixels), light, RULES) == pytest.approx(np.full((2, 2), blue), abs=2e-3)
    total = np.mean(blue * stain_matrix(RULES)[0] + pink * stain_matrix(RULES)[1])
    assert optical_density(picture(pixels), light) == pytest.approx(np.full((2, 2), total), abs=2e-3)


def test_white_is_that_of_empty_glass():
    pixels = np.full((100, 100, 3), (190, 90, 160), np.uint8)
    pixels[:10] = (238, 236, 241)
    white = find_white(picture(pixels), RULES)
    assert white.levels == (238.0, 236.0, 241.0)
    assert white.share == pytest.approx(0.1)
    assert not white.clipped
    pixels[:10] = 255
    assert find_white(picture(pixels), RULES).clipped


def test_without_glass_white_is_assumed_and_pale_pink_is_no_glass():
    pixels = np.full((100, 100, 3), (250, 215, 235), np.uint8)
    white = find_white(picture(pixels), RULES)
    assert white == White((255.0, 255.0, 255.0), 0.0, clipped=False)
    darker = RULES.override({"white_without_glass": "0.9"})
    assert find_white(picture(pixels), darker).levels == pytest.approx((229.5,) * 3)


def test_every_stain_vector_is_flagged_and_can_be_set():
    assert len([p for p in RULES.flagged() if p.id.startswith(("haematoxylin", "eosin", "third"))]) == 9
    own = stain_matrix(RULES.override({"haematoxylin_red": "0.5"}))
    assert own[0, 0] == 0.5


def test_vectors_that_cannot_be_told_apart_are_refused():
    same = {f"eosin_{c}": RULES[f"haematoxylin_{c}"].value for c in ("red", "green", "blue")}
    with pytest.raises(UsageError, match="Stain vectors: found three that lie nearly in one plane"):
        stain_matrix(RULES.override(same))


def test_the_threshold_lies_halfway_between_tissue_and_a_few_nuclei():
    rng = stream(1, "threshold")
    blue = rng.normal(0.1, 0.01, (400, 400)).astype(np.float32)
    for share in (0.003, 0.05, 0.3):
        nuclear = rng.random(blue.shape) < share
        seen = np.where(nuclear, rng.normal(0.7, 0.05, blue.shape), blue).astype(np.float32)
        assert nuclear_threshold(seen, np.ones(blue.shape, bool), RULES) == pytest.approx(0.4, abs=0.02)


def test_tissue_without_nuclei_has_none_and_glass_has_no_tissue():
    rng = stream(2, "threshold")
    pink = stained_pixels(np.full((200, 200), 0.03), rng.normal(0.3, 0.03, (200, 200)), (60000.0,) * 3)
    stained = find_stained(picture(pink), RULES)
    assert stained.tissue.all()
    assert not stained.nuclear.any()
    assert find_nuclei(stained, 0.5, RULES).max() == 0
    glass = find_stained(picture(np.full((100, 100, 3), 240, np.uint8)), RULES)
    assert not glass.tissue.any()
    assert np.isnan(glass.threshold)
