"""A small writer of xlsx packages: what a Wave workbook needs, fast, and the same bytes every time.

General libraries take several seconds for the 14,000 rows by 21 columns of a 96-well plate and do not write
empty text cells, which real workbooks have. Cells refer to the named formats in ``STYLES``.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from xml.sax.saxutils import escape

__all__ = ["STYLES", "Cell", "Sheet", "Strings", "column", "package", "row_xml"]

Cell = tuple[str | int | float | None, str]

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_KIND = "application/vnd.openxmlformats-officedocument"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_EPOCH = (1980, 1, 1, 0, 0, 0)

_FORMATS = {"General": 0, "0.00": 2, "0.00E+00": 11, "0.000000": 164}
_FILLS: tuple[tuple[int, float] | None, ...] = (
    *(None, (1, 0.0), (0, -0.34998626667073579), (5, 0.79998168889431442), (4, 0.59999389629810485)),
    *((4, 0.79998168889431442), (9, 0.79998168889431442), (2, -0.0999786370433668)),
)
# Name: number format, bold, theme fill (index above), border.
STYLES: Mapping[str, tuple[str, bool, int, bool]] = {
    "plain": ("General", False, 0, False),
    "bold": ("General", True, 0, False),
    "number": ("0.00", False, 0, False),
    "bold number": ("0.00", True, 0, False),
    "science": ("0.00E+00", False, 0, False),
    "grid": ("General", False, 0, True),
    "grid number": ("0.00", False, 0, True),
    "grid bold number": ("0.00", True, 0, True),
    "grid science": ("0.00E+00", False, 0, True),
    "unassigned": ("General", False, 1, True),
    "unselected": ("General", False, 2, True),
    "assigned": ("General", False, 3, True),
    "unassigned number": ("0.00", False, 1, True),
    "unselected number": ("0.00", False, 2, True),
    "title": ("General", False, 4, False),
    "ocr": ("0.00", False, 5, True),
    "ecar": ("0.00", False, 6, True),
    "per": ("0.00", False, 7, True),
    "mega": ("0.000000", False, 0, False),
}
_INDEX = {name: index for index, name in enumerate(STYLES)}


@dataclass
class Strings:
    """The shared texts of a workbook, in order of first use."""

    index: dict[str, int] = field(default_factory=dict)
    uses: int = 0

    def __call__(self, text: str, uses: int = 1) -> int:
        """Return the number under which a text is stored."""
        self.uses += uses
        return self.index.setdefault(text, len(self.index))

    def xml(self) -> str:
        """Return the part that holds the texts."""
        items = "".join(
            f'<si><t xml:space="preserve">{escape(text)}</t></si>' if text != text.strip() else
            f"<si><t>{escape(text)}</t></si>"
            for text in self.index
        )  # fmt: skip
        return (
            f'{_HEAD}<sst xmlns="{_MAIN}" count="{self.uses}" uniqueCount="{len(self.index)}">{items}</sst>'
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its rows as XML, its size, merged ranges, frozen pane (``A2``, ``B1``) and state."""

    name: str
    rows: Sequence[str]
    dimension: str
    freeze: str = ""
    merged: tuple[str, ...] = ()
    very_hidden: bool = False


