"""Parameters of an assay for each condition: donors as points, their mean and its interval."""

import math
from collections.abc import Iterable, Sequence

from mitograft.assays.readings import Reading
from mitograft.assays.samples import Assigned
from mitograft.evidence import DataKind
from mitograft.report.document import Figure, Table, TableColumn
from mitograft.report.figures.parameter_bars import ParameterPanel, PointGroup, draw_parameter_points
from mitograft.study.group_means import LEVEL, GroupMean, group_means

__all__ = ["parameter_points"]

_MOST_GROUPS = 6
_UNITS = {"1": "", "um": "µm", "um^2": "µm²", "nuclei/mm^2": "nuclei/mm²"}  # as a reader writes them
Rows = list[tuple[float, str, str]]


def parameter_points(
    readings: Sequence[Reading],
    assigned: Iterable[Assigned],
    parameters: Sequence[tuple[str, str]],
    *,
    title: str,
    name: str,
    data_kind: DataKind,
    replicates: str = "wells",
) -> Figure | None:
    """Draw some parameters, one panel each; None where none of them was measured.

    Donors and conditions are those of ``samples.csv``. Where it speaks of none of the readings, groups are
    those of the files and each file's plate is a point.

    Parameters
    ----------
    readings, assigned
        Readings of one assay, and readings (of any assay) with their samples.
    parameters
        Name of each parameter and its title.
    title, name, data_kind
        Title and id of the figure; kind of the data.
    replicates
        What is averaged within a donor.
    """
    wanted = {parameter for parameter, _ in parameters}
    known = [r for r in readings if r.parameter in wanted and not r.excluded and math.isfinite(r.value)]
    samples = {a.reading: a.sample for a in assigned}
    donors = any(reading in samples for reading in known)
    rows: dict[str, Rows] = {}
    units: dict[str, str] = {}
    for reading in known:
        if donors and reading not in samples:
            continue
        units[reading.parameter] = _UNITS.get(reading.unit, reading.unit)
        sample = samples.get(reading)
        who = (sample.donor, sample.condition) if sample else (reading.source, reading.group)
        rows.setdefault(reading.parameter, []).append((reading.value, *who))
    means = {p: _means(rows[p]) for p, _ in parameters if p in rows}
    groups = list(dict.fromkeys(m.group for own in means.values() for m in own))[:_MOST_GROUPS]
    if not groups:
        return None
    titles = dict(parameters)
    panels = [ParameterPanel(titles[p], units[p], _points(own, groups)) for p, own in means.items()]
    unit = "donor" if donors else "plate"
    return Figure(
        name,
        title,
        _caption(unit, replicates, most=max(len(m.donors) for own in means.values() for m in own)),
        _alt(titles, means, groups, unit),
        draw_parameter_points(panels, data_kind=data_kind),
        _table(f"{name}-values", titles, units, means),
    )


def _caption(unit: str, replicates: str, *, most: int) -> str:
    said = (
        f"Each mark is a {unit} (the mean of its {replicates}); thin lines join what belongs to one {unit}."
    )
    if most == 1:
        return f"{said} With one {unit} there is no interval, and nothing can be said of other {unit}s."
    return f"{said} The thick line is the mean of the {unit}s with its {100 * LEVEL:.0f} % interval (t)."


def _means(rows: Rows) -> tuple[GroupMean, ...]:
    values, donors, groups = zip(*rows, strict=True)
    return group_means(values, donors, groups)


def _points(means: Sequence[GroupMean], groups: Sequence[str]) -> tuple[PointGroup, ...]:
    by_name = {mean.group: mean for mean in means}
    return tuple(
        PointGroup(name, m.donors, *((m.estimate, m.low, m.high) if len(m.donors) > 1 else ()))
        if (m := by_name.get(name))
        else PointGroup(name, {})
        for name in groups
    )


def _alt(
    titles: dict[str, str], means: dict[str, tuple[GroupMean, ...]], groups: Sequence[str], unit: str
) -> str:
    parts = []
    for parameter, own in means.items():
        words = [f"{m.group} {m.estimate:.3g} ({len(m.donors)} {unit}s)" for m in own if m.group in groups]
        parts.append(f"{titles[parameter]}: {', '.join(words)}")
    return "; ".join(parts) + "."


def _table(
    name: str, titles: dict[str, str], units: dict[str, str], means: dict[str, tuple[GroupMean, ...]]
) -> Table:
    columns = (
        TableColumn("parameter", "Parameter"),
        TableColumn("group", "Condition"),
        TableColumn("mean", "Mean", "", "decimal", 2),
        TableColumn("low", "lower limit", "", "decimal", 2),
        TableColumn("high", "upper limit", "", "decimal", 2),
        TableColumn("unit", "Unit"),
        TableColumn("donors", "Donors", "", "right", 0),
    )
    rows = tuple(
        (titles[p], m.group, m.estimate, _or_none(m.low), _or_none(m.high), units[p], len(m.donors))
        for p, own in means.items()
        for m in own
    )
    return Table(name, "Mean over donors", columns, rows)


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
