"""A table as a fragment of HTML, and as plain rows of text for a report."""

from collections.abc import Iterator
from html import escape

from mitograft.trial.summary.result import Column, Result, Row
from mitograft.trial.tables.characters import printable
from mitograft.trial.tables.pages import footnotes_of, header_lines, span_runs

__all__ = ["plain_rows", "render_html"]


def render_html(result: Result) -> str:
    """Return a table as an HTML ``<table>`` with caption and footnotes; no style, no script.

    Headings are marked for screen readers (``scope``), indents as classes ``indent-0`` to ``indent-2``, and
    each cell says in ``data-records`` how many records it counts. Whatever the data hold stays text.
    """
    caption = f"{_text(result.title)}<br>{_text(result.population)}"
    lines = [
        f'<table class="trial-table" id="table-{_text(result.id)}" data-kind="{result.data_kind}">',
        f"<caption>{caption}</caption>",
        "<thead>",
        *_head(result),
        "</thead>",
        "<tbody>",
        *(_row(row, result.columns) for row in result.rows),
        "</tbody>",
        "<tfoot>",
        *(
            f'<tr><td colspan="{len(result.columns) + 1}">{_text(note)}</td></tr>'
            for note in footnotes_of(result)
        ),
        "</tfoot>",
        "</table>",
    ]
    return "\n".join(lines) + "\n"


def plain_rows(result: Result) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return headings and rows of text, the labels indented by spaces: what a report shows.

    >>> from mitograft.trial.summary.result import Cell, Column, Result, Row
    >>> plain_rows(Result("t", "T", "All", "", (Column("A", 3),), (Row("n", (Cell("3"),), 1),)))
    (('', 'A (N=3)'), (('  n', '3'),))
    """
    spans = [f"{column.span}: " if column.span else "" for column in result.columns]
    heads = [span + column.header for span, column in zip(spans, result.columns, strict=True)]
    blank = ("",) * len(result.columns)
    rows = (
        ("  " * row.indent + row.label, *([cell.text for cell in row.cells] or blank)) for row in result.rows
    )
    return (result.stub, *heads), tuple(rows)


def _head(result: Result) -> Iterator[str]:
    if any(column.span for column in result.columns):
        spans = "".join(
            f'<th scope="colgroup" colspan="{count}">{_text(words)}</th>'
            if words
            else f'<td colspan="{count}"></td>'
            for words, count in span_runs(result.columns)
        )
        yield f"<tr><td></td>{spans}</tr>"
    labels = "".join(
        f'<th scope="col" class="{column.align}">{"<br>".join(map(_text, header_lines(column)))}</th>'
        for column in result.columns
    )
    yield f'<tr><th scope="col" class="left">{_text(result.stub)}</th>{labels}</tr>'


def _row(row: Row, columns: tuple[Column, ...]) -> str:
    label = f'<th scope="row" class="indent-{row.indent}">{_text(row.label)}</th>'
    if row.is_heading:
        return f'<tr class="heading">{label}<td colspan="{len(columns)}"></td></tr>'
    cells = []
    for cell, column in zip(row.cells, columns, strict=True):
        count = sum(map(len, cell.records))
        records = f' data-records="{count}"' if count else ""
        cells.append(f'<td class="{column.align}"{records}>{_text(cell.text)}</td>')
    return f"<tr>{label}{''.join(cells)}</tr>"


def _text(text: str) -> str:
    return escape(printable(text)).replace("\n", "<br>")
