"""Which wells were deselected: Wave stores it only as the fill colour of the cells of the group layout.

The sheet carries its own legend (cells 'Unassigned Well', 'Unselected Well', 'Assigned Well' in the three
fills); a well is what the legend cell of its fill says. Without a legend the fills of Wave's template are
taken: theme colour 1, theme colour 0 darkened, theme colour 5 lightened.
"""

from collections.abc import Mapping

from mitograft.tables.markup import Attributes, walk

__all__ = ["ASSIGNED", "LEGEND", "UNASSIGNED", "UNSELECTED", "Fill", "cell_fills", "state_of"]

Fill = tuple[str, str, str]
UNASSIGNED, UNSELECTED, ASSIGNED = "unassigned", "unselected", "assigned"
LEGEND = {"Unassigned Well": UNASSIGNED, "Unselected Well": UNSELECTED, "Assigned Well": ASSIGNED}
_TEMPLATE: dict[Fill, str] = {
    ("theme", "1", "0.00"): UNASSIGNED,
    ("theme", "0", "-0.35"): UNSELECTED,
    ("theme", "5", "0.80"): ASSIGNED,
}
_NO_FILL: Fill = ("", "", "")


def cell_fills(sheet: bytes, styles: bytes, file: str) -> dict[str, Fill]:
    """Return the fill colour of every cell of a sheet, by its reference (``C12``).

    Parameters
    ----------
    sheet, styles
        XML parts of the sheet and of the workbook's styles (may be empty).
    file
        File name for messages.

    Returns
    -------
    fills
        (kind of colour, colour, tint rounded to two decimals); empty texts where a cell has no fill.
    """
    formats = _formats(styles, file) if styles else []
    found: dict[str, Fill] = {}

    def start(name: str, attributes: Attributes) -> None:
        if name == "c" and "r" in attributes:
            style = attributes.get("s", "0")
            known = style.isdigit() and int(style) < len(formats)
            found[attributes["r"]] = formats[int(style)] if known else _NO_FILL

    walk(sheet, file, start)
    return found


def state_of(fill: Fill, legend: Mapping[Fill, str]) -> str | None:
    """Return what a fill says of a well, or None for a fill that is none of Wave's."""
    return legend.get(fill, _TEMPLATE.get(fill))


def _formats(styles: bytes, file: str) -> list[Fill]:
    """Return the fill of every cell format (``cellXfs``), in order."""
    open_elements: list[str] = []
    fills: list[Fill] = []
    indices: list[int] = []

    def start(name: str, attributes: Attributes) -> None:
        parent = open_elements[-1] if open_elements else ""
        if name == "fill" and parent == "fills":
            fills.append(_NO_FILL)
        elif name == "fgColor" and "fills" in open_elements and fills:
            fills[-1] = _colour(attributes)
        elif name == "xf" and parent == "cellXfs":
            index = attributes.get("fillId", "0")
            indices.append(int(index) if index.isdigit() else 0)
        open_elements.append(name)

    def end(_: str) -> None:
        open_elements.pop()

    walk(styles, file, start, end)
    return [fills[index] if index < len(fills) else _NO_FILL for index in indices]


def _colour(attributes: Attributes) -> Fill:
    for kind in ("theme", "rgb", "indexed"):
        if kind in attributes:
            return kind, attributes[kind].upper(), f"{_tint(attributes.get('tint', '0')):.2f}"
    return _NO_FILL


def _tint(text: str) -> float:
    try:
        return float(text) + 0.0
    except ValueError:
        return 0.0
