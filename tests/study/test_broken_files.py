"""Every kind of broken file a laboratory makes ends in one clear message, and harms nothing in ``out/``.

One case is one function that breaks the study folder, with the words the message must hold: the file, the
place, what was found there and what to do. A new kind of mistake is a new function under ``@breaks``.
"""

import hashlib
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from PIL import Image

from mitograft.assays.myotube.read import read_field
from mitograft.assays.myotube.simulate import FieldTruth, simulate_field, write_ome_tiff
from mitograft.seeds import stream
from mitograft.simulation.truth import StudyTruth
from mitograft.simulation.write import simulate_study

DONORS = 2
IMAGE = "H1_0_1.ome.tif"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# One problem in one line: where, what was found, what was expected, what to do, and the rule.
PROBLEM = re.compile(r"  - (.+: )?found .+; expected .+\. [A-Z].+\. \[[a-z-]+\]")


@dataclass(frozen=True)
class Case:
    """How to break a study, the words the message must hold, how many problems it lists, what is missing."""

    damage: Callable
    words: tuple[str, ...]
    problems: int
    pending: str


CASES: dict[str, Case] = {}


def breaks(*words, problems=1, pending=""):
    """Register a way to break a study; ``pending`` says what mitograft does not yet do about it."""

    def register(damage):
        CASES[damage.__name__] = Case(damage, words, problems, pending)
        return damage

    return register


# Wave workbooks


def wave(study, number=1):
    return study / "invitro" / "seahorse" / f"seahorse_{number}.xlsx"


def ole(stream_name):
    """Return the beginning of an OLE2 file whose directory names one stream."""
    return OLE + bytes(1024 - len(OLE)) + stream_name.encode("utf-16-le") + bytes(1000)


