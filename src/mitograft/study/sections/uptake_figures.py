"""Figures of the section on uptake: wells with their intervals, and the signals of single cells."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mitograft.assays.uptake.derive import UptakeResult
from mitograft.assays.uptake.derive_cells import CellSignals
from mitograft.assays.uptake.estimates import Estimate
from mitograft.evidence import DataKind
from mitograft.report.document import Figure, Table, TableColumn
from mitograft.report.figures.uptake import UptakeGroup, UptakePanel, UptakePoint, draw_uptake
from mitograft.report.figures.uptake_signals import SignalGroup, draw_cell_signals

__all__ = ["uptake_figures"]

_MOST_GROUPS = 6
_PANELS: tuple[tuple[str, str, str, float | None], ...] = (
    ("positive_fraction", "Positive cells", "share of the cells", None),
    ("positive_fraction_image", "Positive cells (images)", "share of the cells", None),
    ("donor_mtdna_fraction_dpcr", "Donor mtDNA (digital PCR)", "share of mtDNA", None),
    ("donor_mtdna_fraction_qpcr", "Donor mtDNA (qPCR)", "share of mtDNA", None),
    ("tmrm_potential_signal", "Membrane potential (TMRM)", "baseline less FCCP", None),
    ("jc1_red_green_ratio", "Membrane potential (JC-1)", "red over green", None),
    ("mitosox_relative", "Mitochondrial ROS (MitoSOX)", "relative to control", 1.0),
    ("colocalisation_excess", "Colocalisation (images)", "correlation above chance", None),
)


def uptake_figures(result: UptakeResult, data_kind: DataKind) -> Iterator[Figure]:
    """Yield the panels of wells with their own intervals, and the signals of single cells of each plate."""
    yield from _points(result.estimates, data_kind)
    yield from _signals(result.signals, data_kind)


def _points(estimates: Sequence[Estimate], data_kind: DataKind) -> Iterator[Figure]:
    known = [e for e in estimates if not e.excluded and math.isfinite(e.value)]
    names = [name for name, *_ in _PANELS]
    labels = list(dict.fromkeys(_group(e) for e in known if e.parameter in names))[:_MOST_GROUPS]
    shown: list[UptakePanel] = []
    for parameter, title, unit, reference in _PANELS:
        own = [e for e in known if e.parameter == parameter and _group(e) in labels]
        if own:
            scale = next(e.unit for e in own)
            words = unit if scale == "1" else f"{unit} ({scale})"
            shown.append(UptakePanel(title, words, _groups(own, labels), reference))
    if not shown:
        return
    told = [f"{one.title}: " + ", ".join(f"{g.label} {g.mean:.3g}" for g in one.groups) for one in shown]
    yield Figure(
        "uptake-wells",
        "Uptake, donor mtDNA, potential and ROS of each well",
        "Each mark is a well, sample or image; its line is the interval (95 %) of that one alone, where "
        "there is one; a bold line is the mean of a condition. Donors are compared elsewhere.",
        "; ".join(told) + ".",
        draw_uptake(shown, data_kind=data_kind),
        _table(shown),
    )


def _group(estimate: Estimate) -> str:
    return estimate.place.group or estimate.place.position


def _groups(estimates: Sequence[Estimate], labels: Sequence[str]) -> tuple[UptakeGroup, ...]:
    found = []
    for label in labels:
        own = [e for e in estimates if _group(e) == label]
        if own:
            points = tuple(UptakePoint(e.value, e.low, e.high) for e in own)
            found.append(UptakeGroup(label, points, float(np.mean([e.value for e in own]))))
    return tuple(found)


def _table(panels: Sequence[UptakePanel]) -> Table:
    columns = (
        TableColumn("parameter", "Parameter"),
        TableColumn("group", "Condition"),
        TableColumn("value", "Well, sample or image", "", "decimal", 3),
        TableColumn("low", "lower limit", "", "decimal", 3),
        TableColumn("high", "upper limit", "", "decimal", 3),
    )
    rows = tuple(
        (one.title, group.label, point.value, *_limits(point))
        for one in panels
        for group in one.groups
        for point in group.points
    )
    return Table("uptake-wells-values", "The points of the figure", columns, rows, collapsed=True)


def _limits(point: UptakePoint) -> tuple[float | None, float | None]:
    return tuple(None if math.isnan(v) else v for v in (point.low, point.high))  # type: ignore[return-value]  # two


def _signals(signals: Sequence[CellSignals], data_kind: DataKind) -> Iterator[Figure]:
    """Draw the signals of single cells, a figure for each plate and way of measuring."""
    plates = dict.fromkeys((one.origin, one.plate) for one in signals)
    for number, (origin, plate) in enumerate(plates, start=1):
        own = [s for s in signals if (s.origin, s.plate) == (origin, plate)][:_MOST_GROUPS]
        names = [f"{s.group or plate}{', untreated' if s.untreated else ''}" for s in own]
        groups = [
            SignalGroup(name, tuple(s.signals.tolist()), f"{len(s.signals)} cells, {s.positive:.0%} positive")
            for name, s in zip(names, own, strict=True)
        ]
        where = "in images" if origin == "image" else "in single cells"
        yield Figure(
            f"uptake-signals-{number}",
            f"Donor signal {where}, plate {plate}",
            "Signal of each cell; cells above the threshold, a percentile of the untreated cells of the "
            "plate, count as positive. Each histogram is scaled to its own highest bar.",
            "; ".join(f"{g.label}: {g.note}" for g in groups) + ".",
            draw_cell_signals(
                groups,
                own[0].threshold,
                axis_label=f"signal of a cell ({own[0].unit.replace('*um^2', ' · µm²')})",
                data_kind=data_kind,
            ),
        )