@cache
def column(index: int) -> str:
    """Return the letters of a column, counted from 0.

    >>> column(0), column(27)
    ('A', 'AB')
    """
    return column(index // 26 - 1) * (index >= 26) + chr(65 + index % 26) if index >= 0 else ""


def row_xml(number: int, cells: Mapping[int, Cell], strings: Strings) -> str:
    """Return one row; cells by column from 0, rows counted from 1."""
    return f'<row r="{number}">{"".join(_cells(number, cells, strings))}</row>'


def _cells(number: int, cells: Mapping[int, Cell], strings: Strings) -> Iterator[str]:
    for index in sorted(cells):
        value, style = cells[index]
        head = f'<c r="{column(index)}{number}" s="{_INDEX[style]}"'
        if value is None:
            yield f"{head}/>"
        elif isinstance(value, str):
            yield f'{head} t="s"><v>{strings(value)}</v></c>'
        else:
            yield f"{head}><v>{value!r}</v></c>"


def package(sheets: Sequence[Sheet], strings: Strings, title: str) -> bytes:
    """Return the whole workbook as bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name, text in _parts(sheets, strings, title):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, text)
    return buffer.getvalue()


def _parts(sheets: Sequence[Sheet], strings: Strings, title: str) -> Iterator[tuple[str, str]]:
    numbers = range(1, len(sheets) + 1)
    extra = {"styles": "styles", "theme/theme1": "theme", "sharedStrings": "sharedStrings"}
    overrides = "".join(
        [_override("/xl/workbook.xml", f"{_KIND}.spreadsheetml.sheet.main+xml")]
        + [_override(f"/xl/worksheets/sheet{n}.xml", f"{_KIND}.spreadsheetml.worksheet+xml") for n in numbers]
        + [_override("/xl/styles.xml", f"{_KIND}.spreadsheetml.styles+xml")]
        + [_override("/xl/theme/theme1.xml", f"{_KIND}.theme+xml")]
        + [_override("/xl/sharedStrings.xml", f"{_KIND}.spreadsheetml.sharedStrings+xml")]
        + [_override("/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml")]
    )
    yield (
        "[Content_Types].xml",
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
    )
    core = f"{_PACKAGE}/relationships/metadata/core-properties"
    yield "_rels/.rels", _links([(f"{_REL}/officeDocument", "xl/workbook.xml"), (core, "docProps/core.xml")])
    yield "docProps/core.xml", _core(title)
    links = [(f"{_REL}/worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
    yield (
        "xl/_rels/workbook.xml.rels",
        _links(links + [(f"{_REL}/{kind}", f"{part}.xml") for part, kind in extra.items()]),
    )
    yield "xl/workbook.xml", _workbook(sheets)
    for number, sheet in zip(numbers, sheets, strict=True):
        yield f"xl/worksheets/sheet{number}.xml", _worksheet(sheet)
    yield "xl/styles.xml", _styles()
    yield "xl/theme/theme1.xml", _theme()
    yield "xl/sharedStrings.xml", strings.xml()


def _override(part: str, kind: str) -> str:
    return f'<Override PartName="{part}" ContentType="{kind}"/>'


def _links(targets: Iterable[tuple[str, str]]) -> str:
    items = "".join(
        f'<Relationship Id="rId{n}" Type="{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{items}</Relationships>'


def _core(title: str) -> str:
    return (
        f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title>'
        "<dc:creator>mitograft</dc:creator></cp:coreProperties>"
    )


def _workbook(sheets: Sequence[Sheet]) -> str:
    items = "".join(
        f'<sheet name="{escape(sheet.name)}" sheetId="{n}"{_state(sheet)} r:id="rId{n}"/>'
        for n, sheet in enumerate(sheets, 1)
    )
    return (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{items}</sheets></workbook>"
    )


def _state(sheet: Sheet) -> str:
    return ' state="veryHidden"' if sheet.very_hidden else ""


def _worksheet(sheet: Sheet) -> str:
    pane = {
        "A2": '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>',
        "B1": '<pane xSplit="1" topLeftCell="B1" activePane="topRight" state="frozen"/>',
        "": "",
    }[sheet.freeze]
    merged = "".join(f'<mergeCell ref="{area}"/>' for area in sheet.merged)
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><dimension ref="{sheet.dimension}"/>'
        f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        f"<sheetData>{''.join(sheet.rows)}</sheetData>"
        + (f'<mergeCells count="{len(sheet.merged)}">{merged}</mergeCells>' if merged else "")
        + "</worksheet>"
    )


def _styles() -> str:
    fonts = "".join(
        f'<font>{"<b/>" * bold}<sz val="11"/><color theme="1"/><name val="Calibri"/><family val="2"/>'
        '<scheme val="minor"/></font>'
        for bold in (False, True)
    )
    fills = "".join(
        f'<fill><patternFill patternType="solid"><fgColor theme="{fill[0]}"'
        + (f' tint="{fill[1]!r}"' if fill[1] else "")
        + '/><bgColor indexed="64"/></patternFill></fill>'
        for fill in _FILLS
        if fill
    )
    thin = "".join(
        f'<{s} style="thin"><color indexed="64"/></{s}>' for s in ("left", "right", "top", "bottom")
    )
    plain = "<left/><right/><top/><bottom/>"
    formats = "".join(
        f'<xf numFmtId="{_FORMATS[number]}" fontId="{int(bold)}" fillId="{fill + 1 if fill else 0}" '
        f'borderId="{int(border)}" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" '
        'applyBorder="1"/>'
        for number, bold, fill, border in STYLES.values()
    )
    return (
        f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
        '<numFmts count="1"><numFmt numFmtId="164" formatCode="0.000000"/></numFmts>'
        f'<fonts count="2">{fonts}</fonts><fills count="{len(_FILLS) + 1}">'
        '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
        f'{fills}</fills><borders count="2"><border>{plain}<diagonal/></border><border>{thin}<diagonal/>'
        '</border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        f'</cellStyleXfs><cellXfs count="{len(STYLES)}">{formats}</cellXfs><cellStyles count="1">'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _theme() -> str:
    """Return a plain theme: the colours to which the fills refer, and the least the format asks for."""
    names = ("dk1", "lt1", "dk2", "lt2", *(f"accent{n}" for n in range(1, 7)), "hlink", "folHlink")
    values: tuple[str, ...] = ("000000", "FFFFFF", "1F497D", "EEECE1", "4F81BD", "C0504D", "9BBB59")
    values += ("8064A2", "4BACC6", "F79646", "0000FF", "800080")
    colours = "".join(
        f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>' for name, value in zip(names, values, strict=True)
    )
    face = '<a:latin typeface="Calibri"/><a:ea typeface=""/><a:cs typeface=""/>'
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    effect = "<a:effectStyle><a:effectLst/></a:effectStyle>"
    return (
        f'{_HEAD}<a:theme xmlns:a="{_DRAWING}" name="Office"><a:themeElements>'
        f'<a:clrScheme name="Office">{colours}</a:clrScheme><a:fontScheme name="Office">'
        f"<a:majorFont>{face}</a:majorFont><a:minorFont>{face}</a:minorFont></a:fontScheme>"
        f'<a:fmtScheme name="Office"><a:fillStyleLst>{fill * 3}</a:fillStyleLst>'
        f"<a:lnStyleLst>{f'<a:ln>{fill}</a:ln>' * 3}</a:lnStyleLst>"
        f"<a:effectStyleLst>{effect * 3}</a:effectStyleLst><a:bgFillStyleLst>{fill * 3}</a:bgFillStyleLst>"
        "</a:fmtScheme></a:themeElements></a:theme>"
    )
