"""Doses as prepared from the lots of a study: every row of ``doses.csv`` through ``prepare_dose``."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mitograft.product.dose import Dose, prepare_dose
from mitograft.product.read import LotResult, PlannedDose
from mitograft.product.specification import LotVerdict, summarise
from mitograft.tables.contract import Cell
from mitograft.tables.parameters import Parameters

__all__ = ["PreparedDose", "dose_table", "prepare_doses"]


@dataclass(frozen=True, slots=True)
class PreparedDose:
    """A planned dose, what it comes to, and the release verdict of its lot (empty where not judged)."""

    planned: PlannedDose
    dose: Dose
    verdict: str

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader must know, first of all whether the lot was released."""
        unfit = (
            () if self.verdict == "pass" else (f"The lot is not released: {self.verdict or 'not judged'}.",)
        )
        return (*unfit, *self.dose.notes)


def prepare_doses(
    planned: Sequence[PlannedDose],
    results: Sequence[LotResult],
    verdicts: Sequence[LotVerdict],
    parameters: Parameters | None = None,
) -> tuple[PreparedDose, ...]:
    """Prepare every planned dose from the results of its lot (parameters: None takes the shipped ones)."""
    judged = {verdict.lot: verdict.verdict for verdict in verdicts}
    lots = {lot: summarise(results, lot) for lot in dict.fromkeys(plan.lot for plan in planned)}
    return tuple(
        PreparedDose(
            plan,
            prepare_dose(
                plan.dose_ug,
                lots[plan.lot],
                hours=plan.hours,
                on_ice=plan.on_ice,
                parameters=parameters,
            ),
            judged.get(plan.lot, ""),
        )
        for plan in planned
    )


def dose_table(doses: Sequence[PreparedDose]) -> dict[str, list[Cell]]:
    """Return prepared doses as columns, one row a dose."""
    names = (
        *("lot", "release", "dose_ug", "volume_ul", "particles", "particles_source", "hours", "on_ice"),
        *(
            "left",
            "left_low",
            "left_high",
            "level",
            "active_ug",
            "active_ug_low",
            "active_ug_high",
            "remarks",
        ),
    )
    rows: list[tuple[Cell, ...]] = []
    for prepared in doses:
        plan, dose = prepared.planned, prepared.dose
        volume = None if math.isnan(dose.volume_ml) else 1000.0 * dose.volume_ml
        rows.append(
            (
                *(plan.lot, prepared.verdict or "not judged", dose.dose_ug, volume),
                *(dose.particles, dose.particles_source, dose.hours, "yes" if plan.on_ice else "no"),
                *(dose.left, dose.left_low, dose.left_high, dose.level),
                *(dose.active_ug, dose.active_ug_low, dose.active_ug_high, " ".join(prepared.remarks)),
            )
        )
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}
