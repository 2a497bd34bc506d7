"""How a table is set on pages: widths, panels of columns, lines, page breaks.

The same pages serve RTF and DOCX. Title, population and footnotes stand on every page; a page that begins
within a group repeats the names above its first row, marked "(continued)"; a heading never stands last.
Texts are measured with the widths of a sans-serif typeface, roughly, a little on the wide side: if a page
were too long all the same, the word processor breaks it and repeats the column headings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from mitograft.trial.summary.result import Column, Result, Row

__all__ = ["FONT", "MARGIN", "PAGE", "Panel", "footnotes_of", "header_lines", "lay_out", "span_runs"]

PAGE = (842, 595)
"""A4 landscape, in points."""

MARGIN = 48
FONT = "Arial"
_BODY = PAGE[0] - 2 * MARGIN
_SIZES = (9.0, 8.5, 8.0, 7.5, 7.0)
_LEADING = 1.17
_PADDING = 7.0
_LEAST_STUB, _MOST_STUB, _LEAST_COLUMN = 110.0, 300.0, 34.0
_INDENT = 10.0
_SHORT = 0.25  # a group below this share of a page is kept together
_NARROW = frozenset(" .,:;|!'()[]iljItf-/")
_BROAD = frozenset("%@mwMW")
_SIMULATED = "SIMULATED DATA: not from any patient."


@dataclass(frozen=True)
class Panel:
    """Some columns of a table on their pages.

    Parameters
    ----------
    result
        The table with these columns only.
    size
        Type size in points.
    widths
        Width of the stub and of each column, in points.
    pages
        Rows of each page.
    """

    result: Result
    size: float
    widths: tuple[float, ...]
    pages: tuple[tuple[Row, ...], ...]


def footnotes_of(result: Result) -> tuple[str, ...]:
    """Return the footnotes, first of all that the data are simulated where they are."""
    return ((_SIMULATED,) if result.data_kind == "simulated" else ()) + result.footnotes


def lay_out(result: Result) -> tuple[Panel, ...]:
    """Set a table on pages; one that is too wide becomes several panels with the row labels repeated."""
    for size in _SIZES:
        stub, needs = _needs(result, size)
        if stub + sum(needs) <= _BODY:
            return (_panel(result, size, stub, needs),)
    parts: list[list[int]] = [[]]
    for places in _blocks(result.columns):
        if parts[-1] and stub + sum(needs[i] for i in (*parts[-1], *places)) > _BODY:
            parts.append([])
        parts[-1] += places
    return tuple(_panel(_only(result, part), size, stub, [needs[i] for i in part]) for part in parts)


def span_runs(columns: Sequence[Column]) -> list[tuple[str, int]]:
    """Return the words above neighbouring columns with how many columns they cover."""
    return [(words, len(list(run))) for words, run in groupby(columns, key=lambda column: column.span)]


def header_lines(column: Column) -> tuple[str, ...]:
    """Return the lines of a column's heading."""
    return (column.label,) if column.size is None else (column.label, f"(N={column.size})")


def _blocks(columns: Sequence[Column]) -> Iterator[list[int]]:
    """Yield columns that stay together: those under one span, any other alone."""
    for _, run in groupby(range(len(columns)), key=lambda i: columns[i].span or i):
        yield list(run)


def _only(result: Result, places: Sequence[int]) -> Result:
    rows = tuple(replace(row, cells=tuple(row.cells[i] for i in places if row.cells)) for row in result.rows)
    return replace(result, columns=tuple(result.columns[i] for i in places), rows=rows)


def _measure(text: str, size: float) -> float:
    """Return the width of a text in points."""
    return size * sum(
        0.3 if c in _NARROW else 0.9 if c in _BROAD else 0.7 if c.isupper() else 0.56 if c < "\u2e80" else 1.0
        for c in text
    )


def _needs(result: Result, size: float) -> tuple[float, list[float]]:
    widest = max((_measure(row.label, size) + _INDENT * row.indent for row in result.rows), default=0.0)
    stub = min(_MOST_STUB, max(_LEAST_STUB, widest + _PADDING))
    needs = []
    for i, column in enumerate(result.columns):
        words = max((word for line in header_lines(column) for word in line.split()), key=len, default="")
        texts = [row.cells[i].text for row in result.rows if row.cells]
        if column.align == "left":  # text may break over lines
            longest = max((_measure(text, size) for text in texts), default=0.0)
            longest = min(longest, 150.0)
        else:
            longest = max((_measure(text, size) for text in texts), default=0.0)
        needs.append(max(_LEAST_COLUMN, longest, _measure(words, size)) + _PADDING)
    return stub, needs


def _panel(result: Result, size: float, stub: float, needs: Sequence[float]) -> Panel:
    spare = max(0.0, _BODY - stub - sum(needs))
    grown = min(spare, 0.6 * sum(needs))
    scale = 1.0 + grown / sum(needs) if needs else 1.0
    widths = (stub, *(need * scale for need in needs))
    return Panel(result, size, widths, tuple(_paginate(result, size, widths)))


def _lines(text: str, width: float, size: float) -> int:
    return sum(max(1, -(-int(_measure(part, size)) // max(1, int(width)))) for part in text.split("\n"))


def _height(row: Row, size: float, widths: Sequence[float]) -> float:
    stub = _lines(row.label, widths[0] - _PADDING - _INDENT * row.indent, size)
    cells = [
        _lines(cell.text, width - _PADDING, size) for cell, width in zip(row.cells, widths[1:], strict=False)
    ]
    return max([stub, *cells]) * size * _LEADING + (3.0 if not row.indent else 0.5)


def _room(result: Result, size: float, widths: Sequence[float]) -> float:
    """Return the height left for rows on a page."""
    titles = (1 + _lines(result.title, _BODY, 11.0)) * 14.0 + 26.0
    notes = sum(_lines(note, _BODY, 8.0) for note in footnotes_of(result)) * 10.0 + 22.0
    labels = [
        _lines("\n".join(header_lines(c)), w - _PADDING, size)
        for c, w in zip(result.columns, widths[1:], strict=True)
    ]
    spans = any(column.span for column in result.columns)
    heads = (max(labels, default=1) + 2 * spans) * size * _LEADING + 6.0
    return PAGE[1] - 1.5 * MARGIN - titles - notes - heads


def _paginate(result: Result, size: float, widths: Sequence[float]) -> Iterator[tuple[Row, ...]]:
    room = _room(result, size, widths)
    heights = [_height(row, size, widths) for row in result.rows]
    page: list[Row] = []
    used = 0.0
    above: list[Row] = []
    for place, row in enumerate(result.rows):
        above = [name for name in above if name.indent < row.indent]
        if page and used + _together(result.rows, heights, place, room) > room:
            yield tuple(page)
            page = [Row(f"{name.label} (continued)", (), name.indent) for name in above]
            used = sum(_height(name, size, widths) for name in page)
        page.append(row)
        used += heights[place]
        above.append(row)
    yield tuple(page)


def _together(rows: Sequence[Row], heights: Sequence[float], place: int, room: float) -> float:
    """Return the height that stays together: a name with its first row, or with all of a short group."""
    end = place + 1
    while end < len(rows) and rows[end].indent > rows[place].indent:
        end += 1
    whole = sum(heights[place:end])
    if whole <= _SHORT * room:
        return whole
    first = place
    while first + 1 < end and rows[first + 1].indent > rows[first].indent:
        first += 1
    return sum(heights[place : first + 1])
