"""Workbooks made to do harm: each refused with one sentence, before it can cost time or memory."""

import io
import struct
import tracemalloc
import zipfile
import zlib

import pytest

from mitograft.errors import InputError
from mitograft.tables import isolation
from mitograft.tables.workbook import read_workbook

LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
SHEET = "xl/worksheets/sheet1.xml"


def the_violation(data: bytes, sentence: str):
    with pytest.raises(InputError, match=sentence) as caught:
        read_workbook(data, "cohort.xlsx")
    (violation,) = caught.value.violations
    return violation


def zipped(parts, compression=zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return stream.getvalue()


def patch_headers(data: bytes, name: str, local: int, central: int, value: bytes) -> bytes:
    """Overwrite a field of one part, at its offset in the local and in the central header."""
    out = bytearray(data)
    for mark, offset, name_offset in ((LOCAL, local, 30), (CENTRAL, central, 46)):
        start = out.find(mark)
        while start >= 0:
            if out[start + name_offset : start + name_offset + len(name)] == name.encode():
                out[start + offset : start + offset + len(value)] = value
            start = out.find(mark, start + 4)
    return bytes(out)


def deflated_megabytes(count: int) -> tuple[bytes, int]:
    """Return a deflated stream of that many MB of cells, and its inflated size, without deflating it all."""
    block = b'<row><c t="n"><v>1</v></c></row>' * 31_250
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    independent = deflater.compress(block) + deflater.flush(zlib.Z_FULL_FLUSH)
    return independent * count + deflater.flush(), len(block) * count


def stored_as_deflated(names: list[str], body: bytes, size: int) -> bytes:
    """Return an archive whose parts all have this deflated body."""
    local, central = b"", b""
    for name in map(str.encode, names):
        fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(body), size, len(name), 0)
        central += (
            CENTRAL + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(local)) + name
        )
        local += LOCAL + fields + name + body
    count = len(names)
    return (
        local
        + central
        + b"PK\x05\x06"
        + struct.pack("<HHHHIIH", 0, 0, count, count, len(central), len(local), 0)
    )


def bomb(megabytes: int) -> bytes:
    """Return an archive with one sheet of that inflated size, hundreds of times smaller when compressed."""
    return stored_as_deflated([SHEET], *deflated_megabytes(megabytes))


def test_a_bomb_is_refused_by_what_it_declares_with_little_memory():
    data = bomb(532)
    assert 532_000_000 / len(data) > 300
    tracemalloc.start()
    try:
        violation = the_violation(data, "found 53[12] MB after unpacking; expected at most 100 MB")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert violation.rule == "too-large"
    assert peak < 3 * len(data)


def test_a_small_bomb_is_refused_by_its_ratio():
    the_violation(bomb(3), r"found a part compressed \d{3,}-fold; expected at most 100-fold")


def test_a_bomb_that_declares_a_small_size_is_refused_when_it_is_inflated():
    data = patch_headers(bomb(110), SHEET, 22, 24, struct.pack("<I", 1000))
    tracemalloc.start()
    try:
        the_violation(data, "found a damaged or incomplete workbook")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


def test_a_bomb_spread_over_many_parts_is_refused():
    # Each part is too small for its own size or ratio to matter.
    body, size = deflated_megabytes(1)
    data = stored_as_deflated([f"xl/worksheets/sheet{i}.xml" for i in range(150)], body, size)
    the_violation(data, "found 150 MB after unpacking")


def test_an_archive_of_very_many_parts_is_refused_before_its_directory_is_read(monkeypatch):
    data = zipped((f"p{i}", "") for i in range(1500))

    def fail(*_):
        raise AssertionError("the directory was read")

    monkeypatch.setattr(zipfile, "ZipFile", fail)
    the_violation(data, "found more than 1000 parts; expected at most 1000 parts")


