"""Label masks of other tools (Cellpose, StarDist, QuPath, LabelsToROIs): fibres or nuclei of an image."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from mitograft.mouse.infiltrate.picture import decode_labels, read_bytes
from mitograft.tables.problems import refuse

__all__ = ["read_mask"]


def read_mask(folder: Path, name: str, shape: tuple[int, int], image: str) -> npt.NDArray[np.int32]:
    """Read a label mask: 0 outside, another number for each object; numbered from 1 without gaps.

    A mask of two values is taken apart into the regions that hang together.

    Parameters
    ----------
    folder, name
        Where the mask lies and its name.
    shape, image
        Rows and columns of the image it belongs to, and that image's name.

    Raises
    ------
    InputError
        If it is no plane of labels of that size or holds no object.
    """
    from scipy.ndimage import label

    plane = decode_labels(read_bytes(folder / name, name), name)
    if plane.shape != shape:
        found = f"{plane.shape[1]}×{plane.shape[0]} pixels"
        expected = f"{shape[1]}×{shape[0]} pixels, as {image}"
        refuse(name, "mask-shape", found, expected, "Export the label mask at the size of the image.")
    values, numbered = np.unique(plane, return_inverse=True)
    if len(values) < 2 or values[0] != 0:
        remedy = "Export labels: 0 for background, one number for each object."
        refuse(name, "mask-empty", "no object on a background of 0", "labelled objects", remedy)
    if len(values) == 2:
        return np.asarray(label(plane > 0)[0], np.int32)
    return np.asarray(numbered.reshape(plane.shape), np.int32)
