"""Donor light of every cell of an image, and its place within the recipient's mitochondria.

The signal of a cell is the light of the donor channel above the diffuse light around (the median of a square
of ``light_window``), added up over those pixels of the cell where it clearly exceeds the noise, times the
area of a pixel. Autofluorescence of whole cells and uneven background go with the diffuse light; what is left
of them, and of the noise, the untreated cells show. Light around the middle of a mitochondrion is lost where
the noise covers it, a like share in all groups: the signal compares, it does not count.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.uptake.derive_colocalisation import Colocalisation, colocalise
from mitograft.assays.uptake.light import Light, local_level, noise_of
from mitograft.assays.uptake.read_images import UptakeImage
from mitograft.assays.uptake.segment_cells import Labels, segment_cells, whole_cells
from mitograft.seeds import stream
from mitograft.tables.parameters import Parameters

__all__ = ["UNIT", "MeasuredImage", "measure_image"]

UNIT = "RFU*um^2"
_MEDIAN = 50.0
_BLOCK_UM = 2.5
_FEW = 10


@dataclass(frozen=True, repr=False)
class MeasuredImage:
    """What was measured in an image.

    Parameters
    ----------
    cells
        Label image of all cells, cut ones included.
    whole
        Labels of the whole cells.
    signals
        Donor signal of each whole cell.
    light
        Donor light above the diffuse light.
    saturated
        Share of the donor light's pixels at the camera's limit.
    colocalisation
        Donor light against the recipient's mitochondria; None without that channel.
    """

    cells: Labels
    whole: npt.NDArray[np.int64]
    signals: npt.NDArray[np.float64]
    light: Light
    saturated: float
    colocalisation: Colocalisation | None


def measure_image(image: UptakeImage, values: Parameters) -> MeasuredImage:
    """Find the cells of an image and measure their donor light."""
    cells = segment_cells(image, values)
    whole = whole_cells(cells)
    light = _structured(image.planes["donor"], image.pixel_size_um, values)
    lit = _lit(light, image.pixel_size_um, values)
    weights = np.where(lit, light, 0).ravel()
    sums = np.bincount(cells.ravel(), weights=weights, minlength=int(cells.max()) + 1)
    return MeasuredImage(
        cells=cells,
        whole=whole,
        signals=np.asarray(sums[whole] * image.pixel_size_um**2, np.float64),
        light=light,
        saturated=_saturated(image.planes["donor"], lit),
        colocalisation=None if image.row.untreated else _colocalisation(image, light, values),
    )


def _structured(plane: npt.NDArray[Any], pixel_um: float, values: Parameters) -> Light:
    level = local_level(plane, pixel_um, values["light_window"].number, _MEDIAN)
    return np.asarray(plane.astype(np.float32) - level, np.float32)


def _lit(light: Light, pixel_um: float, values: Parameters) -> npt.NDArray[np.bool_]:
    """Return where slightly smoothed light exceeds the noise."""
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(light, values["light_smoothing"].number / pixel_um)
    return np.asarray(smooth > values["donor_noise_multiple"].number * noise_of(smooth))


def _saturated(plane: npt.NDArray[Any], lit: npt.NDArray[np.bool_]) -> float:
    """Return which share of the pixels clearly above the noise has the plane's highest value."""
    top = plane == plane.max()
    return float(top.sum() / max(lit.sum(), 1)) if top.sum() > _FEW else 0.0


def _colocalisation(image: UptakeImage, donor: Light, values: Parameters) -> Colocalisation | None:
    """Compare structure with structure: what is left above the diffuse light in both channels."""
    from scipy.ndimage import gaussian_filter

    if "recipient" not in image.planes:
        return None
    size = image.pixel_size_um
    blur = values["light_smoothing"].number / size
    host = _structured(image.planes["recipient"], size, values)
    block = int(np.clip(round(_BLOCK_UM / size), 1, min(donor.shape) // 4))
    return colocalise(
        gaussian_filter(donor, blur),
        gaussian_filter(host, blur),
        stream(0, "uptake", "colocalisation", image.name),
        block=block,
    )