DOCTYPES = {
    "billion laughs": (
        '<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">'
        '<!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">]>'
    ),
    "external entity": '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "external subset": '<!DOCTYPE r SYSTEM "http://127.0.0.1/x.dtd">',
}


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "docProps/core.xml"])
@pytest.mark.parametrize("doctype", DOCTYPES)
def test_entities_are_refused_in_every_part(pack_workbook, header_row, doctype, part):
    content = f'<?xml version="1.0"?>{DOCTYPES[doctype]}<r>&lol3;</r>'
    violation = the_violation(
        pack_workbook(header_row, more={part: content}),
        "a part with a document type .*declaration; expected plain",
    )
    assert violation.rule == "entities"


def test_entities_in_another_encoding_do_not_slip_through(pack_workbook, header_row):
    content = f'<?xml version="1.0" encoding="UTF-16"?>{DOCTYPES["external entity"]}<r>&x;</r>'.encode(
        "utf-16"
    )
    the_violation(pack_workbook(header_row, more={SHEET: content}), "a damaged or incomplete workbook")


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../../evil.xml", "xl/../../evil.xml", "C:/evil.xml", "xl\\evil.xml", "xl/a\nb.xml"],
)
def test_names_outside_the_archive_are_refused(pack_workbook, header_row, name):
    # zipfile corrects a backslash while writing: the name is put in afterwards.
    data = pack_workbook(header_row, more={"z" * len(name): "<a/>"}).replace(b"z" * len(name), name.encode())
    violation = the_violation(data, "an archive with a part outside its own folder")
    assert violation.rule == "unsafe-archive"


def test_the_same_part_twice_is_refused(pack_workbook, header_row):
    data = pack_workbook(header_row, more={"xl/WORKSHEETS/sheet1.xml": "<worksheet/>"})
    the_violation(data, "an archive with the same part twice")


def test_a_link_is_refused(pack_workbook, header_row):
    data = pack_workbook(header_row, more={"xl/link.xml": "/etc/passwd"})
    linked = patch_headers(data, "xl/link.xml", 10, 38, struct.pack("<I", 0o120777 << 16))
    linked = patch_headers(linked, "xl/link.xml", 10, 10, struct.pack("<H", 8))
    the_violation(linked, "an archive with a part outside its own folder")


def test_an_encrypted_part_is_refused(pack_workbook, header_row):
    data = patch_headers(pack_workbook(header_row), SHEET, 6, 8, struct.pack("<H", 1))
    assert (
        the_violation(data, "a workbook with a password; expected .* without a password").rule == "encrypted"
    )


@pytest.mark.parametrize("name", ["xl/vbaProject.bin", "xl/macrosheets/sheet1.xml"])
def test_macros_are_refused(pack_workbook, header_row, name):
    assert (
        the_violation(pack_workbook(header_row, more={name: b"x"}), "a workbook with macros").rule == "macros"
    )


@pytest.mark.parametrize("compression", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2], ids=["lzma", "bzip2"])
def test_unusual_compression_is_refused(compression):
    the_violation(zipped([("xl/workbook.xml", "<workbook/>")], compression), "an unusual kind of compression")


def test_truncated_anywhere(pack_workbook, header_row):
    data = pack_workbook(header_row)
    for length in range(4, len(data), 97):
        assert (
            the_violation(data[:length], "found a damaged or incomplete workbook; expected").rule == "damaged"
        )


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (
            [("word/document.xml", "<document/>")],
            "a zip archive or Office document that is no .xlsx workbook",
        ),
        ([("xl/workbook.xml", "<workbook><sheets/></workbook>")], "a workbook without a worksheet"),
        ([("xl/workbook.xml", "no XML at all")], "a damaged or incomplete workbook"),
        ([("a.txt", "")], "a zip archive or Office document that is no .xlsx workbook"),
    ],
)
def test_archives_that_are_no_workbook(parts, sentence):
    the_violation(zipped(parts), sentence)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_missing_part(pack_workbook, header_row, part):
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        + "".join(
            f'<Relationship Id="r{i}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"'
            f' Target="{"gone.xml" if part.lower().endswith(target.lower()) else target}"/>'
            for i, (kind, target) in enumerate(
                {"worksheet": "worksheets/sheet1.xml", "sharedStrings": "sharedStrings.xml"}.items(), start=1
            )
        )
        + "</Relationships>"
    )
    data = pack_workbook(header_row, more={"xl/_rels/workbook.xml.rels": relations})
    the_violation(data, "a workbook with a missing part")


