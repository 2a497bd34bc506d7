"""Fixtures for the tests of tables: files with given bytes, and hand-made workbooks."""

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"

MakeFile = Callable[[str, bytes | str], Path]
PackWorkbook = Callable[..., bytes]


@pytest.fixture
def make_file(tmp_path: Path) -> MakeFile:
    """Write a file of that name and content (text as UTF-8) and return its path."""

    def make(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def pack_parts(parts: Mapping[str, bytes | str], compression: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.fixture
def pack_workbook() -> PackWorkbook:
    """Pack a workbook of one sheet from the XML inside its ``sheetData``; further parts replace or add."""

    def pack(
        rows: str,
        *,
        after: str = "",
        strings: tuple[str, ...] = (),
        more: Mapping[str, bytes | str] | None = None,
        compression: int = zipfile.ZIP_DEFLATED,
    ) -> bytes:
        parts: dict[str, bytes | str] = {
            "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
            "_rels/.rels": (
                f'<Relationships xmlns="{PACKAGE}/relationships">'
                f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
                "</Relationships>"
            ),
            "xl/workbook.xml": (
                f'<workbook {MAIN} xmlns:r="{OFFICE}"><sheets>'
                '<sheet name="Data" sheetId="1" r:id="r1"/></sheets></workbook>'
            ),
            "xl/_rels/workbook.xml.rels": (
                f'<Relationships xmlns="{PACKAGE}/relationships">'
                f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
                f'<Relationship Id="r2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
                "</Relationships>"
            ),
            "xl/sharedStrings.xml": f"<sst {MAIN}>{''.join(f'<si><t>{s}</t></si>' for s in strings)}</sst>",
            "xl/worksheets/sheet1.xml": (
                f"<worksheet {MAIN}><sheetData>{rows}</sheetData>{after}</worksheet>"
            ),
        }
        return pack_parts({**parts, **(more or {})}, compression)

    return pack


@pytest.fixture
def header_row() -> str:
    """The sheet XML of a header "subject, visit"."""
    return (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>subject</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>visit</t></is></c></row>'
    )
