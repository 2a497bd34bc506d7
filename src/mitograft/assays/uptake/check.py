"""Checks of the uptake tables beyond their columns: missing controls, wells that contradict themselves."""

from collections.abc import Iterator

import numpy as np

from mitograft.errors import Violation
from mitograft.tables.contract import Table

__all__ = ["check_cells", "check_digital", "check_quantitative", "check_signals"]


def check_cells(table: Table) -> Iterator[Violation]:
    """Yield plates without untreated cells, and wells that are both treated and untreated."""
    roles: dict[tuple[str | None, str | None], str | None] = {}
    plates: dict[str | None, bool] = {}
    columns = (table.texts[name] for name in ("plate", "well", "role"))
    for i, (plate, well, role) in enumerate(zip(*columns, strict=True)):
        plates[plate] = plates.get(plate, False) or role == "untreated"
        first = roles.setdefault((plate, well), role)
        if first != role:
            found = f"{role} in a well that is {first} above"
            yield _row(table, i, "role", "mixed-well", found, "one role for all cells of a well")
    for plate, controlled in plates.items():
        if not controlled:
            yield Violation(
                "no-control",
                found=f"plate {plate} without untreated cells",
                expected="untreated cells on every plate, for its threshold",
                remedy="Add them with the role untreated, or leave the plate out.",
                file=table.source,
                column="role",
            )


def check_signals(table: Table) -> Iterator[Violation]:
    """Yield plates with MitoSOX without a control, and JC-1 wells with one channel only."""
    columns = (table.texts[name] for name in ("plate", "well", "role", "channel", "state"))
    wells: dict[tuple[str | None, str | None], set[str | None]] = {}
    sox: dict[str | None, set[str | None]] = {}
    for plate, well, role, channel, state in zip(*columns, strict=True):
        if channel in ("jc1_red", "jc1_green") and state == "baseline":
            wells.setdefault((plate, well), set()).add(channel)
        if channel == "mitosox" and state == "baseline":
            sox.setdefault(plate, set()).add(role)
    for (plate, well), channels in wells.items():
        if len(channels) == 1:
            absent = "jc1_green" if "jc1_red" in channels else "jc1_red"
            yield Violation(
                "one-channel",
                found=f"plate {plate}, well {well} without {absent}",
                expected="red and green of every JC-1 well",
                remedy="Add the channel, or leave the well out.",
                file=table.source,
                column="channel",
            )
    for plate, roles in sox.items():
        if "control" not in roles:
            yield Violation(
                "no-control",
                found=f"MitoSOX on plate {plate} without a control well",
                expected="control wells on every plate, to which the signal is relative",
                remedy="Mark the untreated wells with the role control.",
                file=table.source,
                column="role",
            )


def check_quantitative(table: Table) -> Iterator[Violation]:
    """Yield samples with one allele, and standards without or with an impossible known value."""
    columns = (table.texts[name] for name in ("plate", "sample", "role", "target"))
    pairs: dict[tuple[str | None, str | None], set[str | None]] = {}
    rows: dict[tuple[str | None, str | None], int] = {}
    for i, (plate, sample, role, target) in enumerate(zip(*columns, strict=True)):
        known = float(table.numbers["known"][i])
        if role in ("sample", "mixture"):
            pairs.setdefault((plate, sample), set()).add(target)
            rows.setdefault((plate, sample), i)
        if role == "mixture" and not 0 <= known <= 1:
            expected = "the donor fraction of the mixture, 0 to 1"
            yield _row(table, i, "known", "unknown-standard", _shown(known), expected)
        if role == "dilution" and not known > 0:
            expected = "the relative quantity of the dilution, above 0"
            yield _row(table, i, "known", "unknown-standard", _shown(known), expected)
    yield from _one_allele(table, pairs, rows)


def check_digital(table: Table) -> Iterator[Violation]:
    """Yield samples with one allele, impossible counts, and mixed partition volumes."""
    columns = (table.texts[name] for name in ("plate", "sample", "role", "target"))
    pairs: dict[tuple[str | None, str | None], set[str | None]] = {}
    rows: dict[tuple[str | None, str | None], int] = {}
    volumes: dict[str | None, float] = {}
    for i, (plate, sample, role, target) in enumerate(zip(*columns, strict=True)):
        k, n, volume = (
            float(table.numbers[name][i]) for name in ("positives", "partitions", "partition_volume_nl")
        )
        if role == "sample":
            pairs.setdefault((plate, sample), set()).add(target)
            rows.setdefault((plate, sample), i)
        for name, count in (("positives", k), ("partitions", n)):
            if count != int(count):
                yield _row(table, i, name, "not-whole", f"{count:g}", "a whole number")
        if k > n:
            yield _row(table, i, "positives", "too-many", f"{k:g} of {n:g}", "at most all partitions")
        if volumes.setdefault(plate, volume) != volume:
            expected = f"{volumes[plate]:g} nL, as in the rows before"
            yield _row(table, i, "partition_volume_nl", "mixed-volumes", f"{volume:g} nL", expected)
    yield from _one_allele(table, pairs, rows)


def _one_allele(
    table: Table,
    pairs: dict[tuple[str | None, str | None], set[str | None]],
    rows: dict[tuple[str | None, str | None], int],
) -> Iterator[Violation]:
    for key, targets in pairs.items():
        if len(targets) == 1:
            absent = "host" if "donor" in targets else "donor"
            found = f"no {absent} allele for this sample"
            yield _row(table, rows[key], "target", "one-allele", found, "both alleles of every sample")


def _shown(value: float) -> str:
    return "an empty cell" if np.isnan(value) else f"{value:g}"


def _row(table: Table, i: int, column: str, rule: str, found: str, expected: str) -> Violation:
    return Violation(rule, found, expected, "Correct the row.", table.source, int(table.rows[i]), column)
