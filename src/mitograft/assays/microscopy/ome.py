"""Channel names and pixel size from the OME-XML of a TIFF."""

from mitograft.errors import InputError
from mitograft.tables.markup import Attributes, walk
from mitograft.tables.problems import refuse, refuse_damaged

__all__ = ["micrometres", "read_ome"]

_UNITS = {
    "µm": 1.0,
    "μm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometre": 1.0,
    "nm": 1e-3,
    "mm": 1e3,
    "cm": 1e4,
    "m": 1e6,
}
_SAME = 0.01


def micrometres(unit: str) -> float | None:
    """Return how many micrometres a unit of length is, None where the name is not one.

    >>> micrometres("nm"), micrometres("pixel")
    (0.001, None)
    """
    return _UNITS.get(unit.strip())


def read_ome(text: str, file: str) -> tuple[tuple[str, ...], float | None]:
    """Read the first image's channel names and pixel size.

    Returns
    -------
    names
        Channel names, or fluorophores where a channel has no name; empty where neither is given.
    pixel_size_um
        Micrometres a pixel; None where the metadata gives none or in pixels.

    Raises
    ------
    InputError
        If the XML is damaged or the pixels are not square.
    """
    pixels: list[Attributes] = []
    channels: list[Attributes] = []

    def start(name: str, attributes: Attributes) -> None:
        if name == "Pixels":
            pixels.append(dict(attributes))
        elif name == "Channel" and len(pixels) == 1:
            channels.append(dict(attributes))

    try:
        walk(text.encode(), file, start)
    except InputError:
        refuse_damaged(file, "OME-TIFF (its description)")
    names = tuple(c.get("Name") or c.get("Fluor") or "" for c in channels)
    sizes = [_size(pixels[0], axis) for axis in "XY"] if pixels else [None, None]
    if sizes[0] is None or sizes[1] is None:
        return names, sizes[0] or sizes[1]
    if abs(sizes[0] - sizes[1]) > _SAME * sizes[0]:
        found = f"pixels of {sizes[0]:g} by {sizes[1]:g} µm"
        refuse(file, "pixels-not-square", found, "square pixels", "Resample the field to square pixels.")
    return names, sizes[0]


def _size(pixels: Attributes, axis: str) -> float | None:
    scale = micrometres(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
    try:
        value = float(pixels.get(f"PhysicalSize{axis}", ""))
    except ValueError:
        return None
    return value * scale if scale is not None and value > 0 else None
