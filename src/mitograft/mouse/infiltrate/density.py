"""Nuclear density: nuclei counted in small squares and smoothed, over the tissue smoothed alike."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.tables.parameters import Parameters

__all__ = ["DensityMap", "map_density"]

Map = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class DensityMap:
    """Nuclear density in squares.

    Parameters
    ----------
    factor
        Pixels along the side of a square.
    nuclei_mm2
        Nuclei per square millimetre of tissue round each square; NaN without tissue.
    tissue_mm2
        Tissue in each square.
    median
        Median of the density over the tissue; NaN without tissue.
    """

    factor: int
    nuclei_mm2: Map
    tissue_mm2: Map
    median: float

    def dense(self, above: float) -> Mask:
        """Mark the squares with tissue and a density above a value."""
        return np.asarray((self.tissue_mm2 > 0.0) & (self.nuclei_mm2 > above), bool)

    def dense_share(self, above: float) -> float:
        """Return the share of the tissue with a density above a value; NaN without tissue."""
        total = float(self.tissue_mm2.sum())
        return float(self.tissue_mm2[self.dense(above)].sum() / total) if total > 0.0 else float("nan")


def map_density(centres: Map, tissue: Mask, pixel_um: float, rules: Parameters) -> DensityMap:
    """Map the density of nuclei.

    Parameters
    ----------
    centres
        Row and column of each nucleus, in pixels, shape (n, 2).
    tissue
        Pixels that hold tissue.
    pixel_um
        Micrometres a pixel.
    rules
        ``density_sigma`` and ``density_cell``.

    Notes
    -----
    Density is G * nuclei / G * tissue with a Gaussian G, so that neither clefts nor the border of the image
    dilute it. Squares that are mostly glass take part in the sums and not in the median.
    """
    from scipy.ndimage import gaussian_filter

    factor = max(1, round(rules["density_cell"].number / pixel_um))
    rows, columns = (-(-side // factor) for side in tissue.shape)
    padded = np.zeros((rows * factor, columns * factor), bool)
    padded[: tissue.shape[0], : tissue.shape[1]] = tissue
    pixels = padded.reshape(rows, factor, columns, factor).sum(axis=(1, 3), dtype=np.float64)
    area = pixels * pixel_um**2 * 1e-6
    counts = np.zeros((rows, columns))
    at = (centres.reshape(-1, 2) / factor).astype(int)
    np.add.at(counts, (np.clip(at[:, 0], 0, rows - 1), np.clip(at[:, 1], 0, columns - 1)), 1.0)
    sigma = rules["density_sigma"].number / (factor * pixel_um)
    near, over = (gaussian_filter(values, sigma, mode="constant") for values in (counts, area))
    density = np.full(area.shape, np.nan)
    np.divide(near, over, out=density, where=area > 0.0)
    filled = pixels >= factor**2 / 2
    return DensityMap(
        factor, density, area, float(np.median(density[filled])) if filled.any() else float("nan")
    )
