"""``mitograft score`` as a user meets it: good files, every kind of bad file, every way out."""

import csv
import io
import json
import os
import zipfile

import polars as pl
import pytest
import xlsxwriter

from mitograft.tables.read import read_table

HEADER = "subject,visit,physician_global,patient_global,mmt8,mmt8_max,haq,extramuscular,ck,ck_uln"
GOOD = f"""{HEADER}
P1,0,6,5,130,150,1,3,800,200
P1,12,4,4,134,150,1,3,710,200
P2,0,7,7,100,150,2.5,7,4000,200
P2,12,2.9,4,146,150,1.25,,900,200
P2,4,7,7,100,150,2.5,7,4000,200
"""


@pytest.fixture
def table(tmp_path):
    """Write a text as a file and return its path."""

    def write(text, name="patients.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_output_has_the_documented_columns_one_row_a_later_visit(mitograft, table):
    run = mitograft("score", table(GOOD))
    assert run.code == 0
    measures = ["physician_global", "patient_global", "mmt8", "haq", "enzyme", "extramuscular"]
    expected = ["subject", "visit", *(f"pct_{m}" for m in measures), *(f"points_{m}" for m in measures)]
    assert run.out.splitlines()[0].split(",") == [
        *expected,
        "tis",
        "tis_low",
        "tis_high",
        "category",
        "missing",
    ]
    rows = rows_of(run.out)
    assert [(r["subject"], r["visit"]) for r in rows] == [("P1", "12"), ("P2", "12"), ("P2", "4")]
    assert (rows[0]["tis"], rows[0]["category"], rows[0]["missing"]) == ("27.5", "minimal", "")
    assert rows[0]["pct_mmt8"] == "2.666667"
    assert (rows[1]["tis"], rows[1]["category"], rows[1]["missing"]) == ("", "", "extramuscular")
    assert (rows[1]["tis_low"], rows[1]["tis_high"]) == ("77.5", "97.5")
    assert rows[2]["tis"] == "0"


@pytest.mark.parametrize(
    ("policy", "total", "category"),
    [
        ("strict", "", ""),
        ("zero", "77.5", "major"),
        ("bounds", "", "major"),
        ("rescale", "96.875", "major (non-standard)"),
    ],
)
def test_each_policy_for_a_missing_measure(mitograft, table, policy, total, category):
    run = mitograft("score", table(GOOD), "--missing", policy)
    row = rows_of(run.out)[1]
    assert (row["tis"], row["category"]) == (total, category)
    assert ("non-standard" in run.err) == (policy == "rescale")


def test_baseline_can_be_named_and_earlier_visits_are_told(mitograft, table):
    run = mitograft("score", table(GOOD), "--baseline", "4")
    assert run.code == 2
    assert "a subject without visit '4'" in run.err
    only = "\n".join(line for line in GOOD.splitlines() if not line.startswith("P1"))
    run = mitograft("score", table(only), "--baseline", "4")
    assert [r["visit"] for r in rows_of(run.out)] == ["12"]
    assert "visits before the baseline in row 2" in run.err


def test_named_visits_need_a_named_baseline(mitograft, table):
    text = GOOD.replace(",0,", ",BL,").replace(",12,", ",W12,")
    run = mitograft("score", table(text))
    assert run.code == 2
    assert "a visit that is not a number" in run.err
    assert "--baseline VISIT" in run.err
    assert len(rows_of(mitograft("score", table(text), "--baseline", "BL").out)) == 3


def test_juvenile_thresholds(mitograft, table):
    assert rows_of(mitograft("score", table(GOOD), "--population", "juvenile").out)[0]["category"] == "none"


def test_columns_are_mapped_and_ignored(mitograft, table):
    text = GOOD.replace("physician_global", "PGA (cm)").replace("subject", "site,subject", 1)
    text = "\n".join(f"S,{line}" if i else line for i, line in enumerate(text.splitlines()))
    run = mitograft("score", table(text), "--map", "PGA (cm)=physician_global", "--ignore", "site")
    assert run.code == 0
    assert rows_of(run.out)[0]["tis"] == "27.5"
    wrong = mitograft("score", table(text), "--map", "PGA=physician_global")
    assert wrong.code == 2
    assert "expected a column of patients.csv" in wrong.err


def test_an_overridden_parameter_is_applied_and_flagged(mitograft, table):
    run = mitograft("score", table(GOOD), "--set", "ck_multiple=8", "--json")
    document = json.loads(run.out)
    assert document["rows"][0]["points_enzyme"] == 2.5  # a fall of 0.45 x ULN is 5.6 % of 8 x ULN
    (flag,) = [f for f in document["flagged"] if f["id"] == "ck_multiple"]
    assert (flag["value"], flag["status"]) == ("8", "overridden")
    assert mitograft("score", table(GOOD), "--set", "ck_multiple=zero").code == 2
    assert mitograft("score", table(GOOD), "--set", "nonsense=1").code == 2


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "parquet", "json"])
def test_every_output_holds_the_same_rows(mitograft, table, tmp_path, ending):
    out = tmp_path / f"scores.{ending}"
    assert mitograft("score", table(GOOD), "-o", out).code == 0
    totals = [27.5, None, 0.0]
    if ending == "json":
        assert [row["tis"] for row in json.loads(out.read_text())] == totals
    elif ending == "parquet":
        assert pl.read_parquet(out)["tis"].to_list() == totals
    elif ending == "xlsx":
        assert list(read_table(out).columns["tis"]) == totals
    else:
        text = io.StringIO(out.read_text(encoding="utf-8"))
        rows = list(csv.DictReader(text, delimiter="\t" if ending == "tsv" else ","))
        assert [row["tis"] for row in rows] == ["27.5", "", "0"]