def rewrite(path, part, old, new):
    """Replace bytes in one part of a workbook."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)


@breaks("seahorse_2.xlsx", "damaged or incomplete", "Copy the file again")
def truncated_workbook(study):
    wave(study, 2).write_bytes(wave(study, 2).read_bytes()[:4000])


@breaks("seahorse_1.xlsx", "no sheet 'Rate'", "Rename the sheet 'Rates' back to 'Rate'")
def renamed_sheet(study):
    rewrite(wave(study), "xl/workbook.xml", b'name="Rate"', b'name="Rates"')


@breaks("seahorse_1.xlsx", "empty file (0 bytes)", "Copy the file again")
def empty_workbook(study):
    wave(study).write_bytes(b"")


@breaks("seahorse_1.xlsx", "an old Excel file (.xls)", "save it as .xlsx")
def old_workbook_renamed(study):
    wave(study).write_bytes(ole("Workbook"))


@breaks("seahorse_1.xlsx", "a workbook with a password", "without the password")
def workbook_with_password(study):
    wave(study).write_bytes(ole("EncryptedPackage"))


@breaks("seahorse_1.xlsx", "a web page", "export it to Excel anew")
def download_page_saved_as_workbook(study):
    wave(study).write_text("<!DOCTYPE html><html><body>Please sign in</body></html>")


@breaks("seahorse_2.xlsx", "one plate barcode", "seahorse_9.xlsx", "correct the barcode")
def two_wave_plates_with_one_barcode(study):
    wave(study, 2).unlink()
    shutil.copy(wave(study), wave(study, 2))
    shutil.copy(wave(study), wave(study, 9))


# Plates and layouts


def plate(study, number=1, assay="atp"):
    return study / "invitro" / "plates" / f"{assay}_{number}.csv"


def layout(study, assay="atp"):
    return study / "invitro" / "plates" / f"layout_{assay}.csv"


def to_grid(path, cells):
    """Save a tidy plate file as a grid, some cells replaced: the layout stands in a table of its own."""
    rows = [line.split(",") for line in path.read_text().splitlines()[1:]]
    signals = {row[1]: row[2] for row in rows} | cells
    columns = range(1, 13)
    lines = [rows[0][0], ",".join(["", *map(str, columns)])]
    lines += [",".join([r, *(signals.get(f"{r}{c:02d}", "") for c in columns)]) for r in "ABCDEFGH"]
    path.write_text("\n".join(lines) + "\n")


@breaks("layout_atp.csv", "A01", "1 measured well", "atp_1.csv", "role 'unused'", problems=DONORS)
def layout_with_a_missing_well(study):
    for number in range(1, DONORS + 1):
        to_grid(plate(study, number), {})
    lines = layout(study).read_text().splitlines(keepends=True)
    layout(study).write_text("".join(line for line in lines if ",A01," not in line))


@breaks("layout_atp.csv", "column well", "well B01 a second time", "Keep one of the two rows")
def well_twice_in_a_layout(study):
    lines = layout(study).read_text().splitlines(keepends=True)
    layout(study).write_text("".join([*lines, lines[2]]))


@breaks(
    *("atp_2.csv", "which atp_1.csv holds too", "correct the barcode"),
)
def two_plate_files_with_one_barcode(study):
    text = plate(study, 1).read_text()
    plate(study, 2).write_text(text.replace(",C1,", ",C2,"))
    kept = [line for line in layout(study).read_text().splitlines() if "atp_2," not in line]
    layout(study).write_text("\n".join(kept) + "\n")


@breaks("atp_1.csv", "row 4, column B03", "text of 5 characters", "a number", "row 5, column C07", problems=2)
def text_in_a_plate_grid(study):
    to_grid(plate(study), {"B03": "12O4x", "C07": "1.2.3"})


@breaks("viability_2.csv", "row 3, column signal", "'1,8'", "number")
def decimal_comma_in_a_tidy_plate(study):
    path = plate(study, 2, "viability")
    lines = path.read_text().splitlines()
    cells = lines[2].split(",")
    lines[2] = ",".join([*cells[:2], '"1,8"', *cells[3:]])
    path.write_text("\n".join(lines) + "\n")


@breaks("atp_1.csv", "empty file (0 bytes)", "Export the plate again")
def empty_plate_file(study):
    plate(study).write_bytes(b"")


@breaks("atp_1.csv", "a zip archive or an Office document", "Export the plate again")
def workbook_named_csv(study):
    shutil.copy(wave(study), plate(study))


@breaks("study.toml", "line ", "atp_2.csv", "invitro/plates", "Put them there")
def plate_file_that_is_not_there(study):
    plate(study, 2).unlink()


# Images


def field(study, name=IMAGE):
    return study / "invitro" / "myotubes" / name


def replace_bytes(path, old, new):
    """Replace text in the description of a TIFF, length kept, so that the file stays whole."""
    data = path.read_bytes()
    assert old in data
    assert len(old) == len(new)
    path.write_bytes(data.replace(old, new))


def planes(study):
    image = read_field(field(study))
    return image.nuclei, image.myosin


@breaks(IMAGE, "nucleus-like spots in the myosin channel", "Swap the two channels", "[swapped-channels]")
def channel_names_swapped(study):
    for old, new in ((b"DAPI", b"XXXX"), (b"MyHC", b"DAPI"), (b"XXXX", b"MyHC")):
        replace_bytes(field(study), old, new)


@breaks(IMAGE, "nucleus-like spots in the myosin channel", "Swap the two channels", "[swapped-channels]")
def channel_planes_swapped(study):
    write_ome_tiff(field(study), planes(study)[::-1], 0.65, "swapped")


@breaks(IMAGE, "the same picture in both channels", "Check the export")
def one_channel_exported_twice(study):
    write_ome_tiff(field(study), planes(study)[:1] * 2, 0.65, "twice")


@breaks(IMAGE, "no pixel size in the file", "Give pixel_size_um", "never assumed")
def missing_scale(study):
    for axis in (b"X", b"Y"):
        old = b'PhysicalSize%s="0.65"' % axis
        replace_bytes(field(study), old, b" " * len(old))


@breaks(IMAGE, "650 µm", "Check the unit")
def scale_in_the_wrong_unit(study):
    replace_bytes(field(study), "µm".encode(), b"mm ")


@breaks(IMAGE, "one channel", "two channels", "Export both channels")
def image_with_a_single_channel(study):
    write_ome_tiff(field(study), planes(study)[:1], 0.65, "single", ("DAPI",))


@breaks(IMAGE, "'Ch1', 'Ch2'", "one channel named for nuclei")
def channels_without_a_telling_name(study):
    write_ome_tiff(field(study), planes(study), 0.65, "unnamed", ("Ch1", "Ch2"))


@breaks(IMAGE, "damaged", "TIFF", "Copy")
def truncated_image(study):
    field(study).write_bytes(field(study).read_bytes()[:200_000])


@breaks(IMAGE, "neither TIFF nor PNG", "Export the field again")
def photograph_renamed(study):
    Image.new("RGB", (200, 200)).save(field(study), format="JPEG")


# The table of samples


def samples(study):
    return study / "invitro" / "samples.csv"


def add_sample(study, **cells):
    """Add a first row, whatever other columns the table has."""
    header, rest = samples(study).read_text().split("\n", 1)
    assert set(cells) <= set(header.split(","))
    row = ",".join(cells.get(name, "") for name in header.split(","))
    samples(study).write_text("\n".join([header, row, rest]))


@breaks(
    *("samples.csv", "row 2, column source", "'seahorse_7.xlsx'", "Correct the name"),
)
def sample_of_a_file_that_does_not_exist(study):
    add_sample(study, source="seahorse_7.xlsx", group="IIM", donor="P7", condition="IIM")


@breaks(
    *("samples.csv", "as in row 2", "Keep one of the two rows"),
)
def sample_row_twice(study):
    add_sample(study, source="seahorse_1.xlsx", group="IIM", donor="P9", condition="healthy")


@breaks("samples.csv", "row 3, column donor", "an empty cell")
def sample_without_a_donor(study):
    text = samples(study).read_text()
    samples(study).write_text(text.replace(",H1,", ",,", 1))


@breaks("samples.csv", "empty file", "[empty-file]")
def empty_samples(study):
    samples(study).write_bytes(b"")


# Several at once


@breaks(
    *("seahorse_1.xlsx: found an empty file", "seahorse_2.xlsx: found no sheet 'Raw'"),
    problems=2,
)
def two_broken_workbooks(study):
    empty_workbook(study)
    rewrite(wave(study, 2), "xl/workbook.xml", b'name="Raw"', b'name="Roh"')


@breaks(
    *("seahorse_2.xlsx: found a damaged", "atp_1.csv, row 4", "viability_1.csv: found an empty file"),
    *(f"{IMAGE}: found no pixel size", "samples.csv, row 3"),
    problems=6,
)
def a_broken_file_of_every_assay(study):
    truncated_workbook(study)
    text_in_a_plate_grid(study)
    plate(study, 1, "viability").write_bytes(b"")
    missing_scale(study)
    sample_without_a_donor(study)


# The tests


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """A small simulated study, analysed once."""
    from mitograft.study.folder import open_study
    from mitograft.study.run import run_study

    study = tmp_path_factory.mktemp("broken") / "study"
    simulate_study(study, 11, StudyTruth(donors=DONORS, fields=0))
    for letter, code, condition in (("H", 0, "healthy"), ("P", 1, "IIM")):
        name = f"{letter}1_{code}_1.ome.tif"
        truth = FieldTruth(name, size_px=320, nuclei_per_mm2=1600.0)
        simulate_field(truth, field(study, name), stream(11, "broken", code))
        add_sample(study, source=name, donor=f"{letter}1", condition=condition)
    toml = study / "study.toml"
    for folder in ("mouse", "trial", "product"):  # broken in tests of their own
        shutil.rmtree(study / folder)
    for image in (study / "invitro" / "uptake").glob("uptake_*.tif"):  # slow to measure
        image.unlink()
    (study / "invitro" / "uptake" / "uptake_images.csv").unlink()
    head, claims = toml.read_text().split("\n[claims]")
    head = head.partition("\n[mouse]")[0].replace('[product]\nfolder = "product"\n', "")
    parts = [part for part in head.split("[[invitro.comparisons]]") if "myotube." not in part]
    head = re.sub(r', "(atp|viability)_[345]\.csv"', "", "[[invitro.comparisons]]".join(parts))
    toml.write_text(f"{head}\n[claims]{claims}")
    run_study(open_study(study), command=["mitograft", "run"])
    return study


@pytest.fixture
def study(whole, tmp_path):
    """A copy to break."""
    return shutil.copytree(whole, tmp_path / "study")


def digests(folder):
    """Return every file and folder below with the hash of what it holds."""
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else ""
        for p in folder.rglob("*")
    }


def parameters():
    for name, case in CASES.items():
        mark = [pytest.mark.xfail(reason=case.pending, strict=True)] if case.pending else []
        yield pytest.param(name, marks=mark)


@pytest.mark.parametrize("name", list(parameters()))
def test_a_broken_file_gets_one_clear_message_and_harms_nothing(mitograft, study, name):
    case = CASES[name]
    case.damage(study)
    before = digests(study)
    run = mitograft("run", study, "-q")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("Error: ")
    assert run.err.count("Error:") == 1
    assert "Traceback" not in run.err
    assert "not yours" not in run.err  # nor a fault of mitograft
    assert [word for word in case.words if word not in run.err] == []
    problems = run.err.splitlines()[1:]
    assert [line for line in problems if not PROBLEM.fullmatch(line)] == []
    assert len(problems) == case.problems
    assert digests(study) == before
