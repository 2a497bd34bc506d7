"""Section: conditions compared donor by donor, with a picture of donors and replicates for each measure."""

from collections.abc import Iterator, Sequence

from mitograft.evidence import DataKind
from mitograft.report.document import Block, Figure, Paragraph, Section, Table, TableColumn
from mitograft.report.figures.intervals import Interval
from mitograft.report.figures.superplot import draw_superplot
from mitograft.statistics.donors import DonorMean
from mitograft.study.comparisons import REPLICATES, Compared
from mitograft.study.invitro import Invitro
from mitograft.study.sections.donors import (
    describe_groups,
    measure_title,
    measure_words,
    superplot_groups,
)
from mitograft.study.sections.doses import dose_blocks
from mitograft.study.sections.multiplicity import comparison_table, method_table

__all__ = ["comparisons_section"]

_VERDICTS = {
    "restored": "restored",
    "raised": "raised, but not shown to be restored",
    "not shown": "not shown to be raised",
    "no defect": "without an established defect",
    "": "not judged",
}


def comparisons_section(invitro: Invitro, data_kind: DataKind) -> Section:
    """Show every comparison as a row, and every measure as a superplot."""
    made = [compared for compared in invitro.comparisons if not compared.result.refused]
    lead = ""
    if invitro.comparisons:
        lead = f"{len(made)} of {len(invitro.comparisons)} comparisons could be made. "
    if invitro.doses:
        count = sum(len(one.result.comparisons) for one in invitro.doses)
        lead += f"{count} dose{'s' if count != 1 else ''} compared with a control. "
    lead += "The donor is the unit: wells and fields are averaged within it."
    judged = [compared for compared in invitro.comparisons if compared.asked.healthy is not None]
    if judged:
        lead += f" {_restored_or_raised(judged)}"
    blocks: list[Block] = []
    if invitro.unassigned:
        places = len({(r.source, r.group) for r in invitro.unassigned})
        blocks.append(
            Paragraph(
                f"samples.csv does not speak of {places} groups of wells or fields; they are in no "
                "comparison.",
                "note",
            )
        )
    if invitro.comparisons:
        blocks.append(comparison_table(invitro.comparisons, invitro.multiplicity))
        blocks.append(method_table(invitro.comparisons))
    if judged:
        blocks.append(_restoration(judged))
    blocks += list(_figures(invitro.comparisons, data_kind))
    blocks += list(dose_blocks(invitro.doses, data_kind))
    return Section("comparisons", "Cell assays: comparisons between donors", lead, tuple(blocks))


def _restored_or_raised(judged: Sequence[Compared]) -> str:
    """Answer in words whether treatment makes cells healthy, or only better."""
    by_verdict: dict[str, list[str]] = {}
    for compared in judged:
        verdict = "" if compared.left is None else compared.left.verdict(compared.asked.margin)
        measure = f"{compared.asked.quantity} ({measure_words(compared.asked.parameter)})"
        by_verdict.setdefault(verdict, []).append(measure)
    words = [f"{_VERDICTS[v]}: {', '.join(by_verdict[v])}" for v in _VERDICTS if v in by_verdict]
    return f"Restored to healthy, or only raised? {_capital('; '.join(words))}."


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _restoration(judged: Sequence[Compared]) -> Table:
    """Say for each comparison with healthy donors whether treatment restores or only raises."""
    rows = []
    for compared in judged:
        asked, left = compared.asked, compared.left
        numbers = (None, None, None) if left is None else (left.estimate, left.low, left.high)
        words = compared.left_refused if left is None else left.sentence(asked.margin)
        rows.append((asked.quantity, asked.contrast, words, *numbers, asked.margin, asked.parameter))
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
            TableColumn("margin", "Margin", "", "decimal", 2),
            TableColumn("parameter", "Measured as"),
        ),
        tuple(rows),
        note="90 % intervals (Fieller), donors as units: equivalence to healthy is two one-sided "
        "tests at 5 %. A measure is restored where the whole interval lies within the margin around 0, and "
        "only raised where it lies below 1 but reaches beyond the margin.",
    )


def _figures(comparisons: Sequence[Compared], data_kind: DataKind) -> Iterator[Figure]:
    """One picture for each measure, with all groups its comparisons use."""
    by_measure: dict[str, list[Compared]] = {}
    for compared in comparisons:
        if not compared.result.refused:
            by_measure.setdefault(compared.asked.parameter, []).append(compared)
    for parameter, members in by_measure.items():
        order = list(dict.fromkeys(name for m in members for name in (m.asked.second, m.asked.first)))
        used = [a for member in members for a in member.used]
        groups = superplot_groups(order, used, _means(members))
        assay, _, name = parameter.partition(".")
        unit, label = REPLICATES[assay], measure_words(parameter, members[0].unit)
        yield Figure(
            f"donors-{assay}-{name.replace('_', '-')}",
            f"{measure_title(parameter)} of each donor",
            f"Faint dots are {unit}s, bold marks donors (one shape for each); lines join a donor's groups. "
            f"Estimates with {_levels(members)} intervals stand below.",
            f"{label}. {describe_groups(groups)}. {_described(members)}.",
            draw_superplot(
                groups,
                decimals=2,
                axis_label=label,
                estimates=[_interval(compared) for compared in members],
                replicate_unit=unit,
                data_kind=data_kind,
            ),
        )


def _means(members: Sequence[Compared]) -> list[DonorMean]:
    return [mean for compared in members for mean in compared.result.donor_means]


def _levels(members: Sequence[Compared]) -> str:
    return " or ".join(dict.fromkeys(f"{100 * compared.result.level:.4g} %" for compared in members))


def _interval(compared: Compared) -> Interval:
    asked, result = compared.asked, compared.result
    scale = " (log ratio)" if asked.scale == "log ratio" else ""
    return Interval(f"{asked.first} - {asked.second}{scale}", result.estimate, result.low, result.high)


def _described(members: Sequence[Compared]) -> str:
    return "; ".join(
        f"{m.asked.first} minus {m.asked.second}: {m.result.estimate:.3g} ({m.result.low:.3g} to "
        f"{m.result.high:.3g})"
        for m in members
    )
