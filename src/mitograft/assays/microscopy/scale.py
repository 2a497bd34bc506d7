"""Micrometres a pixel: from the microscope's own metadata or from the user, never assumed."""

from mitograft.assays.microscopy.decode import Decoded
from mitograft.tables.problems import refuse

__all__ = ["find_scale"]

_PIXEL_LOW, _PIXEL_HIGH = 0.02, 10.0
_SAME = 0.01


def find_scale(decoded: Decoded, given: float | None, file: str) -> tuple[float, str]:
    """Return micrometres a pixel and who gave them: ``file`` or ``user``.

    Raises
    ------
    InputError
        If neither gives a scale, they contradict one another, or no microscope has such pixels.
    """
    own = decoded.pixel_size_um
    if own is None and given is None:
        refuse(
            file,
            "missing-scale",
            "no pixel size in the file",
            "micrometres a pixel",
            "Give pixel_size_um for this file as the microscope states it; it is never assumed.",
        )
    if own is not None and given is not None and abs(own - given) > _SAME * own:
        refuse(
            file,
            "contradicting-scale",
            f"{own:g} µm a pixel in the file, {given:g} from the user",
            "one pixel size",
            "Leave pixel_size_um away, or mend the file.",
        )
    size = own if own is not None else float(given or 0)
    if not _PIXEL_LOW <= size <= _PIXEL_HIGH:
        refuse(
            file,
            "implausible-scale",
            f"{size:g} µm a pixel",
            f"{_PIXEL_LOW} to {_PIXEL_HIGH} µm",
            "Check the unit of the pixel size.",
        )
    return size, "file" if own is not None else "user"
