"""The manifest of a result: what went in, what came out, made by which versions and which command.

It is one JSON file in the output folder. The time stands here and in the audit log only, so that the same
inputs give the same bytes in every result. The file is written in one canonical way and holds a hash of
itself; a changed byte is therefore seen when it is read.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mitograft.errors import InputError, Violation
from mitograft.provenance.atomic import MANIFEST_NAME, atomic_write_bytes
from mitograft.provenance.audit import AUDIT_NAME
from mitograft.provenance.chain import NO_ENTRY
from mitograft.provenance.clock import utc_now
from mitograft.provenance.faults import fault_of
from mitograft.provenance.hashing import FileRecord, file_names, folder_records, record_file
from mitograft.provenance.redact import package_folder, recorded_path, redact_command
from mitograft.provenance.versions import Versions, current_versions

__all__ = ["Manifest", "foreign_files", "make_manifest"]

_SCHEMA = "mitograft.manifest"
_VERSION = 1
_UNCOVERED = frozenset({MANIFEST_NAME, AUDIT_NAME, f".{AUDIT_NAME}.lock"})


@dataclass(frozen=True)
class Manifest:
    """What went in, what came out, and how.

    Parameters
    ----------
    time
        When it was made, in UTC (or SOURCE_DATE_EPOCH).
    command
        The command line, with everything left out that may identify a person.
    seeds
        The seeds by name.
    versions
        The software.
    inputs, outputs
        Hash and size of every file. Outputs are all files of the folder but the manifest and the audit log.
    kept
        Files in the folder that mitograft did not write.
    audit_head
        Hash of the last entry of the audit log at that time.
    """

    time: str
    command: tuple[str, ...]
    seeds: Mapping[str, int]
    versions: Versions
    inputs: tuple[FileRecord, ...]
    outputs: tuple[FileRecord, ...]
    kept: tuple[str, ...] = ()
    audit_head: str = NO_ENTRY

    def write(self, folder: Path) -> Path:
        """Write the manifest into the output folder, whole or not at all, and return its path."""
        path = folder / MANIFEST_NAME
        atomic_write_bytes(path, _encode(self))
        return path

    @classmethod
    def load(cls, folder: Path) -> "Manifest":
        """Read the manifest of an output folder.

        Raises
        ------
        InputError
            If it is not a manifest of this version, or was changed.
        UsageError, EnvironmentFault
            If it is missing or cannot be read.
        """
        path = folder / MANIFEST_NAME
        try:
            data = path.read_bytes()
        except OSError as error:
            raise fault_of(error, "read", path) from error
        return _decode(data)

    def verify(self, folder: Path, root: Path | None = None) -> list[str]:
        """Return what changed, is missing or is new since the manifest was made, a sentence each.

        Parameters
        ----------
        folder
            The output folder.
        root
            The study folder. Where it is given, the inputs within it and those shipped with mitograft are
            checked too. Inputs from elsewhere cannot be found again and are not checked (see ``outside``).

        Raises
        ------
        UsageError, EnvironmentFault
            If the folder or one of its files cannot be read.
        """
        present = set(file_names(folder)) - _UNCOVERED
        problems = [_compare(record, folder, "output") for record in self.outputs]
        new = sorted(present - {record.path for record in self.outputs} - set(self.kept))
        problems += [f"output {name}: is new since the run." for name in new]
        if root is not None:
            bases = {"study": root, "mitograft": package_folder()}
            problems += [_compare(r, bases[r.place], "input") for r in self.inputs if r.place in bases]
        return [problem for problem in problems if problem]

    def outside(self) -> tuple[FileRecord, ...]:
        """Return the inputs that lay outside the study folder, which ``verify`` cannot check."""
        return tuple(record for record in self.inputs if record.place == "outside")


def make_manifest(
    *,
    command: Sequence[str],
    seeds: Mapping[str, int],
    inputs: Iterable[Path],
    root: Path,
    outputs: Path,
    kept: Iterable[str] = (),
    audit_head: str = NO_ENTRY,
) -> Manifest:
    """Hash the inputs and the whole output folder and gather what else the manifest says.

    Parameters
    ----------
    command
        The command line, the program first; ``redact_command`` shortens it.
    seeds
        The seeds by name.
    inputs
        Every file that was read.
    root
        The study folder, to which the paths of the inputs are relative.
    outputs
        The output folder, complete but for the manifest.
    kept
        Files in it that mitograft did not write (see ``foreign_files``); they are named, not hashed.
    audit_head
        Hash of the last entry of the audit log.

    Raises
    ------
    UsageError, EnvironmentFault
        If a file is missing or cannot be read.
    """
    names = tuple(sorted(set(kept)))
    return Manifest(
        time=utc_now(),
        command=redact_command(command, root),
        seeds=dict(seeds),
        versions=current_versions(),
        inputs=tuple(sorted((_input(path, root) for path in inputs), key=lambda r: (r.place, r.path))),
        outputs=folder_records(outputs, leave_out=_UNCOVERED | set(names)),
        kept=names,
        audit_head=audit_head,
    )


def foreign_files(folder: Path) -> tuple[str, ...]:
    """Return the files in an output folder that mitograft did not write, as paths within it.

    They are what a swap of the folder would remove: hand them to ``atomic_directory`` as ``keep`` and to
    ``make_manifest`` as ``kept``. A folder without a readable manifest has none to tell apart.

    Raises
    ------
    InputError
        If the folder's manifest was changed.
    UsageError, EnvironmentFault
        If the folder cannot be read.
    """
    if not (folder / MANIFEST_NAME).is_file():
        return ()
    ours = {record.path for record in Manifest.load(folder).outputs} | _UNCOVERED
    return tuple(name for name in file_names(folder) if name not in ours)


def _input(path: Path, root: Path) -> FileRecord:
    name, place = recorded_path(path, root)
    return record_file(path, name, place)


def _compare(record: FileRecord, base: Path, kind: str) -> str:
    path = base / record.path
    if path.is_symlink() and record.place == "folder":
        return f"{kind} {record.path}: was replaced by a link."
    if not path.exists():
        return f"{kind} {record.path}: is missing."
    if not path.is_file():
        return f"{kind} {record.path}: is no longer a file."
    now = record_file(path, record.path, record.place)
    return "" if now == record else f"{kind} {record.path}: changed since the run."


def _encode(manifest: Manifest) -> bytes:
    body = {"schema": _SCHEMA, "version": _VERSION, **asdict(manifest)}
    return _canonical({**body, "self": _digest(body)})


def _canonical(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, sort_keys=True, indent=1, allow_nan=False).encode("ascii") + b"\n"


def _digest(body: Mapping[str, object]) -> str:
    return hashlib.sha256(_canonical(body)).hexdigest()


def _decode(data: bytes) -> Manifest:
    try:
        body = json.loads(data.decode("ascii"))
        kind = (body.pop("schema"), body.pop("version"))
        stated = body.pop("self")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _refusal("something else", "a manifest written by mitograft") from None
    if kind != (_SCHEMA, _VERSION):
        raise _refusal("another kind or version", f"{_SCHEMA} version {_VERSION}")
    whole = {"schema": _SCHEMA, "version": _VERSION, **body}
    if _digest(whole) != stated or _canonical({**whole, "self": stated}) != data:
        raise _refusal("a manifest that was changed", "one as it was written")
    try:
        return _build(body)
    except (TypeError, KeyError):
        raise _refusal("other fields", "those of a manifest") from None


def _build(body: Mapping[str, Any]) -> Manifest:
    return Manifest(
        time=body["time"],
        command=tuple(body["command"]),
        seeds=body["seeds"],
        versions=Versions(**body["versions"]),
        inputs=tuple(FileRecord(**row) for row in body["inputs"]),
        outputs=tuple(FileRecord(**row) for row in body["outputs"]),
        kept=tuple(body["kept"]),
        audit_head=body["audit_head"],
    )


def _refusal(found: str, expected: str) -> InputError:
    remedy = "Run the study again with this version of mitograft, or restore the folder."
    return InputError(
        MANIFEST_NAME, [Violation("not-a-manifest", found, expected, remedy, file=MANIFEST_NAME)]
    )
