"""Writing files so that a final name always holds either the earlier content or the whole new one.

The new content goes to a hidden file (or folder) beside the final one, is forced to disk, and takes the
final name in one step. A run killed at any moment (kill -9 included) therefore never leaves a half file or
half folder under a final name. Loss of power is outside what the tests here can show; the data and the
folder are forced to disk (fsync) for that case.

What a killed run can leave is a hidden file ``.NAME.XXXX.tmp`` or the hidden folders ``.NAME.new`` and
``.NAME.old``; the next write of the same name removes them. Exchanging a folder is done in one step where
the system can (Linux). Elsewhere it takes three renames: the earlier folder to ``.NAME.old``, the new one to
the final name, the earlier one on to removal. A run killed between the first two leaves no final folder but
both complete ones; the next run puts the earlier one back first.
"""

import contextlib
import errno
import os
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from mitograft.errors import InternalError, UsageError
from mitograft.provenance.faults import fault_of
from mitograft.provenance.lock import locked

__all__ = ["MANIFEST_NAME", "atomic_directory", "atomic_write_bytes", "atomic_write_text"]

MANIFEST_NAME = "manifest.json"
_STALE_SECONDS = 3600  # no write of data that is already in memory takes an hour
_STEM = 40  # keeps the hidden name below the limit of 255 bytes, at four bytes a character


def atomic_write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with its line ends as they are; otherwise as ``atomic_write_bytes``."""
    atomic_write_bytes(path, text.encode("utf-8"))


def atomic_write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file, or nothing.

    A link is followed and the file it leads to is replaced; an existing file keeps its permissions.

    Raises
    ------
    UsageError
        If the folder does not exist, or the name belongs to something that is not a file.
    EnvironmentFault
        If the machine refuses (full disk, no permission); an earlier file is then unchanged.
    """
    final = Path(os.path.realpath(path))
    try:
        _check_is_file(final, path)
        _remove_stale(final)
        _write(final, data)
    except OSError as error:
        raise fault_of(error, "write", path) from error


