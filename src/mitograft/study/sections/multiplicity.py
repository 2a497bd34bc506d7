"""What the report says of the number of comparisons, and the tables of the comparisons."""

import math
from collections.abc import Sequence

from mitograft.report.document import Table, TableColumn
from mitograft.statistics.donor_comparison import DonorComparison
from mitograft.study.comparisons import Compared
from mitograft.study.sections.donors import measure_words

__all__ = ["comparison_table", "method_table", "multiplicity_words"]

Row = tuple[str | float | None, ...]


def multiplicity_words(comparisons: Sequence[Compared], rule: str) -> str:
    """Say how many comparisons there are, in which families, and what is adjusted for them."""
    sizes = {one.asked.family or "": one.family_size for one in comparisons if one.family_size}
    if not sizes:
        return "No comparison could be made."
    families = [f"{size} {_named(name)}comparison{'s' if size != 1 else ''}" for name, size in sizes.items()]
    text = f"Multiplicity: {' and '.join(families)}{', each a family' if len(families) > 1 else ''}. "
    if rule == "holm":
        text += (
            "As study.toml asks, p is adjusted by Holm and each interval by Bonferroni within its family, "
            "so that "
            "all intervals of a family hold together at 95 %; claims are judged by these intervals. "
            "Bonferroni's intervals are wider than Holm's test needs: one may reach 0 where the adjusted p "
            "is below 0.05."
        )
    else:
        text += (
            "Intervals are not adjusted: each is a 95 % interval by itself, and each claim is judged at its "
            "own level. p adjusted by Holm within the family stands beside p."
        )
    if len(sizes) > 1:
        text += " Nothing is adjusted between families."
    return text


def _named(family: str) -> str:
    return f"{family} " if family else ""


def comparison_table(comparisons: Sequence[Compared], rule: str) -> Table:
    """Show every comparison with its interval, p and adjusted p."""
    columns = (
        TableColumn("quantity", "Quantity"),
        TableColumn("contrast", "Contrast"),
        TableColumn("parameter", "Measured as"),
        TableColumn("estimate", "Estimate", "", "decimal", 2),
        TableColumn("low", "lower limit", "", "decimal", 2),
        TableColumn("high", "upper limit", "", "decimal", 2),
        TableColumn("p", "p", "", "decimal", 4),
        TableColumn("p_holm", "p (Holm)", "", "decimal", 4),
    )
    rows = [row for compared in comparisons for row in _rows(compared)]
    return Table(
        "comparison-table",
        "Comparisons, each with its interval",
        columns,
        tuple(rows),
        note=multiplicity_words(comparisons, rule),
    )


def _rows(compared: Compared) -> list[Row]:
    asked, result, other = compared.asked, compared.result, compared.beside
    unit = "log ratio" if asked.scale == "log ratio" else compared.unit
    measure = measure_words(asked.parameter, unit)
    head = (asked.quantity, asked.contrast, measure)
    if result.refused:
        return [(*head, *[None] * 5)]
    rows = [(*head, *_numbers(result), _or_none(compared.p_holm))]
    if other is not None and not other.refused:
        beside = (asked.quantity, f"{asked.contrast} (donor means, beside)", measure)
        rows.append((*beside, *_numbers(other), None))
    return rows


def _numbers(result: DonorComparison) -> Row:
    return result.estimate, result.low, result.high, _or_none(result.p)


def _donors(result: DonorComparison) -> str:
    return f"{result.n_first}" if result.paired else f"{result.n_first} and {result.n_second}"


def method_table(comparisons: Sequence[Compared]) -> Table:
    """Say of every comparison how it was made, on what unit, and why one was not made."""
    return Table(
        "comparison-methods",
        "How each comparison was made",
        (
            TableColumn("contrast", "Contrast"),
            TableColumn("parameter", "Measured as"),
            TableColumn("donors", "Donors", "", "right"),
            TableColumn("method", "Method and unit"),
        ),
        tuple(
            (one.asked.contrast, one.asked.parameter, _donors(one.result), _method(one))
            for one in comparisons
        ),
        collapsed=not any(one.result.refused for one in comparisons),
    )


def _method(compared: Compared) -> str:
    asked, result, other = compared.asked, compared.result, compared.beside
    if result.refused:
        return f"Not compared: {result.refused}"
    parts = [f"{asked.family.capitalize()} comparison."] if asked.family else []
    parts += [f"{result.method[0].upper()}{result.method[1:]}.", compared.why, result.unit_note]
    if compared.adjusted:
        parts.append(f"Interval at {100 * result.level:.4g} %.")
    if other is not None and not other.refused:
        parts.append(f"Beside the primary analysis, not judged: {other.method}. {other.unit_note}")
    return " ".join(part for part in parts if part)


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