@pytest.mark.parametrize("ending", ["tsv", "xlsx", "parquet"])
def test_every_input_gives_the_same_scores(mitograft, table, tmp_path, ending):
    expected = mitograft("score", table(GOOD)).out
    path = tmp_path / f"patients.{ending}"
    frame = pl.read_csv(io.StringIO(GOOD))
    if ending == "tsv":
        frame.write_csv(path, separator="\t")
    elif ending == "parquet":
        frame.write_parquet(path)
    else:
        frame.write_excel(path)
    assert mitograft("score", path).out == expected


def test_cells_cannot_become_formulas(mitograft, table, tmp_path):
    text = GOOD.replace("P1", '"=HYPERLINK(""http://x"")"')
    assert mitograft("score", table(text)).code == 2  # a formula is no subject identifier
    out = tmp_path / "scores.xlsx"
    assert mitograft("score", table(GOOD.replace("P1", "@SUM(1)")), "-o", out).code == 0
    with zipfile.ZipFile(out) as book:
        assert b"<f" not in book.read("xl/worksheets/sheet1.xml")


def bad(old, new, text=GOOD):
    assert old in text
    return text.replace(old, new, 1)


BAD = {
    "unknown column": (bad("haq", "haqq"), ["row 1, column haqq", "Did you mean 'haq'?", "column haq"]),
    "off scale": (
        bad("P1,0,6,", "P1,0,60,"),
        ["row 2, column physician_global: found '60'", "from 0 to 10 cm"],
    ),
    "negative": (bad("P1,0,6,", "P1,0,-6,"), ["found '-6'"]),
    "MMT above its maximum": (bad(",134,150", ",134,80"), ["row 3, column mmt8: found 134 of 80"]),
    "MMT maximum unknown": (bad(",134,150", ",134,100"), ["80 or 150 (MMT-8), or 260 (MMT-24)"]),
    "MMT maximum missing": (bad(",134,150", ",134,"), ["no maximum beside a strength score"]),
    "HAQ not reachable": (bad(",150,1,3,710", ",150,1.31,3,710"), ["row 3, column haq: found '1.31'"]),
    "missing ULN": (
        bad(",710,200", ",710,"),
        ["row 3, column ck_uln", "no upper limit beside a value of ck"],
    ),
    "no ULN column": (
        "\n".join(line.rpartition(",")[0] for line in GOOD.splitlines()),
        ["a column ck without ck_uln"],
    ),
    "duplicate subject-visit": (bad("P1,12,", "P1,0,"), ["row 3", "the same subject and visit as in row 2"]),
    "mixed units": (bad(",710,200", ",11.8,3.3"), ["row 3, column ck_uln: found 3.3", "1 ukat/L = 60 U/L"]),
    "text in numbers": (bad("P1,12,4,", "P1,12,four,"), ["row 3, column physician_global: found text of 4"]),
    "decimal comma": (bad("P1,12,4,", 'P1,12,"4,5",'), ["found '4,5'", "with a decimal point"]),
    "infinite": (bad("P1,12,4,", "P1,12,1e999,"), ["found '1e999'"]),
    "formula in a cell": (
        bad("P1,12,4,", "P1,12,=4+1,"),
        ["row 3, column physician_global: found a formula"],
    ),
    "no later visit": ("\n".join(GOOD.splitlines()[:2]), ["one visit for every subject"]),
    "empty subject": (bad("P1,12,", ",12,"), ["row 3, column subject: found an empty cell"]),
    "header only": (HEADER + "\n", ["no records below the header"]),
    "empty file": ("", ["mpty"]),
    "wrong encoding": (GOOD.replace("P1", "Pé").encode("latin-1"), ["UTF-8"]),
    "UTF-16": (GOOD.encode("utf-16"), ["UTF-8"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_clear_message_and_writes_nothing(mitograft, table, tmp_path, case):
    text, sentences = BAD[case]
    out = tmp_path / "scores.csv"
    out.write_text("earlier")
    run = mitograft("score", table(text), "-o", out)
    assert run.code == 2
    assert run.out == ""
    assert run.err.count("Error:") == 1
    assert "Traceback" not in run.err
    for sentence in sentences:
        assert sentence in run.err
    assert out.read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["patients.csv", "scores.csv"]


def test_all_violations_come_at_once(mitograft, table):
    text = bad("P1,0,6,", "P1,0,60,", bad(",134,150", ",134,80", bad("P2,12,2.9,", "P2,12,x,")))
    run = mitograft("score", table(text), "--json")
    document = json.loads(run.out)
    assert (run.code, document["ok"], run.err) == (2, False, "")
    places = [(v["row"], v["column"], v["rule"]) for v in document["error"]["violations"]]
    assert places == [
        (2, "physician_global", "off-scale"),
        (3, "mmt8", "above-maximum"),
        (3, "mmt8_max", "maximum-changes"),
        (5, "physician_global", "not-a-number"),
    ]


def test_named_units_must_agree(mitograft, table):
    lines = GOOD.splitlines()
    text = "\n".join([f"{lines[0]},ck_unit", *(f"{line},U/L" for line in lines[1:3]), f"{lines[3]},ukat/L",
                      f"{lines[4]},kat", f"{lines[5]},U/L"])  # fmt: skip
    run = mitograft("score", table(text))
    assert run.code == 2
    assert "row 4, column ck_unit: found ukat/L after U/L in row 2" in run.err
    assert "row 5, column ck_unit: found 'kat'" in run.err
    assert mitograft("score", table(text.replace("ukat/L", "U/L").replace(",kat", ",U/L"))).code == 0


def test_microkat_and_units_per_litre_give_the_same_score(mitograft, table):
    # 1 microkat/L = 60 U/L: 12 and 10.65 of 3 are 720 and 639 of 180.
    values = [(",800,200", "12,3", "720,180"), (",710,200", "10.65,3", "639,180"),
              (",4000,200", "60,3", "3600,180"), (",900,200", "13.5,3", "810,180")]  # fmt: skip
    kat = units = GOOD
    for old, in_kat, in_units in values:
        kat, units = kat.replace(old, f",{in_kat}"), units.replace(old, f",{in_units}")
    kat, units = (mitograft("score", table(text)).out for text in (kat, units))
    assert kat == units


def test_a_directory_a_missing_file_and_an_unknown_ending(mitograft, tmp_path, table):
    for path in (tmp_path, tmp_path / "absent.csv", table("x", "notes.doc")):
        run = mitograft("score", path)
        assert (run.code, run.out) == (2, "")
        assert "Error:" in run.err


def test_a_file_without_read_permission(mitograft, table, monkeypatch):
    path = table(GOOD)
    path.chmod(0)
    if os.geteuid() == 0:  # the administrator reads everything: refuse as the system would
        opened = os.open

        def refuse(name, *args, **kwargs):
            if os.fspath(name) == str(path):
                raise PermissionError(13, "Permission denied", name)
            return opened(name, *args, **kwargs)

        monkeypatch.setattr(os, "open", refuse)
        monkeypatch.setattr("pathlib.Path.open", lambda self, *_, **__: refuse(self))
    run = mitograft("score", path)
    assert (run.code, run.out) == (2, "")
    assert "permission" in run.err.lower()


def test_a_300_fold_compressed_workbook(mitograft, tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/worksheets/sheet1.xml", b"<row></row>" * 5_000_000)
    run = mitograft("score", path)
    assert (run.code, run.out) == (2, "")
    assert "compress" in run.err


def test_a_formula_in_a_workbook_cell(mitograft, tmp_path):
    path = tmp_path / "patients.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for r, line in enumerate(GOOD.splitlines()):
            for c, cell in enumerate(line.split(",")):
                sheet.write(r, c, float(cell) if r and c and cell else cell)
        sheet.write_formula(2, 2, "=2+2", None, 4)
    run = mitograft("score", path)
    assert (run.code, run.out) == (2, "")
    assert "formula" in run.err
    assert "row 3" in run.err


def test_the_output_may_not_be_the_input(mitograft, table):
    path = table(GOOD)
    run = mitograft("score", path, "-o", path)
    assert run.code == 2
    assert "the output is the input file" in run.err
    assert path.read_text() == GOOD


def test_patient_values_stay_out_of_messages(mitograft, table):
    text = GOOD.replace("P1", "CANARY-NAME").replace("CANARY-NAME,12,4", "CANARY-NAME,12,secret-note")
    run = mitograft("score", table(text))
    assert run.code == 2
    assert "CANARY" not in run.err
    assert "secret" not in run.err


def test_small_files_load_no_heavy_package(table):
    import subprocess
    import sys

    code = (
        "import sys\nfrom mitograft.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit as end: assert not end.code\n"
        "heavy = {'pandas', 'polars', 'scipy', 'matplotlib', 'pyarrow', 'pydantic', 'pint', 'rich'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    for words in (["score", str(table(GOOD))], ["--help"], ["score", "--help"], ["--version"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
