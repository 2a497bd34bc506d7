"""Gallery of fields of view: myosin-positive objects as shapes, fused and other nuclei as marks.

The page admits no raster pictures inside a figure; the photographs with outlines are files beside the report.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.figures.canvas import SMALL, WIDTH, panel, sheet, shorten, svg_text
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FieldPicture", "draw_gallery"]

Point = tuple[float, float]

_TOP = 24.0
_GAP = 10.0
_TITLE = 32.0
_KEY = 46.0
_COLUMNS = 3
_BAR_UM = (20.0, 50.0, 100.0, 200.0, 500.0)


@dataclass(frozen=True, slots=True)
class FieldPicture:
    """One field of view.

    Parameters
    ----------
    label, value
        Name of the field and what was measured, for example ``fusion index 0.53``.
    width_um, height_um
        Its sides.
    outlines
        Closed outlines of the objects as (x, y) in micrometres from the top left corner, drawn together with
        the even-odd rule.
    fused, other
        Centres of the nuclei.
    """

    label: str
    value: str
    width_um: float
    height_um: float
    outlines: Sequence[Sequence[Point]]
    fused: Sequence[Point]
    other: Sequence[Point]

    def __post_init__(self) -> None:
        """Refuse a field without extent."""
        if not (0 < self.width_um < np.inf and 0 < self.height_um < np.inf):
            raise UsageError(
                f"FieldPicture {self.label!r}: found {self.width_um} by {self.height_um} µm; expected a "
                "field with sides above 0. Give its size."
            )


def draw_gallery(fields: Sequence[FieldPicture], *, data_kind: DataKind = "measured") -> str:
    """Draw fields in rows of three on one scale, with a scale bar.

    Returns
    -------
    str
        SVG text, 440 units wide.

    Raises
    ------
    UsageError
        If there is no field.
    """
    if not fields:
        raise UsageError("Gallery: found no field; expected one or more. Leave the figure away.")
    columns = min(_COLUMNS, len(fields))
    side = (WIDTH - _GAP * (columns - 1)) / columns
    scale = side / max(field.width_um for field in fields)
    row = _TITLE + scale * max(field.height_um for field in fields) + _GAP
    height = _TOP + row * -(-len(fields) // columns) + _KEY
    with sheet(height, data_kind) as figure:
        for index, field in enumerate(fields):
            left, top = (side + _GAP) * (index % columns), _TOP + row * (index // columns) + _TITLE
            axes = panel(figure, left, top, scale * field.width_um, scale * field.height_um)
            _draw_field(axes, field, side)
        _draw_key(panel(figure, 0, height - _KEY, WIDTH, _KEY), scale, side)
        return svg_text(figure)


def _plain(axes: "Axes", width: float, height: float) -> None:
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_xticks([])
    axes.set_yticks([])


def _draw_field(axes: "Axes", field: FieldPicture, side: float) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    _plain(axes, field.width_um, field.height_um)
    for edge in ("left", "right", "top", "bottom"):
        axes.spines[edge].set_visible(True)
        axes.spines[edge].set_color(hue("grid"))
    for text, up, colour in ((field.label, 16, "ink"), (field.value, 3, "muted")):
        axes.annotate(
            shorten(text, side, SMALL),
            (0, 1),
            xycoords="axes fraction",
            xytext=(0, up),
            textcoords="offset points",
            size=SMALL,
            color=hue(colour),
        )
    if field.outlines:
        outline = Path.make_compound_path(*(Path(np.asarray(o, float), closed=True) for o in field.outlines))
        axes.add_patch(PathPatch(outline, facecolor=hue("heat-1"), edgecolor=hue("muted"), linewidth=0.5))
    _draw_nuclei(axes, field.fused, fused=True)
    _draw_nuclei(axes, field.other, fused=False)


def _draw_nuclei(axes: "Axes", points: Sequence[Point], *, fused: bool) -> None:
    if not points:
        return
    place = np.round(np.asarray(points, float), 1)
    style: dict[str, Any] = {"markersize": 2.6, "markeredgewidth": 0.6, "linestyle": "none", "marker": "o"}
    colour = hue("second") if fused else hue("first")
    axes.plot(
        place[:, 0], place[:, 1], markerfacecolor=colour if fused else "none", markeredgecolor=colour, **style
    )


def _draw_key(axes: "Axes", scale: float, side: float) -> None:
    _plain(axes, WIDTH, _KEY)
    axes.spines["bottom"].set_visible(False)
    length = max((bar for bar in _BAR_UM if bar * scale <= side / 2), default=_BAR_UM[0])
    axes.plot([1, 1 + length * scale], [12, 12], color=hue("ink"), linewidth=2, solid_capstyle="butt")
    style: dict[str, Any] = {"size": SMALL, "color": hue("muted"), "va": "center_baseline"}
    axes.text(1 + length * scale + 6, 12, f"{length:g} µm", **style)
    for x, fused, words in ((4.0, True, "nucleus counted as fused"), (220.0, False, "other nucleus")):
        _draw_nuclei(axes, [(x, 34.0)], fused=fused)
        axes.text(x + 9, 34, words, **style)
