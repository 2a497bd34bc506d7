"""Atomic writes: what they refuse, and that a refusal changes nothing."""

import errno
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mitograft.errors import EnvironmentFault, InternalError, UsageError
from mitograft.provenance import atomic, atomic_directory, atomic_write_bytes, atomic_write_text
from mitograft.provenance.lock import locked

posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions and links of POSIX")


def everything(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")
    }


def refuse(code):
    def call(*_args, **_kwargs):
        raise OSError(code, os.strerror(code))

    return call


@pytest.fixture(params=["exchange", "renames"])
def both_ways(request, monkeypatch):
    if request.param == "renames":
        monkeypatch.setattr(atomic, "_exchange", lambda *_: False)


# Files


def test_text_is_written_as_it_is(tmp_path):
    path = tmp_path / "t.txt"
    atomic_write_text(path, "a\r\nb\n\u00b5")
    assert path.read_bytes() == b"a\r\nb\n\xc2\xb5"
    atomic_write_text(path, "")
    assert everything(tmp_path) == {"t.txt": b""}


def test_names_may_be_long_or_odd(tmp_path):
    for name in ("n" * 255, "\u00e9" * 120, "\U0001f9ec" * 60, "[a]*?.csv", " x ", "-o"):
        atomic_write_bytes(tmp_path / name, b"x")
        atomic_write_bytes(tmp_path / name, b"y")
    assert set(everything(tmp_path).values()) == {b"y"}
    assert len(everything(tmp_path)) == 6


@posix
def test_a_new_file_has_the_usual_permissions_and_an_old_one_keeps_its_own(tmp_path):
    plain, path = tmp_path / "plain", tmp_path / "t"
    plain.touch()
    atomic_write_bytes(path, b"1")
    assert path.stat().st_mode == plain.stat().st_mode
    path.chmod(0o640)
    atomic_write_bytes(path, b"2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@posix
def test_a_link_is_followed(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "t").write_bytes(b"1")
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "t")
    atomic_write_bytes(tmp_path / "link", b"2")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "deep" / "t").read_bytes() == b"2"


@pytest.mark.parametrize("target", ["folder", "none/t", "t/t"])
def test_a_wrong_path_is_for_the_person_to_mend(target, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "t").write_bytes(b"old")
    before = everything(tmp_path)
    with pytest.raises(UsageError, match=rf"Cannot write '.*{target}': found .*, expected .*\. .*\."):
        atomic_write_bytes(tmp_path / target, b"new")
    assert everything(tmp_path) == before


