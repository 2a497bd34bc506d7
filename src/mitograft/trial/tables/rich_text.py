"""A table as RTF: title and footnotes on every page, page n of N, column headings repeated.

Every text is written as plain ASCII with the control characters of RTF escaped, so that nothing in the data
can become markup. The file holds no date: the same table gives the same bytes.
"""

from collections.abc import Iterator, Sequence

from mitograft.trial.summary.result import Result, Row
from mitograft.trial.tables.pages import (
    FONT,
    MARGIN,
    PAGE,
    Panel,
    footnotes_of,
    header_lines,
    lay_out,
    span_runs,
)

__all__ = ["escape_rtf", "to_rtf"]

_TWIPS = 20
_ALIGN = {"centre": "\\qc", "left": "\\ql"}
_RULE = "\\brdrs\\brdrw10"
_BREAK = "\\pard\\plain\\fs2\\page\\par\n"  # in a paragraph of its own: right after a row it would be lost


def to_rtf(result: Result) -> bytes:
    """Return a table as the bytes of an RTF file (A4 landscape)."""
    body = _BREAK.join(_panel(panel) for panel in lay_out(result))
    return f"{_head(result)}{body}}}\n".encode("ascii")


def escape_rtf(text: str) -> str:
    r"""Return text that RTF shows as it is: ASCII, control characters escaped, line ends as line breaks.

    >>> escape_rtf("a{b}\\c"), escape_rtf("≥ 20"), escape_rtf("1\n2")
    ('a\\{b\\}\\\\c', '\\u8805? 20', '1\\line 2')
    """
    return "".join(_character(c) for c in text.replace("\r\n", "\n"))


def _character(c: str) -> str:
    if c in "\\{}":
        return f"\\{c}"
    if c in "\n\r\v\f\x85\u2028\u2029":
        return "\\line "
    if c == "\t":
        return "\\tab "
    if " " <= c <= "~":
        return c
    if ord(c) < 0xA0:
        return ""  # a control character shows nothing
    halves = c.encode("utf-16-le", "surrogatepass")
    units = [int.from_bytes(halves[i : i + 2], "little", signed=True) for i in range(0, len(halves), 2)]
    return "".join(f"\\u{unit}?" for unit in units)


def _head(result: Result) -> str:
    width, height, margin = (_TWIPS * part for part in (*PAGE, MARGIN))
    right = width - 2 * margin
    notes = "".join(f"{escape_rtf(note)}\\par\n" for note in footnotes_of(result))
    mark = "SIMULATED DATA" if result.data_kind == "simulated" else ""
    margins = "".join(f"\\marg{side}{margin}" for side in "lrtb")
    return (
        "{\\rtf1\\ansi\\ansicpg1252\\uc1\\deff0\\deflang2057\n"
        f"{{\\fonttbl{{\\f0\\fswiss\\fcharset0 {FONT};}}}}\n"
        f"\\paperw{width}\\paperh{height}\\landscape{margins}\n"
        f"\\headery{margin}\\footery{margin // 2}\\widowctrl\n"
        f"{{\\header\\pard\\plain\\f0\\fs16\\tqr\\tx{right} {{\\b {mark}}}\\tab "
        f"Page {_field('PAGE')} of {_field('NUMPAGES')}\\par\n"
        f"\\pard\\plain\\f0\\fs22\\qc\\sb60{{\\b {escape_rtf(result.title)}}}\\par\n"
        f"\\pard\\plain\\f0\\fs18\\qc\\sa120 {escape_rtf(result.population)}\\par}}\n"
        f"{{\\footer\\pard\\plain\\f0\\fs16\\brdrt{_RULE}\\brsp40 {notes}}}\n"
    )


def _field(name: str) -> str:
    return f"{{\\field{{\\*\\fldinst {{\\f0\\fs16 {name}}}}}{{\\fldrslt {{\\f0\\fs16 1}}}}}}"


def _panel(panel: Panel) -> str:
    return _BREAK.join("".join(_page(panel, rows)) for rows in panel.pages)


def _page(panel: Panel, rows: Sequence[Row]) -> Iterator[str]:
    columns = panel.result.columns
    half = round(panel.size * 2)
    yield f"\\pard\\plain\\f0\\fs{half}\n"
    if any(column.span for column in columns):
        yield _spans(panel, half)
    labels = [panel.result.stub, *("\n".join(header_lines(column)) for column in columns)]
    above = any(column.span for column in columns)
    top = "" if above else f"\\clbrdrt{_RULE}"
    rules = f"\\clvertalb{top}\\clbrdrb{_RULE}"
    aligned = ["\\ql", *(_ALIGN[column.align] for column in columns)]
    yield _row(
        panel.widths, [f"{{\\b {escape_rtf(label)}}}" for label in labels], aligned, (rules, "\\trhdr"), half
    )
    grouped = any(row.indent for row in panel.result.rows)
    for place, row in enumerate(rows):
        last = f"\\clbrdrb{_RULE}" if place == len(rows) - 1 else ""
        label = (
            f"{{\\b {escape_rtf(row.label)}}}" if row.is_heading and not row.indent else escape_rtf(row.label)
        )
        cells = [escape_rtf(cell.text) for cell in row.cells] or [""] * len(columns)
        space = "\\sb60" if grouped and not row.indent and place else ""
        at = [f"\\ql\\li{200 * row.indent}{space}", *(way + space for way in aligned[1:])]
        yield _row(panel.widths, [label, *cells], at, (f"\\clvertalt{last}", ""), half)


def _spans(panel: Panel, half: int) -> str:
    widths, labels, rules = [panel.widths[0]], [""], [f"\\clbrdrt{_RULE}"]
    place = 1
    for words, count in span_runs(panel.result.columns):
        widths.append(sum(panel.widths[place : place + count]))
        labels.append(f"{{\\b {escape_rtf(words)}}}")
        rules.append(f"\\clbrdrt{_RULE}" + (f"\\clbrdrb{_RULE}" if words else ""))
        place += count
    edges, at = [], 0.0
    for width, rule in zip(widths, rules, strict=True):
        at += width
        edges.append(f"{rule}\\clvertalb\\cellx{round(_TWIPS * at)}")
    cells = "".join(f"\\pard\\intbl\\qc\\f0\\fs{half} {label}\\cell" for label in labels)
    return f"\\trowd\\trgaph70\\trleft0\\trhdr\\trkeep{''.join(edges)}\n{cells}\\row\n"


def _row(
    widths: Sequence[float], texts: Sequence[str], aligned: Sequence[str], marks: tuple[str, str], half: int
) -> str:
    rules, kind = marks
    edges, at = [], 0.0
    for width in widths:
        at += width
        edges.append(f"{rules}\\cellx{round(_TWIPS * at)}")
    cells = "".join(
        f"\\pard\\intbl{way}\\f0\\fs{half} {text}\\cell" for way, text in zip(aligned, texts, strict=True)
    )
    return f"\\trowd\\trgaph70\\trleft0{kind}\\trkeep{''.join(edges)}\n{cells}\\row\n"
