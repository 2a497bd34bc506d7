"""Tissue and nuclei of one picture."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.mouse.infiltrate.picture import Picture
from mitograft.mouse.infiltrate.stains import White, find_white, haematoxylin, optical_density
from mitograft.tables.parameters import Parameters

__all__ = ["Stained", "find_nuclei", "find_stained", "nuclear_threshold"]

Image = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

_MOST_SAMPLED = 1 << 20
_TISSUE_SMOOTHING_UM, _TISSUE_LEAST_UM2 = 1.5, 100.0


@dataclass(frozen=True, eq=False)
class Stained:
    """What colour deconvolution makes of a picture.

    Parameters
    ----------
    white
        Levels of empty glass.
    tissue
        Pixels that hold tissue.
    blue
        Haematoxylin, smoothed, in optical density.
    threshold
        Haematoxylin above which a pixel of tissue is nuclear; NaN where nothing stands out.
    """

    white: White
    tissue: Mask
    blue: Image
    threshold: float

    @property
    def nuclear(self) -> Mask:
        """Pixels of the tissue with nuclear haematoxylin."""
        return np.asarray(self.tissue & (self.blue > self.threshold), bool)


def find_stained(picture: Picture, rules: Parameters) -> Stained:
    """Find white, tissue and nuclear haematoxylin of a picture."""
    from scipy.ndimage import gaussian_filter

    white = find_white(picture, rules)
    density = gaussian_filter(optical_density(picture, white), _TISSUE_SMOOTHING_UM / picture.pixel_um)
    tissue = _large(density > rules["tissue_density"].number, _TISSUE_LEAST_UM2 / picture.pixel_um**2)
    del density
    sigma = rules["nucleus_smoothing"].number / picture.pixel_um
    blue = gaussian_filter(haematoxylin(picture, white, rules), sigma, truncate=3.0)
    return Stained(white, tissue, blue, nuclear_threshold(blue, tissue, rules))


def nuclear_threshold(blue: Image, tissue: Mask, rules: Parameters) -> float:
    """Return the haematoxylin that parts nuclei from the rest of the tissue.

    Otsu's threshold (1979) of the pixels that stand out of the tissue by noise and contrast, taken together
    with as many that do not: nuclei are a few per cent of a muscle, and Otsu's method parts groups of about
    the same size. Half the height between tissue and nuclei is what an edge is measured at, so the threshold
    is moved there.
    """
    from skimage.filters import threshold_otsu

    inside = blue[tissue]
    inside = inside[:: max(1, len(inside) // _MOST_SAMPLED)]
    if not len(inside):
        return float("nan")
    low, middle = np.percentile(inside, (15.87, 50.0))
    least = max(rules["nucleus_noise"].number * (middle - low), rules["nucleus_contrast"].number)
    above = inside[inside > middle + least]
    if len(above) < 16:
        return float("nan")
    rest = inside[inside <= middle + least]
    rest = rest[:: max(1, len(rest) // len(above))]
    parted = float(threshold_otsu(np.concatenate([above, rest])))  # type: ignore[no-untyped-call]  # no types there
    nuclei = float(np.median(above[above > parted])) if (above > parted).any() else float(np.median(above))
    return max(float(middle) + (nuclei - float(middle)) / 2, float(middle + least))


def find_nuclei(stained: Stained, pixel_um: float, rules: Parameters) -> Labels:
    """Label the nuclei: nuclear pixels, cut where they touch by a watershed of depth; debris left out."""
    from scipy.ndimage import binary_fill_holes, distance_transform_edt, gaussian_filter
    from skimage.feature import peak_local_max
    from skimage.segmentation import watershed

    nuclear = binary_fill_holes(stained.nuclear)
    depth = distance_transform_edt(nuclear).astype(np.float32) * pixel_um
    surface = gaussian_filter(depth, 0.5 / pixel_um)
    apart = max(1, round(rules["nucleus_distance"].number / pixel_um))
    peaks = peak_local_max(  # type: ignore[no-untyped-call]  # no types there
        surface, min_distance=apart, labels=nuclear, exclude_border=False
    )
    seeds = np.zeros(nuclear.shape, np.int32)
    seeds[peaks[:, 0], peaks[:, 1]] = np.arange(1, len(peaks) + 1)
    pieces = watershed(-surface, seeds, mask=nuclear)  # type: ignore[no-untyped-call]  # no types there
    area = np.bincount(pieces.ravel()) * pixel_um**2
    keep = area >= rules["nucleus_area"].number
    keep[0] = False
    return np.asarray(np.where(keep, np.cumsum(keep), 0)[pieces], np.int32)


def _large(mask: Mask, least: float) -> Mask:
    """Return the pieces of at least so many pixels."""
    from scipy.ndimage import label

    pieces, _ = label(mask)
    keep = np.bincount(pieces.ravel()) >= least
    keep[0] = False
    return np.asarray(keep[pieces], bool)
