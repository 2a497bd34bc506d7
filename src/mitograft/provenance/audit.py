"""The audit log of runs: append-only, each line holding the hash of the line before.

Any altered, removed, inserted or reordered line breaks the chain and is found by ``verify``. Two limits,
honestly. Lines removed from the *end* leave a shorter chain that is whole in itself; that can only be found
against a hash recorded elsewhere, which is why the manifest records the hash of the last entry. And who can
write the file can also write a whole new chain: the log shows accidents and careless changes, not a forger
who rewrites log and manifest together.

A crash in the middle of an append leaves a torn last line: ``verify`` reports it, the next append records it
in an entry ``torn-line`` and goes on (see ``chain``). Bytes cut off the last line look the same as a crash;
the hash in the manifest tells the two apart.

Details must hold no patient values: counts, rule names, hashes and relative paths only.
"""

import os
from pathlib import Path

from mitograft.errors import InputError, UsageError, Violation
from mitograft.provenance.chain import (
    NO_ENTRY,
    AuditEntry,
    Detail,
    canonical,
    continuation,
    find_problems,
    parse_lines,
)
from mitograft.provenance.clock import utc_now
from mitograft.provenance.faults import fault_of
from mitograft.provenance.lock import locked

__all__ = ["AUDIT_NAME", "AuditLog"]

AUDIT_NAME = "audit.jsonl"
_START = b'{"detail":{'


class AuditLog:
    """An append-only, hash-chained log in one file.

    Parameters
    ----------
    path
        The file; the first append makes it, in a folder that exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, event: str, detail: Detail | None = None) -> str:
        """Add an event and force it to disk; return the hash of its entry.

        Processes take turns. When the call returns, the line is on disk.

        Raises
        ------
        UsageError
            If the event has no name, the detail is not plain JSON, or the folder is missing.
        InputError
            If the file is not an audit log.
        EnvironmentFault
            If the machine refuses; the log is then as it was.
        """
        content = detail or {}
        _check_event(event, content)
        with locked(self.path, wait=True):
            data = self._read()
            self._check_is_log(data)
            lines, entry = continuation(data, utc_now(), event, content)
            try:
                _append(self.path, lines)
            except OSError as error:
                raise fault_of(error, "write", self.path) from error
        return entry.hash

    def entries(self) -> tuple[AuditEntry, ...]:
        """Return all whole entries in file order, whether or not the chain holds (see ``verify``)."""
        parsed, _ = parse_lines(self._read())
        return tuple(entry for entry in parsed if entry is not None)

    def head(self) -> str:
        """Return the hash of the last whole entry, or 64 zeros where there is none."""
        entries = self.entries()
        return entries[-1].hash if entries else NO_ENTRY

    def verify(self, head: str = NO_ENTRY) -> list[str]:
        """Return what is wrong with the log, a sentence each; an empty list where it is whole.

        Parameters
        ----------
        head
            The hash of an entry as recorded elsewhere (by the manifest). The log must still hold that entry;
            this is what finds lines removed from the end.

        Raises
        ------
        UsageError, EnvironmentFault
            If the file cannot be read. A missing file counts as an empty log.
        """
        problems = list(find_problems(self._read()))
        if head not in {NO_ENTRY, *(entry.hash for entry in self.entries())}:
            problems.append(
                "the entry that the manifest names is missing: the log was shortened or replaced."
            )
        return [f"{self.path.name}: {problem}" for problem in problems]

    def _read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise fault_of(error, "read", self.path) from error

    def _check_is_log(self, data: bytes) -> None:
        parsed, tail = parse_lines(data)
        torn_start = not parsed and tail[: len(_START)] == _START[: len(tail)]
        if all(entry is None for entry in parsed) and not torn_start:
            raise InputError(
                self.path.name,
                [
                    Violation(
                        "not-an-audit-log",
                        found="a file without a single audit entry",
                        expected="an audit log of mitograft, or no file of that name",
                        remedy="Move the file away; a new log is then started.",
                        file=self.path.name,
                    )
                ],
            )


def _check_event(event: str, detail: Detail) -> None:
    if not event.strip():
        raise UsageError("Audit log: found an event without a name, expected a name. Name the event.")
    try:
        canonical(detail)
    except (TypeError, ValueError, RecursionError):
        raise UsageError(
            f"Audit log, event {event!r}: found a detail that is not plain JSON, expected text keys with "
            "text, finite numbers, true, false, null, lists or objects. Convert the values first."
        ) from None


def _append(path: Path, lines: bytes) -> None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
    try:
        size = os.fstat(handle).st_size
        try:
            done = 0
            while done < len(lines):
                done += os.write(handle, lines[done:])
            os.fsync(handle)
        except BaseException:
            os.ftruncate(handle, size)  # nobody was told that the entry exists: take it back
            raise
    finally:
        os.close(handle)
