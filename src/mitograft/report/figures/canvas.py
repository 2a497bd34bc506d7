"""The sheet every figure is drawn on: fixed style, lengths in page units, deterministic SVG."""

import io
import re
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mitograft.evidence import DataKind
from mitograft.report.characters import admitted
from mitograft.report.palette import hue

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "FONT",
    "MARK_ID",
    "SMALL",
    "WIDTH",
    "label_axis",
    "panel",
    "printable",
    "row_text",
    "sheet",
    "short_names",
    "shorten",
    "svg_text",
    "text_width",
    "wrapped",
]

WIDTH = 440
FONT = 13.0
SMALL = 12.0
MARK_ID = "data-mark"

_POINTS_PER_INCH = 72
_FAMILY = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_MARKS = {"measured": "", "published": "published data, re-analysed", "simulated": "SIMULATED DATA"}
# Typed loosely: the type of a settings key differs between matplotlib versions.
_STYLE: Any = {
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": FONT,
    "svg.fonttype": "none",
    "svg.hashsalt": "mitograft",
    "hatch.linewidth": 1.2,
    "axes.linewidth": 0.8,
    "path.simplify": False,
}
_NARROW = frozenset("ijlIftr.,:;!|'()[]-/ ")
_BROAD = frozenset("mwMW@%…−∞")


@contextmanager
def sheet(height: float, data_kind: DataKind) -> Iterator["Figure"]:
    """Open a sheet ``WIDTH`` by ``height`` units in the house style, marked with the kind of its data.

    The reader's own matplotlib settings are put aside meanwhile.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(), warnings.catch_warnings():
        # The file holds text, not glyphs: the reader's faces have what the measuring face lacks.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from")
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        figure = Figure(figsize=(WIDTH / _POINTS_PER_INCH, height / _POINTS_PER_INCH), dpi=_POINTS_PER_INCH)
        figure.patch.set_visible(False)
        if _MARKS[data_kind]:
            figure.text(
                1, 1, _MARKS[data_kind], ha="right", va="top", size=SMALL, color=hue("muted"), gid=MARK_ID
            )
        yield figure


def panel(figure: "Figure", left: float, top: float, width: float, height: float) -> "Axes":
    """Add axes at a place given in units from the top left corner."""
    total = figure.get_figheight() * _POINTS_PER_INCH
    axes = figure.add_axes((left / WIDTH, 1 - (top + height) / total, width / WIDTH, height / total))
    axes.patch.set_visible(False)
    axes.tick_params(length=0, labelsize=SMALL, labelcolor=hue("muted"), pad=4)
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(hue("muted"))
    axes.set_axisbelow(True)
    return axes


def label_axis(axes: "Axes", text: str) -> None:
    """Write what the horizontal axis shows, and draw the axis."""
    axes.spines["bottom"].set_visible(True)
    axes.set_xlabel(shorten(text, WIDTH, SMALL), size=SMALL, color=hue("muted"), labelpad=5)


def row_text(axes: "Axes", text: str, at: tuple[float, float], shift: float = 0.0, **style: Any) -> None:
    """Write text in a row: ``at`` is the share of the panel's width and the row's height on its scale.

    The ground behind the text is covered, so that lines do not run through it.
    """
    defaults: dict[str, Any] = {"va": "center_baseline", "size": FONT, "color": hue("ink"), "zorder": 5}
    axes.annotate(
        text,
        at,
        xycoords=axes.get_yaxis_transform(),
        xytext=(shift, 0),
        textcoords="offset points",
        bbox={"facecolor": hue("ground"), "edgecolor": "none", "pad": 1.0},
        **(defaults | style),
    )


def svg_text(figure: "Figure") -> str:
    """Return the figure as SVG text: no date, no program name, fonts left to the reader."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = re.sub(r" font-family: [^;\"]*;", "", buffer.getvalue())
    return text.replace("<svg ", f'<svg font-family="{_FAMILY}" ', 1)


def printable(text: str) -> str:
    r"""Put text on one line and replace characters that a figure cannot hold.

    >>> printable("week\n4")
    'week 4'
    """
    return admitted(" ".join(text.split()))


def text_width(text: str, size: float = FONT) -> float:
    """Estimate the width of a line of text in units, on the safe side for any common face."""
    return sum(_em(character) for character in text) * size


def _em(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in {"W", "F"}:
        return 1.0
    if character in _NARROW:
        return 0.4
    return 0.84 if character in _BROAD else 0.72 if character.isupper() else 0.64


def shorten(text: str, width: float, size: float = FONT, *, keep_end: bool = False) -> str:
    """Cut a line of text to a width, with an ellipsis where something was cut.

    ``keep_end`` cuts in the middle: names of patients often differ in their last characters.

    >>> shorten("endurance exercise", 90.0), shorten("SITE-KR-0012-A", 90.0, keep_end=True)
    ('endurance…', 'SITE-…012-A')
    """
    line = printable(text)
    if text_width(line, size) <= width:
        return line
    for kept in range(len(line) - 1, -1, -1):
        end = kept // 2 if keep_end else 0
        cut = f"{line[: kept - end].rstrip()}…{line[len(line) - end :].lstrip()}"
        if text_width(cut, size) <= width:
            return cut
    return "…"


def short_names(names: Sequence[str], width: float) -> list[str]:
    """Cut names to a width so that they stay apart: first what all have in common, then in the middle.

    >>> short_names(["SITE-KR-0012-A", "SITE-KR-0013-B"], 90.0)
    ['…2-A', '…3-B']
    """
    lines = [printable(name) for name in names]
    if all(text_width(line) <= width for line in lines):
        return lines
    shared = 0
    while len({line[: shared + 1] for line in lines}) == 1 and shared < min(map(len, lines)):
        shared += 1
    rests = [f"…{line[shared:]}" if shared > 1 and len(set(lines)) > 1 else line for line in lines]
    return [shorten(rest, width, keep_end=True) for rest in rests]


def wrapped(text: str, width: float, size: float = FONT, *, most: int = 2) -> list[str]:
    """Break text into at most ``most`` lines of a width; the last line is cut where it is too long.

    >>> wrapped("difference between exercise and control", 130.0)
    ['difference', 'between exercis…']
    """
    lines = [""]
    for word in printable(text).split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size) <= width or len(lines) == most or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [shorten(line, width, size) for line in lines]
