"""The lines of the audit log as pure functions: writing an entry, reading lines, finding what is wrong.

A line is canonical JSON (sorted keys, no spaces, ASCII) with ``sequence`` (from 0), ``time`` (UTC),
``event``, ``detail``, ``previous`` (the hash of the entry before; 64 zeros for the first) and ``hash``, the
SHA-256 of the canonical JSON of the other five. A line that is not canonical is not an entry, so that even a
change of one space is seen.

A crash in the middle of an append leaves bytes without a line end, the *torn* line. The next append goes on
in the same line: torn bytes, the byte 0x18 (which canonical JSON never holds), then an entry ``torn-line``
that states the length and SHA-256 of the torn bytes and follows on the last whole entry. Such a line is whole
if it states exactly the bytes before it. A damaged line that has its line end is never taken for a torn one.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

__all__ = ["NO_ENTRY", "AuditEntry", "Detail", "canonical", "continuation", "find_problems", "parse_lines"]

NO_ENTRY = "0" * 64
_TORN = "torn-line"
_MARK = b"\x18"

Detail = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One event of the log; ``hash`` is that of the entry, ``previous`` that of the entry before."""

    sequence: int
    time: str
    event: str
    detail: Detail
    previous: str
    hash: str


def canonical(value: object) -> bytes:
    """Return the one way in which a value is written; raises TypeError or ValueError where there is none."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def parse_lines(data: bytes) -> tuple[list[AuditEntry | None], bytes]:
    """Return the entry of each line (None for a damaged line) and the bytes after the last line end."""
    *lines, tail = data.split(b"\n")
    return [_parse_line(line) for line in lines], tail


def continuation(data: bytes, time: str, event: str, detail: Detail) -> tuple[bytes, AuditEntry]:
    """Return the bytes that add an event to the log ``data``, and its entry."""
    parsed, tail = parse_lines(data)
    last = next((entry for entry in reversed(parsed) if entry is not None), None)
    lead = b""
    if (whole := _parse_line(tail)) is not None:  # only the line end is missing
        last, lead = whole, b"\n"
    elif tail and _parse_line(tail[:-1]) is not None:  # no crash replaces a line end: leave it damaged
        lead = b"\n"
    elif tail:
        last = _entry(last, time, _TORN, _describe_torn(tail))
        lead = _MARK + _line(last)
    entry = _entry(last, time, event, detail)
    return lead + _line(entry), entry


def find_problems(data: bytes) -> Iterator[str]:
    """Yield a sentence for each thing that is wrong with the log."""
    parsed, tail = parse_lines(data)
    last: AuditEntry | None = None
    for number, entry in enumerate(parsed, start=1):
        if entry is None:
            yield f"line {number} was altered or is not an entry."
            continue
        previous, sequence = (last.hash, last.sequence + 1) if last else (NO_ENTRY, 0)
        if (entry.previous, entry.sequence) != (previous, sequence):
            yield f"line {number} does not follow on the entry before it: a line was removed, added or moved."
        last = entry
    if tail:
        yield f"line {len(parsed) + 1} is incomplete: a run was stopped while writing it, or it was cut off."


def _entry(last: AuditEntry | None, time: str, event: str, detail: Detail) -> AuditEntry:
    body: dict[str, object] = {
        "sequence": last.sequence + 1 if last else 0,
        "time": time,
        "event": event,
        "detail": json.loads(canonical(detail)),
        "previous": last.hash if last else NO_ENTRY,
    }
    return AuditEntry(**body, hash=_digest(body))  # type: ignore[arg-type]  # the five fields just built


def _line(entry: AuditEntry) -> bytes:
    return canonical(asdict(entry)) + b"\n"


def _digest(body: Detail) -> str:
    return hashlib.sha256(canonical(body)).hexdigest()


def _describe_torn(torn: bytes) -> Detail:
    return {"bytes": len(torn), "sha256": hashlib.sha256(torn).hexdigest()}


def _parse_line(line: bytes) -> AuditEntry | None:
    torn, mark, text = line.rpartition(_MARK)
    entry = _parse_entry(text)
    if entry is None:
        return None
    stated = entry.detail if entry.event == _TORN else None
    return entry if stated == (_describe_torn(torn) if mark else None) else None


def _parse_entry(text: bytes) -> AuditEntry | None:
    try:
        body = json.loads(text.decode("ascii"))
        if canonical(body) != text or body.pop("hash") != (digest := _digest(body)):
            return None
        entry = AuditEntry(**body, hash=digest)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None
    kinds = (int, str, str, dict, str)
    values = (entry.sequence, entry.time, entry.event, entry.detail, entry.previous)
    return entry if all(type(v) is kind for v, kind in zip(values, kinds, strict=True)) else None
