"""Everything about the lots of a study from its folder of tables."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mitograft.errors import InputError, UsageError, Violation
from mitograft.product.attributes import load_product_parameters
from mitograft.product.potency import Potency, relative_potencies
from mitograft.product.prepared import PreparedDose, prepare_doses
from mitograft.product.read import (
    Limit,
    LotResult,
    PlannedDose,
    PotencyPoint,
    StabilityPoint,
    load_example_specification,
    read_doses,
    read_lots,
    read_potency,
    read_specification,
    read_stability,
)
from mitograft.product.specification import LotVerdict, certificate, judge_lots
from mitograft.product.stability import NoStability, Stability, stability_of
from mitograft.tables.contract import Cell
from mitograft.tables.parameters import Parameter, Parameters
from mitograft.tables.read import read_table

__all__ = ["FILES", "ProductResult", "analyse_product", "potency_table", "stability_table"]

FILES = ("lots.csv", "specification.csv", "stability.csv", "potency.csv", "doses.csv")
"""Names looked for in a folder; only the first must be there."""


@dataclass(frozen=True)
class ProductResult:
    """The lots of a study.

    Parameters
    ----------
    results, limits, stability_points, potency_points
        What the files held.
    example_specification
        Whether the shipped example stood in for a missing specification: its verdicts say nothing of a
        real product.
    verdicts
        One a lot and stage ``release``.
    potencies, stability
        Relative potencies and shelf lives; empty where the folder has no such table.
    flagged
        Unconfirmed numbers the results rest on.
    notes
        What a reader must know.
    doses
        Doses prepared from the lots; empty where the folder has no such table.
    """

    results: tuple[LotResult, ...]
    limits: tuple[Limit, ...]
    stability_points: tuple[StabilityPoint, ...]
    potency_points: tuple[PotencyPoint, ...]
    example_specification: bool
    verdicts: tuple[LotVerdict, ...]
    potencies: tuple[Potency, ...]
    stability: tuple[Stability | NoStability, ...]
    flagged: tuple[Parameter, ...]
    notes: tuple[str, ...]
    doses: tuple[PreparedDose, ...] = ()

    def certificate(self) -> dict[str, list[Cell]]:
        """Return the certificate table: one row a lot and attribute, with its verdict."""
        return certificate(self.verdicts)


def analyse_product(folder: Path, parameters: Parameters | None = None) -> ProductResult:
    """Analyse the lots of a folder: ``lots.csv`` and, where present, the other tables of ``FILES``.

    Parameters: None takes ``load_product_parameters()``.

    Raises
    ------
    UsageError
        If the folder has no ``lots.csv``.
    InputError
        If a table is wrong; of several wrong tables all violations are listed together.
    """
    folder, values = Path(folder), parameters or load_product_parameters()
    if not (folder / FILES[0]).is_file():
        raise UsageError(f"{folder}: found no {FILES[0]}; expected the table of lots, one row a result.")
    broken: list[InputError] = []

    def given(name: str) -> bool:
        return (folder / name).is_file()

    results: tuple[LotResult, ...] = ()
    limits: tuple[Limit, ...] = ()
    stability_points: tuple[StabilityPoint, ...] = ()
    potency_points: tuple[PotencyPoint, ...] = ()
    planned: tuple[PlannedDose, ...] = ()
    with _Collect(broken):
        results = read_lots(read_table(folder / FILES[0]))
    with _Collect(broken):
        limits = (
            read_specification(read_table(folder / FILES[1]))
            if given(FILES[1])
            else load_example_specification()
        )
    with _Collect(broken):
        stability_points = read_stability(read_table(folder / FILES[2])) if given(FILES[2]) else ()
    with _Collect(broken):
        potency_points = read_potency(read_table(folder / FILES[3])) if given(FILES[3]) else ()
    with _Collect(broken):
        lots = {result.lot for result in results} or None  # none are known where their table is broken
        planned = read_doses(read_table(folder / FILES[4]), lots) if given(FILES[4]) else ()
    if broken:
        raise _joined(broken)
    verdicts = judge_lots(results, limits, parameters=values)
    doses = prepare_doses(planned, results, verdicts, values)
    example = not given(FILES[1]) or any("EXAMPLE" in limit.source for limit in limits)
    return ProductResult(
        results=results,
        limits=limits,
        stability_points=stability_points,
        potency_points=potency_points,
        example_specification=example,
        verdicts=verdicts,
        potencies=relative_potencies(potency_points, alpha=values["parallelism_level"].number),
        stability=stability_of(stability_points, limits, parameters=values),
        flagged=_flagged(values, doses, bool(stability_points), bool(potency_points)),
        notes=tuple(_notes(verdicts, example=example)),
        doses=doses,
    )


def stability_table(stability: Sequence[Stability | NoStability]) -> dict[str, list[Cell]]:
    """Return shelf lives as columns, one row an attribute and storage condition."""
    names = ("attribute", "storage", "model", "shelf_life", "unit", "worst_lot", "covered_until", "supported")
    rows: list[tuple[Cell, ...]] = []
    for found in stability:
        if isinstance(found, NoStability):
            rows.append((found.attribute, found.storage, "", None, "", "", None, None, found.reason))
            continue
        life = found.shelf_life
        note = "the bound meets no limit" if math.isinf(life) else ""
        note = note or ("extrapolated beyond the data" if found.extrapolated else "")
        rows.append(
            (
                *(found.attribute, found.storage, found.model, None if math.isinf(life) else life),
                *(found.time_unit, found.worst_lot, found.observed_until, found.supported, note),
            )
        )
    return {name: [row[k] for row in rows] for k, name in enumerate((*names, "note"))}


def potency_table(potencies: Sequence[Potency]) -> dict[str, list[Cell]]:
    """Return relative potencies as columns, one row an assay and lot."""
    names = ("assay", "lot", "reference", "relative_potency", "low", "high", "level", "plates", "refused")
    rows = [
        (p.assay, p.lot, p.reference, p.estimate, p.low, p.high, p.level, p.n, p.refused) for p in potencies
    ]
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}


class _Collect:
    """Keep the violations of one table and go on to the next, so that one run names them all."""

    def __init__(self, broken: list[InputError]) -> None:
        self.broken = broken

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, InputError):
            self.broken.append(error)
            return True
        return False


def _joined(broken: Sequence[InputError]) -> InputError:
    if len(broken) == 1:
        return broken[0]
    violations: list[Violation] = [violation for error in broken for violation in error.violations]
    return InputError(", ".join(error.file for error in broken), violations)


def _flagged(values: Parameters, doses: Sequence[PreparedDose], *used: bool) -> tuple[Parameter, ...]:
    ids = (("poolability_level", "shelf_life_level"), ("parallelism_level",))
    wanted = [name for part, use in zip(ids, used, strict=True) if use for name in part]
    flagged = values.flagged(["control_ratio_tolerance", *wanted])
    more = {parameter.id: parameter for prepared in doses for parameter in prepared.dose.flagged}
    return (*flagged, *more.values())


def _notes(verdicts: Sequence[LotVerdict], *, example: bool) -> list[str]:
    notes = [note for verdict in verdicts for note in verdict.notes]
    if example:
        notes.insert(
            0,
            "The limits are an example: those of PN-101 are not public. No verdict says anything of PN-101.",
        )
    return notes
