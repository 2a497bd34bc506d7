"""Section: conditions compared donor by donor, with a picture of donors and replicates for each measure."""

import math
from collections.abc import Iterator, Sequence

from mitograft.evidence import DataKind
from mitograft.report.document import Block, Figure, Paragraph, Section, Table, TableColumn
from mitograft.report.figures.intervals import Interval
from mitograft.report.figures.superplot import SuperplotDonor, SuperplotGroup, draw_superplot
from mitograft.study.comparisons import Compared
from mitograft.study.invitro import Invitro

__all__ = ["comparisons_section"]

_ABBREVIATIONS = frozenset({"atp", "ocr", "ecar", "per", "tmrm"})


def comparisons_section(invitro: Invitro, data_kind: DataKind) -> Section:
    """Show every comparison as a row, and every measure as a superplot."""
    made = [compared for compared in invitro.comparisons if not compared.result.refused]
    lead = (
        f"{len(made)} of {len(invitro.comparisons)} comparisons could be made. The donor is the unit: "
        "wells and "
        "fields are averaged within it."
    )
    blocks: list[Block] = []
    if invitro.unassigned and invitro.comparisons:
        places = len({(r.source, r.group) for r in invitro.unassigned})
        blocks.append(
            Paragraph(
                f"samples.csv does not speak of {places} groups of wells or fields; they are in no "
                "comparison.",
                "note",
            )
        )
    blocks.append(_table(invitro.comparisons))
    judged = [compared for compared in invitro.comparisons if compared.asked.healthy is not None]
    if judged:
        blocks.append(_restoration(judged))
    blocks += list(_figures(invitro.comparisons, data_kind))
    return Section("comparisons", "Cell assays: comparisons between donors", lead, tuple(blocks))


def _table(comparisons: Sequence[Compared]) -> Table:
    columns = (
        TableColumn("quantity", "Quantity"),
        TableColumn("contrast", "Contrast"),
        TableColumn("parameter", "Measured as"),
        TableColumn("estimate", "Estimate", "", "decimal", 2),
        TableColumn("low", "lower limit", "", "decimal", 2),
        TableColumn("high", "upper limit", "", "decimal", 2),
        TableColumn("unit", "Unit"),
        TableColumn("p", "p", "", "decimal", 4),
        TableColumn("donors", "Donors", "", "right"),
        TableColumn("method", "Method and unit"),
    )
    return Table(
        "comparison-table",
        "Comparisons, each with its interval",
        columns,
        tuple(map(_row, comparisons)),
        note="p values are not adjusted for the number of comparisons; the verdicts on claims use "
        "the intervals.",
    )


def _row(compared: Compared) -> tuple[str | float | None, ...]:
    asked, result = compared.asked, compared.result
    if result.refused:
        return (
            asked.quantity,
            asked.contrast,
            asked.parameter,
            *[None] * 6,
            f"not compared: {result.refused}",
        )
    donors = f"{result.n_first}" if result.paired else f"{result.n_first} and {result.n_second}"
    unit = "log ratio" if asked.scale == "log ratio" else compared.unit
    numbers = (result.estimate, result.low, result.high)
    method = f"{result.method}. {result.unit_note}"
    return (
        asked.quantity,
        asked.contrast,
        asked.parameter,
        *numbers,
        unit,
        _or_none(result.p),
        donors,
        method,
    )


def _restoration(judged: Sequence[Compared]) -> Table:
    """Say for each comparison with healthy donors whether treatment restores or only raises."""
    rows = []
    for compared in judged:
        asked, left = compared.asked, compared.left
        numbers = (None, None, None) if left is None else (left.estimate, left.low, left.high)
        words = compared.left_refused if left is None else left.sentence(asked.margin)
        rows.append((asked.quantity, asked.contrast, words, *numbers, asked.parameter))
    return Table(
        "restoration",
        "Restored, or only raised? Share of the defect that is left (0 healthy, 1 untreated)",
        (
            TableColumn("quantity", "Quantity"),
            TableColumn("contrast", "Contrast"),
            TableColumn("verdict", "Verdict"),
            TableColumn("estimate", "Share left", "", "decimal", 2),
            TableColumn("low", "lower limit", "", "decimal", 2),
            TableColumn("high", "upper limit", "", "decimal", 2),
            TableColumn("parameter", "Measured as"),
        ),
        tuple(rows),
        note="90 % intervals (Fieller), donors as units: equivalence to healthy is two one-sided "
        "tests at 5 %.",
    )


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _figures(comparisons: Sequence[Compared], data_kind: DataKind) -> Iterator[Figure]:
    """One picture for each measure and scale, with all groups its comparisons use."""
    by_measure: dict[str, list[Compared]] = {}
    for compared in comparisons:
        if not compared.result.refused:
            by_measure.setdefault(compared.asked.parameter, []).append(compared)
    for parameter, members in by_measure.items():
        groups = _groups(members)
        assay, _, name = parameter.partition(".")
        unit = "field" if assay == "myotube" else "well"
        label = f"{_words(name)} ({members[0].unit})" if members[0].unit else _words(name)
        estimates = [_interval(compared) for compared in members]
        yield Figure(
            f"donors-{assay}-{name.replace('_', '-')}",
            f"{_title(name)} of each donor",
            f"Faint dots are {unit}s, bold marks donors (one shape for each); lines join a donor's groups. "
            "Estimates with 95 % intervals stand below.",
            _alt(label, groups, members),
            draw_superplot(
                groups,
                decimals=2,
                axis_label=label,
                estimates=estimates,
                replicate_unit=unit,
                data_kind=data_kind,
            ),
        )


def _words(name: str) -> str:
    return " ".join(word.upper() if word in _ABBREVIATIONS else word for word in name.split("_"))


def _title(name: str) -> str:
    words = _words(name)
    return words[0].upper() + words[1:]


def _interval(compared: Compared) -> Interval:
    asked, result = compared.asked, compared.result
    scale = " (log ratio)" if asked.scale == "log ratio" else ""
    return Interval(f"{asked.first} - {asked.second}{scale}", result.estimate, result.low, result.high)


def _groups(members: Sequence[Compared]) -> list[SuperplotGroup]:
    order = dict.fromkeys(name for m in members for name in (m.asked.second, m.asked.first))
    used = {(a.reading, a.sample.condition, a.sample.donor): None for m in members for a in m.used}
    values: dict[tuple[str, str], list[float]] = {}
    for reading, condition, donor in used:
        if not math.isnan(reading.value):
            values.setdefault((condition, donor), []).append(reading.value)
    means = {(m.group, m.donor): m.mean for c in members for m in c.result.donor_means}
    return [
        SuperplotGroup(
            name,
            tuple(
                SuperplotDonor(donor, means[name, donor], tuple(values[name, donor]))
                for condition, donor in sorted(values)
                if condition == name and (name, donor) in means
            ),
        )
        for name in order
    ]


def _alt(label: str, groups: Sequence[SuperplotGroup], members: Sequence[Compared]) -> str:
    parts = [
        f"{group.name}: {len(group.donors)} donors, means {min(d.mean for d in group.donors):.3g} to "
        f"{max(d.mean for d in group.donors):.3g}"
        for group in groups
        if group.donors
    ]
    found = [
        f"{m.asked.first} minus {m.asked.second}: {m.result.estimate:.3g} ({m.result.low:.3g} to "
        f"{m.result.high:.3g})"
        for m in members
    ]
    return f"{label}. {'; '.join(parts)}. {'; '.join(found)}."
