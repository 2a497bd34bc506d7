"""What may be wrong with the path itself: one clear sentence each, exit code 2."""

import os
from pathlib import Path

import pytest

from mitograft.errors import EnvironmentFault, InputError, UsageError
from mitograft.tables.read import read_table

GOOD = "subject,visit\nS1,0\n"


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(UsageError, match="found a folder; expected a file"):
        read_table(tmp_path)


def test_a_folder_with_the_right_ending_is_no_table(tmp_path):
    folder = tmp_path / "cohort.csv"
    folder.mkdir()
    with pytest.raises(UsageError, match="found a folder; expected a file"):
        read_table(folder)


def test_a_link_to_a_folder_is_no_table(tmp_path):
    link = tmp_path / "cohort.csv"
    link.symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(UsageError, match="found a folder"):
        read_table(link)


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_an_absent_file(tmp_path, ending):
    with pytest.raises(UsageError, match=r"no such file. Check the name and the folder"):
        read_table(tmp_path / f"cohort.{ending}")


def test_a_dangling_link(tmp_path):
    link = tmp_path / "cohort.csv"
    link.symlink_to(tmp_path / "gone.csv")
    with pytest.raises(UsageError, match="no such file"):
        read_table(link)


def test_a_link_to_itself(tmp_path):
    link = tmp_path / "cohort.csv"
    link.symlink_to(link)
    with pytest.raises(UsageError, match="not a path to a file"):
        read_table(link)


def test_a_file_used_as_a_folder(make_file):
    path = make_file("cohort.csv", GOOD)
    with pytest.raises(UsageError, match="not a path to a file"):
        read_table(path / "more.csv")


@pytest.mark.parametrize("name", ["a\x00b.csv", "x" * 5000 + ".csv"], ids=["nul", "long"])
def test_a_name_no_file_can_have(tmp_path, name):
    with pytest.raises(UsageError, match="not a path to a file"):
        read_table(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    pipe = tmp_path / "cohort.csv"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match="found a device or pipe; expected a regular file"):
        read_table(pipe)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_a_device_is_refused(tmp_path):
    link = tmp_path / "cohort.csv"
    link.symlink_to("/dev/zero")
    with pytest.raises(UsageError, match="found a device or pipe"):
        read_table(link)


def test_a_file_without_read_permission(make_file, monkeypatch):
    # The tests may run as root, whom no permission stops: the refusal is put in where the file is opened.
    path = make_file("cohort.csv", GOOD)

    def refuse(*_args, **_more):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UsageError, match="no permission to read this file"):
        read_table(path)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="root reads every file; the test above covers the message",
)
def test_a_file_without_read_permission_for_a_common_user(make_file):
    path = make_file("cohort.csv", GOOD)
    path.chmod(0)
    with pytest.raises(UsageError, match="no permission to read this file"):
        read_table(path)


def test_a_failing_disk_is_not_the_users_fault(make_file, monkeypatch):
    path = make_file("cohort.csv", GOOD)

    def fail(*_args, **_more):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(EnvironmentFault, match=r"could not read this file \(Input/output error\)"):
        read_table(path)


@pytest.mark.parametrize("ending", ["csv", "tsv", "txt", "xlsx", "parquet"])
def test_a_file_of_no_bytes(make_file, ending):
    with pytest.raises(InputError, match=r"an empty file \(0 bytes\)") as caught:
        read_table(make_file(f"cohort.{ending}", b""))
    assert [v.rule for v in caught.value.violations] == ["empty-file"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("cohort", r"found no ending; expected one of .csv, .tsv, .txt, .xlsx, .parquet"),
        ("cohort.doc", r"found the ending '.doc'; expected one of"),
        ("cohort.xls", r"save it as .xlsx"),
        ("cohort.xlsm", r"without macros"),
        ("cohort.csv.gz", r"Unpack it first"),
    ],
)
def test_an_ending_that_is_not_read(make_file, name, sentence):
    with pytest.raises(UsageError, match=sentence):
        read_table(make_file(name, GOOD))


def test_endings_do_not_depend_on_case(make_file):
    assert read_table(make_file("COHORT.CSV", GOOD)).columns == {"subject": ["S1"], "visit": ["0"]}


def test_only_workbooks_have_sheets(make_file):
    with pytest.raises(UsageError, match=r"only a workbook .* has sheets; leave out the sheet 'Data'"):
        read_table(make_file("cohort.csv", GOOD), sheet="Data")


def test_a_file_larger_than_any_table_is_refused_unread(tmp_path):
    path = tmp_path / "cohort.xlsx"
    with path.open("wb") as stream:
        stream.truncate(200_000_000)  # a hole on disk: takes no space
    with pytest.raises(InputError, match="more than 100 MB; expected at most 100 MB"):
        read_table(path)


MAGIC = {
    "a PNG image": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "a JPEG image": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "a PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "a gzip archive": b"\x1f\x8b\x08\x00",
    r"an old Excel file \(.xls\) or a workbook with a password": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    + bytes(64),
    "a web page": b"<!DOCTYPE html><html><body>Please log in</body></html>",
    "an SQLite database": b"SQLite format 3\x00" + bytes(32),
    "an XML document": b'\xef\xbb\xbf<?xml version="1.0"?><a/>',
}


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "parquet"])
@pytest.mark.parametrize("kind", MAGIC)
def test_content_that_is_not_what_the_ending_says(make_file, kind, ending):
    with pytest.raises(InputError, match=f"found {kind}; expected a") as caught:
        read_table(make_file(f"cohort.{ending}", MAGIC[kind]))
    assert [v.rule for v in caught.value.violations] == ["wrong-content"]


def test_a_workbook_called_csv(make_file, pack_workbook, header_row):
    with pytest.raises(InputError, match="a zip archive or an Office document; expected a table as text"):
        read_table(make_file("cohort.csv", pack_workbook(header_row)))


def test_a_column_named_like_a_parquet_file_is_text(make_file):
    assert read_table(make_file("par.csv", "PAR1,b\n1,2\n")).columns == {"PAR1": ["1"], "b": ["2"]}
