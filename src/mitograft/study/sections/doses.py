"""Doses against one control: a table and a superplot for each set."""

from collections.abc import Iterator, Sequence

from mitograft.evidence import DataKind
from mitograft.report.document import Block, Figure, Paragraph, Table, TableColumn
from mitograft.report.figures.intervals import Interval
from mitograft.report.figures.superplot import draw_superplot
from mitograft.statistics.dunnett import DunnettComparison
from mitograft.study.comparisons import REPLICATES
from mitograft.study.dose_comparisons import DosesCompared
from mitograft.study.sections.donors import describe_groups, measure_words, superplot_groups

__all__ = ["dose_blocks"]


def dose_blocks(doses: Sequence[DosesCompared], data_kind: DataKind) -> Iterator[Block]:
    """Yield what there is to show of every set of doses."""
    for number, one in enumerate(doses, start=1):
        asked = one.asked
        if one.result.refused:
            yield Paragraph(
                f"{asked.parameter}, doses against {asked.control}: not compared. {one.result.refused}",
                "warning",
            )
            continue
        yield _table(number, one)
        yield _figure(number, one, data_kind)


def _found(one: DosesCompared) -> list[DunnettComparison]:
    by_name = {comparison.group: comparison for comparison in one.result.comparisons}
    return [by_name[name] for name in one.asked.conditions if name in by_name]


def _table(number: int, one: DosesCompared) -> Table:
    asked, result = one.asked, one.result
    unit = "log ratio" if asked.scale == "log ratio" else one.unit
    return Table(
        f"doses-{number}",
        f"{asked.quantity}: doses against {asked.control} ({asked.parameter})",
        (
            TableColumn("condition", "Condition"),
            TableColumn("contrast", "Contrast"),
            TableColumn("estimate", "Estimate", unit, "decimal", 2),
            TableColumn("low", "lower limit", "", "decimal", 2),
            TableColumn("high", "upper limit", "", "decimal", 2),
            TableColumn("p", "p (Dunnett)", "", "decimal", 4),
            TableColumn("p_unadjusted", "p unadjusted", "", "decimal", 4),
        ),
        tuple(
            (c.group, asked.contrast_of(c.group), c.estimate, c.low, c.high, c.p, c.p_unadjusted)
            for c in _found(one)
        ),
        note=f"{result.multiplicity} {100 * result.level:g} % simultaneous intervals; {result.method}, "
        f"{result.df:g} degrees of freedom. {result.unit_note}",
    )


def _figure(number: int, one: DosesCompared, data_kind: DataKind) -> Figure:
    asked, result = one.asked, one.result
    groups = superplot_groups([asked.control, *asked.conditions], one.used, result.donor_means)
    assay = asked.parameter.partition(".")[0]
    unit, label = REPLICATES[assay], measure_words(asked.parameter, one.unit)
    scale = " (log ratio)" if asked.scale == "log ratio" else ""
    estimates = [
        Interval(f"{c.group} - {asked.control}{scale}", c.estimate, c.low, c.high) for c in _found(one)
    ]
    found = "; ".join(
        f"{row.label}: {row.estimate:.3g} ({row.low:.3g} to {row.high:.3g})" for row in estimates
    )
    return Figure(
        f"doses-superplot-{number}",
        f"{asked.quantity[0].upper()}{asked.quantity[1:]}: every dose, donor by donor",
        f"Faint dots are {unit}s, bold marks donors (one shape for each); lines join a donor's groups. "
        f"Estimates with {100 * result.level:g} % simultaneous intervals (Dunnett) stand below.",
        f"{label}. {describe_groups(groups)}. {found}.",
        draw_superplot(
            groups,
            decimals=2,
            axis_label=label,
            estimates=estimates,
            replicate_unit=unit,
            data_kind=data_kind,
        ),
    )
