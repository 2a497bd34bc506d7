"""Counts of a study to differential expression, gene sets and the metabolic shift."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mitograft.errors import InputError, UsageError, Violation
from mitograft.evidence.finding import Finding
from mitograft.mouse.animals import Colony
from mitograft.mouse.expression.counts import Counts, read_counts
from mitograft.mouse.expression.differential import Differential, fit_differential
from mitograft.mouse.expression.enrichment import Enrichment, enrich
from mitograft.mouse.expression.gene_sets import (
    Coverage,
    GeneSet,
    find_coverage,
    load_panel,
    read_gene_sets,
    report_coverage,
)
from mitograft.mouse.expression.options import ExpressionOptions
from mitograft.mouse.expression.orthologs import PACKAGE, load_markers
from mitograft.mouse.expression.scores import (
    SetComparison,
    compare_sets,
    log_cpm,
    log_normalised,
    score_genes,
    score_sets,
    score_ssgsea,
)
from mitograft.mouse.expression.shift import Roles, Shift, find_composite, find_shift
from mitograft.mouse.outcomes import Outcome
from mitograft.tables.parameters import Parameter, Parameters, load_parameters

__all__ = ["ExpressionResult", "analyse_expression", "load_expression_parameters"]

Array = npt.NDArray[np.float64]
_MARKERS = ("infiltrate", "muscle")


@dataclass(frozen=True, eq=False)
class ExpressionResult:
    """Everything the report shows of expression.

    Parameters
    ----------
    counts
        What was read.
    expression
        Transformed expression that the scores are made of, subjects x genes, and its name ``scale``.
    differential
        Size factors, dispersions and contrasts.
    sets, coverage
        Sets that were scored (with their counted genes), and the coverage of all.
    scores, ssgsea
        Mean z score and single-sample enrichment, one value a subject, by set.
    markers
        Mean z score of infiltrate and muscle markers, where they were counted.
    comparisons, enrichments
        Scores between groups; enrichment of the contrasts.
    roles, shift
        Groups of the metabolic shift and the shift itself; None where the groups are not known.
    outcomes
        One number a mouse for the group comparisons of the arm.
    findings, parameters
        What to know before using the results; flagged parameters they rest on.
    """

    counts: Counts
    expression: Array
    scale: str
    differential: Differential
    sets: tuple[GeneSet, ...]
    coverage: tuple[Coverage, ...]
    scores: Mapping[str, Array]
    ssgsea: Mapping[str, Array]
    markers: Mapping[str, Array]
    comparisons: tuple[SetComparison, ...]
    enrichments: tuple[Enrichment, ...]
    roles: Roles | None
    shift: Shift | None
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    parameters: tuple[Parameter, ...]


def load_expression_parameters() -> Parameters:
    """Return margins, bounds and limits with their sources."""
    return load_parameters(PACKAGE, "parameters.csv")


def analyse_expression(
    folder: Path,
    colony: Colony | None,
    options: ExpressionOptions | None = None,
    parameters: Parameters | None = None,
) -> ExpressionResult:
    """Read and analyse the expression folder of a study.

    Parameters
    ----------
    folder
        Holds the counts, the table of samples and, if any, the user's gene sets.
    colony
        Mice and groups; None for other data (patients), whose samples then carry the group themselves.
    options, parameters
        What the study says; the shipped parameters by default.

    Raises
    ------
    InputError
        With every violation of counts and samples.
    UsageError
        If a file is missing or options and data do not fit.
    """
    options, parameters = options or ExpressionOptions(), parameters or load_expression_parameters()
    counts = read_counts(folder, options, colony)
    sets, coverage, usable, thin = _sets(folder, options, counts, parameters)
    roles = _roles(options, colony)
    contrasts = _contrasts(options, roles, counts)
    differential = fit_differential(counts, contrasts, options)
    expression = _transform(counts, differential, options)
    scored = tuple(item for item in sets if item.id in usable)
    scores = score_sets(expression, counts.genes, scored)
    markers = _markers(expression, counts, options)
    shift = _shift(counts, find_composite(scores, scored), markers, roles, parameters)
    return ExpressionResult(
        counts=counts,
        expression=expression,
        scale=options.scale,
        differential=differential,
        sets=scored,
        coverage=coverage,
        scores=scores,
        ssgsea=score_ssgsea(expression, counts.genes, scored),
        markers=markers,
        comparisons=tuple(row for pair in contrasts for row in compare_sets(scores, counts.groups, *pair)),
        enrichments=tuple(
            row
            for contrast in differential.contrasts
            for row in enrich(contrast, scored, permutations=options.permutations, seed=options.seed)
        ),
        roles=roles,
        shift=shift,
        outcomes=tuple(_outcomes(counts, scored, coverage, scores, markers, shift)),
        findings=(*counts.findings, *thin, *differential.findings, *_missing(markers, roles, shift, counts)),
        parameters=parameters.flagged(),
    )


def _sets(
    folder: Path, options: ExpressionOptions, counts: Counts, parameters: Parameters
) -> tuple[tuple[GeneSet, ...], tuple[Coverage, ...], set[str], list[Finding]]:
    sets = list(load_panel(options.species))
    for name in options.gene_sets:
        sets += read_gene_sets(folder / name, options.gene_set_species, options.species)
    twice = sorted({item.id for item in sets if [s.id for s in sets].count(item.id) > 1})
    if twice:
        raise UsageError(
            f"Gene sets: found the name {', '.join(twice)} twice; expected names other than those of the "
            "shipped panel and of other files. Rename the set."
        )
    found, coverage = find_coverage(sets, counts.genes)
    usable, findings = report_coverage(coverage, parameters, counts.source)
    return found, coverage, usable, findings


def _roles(options: ExpressionOptions, colony: Colony | None) -> Roles | None:
    """Return the groups of the shift: those of study.toml, else those of the colony, else of a contrast."""
    known = colony.groups.values() if colony else ()
    by_role = {role: [g.name for g in known if g.role == role] for role in ("healthy", "control", "treated")}
    first = options.contrasts[0] if options.contrasts and colony is None else ("", "")
    healthy = options.healthy or next(iter(by_role["healthy"]), first[1])
    untreated = options.untreated or next(iter(by_role["control"]), first[0])
    treated = options.treated or tuple(by_role["treated"])
    return Roles(healthy, untreated, treated) if healthy and untreated else None


def _contrasts(options: ExpressionOptions, roles: Roles | None, counts: Counts) -> list[tuple[str, str]]:
    """Return the pairs to test: those asked for, or disease, each treatment, and its distance to healthy."""
    pairs = list(options.contrasts)
    if not pairs and roles is not None:
        pairs = [(roles.untreated, roles.healthy)]
        pairs += [(group, roles.untreated) for group in roles.treated]
        pairs += [(group, roles.healthy) for group in roles.treated]
        pairs = [pair for pair in pairs if all(group in counts.groups for group in pair)]
    if not pairs:
        raise UsageError(
            "Expression: no groups to compare; expected contrasts, or the names of the healthy and the "
            "untreated group, in study.toml."
        )
    unknown = sorted({group for pair in pairs for group in pair} - set(counts.groups))
    if unknown:
        found = f"the group {', '.join(unknown)} in a contrast"
        expected = f"one of {', '.join(dict.fromkeys(counts.groups))}"
        violation = Violation("unknown-group", found, expected, "Correct the contrast.", counts.source)
        raise InputError(counts.source, [violation])
    return pairs


def _transform(counts: Counts, differential: Differential, options: ExpressionOptions) -> Array:
    if differential.vst is not None:
        return differential.vst
    if options.scale == "log_normalised":
        return log_normalised(counts.values, differential.size_factors)
    return log_cpm(counts.values)


def _markers(expression: Array, counts: Counts, options: ExpressionOptions) -> dict[str, Array]:
    known = set(counts.genes)
    scores = {
        role: score_genes(expression, counts.genes, load_markers(role, options.species))
        for role in _MARKERS
        if known & set(load_markers(role, options.species))
    }
    return {role: values for role, values in scores.items() if np.all(np.isfinite(values))}


def _shift(
    counts: Counts,
    composite: tuple[Array, tuple[str, ...]],
    markers: Mapping[str, Array],
    roles: Roles | None,
    parameters: Parameters,
) -> Shift | None:
    if roles is None or not composite[1]:
        return None
    complete = all(role in markers for role in _MARKERS)
    covariates = np.column_stack([markers[role] for role in _MARKERS]) if complete else None
    return find_shift(counts.subjects, counts.groups, composite, covariates, roles, parameters)


def _missing(
    markers: Mapping[str, Array], roles: Roles | None, shift: Shift | None, counts: Counts
) -> Iterator[Finding]:
    for role in _MARKERS:
        if role not in markers:
            found, remedy = f"no {role} marker was counted", "The shift is not adjusted for it."
            yield Finding("no-markers", "warning", counts.source, role, found, remedy)
    if roles is not None and shift is None:
        found = "no index of the metabolic shift"
        remedy = "It needs at least two healthy and two untreated mice, and its gene sets."
        yield Finding("no-shift", "warning", counts.source, "", found, remedy)


def _outcomes(
    counts: Counts,
    sets: Sequence[GeneSet],
    coverage: Sequence[Coverage],
    scores: Mapping[str, Array],
    markers: Mapping[str, Array],
    shift: Shift | None,
) -> Iterator[Outcome]:
    def outcome(name: str, label: str, unit: str, values: Mapping[str, float], note: str) -> Outcome:
        return Outcome(f"expression.{name}", label, unit, "interval", values, counts.source, note=note)

    def by_subject(values: Array) -> dict[str, float]:
        return {s: float(x) for s, x in zip(counts.subjects, values, strict=True)}

    if shift is not None:
        healthy, sets_used = shift.roles.healthy, ", ".join(shift.sets)
        note = f"0 is the mean of {healthy}; higher is less oxidative; made of {sets_used}"
        yield outcome("shift_index", "Metabolic shift", "SD of healthy", shift.index, note)
    found = {item.set: item for item in coverage}
    for item in sets:
        note = f"{found[item.id].found} of {item.size} genes ({item.source})"
        yield outcome(item.id, item.label, "mean z", by_subject(scores[item.id]), note)
    pair = ("respiratory_electron_transport", "glycolysis")
    if all(name in scores for name in pair):
        values = by_subject(scores[pair[0]] - scores[pair[1]])
        note = "secondary: infiltrate dilutes both, and in human myositis it does not separate patients"
        yield outcome("oxidative_minus_glycolytic", "Oxidative minus glycolytic", "mean z", values, note)
    for role, values_of_role in markers.items():
        yield outcome(role, f"{role.capitalize()} markers", "mean z", by_subject(values_of_role), "covariate")
