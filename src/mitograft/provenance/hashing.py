"""SHA-256 of files and folders."""

import hashlib
import json
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from mitograft.errors import UsageError
from mitograft.provenance.faults import fault_of

__all__ = ["FileRecord", "file_names", "folder_records", "record_file", "sha256_file", "sha256_folder"]

# Without O_NONBLOCK, opening a pipe would wait for a writer for ever.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What a file held.

    Parameters
    ----------
    path
        Where it is, with ``/`` between the parts; relative to the folder that ``place`` names.
    sha256
        SHA-256 of its content, 64 hexadecimal digits.
    size
        Its length in bytes.
    place
        ``folder`` (the output folder), ``study`` (the study folder), ``mitograft`` (shipped with the package)
        or ``outside`` (elsewhere; then ``path`` is the file's name only).
    """

    path: str
    sha256: str
    size: int
    place: str = "folder"


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file's content, read in pieces.

    Raises
    ------
    UsageError
        If the path is missing or is not a file.
    EnvironmentFault
        If the machine refuses to read it.
    """
    return record_file(path, path.name, "folder").sha256


def record_file(path: Path, name: str, place: str) -> FileRecord:
    """Return hash and size of one file under the name it is to be recorded by; raises as ``sha256_file``."""
    try:
        with os.fdopen(os.open(path, _READ), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise _not_a_file(path)
            return FileRecord(name, hashlib.file_digest(stream, "sha256").hexdigest(), stream.tell(), place)
    except OSError as error:
        raise fault_of(error, "read", path) from error


def folder_records(folder: Path, *, leave_out: Collection[str] = ()) -> tuple[FileRecord, ...]:
    """Return the records of all files in a folder and below, ordered by path.

    Empty folders leave no trace.

    Parameters
    ----------
    folder
        The folder.
    leave_out
        Paths within it that are not recorded.

    Raises
    ------
    UsageError
        If the folder is missing, or holds a link, pipe or device.
    EnvironmentFault
        If the machine refuses to read it.
    """
    names = [name for name in file_names(folder) if name not in leave_out]
    return tuple(_record_entry(folder / name, name) for name in names)


def file_names(folder: Path) -> list[str]:
    """Return the paths of everything in a folder and below that is not itself a folder, in order."""
    names: list[str] = []
    try:
        if not folder.is_dir():
            raise UsageError(f"Cannot read '{folder}': found no such folder, expected one. Check the path.")
        for parent, folders, files in os.walk(folder, onerror=_raise):
            links = [name for name in folders if Path(parent, name).is_symlink()]
            names += [Path(parent, name).relative_to(folder).as_posix() for name in (*files, *links)]
    except OSError as error:
        raise fault_of(error, "read", folder) from error
    return sorted(names)


def sha256_folder(folder: Path, *, leave_out: Collection[str] = ()) -> str:
    """Return one SHA-256 for a whole folder: of the list of its files' paths, sizes and hashes.

    Two folders have the same one if and only if they hold the same files under the same paths (empty folders
    and times aside). Raises as ``folder_records``.
    """
    rows = [(r.path, r.size, r.sha256) for r in folder_records(folder, leave_out=leave_out)]
    return hashlib.sha256(json.dumps(rows).encode("ascii")).hexdigest()


def _record_entry(path: Path, name: str) -> FileRecord:
    if path.is_symlink():
        raise _not_a_file(path)
    return record_file(path, name, "folder")


def _not_a_file(path: Path) -> UsageError:
    return UsageError(
        f"Cannot read '{path}': found a folder, link, pipe or device, expected a file. "
        "Put the file itself there."
    )


def _raise(error: OSError) -> None:
    raise error
