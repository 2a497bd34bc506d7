"""Label masks of other tools, which stand in for a segmentation."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from mitograft.assays.microscopy.decode import decode, read_bytes
from mitograft.tables.problems import refuse

__all__ = ["read_mask"]


def read_mask(path: Path, shape: tuple[int, int], source: str) -> npt.NDArray[np.int32]:
    """Read a label mask: 0 outside, another number for each object; numbered from 1 without gaps.

    A mask of two values is taken apart into the regions that hang together.

    Parameters
    ----------
    path
        The mask's file.
    shape, source
        Rows and columns of the image it belongs to, and that image's name for messages.

    Raises
    ------
    InputError
        If it is no single plane of that size or holds no object.
    """
    from scipy.ndimage import label

    file = path.name
    decoded = decode(read_bytes(path, file), file)
    if len(decoded.planes) != 1 or decoded.planes[0].shape != shape:
        found = f"{len(decoded.planes)} plane(s) of {'×'.join(map(str, decoded.planes[0].shape))} pixels"
        expected = f"one plane of {'×'.join(map(str, shape))} pixels, as {source}"
        refuse(file, "mask-shape", found, expected, "Export the label mask at the size of the field.")
    plane = decoded.planes[0]
    values, numbered = np.unique(plane, return_inverse=True)
    if len(values) < 2 or values[0] != 0:
        remedy = "Export labels: 0 for background, one number for each object."
        refuse(file, "mask-empty", "no object on a background of 0", "labelled objects", remedy)
    if len(values) == 2:
        return np.asarray(label(plane > 0, np.ones((3, 3)))[0], np.int32)
    return np.asarray(numbered.reshape(plane.shape), np.int32)
