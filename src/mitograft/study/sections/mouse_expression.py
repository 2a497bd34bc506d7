"""Section: expression: genes, gene sets and the metabolic shift with its restoration."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mitograft.evidence import DataKind
from mitograft.mouse.animals import Colony
from mitograft.mouse.expression.analyse import ExpressionResult
from mitograft.mouse.expression.differential import Contrast
from mitograft.mouse.expression.scores import SetComparison
from mitograft.mouse.expression.shift import Restoration, Shift
from mitograft.report.document import Block, Figure, Paragraph, Section, Table, TableColumn
from mitograft.report.figures.mouse_scores import MouseScoresGroup, draw_mouse_scores
from mitograft.report.figures.shift_map import Role, ShiftGroup, ShiftRow, draw_shift_map
from mitograft.study.sections.readings import findings_table, p_text

__all__ = ["expression_section"]

_TOP = 12
_MOST_GROUPS = 6


def expression_section(result: ExpressionResult, colony: Colony | None, data_kind: DataKind) -> Section:
    """Show differential expression, gene sets against the reference, and the shift."""
    genes, subjects = len(result.counts.genes), len(result.counts.subjects)
    unit = "mice" if colony is not None else "samples"
    lead = f"{genes} genes of {subjects} {unit}. "
    blocks: list[Block] = []
    if result.shift is not None:
        lead += " ".join(r.sentence for r in result.shift.restorations)
        blocks += list(_shift_blocks(result, result.shift, data_kind))
    blocks += list(_maps(result, data_kind))
    blocks += [_genes(contrast) for contrast in result.differential.contrasts]
    blocks.append(_counts(result))
    blocks += [_sets(result), _enrichment(result), _coverage(result)]
    blocks.append(
        Paragraph(
            "Infiltrating cells dilute every gene of muscle, so a fall of oxidative sets is read beside "
            "the markers of infiltrate and muscle; oxidative minus glycolytic score is secondary, because it "
            "does not separate human myositis from controls.",
            "note",
        )
    )
    blocks.append(findings_table(result.findings, "expression-findings"))
    return Section("expression", "Expression and the metabolic shift", lead.strip(), tuple(blocks))


def _shift_blocks(result: ExpressionResult, shift: Shift, data_kind: DataKind) -> Iterator[Block]:
    members: dict[str, list[float]] = {}
    for subject, group in zip(result.counts.subjects, result.counts.groups, strict=True):
        members.setdefault(group, []).append(shift.index[subject])
    places = {"healthy": 0, "control": 1, "treated": 2}
    ordered = sorted(shift.groups, key=lambda g: (places[_role(g.group, shift)], -g.mean))
    groups = [
        MouseScoresGroup(g.group, _role(g.group, shift), tuple(members[g.group]), centre=g.mean)
        for g in ordered
    ]
    words = "; ".join(f"{g.group} {g.mean:.2g} ({g.low:.2g} to {g.high:.2g})" for g in shift.groups)
    yield Figure(
        "shift-index",
        "Index of the metabolic shift",
        f"0 is the mean of {shift.roles.healthy}, one unit its standard deviation; higher is less oxidative. "
        f"Made of {', '.join(shift.sets)}. Each point is an animal.",
        f"Means with 95 % intervals: {words}.",
        draw_mouse_scores(
            groups, axis_label="metabolic shift (SD of healthy)", centre="mean", data_kind=data_kind
        ),
    )
    yield Table(
        "shift-restoration",
        "Restored to healthy, or only improved?",
        (
            TableColumn("group", "Group"),
            TableColumn("share", "Share of the shift left", "", "decimal", 2),
            TableColumn("low", "lower limit", "", "decimal", 2),
            TableColumn("high", "upper limit", "", "decimal", 2),
            TableColumn("verdict", "Verdict"),
            TableColumn("from_untreated", "Difference from untreated", "SD", "decimal", 2),
            TableColumn("p_untreated", "p"),
            TableColumn("to_healthy", "Difference from healthy", "SD", "decimal", 2),
            TableColumn("equivalent", "Within 1 SD of healthy"),
        ),
        tuple(
            (
                r.group, _number(r.share.estimate), _number(r.share.low), _number(r.share.high), r.verdict,
                r.from_untreated.difference.estimate, p_text(r.from_untreated.difference.p),
                r.to_healthy.difference.estimate,
                _equivalent(r),
            )
            for r in shift.restorations
        ),
        note="0 is healthy, 1 untreated; 90 % intervals after Fieller.",
    )  # fmt: skip


def _equivalent(restoration: Restoration) -> str:
    found = restoration.equivalence
    if found is None:
        return "not judged"
    return f"{'yes' if found.equivalent else 'not shown'} (p {p_text(found.p)})"


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _role(group: str, shift: Shift) -> Role:
    if group == shift.roles.healthy:
        return "healthy"
    return "control" if group == shift.roles.untreated else "treated"


def _maps(result: ExpressionResult, data_kind: DataKind) -> Iterator[Figure]:
    """Draw every set against the reference that most contrasts share."""
    references = [c.reference for c in result.comparisons]
    if not references:
        return
    shift = result.shift
    reference = shift.roles.healthy if shift is not None and shift.roles.healthy in references else max(
        sorted(set(references)), key=references.count
    )  # fmt: skip
    found = {(c.set, c.tested): c for c in result.comparisons if c.reference == reference}
    tested = list(dict.fromkeys(name for _, name in found))[:_MOST_GROUPS]
    rows = []
    for item in result.sets:
        values = tuple(_interval(found.get((item.id, name))) for name in tested)
        if any(math.isfinite(value[0]) for value in values):
            rows.append(ShiftRow(item.label, values))
    if not rows:
        return
    groups = [ShiftGroup(name, "treated" if shift is None else _role(name, shift)) for name in tested]
    yield Figure(
        "shift-map",
        f"Gene sets against {reference}",
        f"Difference of the mean z score from {reference}, with 95 % intervals (Welch).",
        "; ".join(_map_words(row, tested) for row in rows) + ".",
        draw_shift_map(groups, rows, axis_label=f"difference from {reference} (mean z)", data_kind=data_kind),
    )


def _interval(comparison: SetComparison | None) -> tuple[float, float, float]:
    if comparison is None:
        return (math.nan,) * 3
    return comparison.difference.estimate, comparison.difference.low, comparison.difference.high


def _map_words(row: ShiftRow, tested: Sequence[str]) -> str:
    parts = ", ".join(f"{name} {value[0]:.2f}" for name, value in zip(tested, row.values, strict=True))
    return f"{row.label}: {parts}"


def _genes(contrast: Contrast) -> Table:
    """List the genes with the smallest adjusted p values."""
    p = np.where(np.isnan(contrast.p_adjusted), np.inf, contrast.p_adjusted)
    order = np.lexsort((np.where(np.isnan(contrast.p), np.inf, contrast.p), p))[:_TOP]
    name = f"{contrast.tested} vs {contrast.reference}"
    return Table(
        f"genes-{_slug(contrast.tested)}-{_slug(contrast.reference)}",
        f"Differential expression: {name}, first {_TOP} genes",
        (
            TableColumn("gene", "Gene"),
            TableColumn("base_mean", "Mean of counts", "", "decimal", 0),
            TableColumn("log2_fold_change", "log2 fold change", "", "decimal", 2),
            TableColumn("se", "SE", "", "decimal", 2),
            TableColumn("p_adjusted", "Adjusted p"),
        ),
        tuple(
            (
                contrast.genes[i], float(contrast.base_mean[i]), float(contrast.log2_fold_change[i]),
                float(contrast.standard_error[i]), f"{contrast.p_adjusted[i]:.2g}",
            )
            for i in order.tolist()
        ),
        note="Wald test of pydeseq2, adjusted after Benjamini and Hochberg. "
        "All genes are in tables/expression.csv.",
        collapsed=True,
    )  # fmt: skip


def _slug(name: str) -> str:
    words = "".join(c.lower() if c.isascii() and c.isalnum() else " " for c in name).split()
    return "-".join(words) or "group"


def _counts(result: ExpressionResult) -> Table:
    rows = []
    for c in result.differential.contrasts:
        called = c.p_adjusted < 0.05
        up, down = called & (c.log2_fold_change > 1), called & (c.log2_fold_change < -1)
        rows.append(
            (f"{c.tested} vs {c.reference}", len(c.genes), int(called.sum()), int(up.sum()), int(down.sum()))
        )
    return Table(
        "genes-called",
        "Genes called at an adjusted p below 0.05",
        (
            TableColumn("contrast", "Contrast"),
            TableColumn("genes", "Genes", "", "decimal", 0),
            TableColumn("called", "Called", "", "decimal", 0),
            TableColumn("up", "of these more than twofold up", "", "decimal", 0),
            TableColumn("down", "more than twofold down", "", "decimal", 0),
        ),
        tuple(rows),
    )


def _sets(result: ExpressionResult) -> Table:
    labels = {item.id: item.label for item in result.sets}
    return Table(
        "set-scores",
        "Gene-set scores between groups",
        (
            TableColumn("set", "Gene set"),
            TableColumn("contrast", "Contrast"),
            TableColumn("difference", "Difference", "mean z", "decimal", 2),
            TableColumn("low", "lower limit", "", "decimal", 2),
            TableColumn("high", "upper limit", "", "decimal", 2),
            TableColumn("p", "p, adjusted"),
            TableColumn("p_rank", "p, Mann-Whitney"),
        ),
        tuple(
            (
                labels[c.set], f"{c.tested} vs {c.reference}", c.difference.estimate, c.difference.low,
                c.difference.high, p_text(c.p_adjusted), p_text(c.p_rank),
            )
            for c in result.comparisons
        ),
        collapsed=True,
    )  # fmt: skip


def _enrichment(result: ExpressionResult) -> Table:
    labels = {item.id: item.label for item in result.sets}
    return Table(
        "enrichment",
        "Enrichment of gene sets in the ranking of genes",
        (
            TableColumn("set", "Gene set"),
            TableColumn("contrast", "Contrast"),
            TableColumn("nes", "NES", "", "decimal", 2),
            TableColumn("p", "p"),
            TableColumn("q", "False discovery rate", "", "decimal", 3),
            TableColumn("genes", "Genes", "", "decimal", 0),
        ),
        tuple(
            (labels[e.set], f"{e.tested} vs {e.reference}", e.normalised, p_text(e.p), e.q, e.genes)
            for e in result.enrichments
        ),
        note="Genes ranked by the Wald statistic; gseapy. The NES moves by about 1 % with the permutations.",
        collapsed=True,
    )


def _coverage(result: ExpressionResult) -> Table:
    labels = {item.id: item.label for item in result.sets}
    return Table(
        "set-coverage",
        "How much of each gene set was counted",
        (
            TableColumn("set", "Gene set"),
            TableColumn("size", "Genes published", "", "decimal", 0),
            TableColumn("translated", "with a partner in the species", "", "decimal", 0),
            TableColumn("found", "counted", "", "decimal", 0),
        ),
        tuple((labels.get(c.set, c.set), c.size, c.translated, c.found) for c in result.coverage),
        collapsed=True,
    )
