"""Scores of a study to one number a mouse, agreement of the raters, outcomes and findings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mitograft.evidence.finding import Finding
from mitograft.mouse.animals import Colony
from mitograft.mouse.histology.agreement import RaterAgreement, find_agreement
from mitograft.mouse.histology.contract import SectionGrade
from mitograft.mouse.histology.derive import MouseScore, derive_scores
from mitograft.mouse.histology.findings import find_problems
from mitograft.mouse.histology.read import read_scores
from mitograft.mouse.histology.scheme import Scheme
from mitograft.mouse.outcomes import Outcome
from mitograft.tables.parameters import Parameter, Parameters, load_parameters

__all__ = ["HistologyResult", "analyse_histology", "load_histology_parameters"]


@dataclass(frozen=True, eq=False)
class HistologyResult:
    """Everything the report shows of histology scores.

    Parameters
    ----------
    scheme
        What the scores mean.
    grades
        Graded sections, with their raters.
    scores
        One for each mouse and feature, excluded mice too.
    agreements
        Every two raters.
    outcomes
        ``histology.severity`` and ``histology.incidence`` of the mouse and of each muscle, and one for each
        further feature; excluded mice are left out.
    findings, parameters
        What to know before using them; flagged parameters they rest on, the scheme among them.
    """

    scheme: Scheme
    grades: tuple[SectionGrade, ...]
    scores: tuple[MouseScore, ...]
    agreements: tuple[RaterAgreement, ...]
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    parameters: tuple[Parameter, ...]


def load_histology_parameters() -> Parameters:
    """Return the thresholds of the room."""
    return load_parameters("mitograft.mouse.histology", "parameters.csv")


def analyse_histology(
    path: Path,
    colony: Colony,
    scheme: Scheme,
    *,
    parameters: Parameters | None = None,
    rng: np.random.Generator | None = None,
) -> HistologyResult:
    """Read and analyse scores.csv.

    Parameters
    ----------
    path
        The file.
    colony
        Mice and groups.
    scheme
        Grading scheme (``read_scheme.find_scheme``).
    parameters
        Thresholds; those that ship without it.
    rng
        For bootstrap intervals of kappa; none without it.

    Raises
    ------
    InputError
        With everything that is wrong with the file.
    """
    thresholds = parameters or load_histology_parameters()
    grades = read_scores(path, scheme, colony)
    scores = [score for feature in scheme.features for score in derive_scores(grades, scheme, feature)]
    agreements = find_agreement(grades, scheme, colony, rng)
    severity = [score for score in scores if score.feature == scheme.features[0]]
    findings = find_problems(grades, severity, agreements, colony, scheme, thresholds, path.name)
    return HistologyResult(
        scheme=scheme,
        grades=grades,
        scores=tuple(scores),
        agreements=agreements,
        outcomes=tuple(_outcomes(scores, colony, scheme, path.name)),
        findings=findings,
        parameters=(*scheme.flagged, *thresholds.flagged()),
    )


def _outcomes(scores: Sequence[MouseScore], colony: Colony, scheme: Scheme, source: str) -> Iterator[Outcome]:
    found = {(score.animal, score.feature): score for score in scores}
    mice = [animal.id for animal in colony.included()]
    rules = scheme.aggregation
    how = (
        f"Scheme {scheme.name}, version {scheme.version}; raters averaged; sections by {rules.sections}, "
        f"blocks by {rules.blocks}, muscles by {rules.muscles}."
    )
    for feature in scheme.features:
        of_mouse = {mouse: found[mouse, feature] for mouse in mice if (mouse, feature) in found}
        first = feature == scheme.features[0]
        stem = "histology.severity" if first else f"histology.{feature}"
        parts = {"": {mouse: score.score for mouse, score in of_mouse.items()}}
        for muscle in scheme.muscles:
            parts[muscle] = {m: s.muscles[muscle] for m, s in of_mouse.items() if muscle in s.muscles}
        for muscle, values in parts.items():
            if not values:
                continue
            end, where = (f".{muscle}", f", {muscle}") if muscle else ("", "")
            words = "Myositis severity" if first else f"Histology: {feature}"
            yield Outcome(stem + end, words + where, "points", "ordinal", values, source, note=how)
            if first:
                name, label = "histology.incidence" + end, f"Mice with myositis{where}"
                affected = {mouse: float(value > 0.0) for mouse, value in values.items()}
                yield Outcome(name, label, "1", "binary", affected, source, note=f"Score above 0. {how}")
