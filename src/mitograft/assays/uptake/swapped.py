"""Refuse an image whose nuclei are in another channel than its names say."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.uptake.light import coarse, step_of
from mitograft.assays.uptake.read_images import UptakeImage
from mitograft.assays.uptake.segment_cells import bright
from mitograft.tables.parameters import Parameters
from mitograft.tables.problems import refuse

__all__ = ["refuse_swapped"]

_BLUR_UM = 1.0
_AREA_UM2 = (30.0, 300.0)
_ROUND = 2.0  # area over that of the inscribed disk: 1 for a disk, 2 for an ellipse twice as long as wide
_SIDE = 2.5
_MANY = 8


def refuse_swapped(image: UptakeImage, values: Parameters) -> None:
    """Refuse an image in which another channel is made of nuclei and the nuclear one is not.

    Donor and recipient mitochondria look alike: that these two are swapped no picture shows.

    Raises
    ------
    InputError
        If so.
    """
    if "nuclei" not in image.planes:
        return
    own_share, own = _nucleus_like(image.planes["nuclei"], image.pixel_size_um, values)
    for role, plane in image.planes.items():
        if role == "nuclei":
            continue
        share, count = _nucleus_like(plane, image.pixel_size_um, values)
        if count >= _MANY and count > _SIDE * own and share > own_share:
            refuse(
                image.name,
                "swapped-channels",
                f"{count} nucleus-like spots in the {role} channel and {own} in the nuclear one",
                "nuclei in the nuclear channel",
                "Swap the two channels: give them by name or number in the table of images.",
            )


def _nucleus_like(plane: npt.NDArray[Any], pixel_um: float, values: Parameters) -> tuple[float, int]:
    """Return which share of a channel's bright area lies in pieces like nuclei, and how many there are."""
    from scipy.ndimage import distance_transform_edt, label, maximum

    factor = step_of(pixel_um, values["nuclear_pixel"].number)
    step = pixel_um * factor
    mask = bright(coarse(plane, factor, _BLUR_UM / pixel_um), step, values)
    pieces, count = label(mask)
    if count == 0:
        return 0.0, 0
    area = np.bincount(pieces.ravel())[1:] * step**2
    inner = np.asarray(maximum(distance_transform_edt(mask) * step, pieces, range(1, count + 1)))
    alike = (area > _AREA_UM2[0]) & (area < _AREA_UM2[1]) & (area < _ROUND * np.pi * inner**2)
    return float(area[alike].sum() / area.sum()), int(alike.sum())