def test_two_values_in_opposite_corners_do_not_fill_the_rectangle_between(pack_workbook):
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="ALL1048576"><v>1</v></c></row>'
    the_violation(
        pack_workbook(rows), "2 values scattered over 1048576 rows and 1000 columns; expected one table"
    )


def test_a_value_far_to_the_right(pack_workbook):
    cells = "".join(f'<c r="{column}1"><v>1</v></c>' for column in ("A", "BER"))
    the_violation(
        pack_workbook(f'<row r="1">{cells}</row>'), "values across 1500 columns; expected at most 1000"
    )


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="XFE1"><v>1</v></c>',
        '<c r="A1048577"><v>1</v></c>',
        '<c r="A0"><v>1</v></c>',
        '<c r="1"><v>1</v></c>',
        '<c r="A"><v>1</v></c>',
        '<c r=""><v>1</v></c>',
        '<c r="ÄÖ1"><v>1</v></c>',
        '<c r="A99999999999999999999"><v>1</v></c>',
        "<c/>" * 16_385,
    ],
)
def test_cells_that_no_sheet_has(pack_workbook, cell):
    the_violation(
        pack_workbook(f'<row r="1">{cell}</row>'), "a cell outside the sheet; expected cells in rows 1"
    )


def test_a_long_text_shared_by_many_cells_is_not_copied_for_each(pack_workbook, header_row):
    cells = "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(2, 4002))
    data = pack_workbook(header_row + cells, strings=("long " * 6000,))
    the_violation(data, "found 120 million characters of text; expected at most 100 million")


def test_one_cell_of_millions_of_characters_is_looked_over_in_linear_time(pack_workbook, header_row):
    # Joining the pieces of the text one by one would copy gigabytes.
    cell = f'<row r="2"><c r="A2" t="inlineStr"><is><t>{"long &amp; " * 2_000_000}</t></is></c></row>'
    data = pack_workbook(
        header_row + cell, compression=zipfile.ZIP_STORED
    )  # so regular a text compresses too well
    table = read_workbook(data, "cohort.xlsx")
    assert len(table.columns["subject"][0]) == len("long & ") * 2_000_000 - 1


def test_a_reference_to_a_text_that_is_not_there(pack_workbook, header_row):
    cell = '<row r="2"><c r="A2" t="s"><v>7</v></c></row>'
    the_violation(
        pack_workbook(header_row + cell, strings=("x",)), "row 2: found a cell that points to a text"
    )


def test_a_false_count_of_texts_ends_no_process_of_ours(pack_workbook, header_row):
    # python-calamine 0.9.1 reserves memory for as many texts as the part claims, and its process aborts.
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strings = f'<sst xmlns="{main}" uniqueCount="{2**32}"><si><t/></si></sst>'
    data = pack_workbook(header_row, more={"xl/sharedStrings.xml": strings})
    try:
        outcome = ", ".join(read_workbook(data, "cohort.xlsx").columns)
    except InputError as refusal:
        outcome = refusal.violations[0].found
    assert outcome in {"subject, visit", "a damaged or incomplete workbook"}


def test_a_decoder_that_never_ends_is_stopped(pack_workbook, header_row, monkeypatch):
    monkeypatch.setattr(isolation, "_PATIENCE_SECONDS", 0.0)
    the_violation(pack_workbook(header_row), "a workbook that takes more than 0.0 seconds to read")


def test_an_embedded_archive_is_left_alone(pack_workbook, header_row):
    data = pack_workbook(header_row, more={"xl/embeddings/inner.xlsx": bomb(3)})
    assert list(read_workbook(data, "cohort.xlsx").columns) == ["subject", "visit"]
