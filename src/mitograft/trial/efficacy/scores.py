"""The Total Improvement Score of arms against control: MMRM, ANCOVA, ranks."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.ancova import fit_ancova
from mitograft.statistics.mmrm import fit_mmrm
from mitograft.statistics.mmrm_design import build_visit_design, compare_arms
from mitograft.statistics.probabilistic_index import probabilistic_index
from mitograft.trial.efficacy.estimate import Estimate, or_nan
from mitograft.trial.efficacy.imputed import impute_scores
from mitograft.trial.efficacy.outcomes import Outcomes
from mitograft.trial.efficacy.strata import usable_strata

__all__ = ["compare_scores", "long_form"]

Array = npt.NDArray[np.float64]
_BLANK = math.nan


def compare_scores(outcomes: Outcomes, arms: Sequence[str], control: str, level: float) -> Iterator[Estimate]:
    """Yield MMRM (primary), ANCOVA, the probabilistic index and imputation, each arm against control."""
    yield from _mmrm(outcomes, arms, control, level)
    yield from _ancova(outcomes, arms, control, level)
    for arm in arms:
        yield _ranks(outcomes, arm, control, level)
    yield from impute_scores(outcomes, arms, control, level)


def long_form(
    outcomes: Outcomes, arms: Sequence[str]
) -> tuple[Array, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the scores seen, with the place of the subject and of the visit, of these arms."""
    kept = np.isin(np.array(outcomes.arms), list(arms))
    person, visit = np.nonzero(~np.isnan(outcomes.scores) & kept[:, None])
    return outcomes.scores[person, visit], person, visit


def _mmrm(outcomes: Outcomes, arms: Sequence[str], control: str, level: float) -> Iterator[Estimate]:
    """Fit all visits at once, strata as a factor; the structure used is said."""
    everyone = (*arms, control)
    y, person, visit = long_form(outcomes, everyone)
    names, last = np.array(outcomes.arms), len(outcomes.visits) - 1
    strata = np.array(outcomes.strata)
    adjusted = usable_strata([outcomes.strata[i] for i in np.unique(person)]) if y.size else False
    what = "MMRM, difference of adjusted means"
    contrasts = [f"{arm} vs {control}" for arm in arms]
    try:
        design = build_visit_design(names[person], visit, factors=[strata[person]] if adjusted else [])
        result = fit_mmrm(y, person, visit, design.matrix, dependent="drop")
        found = compare_arms(
            result, design, [(arm, control) for arm in arms], last, method="kenward-roger", level=level
        )
    except UsageError as error:
        yield from (_none(what, contrast, level, str(error), primary=True) for contrast in contrasts)
        return
    for contrast, mean in zip(contrasts, found, strict=True):
        c = mean.contrast
        if c is None:
            yield _none(what, contrast, level, mean.reason, primary=True)
            continue
        structure = result.fit.structure if result.fit else ""
        note = f"Covariance: {structure}." + (f" Not used: {result.reason}." if result.reason else "")
        yield Estimate(
            what, contrast, c.estimate, c.low, c.high, level, c.p, "points", int(np.unique(person).size),
            f"REML, {structure}, Kenward-Roger ({c.df:.1f} df)"
            + (", adjusted for diagnosis" if adjusted else ""),
            "approximate", primary=True, note=note,
        )  # fmt: skip


def _ancova(outcomes: Outcomes, arms: Sequence[str], control: str, level: float) -> Iterator[Estimate]:
    """Subjects with a score at the visit; nothing imputed."""
    everyone = [*arms, control]
    seen = [
        i for i, arm in enumerate(outcomes.arms) if arm in everyone and not math.isnan(outcomes.at_visit[i])
    ]
    groups, strata = [outcomes.arms[i] for i in seen], [outcomes.strata[i] for i in seen]
    what, adjusted = "ANCOVA, difference of adjusted means", usable_strata(strata)
    method = "least squares, subjects with a score" + (", adjusted for diagnosis" if adjusted else "")
    fit = None
    if groups:
        fit = fit_ancova(outcomes.at_visit[seen], groups, factors={"diagnosis": strata} if adjusted else None)
    for arm in arms:
        contrast = f"{arm} vs {control}"
        if fit is None or arm not in groups or control not in groups:
            yield _none(what, contrast, level, "no scores in one of the arms")
            continue
        c = fit.difference(arm, control, level=level)
        yield Estimate(
            what, contrast, or_nan(c.estimate), or_nan(c.low), or_nan(c.high), level, or_nan(c.p),
            "points", len(seen), f"{method} ({c.df} df)", "approximate", note=c.reason,
        )  # fmt: skip


def _ranks(outcomes: Outcomes, arm: str, control: str, level: float) -> Estimate:
    one, two = (
        [float(x) for x in outcomes.at_visit[outcomes.members(name)] if not math.isnan(x)]
        for name in (arm, control)
    )
    what, contrast = "probabilistic index", f"{arm} vs {control}"
    if not one or not two:
        return _none(what, contrast, level, "no scores in one of the arms")
    found = probabilistic_index(one, two, level=level)
    return Estimate(
        what, contrast, found.estimate, found.low, found.high, level, found.p, "1", len(one) + len(two),
        "share of pairs in which the treated score is higher, ties for half; exact permutation p and an "
        "interval calibrated to it", "approximate",
        note="The groups do not overlap." if found.separated else "",
    )  # fmt: skip


def _none(what: str, contrast: str, level: float, why: str, *, primary: bool = False) -> Estimate:
    return Estimate(
        what, contrast, _BLANK, _BLANK, _BLANK, level, _BLANK, "points", 0, "no estimate", "approximate",
        primary, why,
    )  # fmt: skip
