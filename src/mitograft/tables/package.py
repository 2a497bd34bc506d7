"""Find a workbook's sheets among the parts of its package, and pack one of them anew."""

import io
import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from mitograft.tables.markup import Attributes, walk
from mitograft.tables.problems import refuse

__all__ = ["Package", "Sheet", "open_package"]

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_USUAL_MAIN_PART = "xl/workbook.xml"

Relation = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One entry in a workbook's list of sheets; ``worksheet`` is false for charts and the like."""

    part: str
    visible: bool
    worksheet: bool


@dataclass(frozen=True, slots=True)
class Package:
    """Where the parts of a workbook lie.

    Parameters
    ----------
    file
        Name of the file for messages.
    parts
        Contents by part name in lower case.
    sheets
        The sheets by name, in workbook order.
    strings, styles
        The shared texts and the cell styles; empty where the workbook has none.
    dates_from_1904
        Whether dates count from 1904 (old Macintosh workbooks) instead of 1900.
    """

    file: str
    parts: Mapping[str, bytes]
    sheets: Mapping[str, Sheet]
    strings: bytes
    styles: bytes
    dates_from_1904: bool

    def content(self, sheet: str) -> bytes:
        """Return the XML part of a sheet."""
        return _part(self.parts, self.sheets[sheet].part, self.file)

    def repack(self, sheet: str) -> bytes:
        """Return a new, uncompressed workbook with one sheet, the shared texts and the styles."""
        targets = {"worksheet": "worksheets/sheet1.xml"}
        parts: dict[str, str | bytes] = {
            "[Content_Types].xml": _CONTENT_TYPES,
            "_rels/.rels": _relation_list({"officeDocument": "xl/workbook.xml"}),
            "xl/worksheets/sheet1.xml": self.content(sheet),
        }
        if self.strings:
            targets["sharedStrings"], parts["xl/sharedStrings.xml"] = "sharedStrings.xml", self.strings
        if self.styles:
            targets["styles"], parts["xl/styles.xml"] = "styles.xml", self.styles
        parts["xl/_rels/workbook.xml.rels"] = _relation_list(targets)
        parts["xl/workbook.xml"] = (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
            f'<workbookPr date1904="{int(self.dates_from_1904)}"/>'
            '<sheets><sheet name="Sheet" sheetId="1" r:id="r1"/></sheets></workbook>'
        )
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        return stream.getvalue()


def open_package(parts: Mapping[str, bytes], file: str) -> Package:
    """Resolve the parts of a workbook.

    Raises
    ------
    InputError
        If the parts do not make up a workbook.
    """
    main = dict(_relations(parts, "", file).values()).get("officedocument", _USUAL_MAIN_PART)
    if main not in parts:
        refuse(
            file,
            "wrong-content",
            found="a zip archive or Office document that is no .xlsx workbook",
            expected="a workbook (.xlsx)",
            remedy="Open it in a spreadsheet and save it as .xlsx.",
        )
    relations = _relations(parts, main, file)
    entries, dates_from_1904 = _entries(parts[main], file)
    by_kind = dict(relations.values())
    strings, styles = (
        _part(parts, by_kind[kind], file) if kind in by_kind else b"" for kind in ("sharedstrings", "styles")
    )
    sheets = {entry.get("name", ""): _sheet(entry, relations) for entry in entries}
    return Package(file, parts, sheets, strings, styles, dates_from_1904)


def _sheet(entry: Attributes, relations: Mapping[str, Relation]) -> Sheet:
    kind, target = relations.get(entry.get("id", ""), ("", ""))
    return Sheet(target, entry.get("state", "visible") == "visible", kind == "worksheet")


def _part(parts: Mapping[str, bytes], name: str, file: str) -> bytes:
    if name not in parts:
        refuse(
            file,
            "damaged",
            found="a workbook with a missing part",
            expected="a complete workbook",
            remedy="Open it in a spreadsheet and save it anew as .xlsx.",
        )
    return parts[name]


def _relations(parts: Mapping[str, bytes], owner: str, file: str) -> dict[str, Relation]:
    """Return kind and part name of every relation of a part ("" is the whole package), by its id."""
    folder, base = posixpath.split(owner)
    content = parts.get(posixpath.join(folder, "_rels", f"{base}.rels"))
    found: dict[str, Relation] = {}

    def start(name: str, attributes: Attributes) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2].lower()
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
            found[attributes.get("Id", "")] = (kind, target.lstrip("/").lower())

    if content is not None:
        walk(content, file, start)
    return found


def _entries(content: bytes, file: str) -> tuple[list[Attributes], bool]:
    """Return the attributes of each sheet entry, and whether dates count from 1904."""
    entries: list[Attributes] = []
    epochs: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        if name == "sheet":
            entries.append({key.rpartition(":")[2]: value for key, value in attributes.items()})
        elif name == "workbookPr":
            epochs.append(attributes.get("date1904", "").lower())

    walk(content, file, start)
    return entries, any(epoch in {"1", "true"} for epoch in epochs)


def _relation_list(targets: Mapping[str, str]) -> str:
    relations = "".join(
        f'<Relationship Id="r{i}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets.items(), start=1)
    )
    return f'<Relationships xmlns="{_RELATIONSHIPS}">{relations}</Relationships>'
