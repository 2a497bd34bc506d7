"""RTF, DOCX, HTML and CSV of one table: nothing lost, nothing run, every page complete, the same bytes."""

import csv
import io
import re
import shutil
import subprocess
import zipfile

import pytest

from mitograft.trial.summary import Cell, Column, Result, Row
from mitograft.trial.tables import plain_rows, render_html, to_csv, to_docx, to_rtf
from mitograft.trial.tables.pages import lay_out

NASTY = [
    "{\\rtf1 \\b bold}",
    'a & b < c > "d"',
    "=1+1",
    "≥ 20 µg, 日本, 😀",
    "one\ntwo",
    "x\x00\x07y",
    "@SUM(A1)",
]


def table(rows=6, columns=3, kind="measured"):
    body = []
    for i in range(rows):
        if i % 5 == 0:
            body.append(Row(f"Class {i // 5}", (), 0))
        label = NASTY[i % len(NASTY)] + f" {i}"
        body.append(Row(label, tuple(Cell(f"{i + j} ({i}.0%)") for j in range(columns)), 1))
    heads = tuple(Column(f"Group {j}", 10 + j) for j in range(columns))
    return Result(
        "nasty",
        "Title {\\b x} <i>",
        "Safety & all",
        "Label",
        heads,
        tuple(body),
        ("A note.", "B \\note"),
        kind,
    )


@pytest.mark.parametrize("render", [to_rtf, to_docx, render_html, to_csv])
def test_the_same_table_gives_the_same_bytes(render):
    assert render(table()) == render(table())


def test_rtf_is_ascii_and_balanced():
    data = to_rtf(table(60))
    text = data.decode("ascii")
    bare = re.sub(r"\\[\\{}]", "", text)
    depth = 0
    for c in bare:
        depth += (c == "{") - (c == "}")
        assert depth >= 0
    assert depth == 0
    assert "\\{\\\\rtf1 \\\\b bold\\}" in text  # shown, not run
    assert "\\u8805?" in text
    assert "\\u-10179?\\u-8704?" in text  # a pair of halves for a character beyond 16 bits
    assert "\x00" not in text


def test_title_and_notes_stand_in_header_and_footer():
    rtf = to_rtf(table(80)).decode()
    header, footer = rtf.split("{\\header", 1)[1].split("{\\footer", 1)
    assert "Title \\{\\\\b x\\}" in header
    assert "PAGE" in header
    assert "NUMPAGES" in header
    assert "A note." in footer.split("\n\\pard\\plain", 1)[0] or "A note." in footer
    with zipfile.ZipFile(io.BytesIO(to_docx(table(80)))) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")}
    head = "".join(text for name, text in parts.items() if "header" in name)
    foot = "".join(text for name, text in parts.items() if "footer" in name)
    assert "Title {\\b x} &lt;i&gt;" in head
    assert 'w:instr="NUMPAGES"' in head
    assert "A note." in foot


def test_simulated_data_say_so_on_every_page():
    simulated = table(kind="simulated")
    assert "SIMULATED DATA" in to_rtf(simulated).decode().split("{\\footer")[0]
    assert "SIMULATED DATA" in render_html(simulated)
    assert "SIMULATED DATA" not in render_html(table())


def test_docx_holds_every_cell():
    import docx

    result = table(60)
    document = docx.Document(io.BytesIO(to_docx(result)))
    shown = [[cell.text for cell in row.cells] for item in document.tables for row in item.rows]
    wanted = {
        (row.label.replace("\x00", "").replace("\x07", ""), *(cell.text for cell in row.cells))
        for row in result.rows
        if row.cells
    }
    assert wanted <= {tuple(row) for row in shown}
    assert document.core_properties.created.year == 1980


def test_pages_repeat_names_and_never_end_with_one():
    (panel,) = lay_out(table(400))
    assert len(panel.pages) > 5
    shown = []
    for page in panel.pages:
        assert not page[-1].is_heading
        if page[0].is_heading and page[0].label.endswith("(continued)"):
            shown += page[1:]
        else:
            assert page[0].indent == 0
            shown += page
    assert tuple(shown) == panel.result.rows


def test_a_wide_table_becomes_panels_with_every_column_once():
    wide = table(10, 30)
    panels = lay_out(wide)
    assert len(panels) > 1
    assert [c for panel in panels for c in panel.result.columns] == list(wide.columns)
    assert all(sum(panel.widths) <= 842 - 2 * 48 + 1 for panel in panels)


def test_html_shows_markup_as_text():
    html = render_html(table())
    assert "<b>" not in html
    assert "<i>" not in html
    assert "a &amp; b &lt; c &gt; &quot;d&quot; 1" in html
    assert "\x00" not in html
    assert html.count("<tr>") + html.count('<tr class="heading">') == 1 + len(table().rows) + 2


def test_csv_cells_are_no_formulas_and_read_back():
    text = to_csv(table(14))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == len(table(14).rows)
    assert not any(value.startswith(("=", "@", "+", "-")) for row in rows for value in row.values())
    assert rows[1]["Group 0 (N=10)"] == "0 (0.0%)"


def test_plain_rows_have_one_cell_a_column():
    heads, rows = plain_rows(table())
    assert {len(row) for row in rows} == {len(heads)}


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice opens what was written")
@pytest.mark.slow
@pytest.mark.parametrize(("ending", "render"), [("rtf", to_rtf), ("docx", to_docx)])
def test_libreoffice_sets_one_page_for_each_page(tmp_path, ending, render):
    result = table(120)
    path = tmp_path / f"t.{ending}"
    path.write_bytes(render(result))
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    subprocess.run(
        ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, path],
        check=True,
        capture_output=True,
        timeout=180,
    )
    data = (tmp_path / "t.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", data)) == sum(len(panel.pages) for panel in lay_out(result))
