"""What the report says of the number of comparisons, and the table of the comparisons."""

import math
from collections.abc import Sequence

from mitograft.report.document import Table, TableColumn
from mitograft.study.comparisons import Compared

__all__ = ["comparison_table", "multiplicity_words"]

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
        TableColumn("unit", "Unit"),
        TableColumn("p", "p", "", "decimal", 4),
        TableColumn("p_holm", "p (Holm)", "", "decimal", 4),
        TableColumn("donors", "Donors", "", "right"),
        TableColumn("method", "Method and unit"),
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
    asked, result = compared.asked, compared.result
    head = (asked.quantity, asked.contrast, asked.parameter)
    if result.refused:
        return [(*head, *[None] * 7, f"not compared: {result.refused}")]
    family = f"{asked.family.capitalize()} comparison. " if asked.family else ""
    level = f" Interval at {100 * result.level:.4g} %." if compared.adjusted else ""
    method = f"{family}{result.method}. {f'{compared.why} ' if compared.why else ''}{result.unit_note}{level}"
    rows: list[Row] = [
        (
            *head,
            *(result.estimate, result.low, result.high),
            _unit(compared),
            _or_none(result.p),
            _or_none(compared.p_holm),
            f"{result.n_first}" if result.paired else f"{result.n_first} and {result.n_second}",
            method,
        )
    ]
    other = compared.beside
    if other is not None and not other.refused:
        donors = f"{other.n_first}" if other.paired else f"{other.n_first} and {other.n_second}"
        words = f"Beside the primary analysis, not judged: {other.method}. {other.unit_note}"
        numbers = (other.estimate, other.low, other.high)
        rows.append((*head, *numbers, _unit(compared), _or_none(other.p), None, donors, words))
    return rows


def _unit(compared: Compared) -> str:
    return "log ratio" if compared.asked.scale == "log ratio" else compared.unit


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
