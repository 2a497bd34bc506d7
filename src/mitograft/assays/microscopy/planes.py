"""What no picture can be measured with: planes of two sizes, tiny ones, constant ones."""

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

from mitograft.tables.problems import Problems

__all__ = ["check_planes"]

_SIDE_LOW = 64


def check_planes(planes: Mapping[str, npt.NDArray[Any]], file: str) -> None:
    """Refuse planes (by what they show) that cannot be measured, all reasons at once.

    Raises
    ------
    InputError
        If the planes differ in size, or one is smaller than 64 pixels or of one value throughout.
    """
    problems = Problems(file)
    if len({plane.shape for plane in planes.values()}) > 1:
        found = " and ".join("×".join(map(str, plane.shape)) for plane in planes.values())
        problems.add("sizes-differ", f"channels of {found} pixels", "the same size", "Export them together.")
    for word, plane in planes.items():
        if min(plane.shape) < _SIDE_LOW:
            found = f"{plane.shape[1]}×{plane.shape[0]} pixels"
            expected = f"at least {_SIDE_LOW}×{_SIDE_LOW}"
            problems.add("tiny-image", found, expected, "Give the whole field.", None, word)
        elif plane.min() == plane.max():
            found = f"the same value {plane.flat[0]} everywhere"
            problems.add("constant-image", found, "a picture", "Check the exposure and export.", None, word)
    problems.raise_any()