def _check_is_file(final: Path, path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(final.stat().st_mode):
            # A device such as /dev/null would otherwise be replaced by a plain file.
            raise UsageError(
                f"Cannot write '{path}': found a folder or device of that name, expected a file or a free "
                "name. Choose another name."
            )


def _write(final: Path, data: bytes) -> None:
    temporary = final.with_name(f".{final.name[:_STEM]}.{secrets.token_hex(6)}.tmp")
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if final.exists():
            shutil.copymode(final, temporary)
        temporary.replace(final)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync(final.parent)


def _remove_stale(final: Path) -> None:
    """Remove what killed writes of this name left behind."""
    head = f".{final.name[:_STEM]}."
    for entry in os.scandir(final.parent):
        if entry.name.startswith(head) and entry.name.endswith(".tmp"):
            with contextlib.suppress(OSError):
                if time.time() - entry.stat().st_mtime > _STALE_SECONDS:
                    Path(entry.path).unlink()


@contextlib.contextmanager
def atomic_directory(
    final: Path, *, keep: Collection[str] = (), marker: str = MANIFEST_NAME
) -> Iterator[Path]:
    """Build a whole output folder beside the final one and swap it in at the end.

    ::

        with atomic_directory(study / "out", keep=["audit.jsonl"]) as folder:
            atomic_write_text(folder / "report.html", ...)
            manifest.write(folder)

    If the block raises or the run is killed, the earlier folder stays as it was.

    Parameters
    ----------
    final
        The folder's name; its parent must exist.
    keep
        Files of the earlier folder, as paths within it, that the new one takes over. They are there from the
        start of the block and are the same files (hard links) where the disk allows, so that a line appended
        to a log during a run that fails later is not lost.
        For the same reason, write them anew only with ``atomic_write_bytes`` or ``atomic_write_text``.
    marker
        A file that the finished folder holds and that names mitograft. An existing folder without it was not
        written by mitograft: it is refused, unless it is empty, since swapping would remove what is in it.

    Yields
    ------
    Path
        The folder to fill.

    Raises
    ------
    UsageError
        If the final folder is not one of mitograft's, its parent is missing, or another run writes it.
    EnvironmentFault
        If the machine refuses.
    InternalError
        If the block ended without writing the marker.
    """
    place = Path(os.path.realpath(final))
    build, aside = place.with_name(f".{place.name}.new"), place.with_name(f".{place.name}.old")
    with locked(place, wait=False):
        try:
            _recover(place, build, aside)
            _check_is_ours(place, final, marker)
            build.mkdir()
            _take_over(place, build, keep)
        except OSError as error:
            raise fault_of(error, "write", final) from error
        try:
            yield build
            if not _names_mitograft(build / marker):
                raise InternalError(f"The folder for '{final}' was finished without its {marker}.")
            _finish(place, build, aside, final)
        except BaseException:
            with contextlib.suppress(OSError):
                _recover(place, build, aside)
            raise


def _finish(place: Path, build: Path, aside: Path, final: Path) -> None:
    try:
        _sync_tree(build)
        if place.exists():
            shutil.copymode(place, build)
        _swap(place, build, aside)
        _sync(place.parent)
    except OSError as error:
        raise fault_of(error, "write", final) from error
    _discard(build)


def _recover(place: Path, build: Path, aside: Path) -> None:
    """Put right what a killed run left: after it, only ``place`` can exist.

    ======  =====  =====  =======================================================
    final   .new   .old   the killed run was
    ======  =====  =====  =======================================================
    any     yes    no     building, or removing the earlier folder: remove ``.new``
    no      yes    yes    between the first two renames: put ``.old`` back
    yes     no     yes    after the second rename: remove ``.old``
    yes     yes    yes    between them, and somebody made a new final folder: ask
    ======  =====  =====  =======================================================
    """
    if aside.exists():
        if not place.exists():
            aside.rename(place)
        elif build.exists():
            raise UsageError(
                f"Cannot write '{place}': found the earlier results set aside in '{aside}' by a run that was "
                "stopped, expected one folder. Remove or rename the one you do not want."
            )
        else:
            aside.rename(build)
    _discard(build)


def _check_is_ours(place: Path, final: Path, marker: str) -> None:
    if not place.exists() or _names_mitograft(place / marker):
        return
    if not place.is_dir():
        found = "a file of that name"
    elif any(place.iterdir()):
        found = f"a folder that mitograft did not write (it holds no {marker} of mitograft)"
    else:
        return
    raise UsageError(
        f"Cannot write '{final}': found {found}, expected an earlier result, an empty folder or a free name. "
        "Choose another place, or move what is there."
    )


def _names_mitograft(marker: Path) -> bool:
    return marker.is_file() and b"mitograft" in marker.read_bytes()


def _take_over(place: Path, build: Path, keep: Collection[str]) -> None:
    for name in keep:
        source, target = place / name, build / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except OSError:  # a disk without hard links
                shutil.copy2(source, target)


def _swap(place: Path, build: Path, aside: Path) -> None:
    if not place.exists():
        build.rename(place)
    elif not _exchange(build, place):
        place.rename(aside)
        try:
            build.rename(place)
        except BaseException:
            aside.rename(place)
            raise
        aside.rename(build)


def _exchange(first: Path, second: Path) -> bool:
    """Swap two names in one step; return False where the system has no such step."""
    if sys.platform != "linux":
        return False
    import ctypes

    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    here, exchange = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of renameat2(2)
    if call(here, os.fsencode(first), here, os.fsencode(second), ctypes.c_uint(exchange)) == 0:
        return True
    code = ctypes.get_errno()
    if code in {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}:
        return False
    raise OSError(code, os.strerror(code), str(second))


def _discard(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _sync_tree(folder: Path) -> None:
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            _sync(Path(parent, name))
        _sync(Path(parent))


def _sync(path: Path) -> None:
    """Force a file or the entries of a folder to disk."""
    if sys.platform == "win32":  # a folder cannot be opened there, and a file only for writing
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a disk that cannot force
            raise
    finally:
        os.close(handle)
