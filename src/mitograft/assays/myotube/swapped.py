"""Tell nuclei from myotubes by their shape, to refuse a field whose channels are swapped."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.myotube.images import average_blocks, background, block_factor
from mitograft.tables.problems import refuse

__all__ = ["nuclear_share", "refuse_swapped"]

_STEP_UM = 1.3
_AREA_UM2 = (30.0, 250.0)
_ROUND = (
    2.0  # area over that of the inscribed disk: 1 for a disk, about 2 for an ellipse twice as long as wide
)
_SIDE = 2.5
_MANY = 8


def nuclear_share(channel: npt.NDArray[Any], pixel_um: float) -> tuple[float, int]:
    """Return which share of a channel's bright area lies in pieces like nuclei, and how many there are."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter, label, maximum
    from skimage.filters import threshold_otsu

    factor = block_factor(pixel_um, _STEP_UM)
    step = pixel_um * factor
    light = gaussian_filter(average_blocks(channel, factor), 1.0 / step)
    above = light - background(light, step, block_um=110.0)
    mask = above > threshold_otsu(above)  # type: ignore[no-untyped-call]  # no types there
    labels, count = label(mask)
    if count == 0:
        return 0.0, 0
    area = np.bincount(labels.ravel())[1:] * step**2
    depth = distance_transform_edt(mask) * step
    inner = np.asarray(maximum(depth, labels, range(1, count + 1)))
    alike = (area > _AREA_UM2[0]) & (area < _AREA_UM2[1]) & (area < _ROUND * np.pi * inner**2)
    return float(area[alike].sum() / area.sum()), int(alike.sum())


def refuse_swapped(nuclei: npt.NDArray[Any], myosin: npt.NDArray[Any], pixel_um: float, file: str) -> None:
    """Refuse a field whose myosin channel is made of nuclei while its nuclear channel is not.

    Raises
    ------
    InputError
        If so, or if both channels hold the same picture.
    """
    if np.array_equal(nuclei, myosin):
        refuse(
            file,
            "same-channel-twice",
            "the same picture in both channels",
            "nuclei and myosin heavy chain",
            "Check the export and the channel numbers.",
        )
    (own, own_count), (other, count) = (nuclear_share(c, pixel_um) for c in (nuclei, myosin))
    if count >= _MANY and count > _SIDE * own_count and other > own:
        refuse(
            file,
            "swapped-channels",
            f"{count} nucleus-like spots in the myosin channel and {own_count} in the nuclear one",
            "nuclei in the nuclear channel",
            "Swap the two channels: give them by name or number.",
        )
