"""Tables of the mouse arm that a run leaves as files."""

import math
from collections.abc import Iterator, Sequence

from mitograft.mouse.expression.analyse import ExpressionResult
from mitograft.mouse.outcomes import Outcome
from mitograft.study.mouse import Mouse
from mitograft.tables.contract import Cell

__all__ = ["mouse_tables"]

Columns = dict[str, Sequence[Cell]]


def mouse_tables(mouse: Mouse) -> Iterator[tuple[str, Columns]]:
    """Yield name and columns of each table: outcomes mouse by mouse, comparisons, ARRIVE, genes, sets."""
    if mouse.colony is not None:
        groups = {animal.id: animal.group for animal in mouse.colony}
        yield "mouse_outcomes", _outcomes(mouse.details.outcomes(), groups)
        yield "mouse_comparisons", _comparisons(mouse)
        yield (
            "arrive",
            {
                "item": [i.number for i in mouse.arrive],
                "about": [i.title for i in mouse.arrive],
                "standing": [i.standing for i in mouse.arrive],
                "found": [i.found for i in mouse.arrive],
                "remedy": [i.remedy or None for i in mouse.arrive],
            },
        )
    findings = mouse.findings()
    names = ("severity", "rule", "source", "place", "found", "remedy")
    yield "mouse_quality_control", {n: [getattr(f, n) or None for f in findings] for n in names}
    if mouse.details.expression is not None:
        yield "expression", _genes(mouse.details.expression)
        yield "gene_sets", _sets(mouse.details.expression)


def _outcomes(outcomes: Sequence[Outcome], groups: dict[str, str]) -> Columns:
    rows = [(o, mouse, v, None) for o in outcomes for mouse, v in o.values.items()]
    below = [(o, mouse, None, limit) for o in outcomes for mouse, limit in o.below.items()]
    every: list[tuple[Outcome, str, float | None, float | None]] = [*rows, *below]
    return {
        "outcome": [o.name for o, _, _, _ in every],
        "unit": [o.unit for o, _, _, _ in every],
        "animal": [mouse for _, mouse, _, _ in every],
        "group": [groups.get(mouse) for _, mouse, _, _ in every],
        "value": [value for _, _, value, _ in every],
        "below": [limit for _, _, _, limit in every],
        "source": [o.source for o, _, _, _ in every],
    }


def _comparisons(mouse: Mouse) -> Columns:
    results = [compared.result for compared in mouse.comparisons]
    return {
        "outcome": [r.outcome.name for r in results],
        "first": [r.first for r in results],
        "second": [r.second for r in results],
        "n_first": [r.n_first for r in results],
        "n_second": [r.n_second for r in results],
        "estimate": [_known(r.estimate) for r in results],
        "low": [_known(r.low) for r in results],
        "high": [_known(r.high) for r in results],
        "unit": [r.unit or None for r in results],
        "p": [_known(r.p) for r in results],
        "p_holm": [_known(compared.p_holm) for compared in mouse.comparisons],
        "share_left": [None if r.left is None else _known(r.left.estimate) for r in results],
        "share_low": [None if r.left is None else r.left.low for r in results],
        "share_high": [None if r.left is None else r.left.high for r in results],
        "method": [r.method for r in results],
        "refused": [r.refused or None for r in results],
    }


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _genes(result: ExpressionResult) -> Columns:
    contrasts = result.differential.contrasts
    columns: Columns = {
        "tested": [c.tested for c in contrasts for _ in c.genes],
        "reference": [c.reference for c in contrasts for _ in c.genes],
        "gene": [gene for c in contrasts for gene in c.genes],
    }
    for name in ("base_mean", "log2_fold_change", "standard_error", "statistic", "p", "p_adjusted"):
        columns[name] = [_known(float(v)) for c in contrasts for v in getattr(c, name)]
    return columns


def _sets(result: ExpressionResult) -> Columns:
    labels = {item.id: item.label for item in result.sets}
    found = result.comparisons
    enriched = {(e.set, e.tested, e.reference): e for e in result.enrichments}
    also = [enriched.get((c.set, c.tested, c.reference)) for c in found]
    return {
        "set": [c.set for c in found],
        "label": [labels[c.set] for c in found],
        "tested": [c.tested for c in found],
        "reference": [c.reference for c in found],
        "difference": [c.difference.estimate for c in found],
        "low": [_known(c.difference.low) for c in found],
        "high": [_known(c.difference.high) for c in found],
        "p_adjusted": [_known(c.p_adjusted) for c in found],
        "p_rank": [_known(c.p_rank) for c in found],
        "nes": [None if e is None else e.normalised for e in also],
        "nes_p": [None if e is None else e.p for e in also],
        "nes_q": [None if e is None else e.q for e in also],
    }