@posix
def test_a_device_is_never_replaced():
    with pytest.raises(UsageError, match="found a folder or device of that name"):
        atomic_write_bytes(Path("/dev/null"), b"x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


FAULTS = [
    (errno.ENOSPC, "found a full disk, expected room for the whole file. Free some space and run again"),
    (errno.EDQUOT, "found a used-up disk quota"),
    (errno.EACCES, "found no permission, expected permission for this account"),
    (errno.EPERM, "found no permission"),
    (errno.EROFS, "found a read-only disk, expected a disk that can be written. Choose another place"),
    (errno.EIO, "found Input/output error"),
]


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.open", "pathlib.Path.replace"])
@pytest.mark.parametrize(("code", "sentence"), FAULTS)
def test_a_refusal_of_the_machine_changes_nothing(step, code, sentence, tmp_path, monkeypatch):
    path = tmp_path / "t"
    path.write_bytes(b"old")
    with monkeypatch.context() as patched:
        patched.setattr(step, refuse(code))
        with pytest.raises(EnvironmentFault, match=rf"Cannot write '.*/t': {sentence}"):
            atomic_write_bytes(path, b"new")
    assert everything(tmp_path) == {"t": b"old"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_real_full_disk_is_named(tmp_path, monkeypatch):
    original = Path.open
    monkeypatch.setattr(Path, "open", lambda _self, mode: original(Path("/dev/full"), mode.replace("x", "w")))
    with pytest.raises(EnvironmentFault, match="found a full disk"):
        atomic_write_bytes(tmp_path / "t", b"x")


def test_an_interrupt_changes_nothing(tmp_path, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        atomic_write_bytes(tmp_path / "t", b"x")
    assert everything(tmp_path) == {}


def test_what_killed_writes_left_is_removed_once_it_is_stale(tmp_path):
    stale, fresh, other = (tmp_path / n for n in (".t.aa.tmp", ".t.bb.tmp", ".u.cc.tmp"))
    for path in (stale, fresh, other):
        path.write_bytes(b"half")
    for path in (stale, other):
        os.utime(path, (time.time() - 4000,) * 2)
    atomic_write_bytes(tmp_path / "t", b"x")
    assert set(everything(tmp_path)) == {"t", ".t.bb.tmp", ".u.cc.tmp"}


# Folders


def build(final, text, **options):
    with atomic_directory(final, **options) as folder:
        assert folder != final
        assert folder.parent == final.parent
        atomic_write_text(folder / "manifest.json", "mitograft")
        (folder / "tables").mkdir()
        (folder / "tables" / "t.csv").write_text(text)
        (folder / "empty").mkdir()


def result(text):
    return {
        "out": None,
        "out/manifest.json": b"mitograft",
        "out/tables": None,
        "out/tables/t.csv": text.encode(),
        "out/empty": None,
    }


@pytest.mark.usefixtures("both_ways")
def test_a_folder_is_swapped_whole(tmp_path):
    build(tmp_path / "out", "1")
    assert everything(tmp_path) == result("1")
    with atomic_directory(tmp_path / "out") as folder:
        atomic_write_text(folder / "manifest.json", "mitograft 2")
        assert {**everything(tmp_path / "out")} == {k[4:]: v for k, v in result("1").items() if k != "out"}
    assert everything(tmp_path) == {"out": None, "out/manifest.json": b"mitograft 2"}


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failed_block_leaves_the_earlier_folder(error, tmp_path):
    build(tmp_path / "out", "1")

    def fail(final):
        with atomic_directory(final) as folder:
            (folder / "half").write_text("half")
            raise error

    with pytest.raises(error):
        fail(tmp_path / "out")
    assert everything(tmp_path) == result("1")
    with pytest.raises(error):
        fail(tmp_path / "none")
    assert everything(tmp_path) == result("1")


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize(("code", "sentence"), FAULTS)
@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.mkdir", "pathlib.Path.rename"])
def test_a_refused_folder_leaves_the_earlier_one(step, code, sentence, tmp_path, monkeypatch):
    build(tmp_path / "out", "1")
    before = everything(tmp_path)

    with monkeypatch.context() as patched:
        if step == "pathlib.Path.rename":
            patched.setattr(atomic, "_exchange", refuse(code))
        patched.setattr(step, refuse(code))
        with (
            pytest.raises(EnvironmentFault, match=rf"Cannot write '.*/out': {sentence}"),
            atomic_directory(tmp_path / "out") as folder,
            (folder / "manifest.json").open("w") as stream,
        ):
            stream.write("mitograft")
    assert everything(tmp_path) == before


def test_when_the_second_rename_is_refused_the_earlier_folder_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "_exchange", lambda *_: False)
    build(tmp_path / "out", "1")
    original = Path.rename

    def rename(self, target):
        if self.name == ".out.new":
            raise OSError(errno.EBUSY, "busy")
        return original(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(EnvironmentFault, match="found a file or folder in use, expected one that is free"):
        build(tmp_path / "out", "2")
    assert everything(tmp_path) == result("1")


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("content", [{"notes.txt": "x"}, {"manifest.json": '{"name": "a web extension"}'}])
def test_a_folder_of_somebody_else_is_refused(content, tmp_path):
    (tmp_path / "out").mkdir()
    for name, text in content.items():
        (tmp_path / "out" / name).write_text(text)
    before = everything(tmp_path)
    with pytest.raises(
        UsageError, match=r"found a folder that mitograft did not write .*expected an earlier"
    ):
        build(tmp_path / "out", "2")
    assert everything(tmp_path) == before


def test_an_empty_folder_is_taken_and_a_file_is_refused(tmp_path):
    (tmp_path / "out").mkdir()
    build(tmp_path / "out", "1")
    assert everything(tmp_path) == result("1")
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="found a file of that name, expected"):
        build(tmp_path / "file", "1")
    assert (tmp_path / "file").read_text() == "x"


def test_a_missing_parent_is_for_the_person_to_mend(tmp_path):
    with pytest.raises(UsageError, match="found no such file or folder"):
        build(tmp_path / "none" / "out", "1")
    assert everything(tmp_path) == {}


def test_a_folder_without_its_marker_is_a_fault_of_ours(tmp_path):
    with (
        pytest.raises(InternalError, match=r"finished without its manifest\.json"),
        atomic_directory(tmp_path / "out"),
    ):
        pass
    assert everything(tmp_path) == {}


@pytest.mark.usefixtures("both_ways")
def test_kept_files_are_taken_over_from_the_start(tmp_path):
    final = tmp_path / "out"
    build(final, "1")
    (final / "audit.jsonl").write_text("1\n")
    (final / "tables" / "note.txt").write_text("mine")
    keep = ["audit.jsonl", "tables/note.txt", "not-there"]

    def fail():
        with atomic_directory(final, keep=keep) as folder:
            with (folder / "audit.jsonl").open("a") as stream:
                stream.write("2\n")
            raise ValueError("stopped")

    with pytest.raises(ValueError, match="stopped"):
        fail()
    # The line written by the failed run is there, and nothing else of it.
    assert (final / "audit.jsonl").read_text() == "1\n2\n"
    assert (final / "tables" / "note.txt").read_text() == "mine"
    with atomic_directory(final, keep=keep) as folder:
        assert (folder / "audit.jsonl").read_text() == "1\n2\n"
        (folder / "manifest.json").write_text("mitograft")
    assert set(everything(final)) == {"audit.jsonl", "manifest.json", "tables", "tables/note.txt"}


def test_kept_files_are_copied_where_the_disk_has_no_hard_links(tmp_path, monkeypatch):
    build(tmp_path / "out", "1")
    monkeypatch.setattr("os.link", refuse(errno.EPERM))
    with atomic_directory(tmp_path / "out", keep=["tables/t.csv", "empty"]) as folder:
        (folder / "manifest.json").write_text("mitograft")
        (folder / "tables" / "t.csv").write_text("2")
        assert (tmp_path / "out" / "tables" / "t.csv").read_text() == "1"
    assert set(everything(tmp_path / "out")) == {"manifest.json", "tables", "tables/t.csv"}
    assert (tmp_path / "out" / "tables" / "t.csv").read_text() == "2"


def test_one_run_at_a_time(tmp_path):
    build(tmp_path / "out", "1")
    with locked(tmp_path / "out", wait=False), pytest.raises(UsageError, match="found another run that is"):
        build(tmp_path / "out", "2")
    assert everything(tmp_path) == result("1")
    build(tmp_path / "out", "2")
    assert everything(tmp_path) == result("2")


def test_a_second_process_is_refused_as_well(tmp_path):
    program = (
        "import sys; from pathlib import Path; from mitograft.provenance import atomic_directory\n"
        "with atomic_directory(Path(sys.argv[1])): pass"
    )
    with locked(tmp_path / "out", wait=False):
        done = subprocess.run(
            [sys.executable, "-c", program, tmp_path / "out"], capture_output=True, text=True, check=False
        )
    assert "found another run that is writing it" in done.stderr
    assert everything(tmp_path) == {}


def test_an_ambiguous_state_is_asked_about_and_nothing_is_removed(tmp_path):
    build(tmp_path / "out", "1")
    (tmp_path / "out").rename(tmp_path / ".out.old")
    (tmp_path / ".out.new").mkdir()
    (tmp_path / "out").mkdir()
    before = everything(tmp_path)
    with pytest.raises(UsageError, match=r"found the earlier results set aside in '.*\.out\.old'"):
        build(tmp_path / "out", "2")
    assert everything(tmp_path) == before


@posix
def test_a_linked_folder_is_followed_and_keeps_its_permissions(tmp_path):
    (tmp_path / "disk").mkdir()
    build(tmp_path / "disk" / "out", "1")
    (tmp_path / "disk" / "out").chmod(0o750)
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "out")
    with atomic_directory(tmp_path / "out") as folder:
        (folder / "manifest.json").write_text("mitograft")
    assert (tmp_path / "out").is_symlink()
    assert everything(tmp_path / "disk") == {"out": None, "out/manifest.json": b"mitograft"}
    assert stat.S_IMODE((tmp_path / "disk" / "out").stat().st_mode) == 0o750
