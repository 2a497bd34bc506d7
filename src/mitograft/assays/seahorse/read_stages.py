"""Which measurement belongs to which stage, and what each stage is.

Stage names are free text. Each word of a name is looked up in ``data/stages.csv`` (or what the user gives
instead); a name whose words mean different things, or nothing, gets the role ``unknown``.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

from mitograft.assays.seahorse.read_labels import Labels
from mitograft.assays.seahorse.read_workbook import Rows, text
from mitograft.assays.seahorse.wave import LogEntry, Stage
from mitograft.errors import UsageError
from mitograft.tables.parameters import load_rows

__all__ = ["ROLES", "protocol_stages", "read_log", "stage_role", "stages_of_log"]

ROLES = (
    "basal",
    "acute",
    "oligomycin",
    "fccp",
    "rotenone_antimycin",
    "monensin",
    "glucose",
    "deoxyglucose",
    "unknown",
)
_WORDS = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")
_CYCLES = re.compile(r"cycles\s*:\s*(\d+)", re.IGNORECASE)
_CYCLES_WITHIN = 8
_LOG_COLUMNS = 6


@cache
def _words() -> Mapping[str, str]:
    return MappingProxyType({row["word"]: row["role"] for row in load_rows(__package__, "stages.csv")})


def stage_role(name: str, overrides: Mapping[str, str] | None = None, *, first: bool = False) -> str:
    """Return the role of a stage from its name.

    Parameters
    ----------
    name
        As written in the protocol.
    overrides
        Roles by stage name as written (without case); they win over the table of words.
    first
        Whether the stage comes before any injection; an unknown name then means ``basal``.

    Raises
    ------
    UsageError
        If an override names no known role.

    >>> stage_role("AM/ROT"), stage_role("Oligomycin 1.5 uM"), stage_role("lcs1")
    ('rotenone_antimycin', 'oligomycin', 'unknown')
    """
    for written, role in (overrides or {}).items():
        if role not in ROLES:
            raise UsageError(
                f"Stage {written!r}: found the role {role!r}; expected one of {', '.join(ROLES)}."
            )
        if written.strip().casefold() == name.strip().casefold():
            return role
    words = {word.casefold() for word in _WORDS.findall(name)}
    roles = {_words()[word] for word in words if word in _words()}
    if len(roles) == 1:
        return roles.pop()
    return "basal" if first and not roles else "unknown"


def read_log(rows: Rows) -> tuple[LogEntry, ...]:
    """Return the operation log; empty where the sheet is only its header."""
    entries = [[text(cell) for cell in row[:_LOG_COLUMNS]] for row in rows[1:]]
    return tuple(LogEntry(*entry) for entry in entries if len(entry) == _LOG_COLUMNS and entry[0])


def stages_of_log(
    log: Sequence[LogEntry], measurements: int, overrides: Mapping[str, str] | None = None
) -> tuple[Stage, ...] | None:
    """Return the stages that the operation log tells, or None where it tells of too few measurements.

    A run that was stopped has fewer measurements than its protocol but as many as its log.
    """
    found: list[tuple[str, str, list[int], list[str]]] = []  # name, index, measurements, commands
    count = 0
    for entry in log:
        if entry.command not in {"Inject", "Mix", "Wait", "Measure"}:
            continue
        injects_anew = entry.command == "Inject" and found and found[-1][3]
        if not found or found[-1][:2] != (entry.instruction, entry.index) or injects_anew:
            found.append((entry.instruction, entry.index, [], []))
        found[-1][3].append(entry.command)
        if entry.command == "Measure" and count < measurements:
            found[-1][2].append(count)
            count += 1
    if count < measurements:
        return None
    parts = [(name, "Inject" in commands, ticks) for name, _, ticks, commands in found]
    return _stages(parts, overrides)


def protocol_stages(
    labels: Labels, measurements: int, overrides: Mapping[str, str] | None = None
) -> tuple[Stage, ...] | None:
    """Return the stages of the protocol summary, or None where it has too few measurements."""
    top = labels.row("Protocol Summary")
    if top is None or top + 1 >= len(labels.rows):
        return None
    names = labels.rows[top + 1]
    below = labels.rows[top + 2 : top + _CYCLES_WITHIN]
    parts: list[tuple[str, bool, list[int]]] = []
    count = 0
    for column in range(2, len(names)):
        name = text(names[column])
        cells = [text(row[column]) for row in below if column < len(row)]
        if not name:
            continue
        cycles = next((int(match[1]) for cell in cells if (match := _CYCLES.match(cell))), 0)
        taken = list(range(count, min(count + cycles, measurements)))
        parts.append((name, any(cell.casefold().startswith("port") for cell in cells), taken))
        count += len(taken)
    return _stages(parts, overrides) if count == measurements else None


def _stages(
    parts: Sequence[tuple[str, bool, list[int]]], overrides: Mapping[str, str] | None
) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    for name, injected, measured in parts:
        first = not injected and not any(stage.injected for stage in stages)
        stages.append(Stage(name, stage_role(name, overrides, first=first), injected, tuple(measured)))
    return tuple(stages)
