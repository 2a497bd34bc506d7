"""Section: respiration of cells (Seahorse)."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mitograft.assays.samples import Assigned
from mitograft.assays.seahorse.analyse import SeahorseResult
from mitograft.assays.seahorse.wave import WavePlate
from mitograft.evidence import DataKind
from mitograft.report.document import Block, Figure, Paragraph, Section
from mitograft.report.figures.energy_map import EnergyGroup, EnergyState, draw_energy_map
from mitograft.report.figures.rate_agreement import RatePair, draw_rate_agreement
from mitograft.report.figures.traces import Injection, Trace, draw_traces
from mitograft.study.sections.parameter_points import parameter_points
from mitograft.study.sections.readings import findings_table, parameter_table

__all__ = ["respiration_section"]

_MOST_TRACES = 6
_PLATES_SHOWN = 3
_PARAMETERS = (
    ("basal_respiration", "Basal respiration"),
    ("atp_linked_respiration", "ATP-linked respiration"),
    ("proton_leak", "Proton leak"),
    ("maximal_respiration", "Maximal respiration"),
    ("spare_capacity", "Spare capacity"),
    ("non_mitochondrial_respiration", "Non-mitochondrial respiration"),
    ("coupling_efficiency", "Coupling efficiency"),
    ("atp_rate_total", "ATP production rate"),
)
_ENERGY = ("basal_ecar", "basal_ocr", "stressed_ecar", "stressed_ocr")


def respiration_section(
    result: SeahorseResult, waves: Sequence[WavePlate], assigned: Sequence[Assigned], data_kind: DataKind
) -> Section:
    """Show traces, parameters, energy map, agreement with the vendor's rates and findings."""
    worst = max(comparison.median_relative for comparison in result.comparisons)
    slope = np.nanmedian([comparison.slope_median_relative for comparison in result.comparisons])
    lead = (
        f"{len(waves)} plates. Rates recomputed from the raw readings differ from the vendor's by at most "
        f"{100 * worst:.2f} % (median of a plate); a straight line through the readings would be off by "
        f"{100 * slope:.0f} %."
    )
    blocks: list[Block] = [Paragraph(f"Parameters by the rule {result.rule}.")]
    blocks += [_trace_figure(plate, index, data_kind) for index, plate in enumerate(waves[:_PLATES_SHOWN])]
    if len(waves) > _PLATES_SHOWN:
        blocks.append(
            Paragraph(f"Traces of the first {_PLATES_SHOWN} of {len(waves)} plates are shown.", "note")
        )
    points = parameter_points(
        result.readings,
        assigned,
        _PARAMETERS,
        title="Mito Stress Test parameters for each condition",
        name="respiration-points",
        data_kind=data_kind,
    )
    blocks += [
        *([points] if points else []),
        *_energy(result, data_kind),
        _agreement(result, waves, data_kind),
        parameter_table(result.readings, "seahorse-parameters"),
    ]
    blocks.append(findings_table(result.findings, "seahorse-findings"))
    return Section("seahorse", "Respiration (Seahorse)", lead, tuple(blocks))


def _trace_figure(plate: WavePlate, index: int, data_kind: DataKind) -> Figure:
    names = [name for name in dict.fromkeys(plate.group) if name and name.lower() != "background"]
    groups = np.array(plate.group)
    traces = []
    for name in names[:_MOST_TRACES]:
        wells = plate.vendor.ocr[(groups == name) & plate.selected & ~plate.background]
        traces.append(
            Trace(
                name,
                tuple(plate.vendor.minutes.tolist()),
                tuple(wells.mean(axis=0).tolist()),
                wells=tuple(tuple(row) for row in wells.tolist()),
            )
        )
    injections = [
        Injection(stage.name, float(plate.vendor.minutes[stage.measurements[0]]))
        for stage in plate.stages[1:]
        if stage.measurements
    ]
    last = "; ".join(f"{trace.label} ends at {trace.values[-1]:.3g}" for trace in traces)
    return Figure(
        f"traces-{index + 1}",
        f"Oxygen consumption on plate {plate.source}",
        "Mean of each group (bold) and its wells (faint); lines mark the injections.",
        f"Oxygen consumption rate over {plate.vendor.minutes[-1]:.0f} minutes for {len(traces)} "
        f"groups; {last} pmol/min.",
        draw_traces(traces, injections, quantity="OCR (pmol/min)", data_kind=data_kind),
    )


def _agreement(result: SeahorseResult, waves: Sequence[WavePlate], data_kind: DataKind) -> Figure:
    pairs = [
        RatePair(
            f"{plate.source} {plate.wells[well]}",
            float(plate.vendor.ocr[well, m]),
            float(plate.vendor.ocr[well, m] + comparison.difference[well, m]),
        )
        for plate, comparison in zip(waves, result.comparisons, strict=True)
        for well in np.flatnonzero(~plate.background).tolist()
        for m in range(plate.vendor.ocr.shape[1])
    ]
    largest = max(comparison.largest for comparison in result.comparisons)
    return Figure(
        "rate-agreement",
        "Recomputed and vendor's rates",
        "Difference of every recomputed rate from the vendor's Rate sheet; the band is 0.5 % + 0.5 pmol/min.",
        f"{len(pairs)} rates; the largest difference is {largest:.2f} pmol/min.",
        draw_rate_agreement(pairs, data_kind=data_kind),
    )


def _energy(result: SeahorseResult, data_kind: DataKind) -> Iterator[Figure]:
    """Draw the energy map of the groups, over all plates; nothing where no group has all four rates."""
    values: dict[str, dict[str, list[float]]] = {}
    for reading in result.readings:
        if reading.parameter in _ENERGY and not reading.excluded and not math.isnan(reading.value):
            values.setdefault(reading.group, {}).setdefault(reading.parameter, []).append(reading.value)
    groups = [
        EnergyGroup(name, EnergyState(mean["basal_ecar"], mean["basal_ocr"]),
                    EnergyState(mean["stressed_ecar"], mean["stressed_ocr"]))
        for name, mean in ((n, {p: float(np.mean(v)) for p, v in own.items()}) for n, own in values.items())
        if len(mean) == len(_ENERGY)
    ][:_MOST_TRACES]  # fmt: skip
    if groups:
        parts = [f"{g.label} at rest {g.rest.ocr:.3g} pmol/min and {g.rest.ecar:.3g} mpH/min" for g in groups]
        yield Figure(
            "energy-map",
            "Energy map",
            "Respiration against acidification, mean of the wells of each group: from rest (hollow) "
            "to stress "
            "(filled).",
            "; ".join(parts) + ".",
            draw_energy_map(groups, data_kind=data_kind),
        )
