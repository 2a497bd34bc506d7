"""The score of arms against control with missing values imputed from the reference arm.

Jump to reference asks: what if those who left had fared like placebo from then on? Copy reference: what if
they had always been like placebo, given what was seen of them? Both stand beside the primary analysis, which
assumes that who left would have gone on like those of the same arm who stayed.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.reference_imputation import impute_reference
from mitograft.trial.efficacy.estimate import Estimate, or_nan
from mitograft.trial.efficacy.outcomes import Outcomes
from mitograft.trial.efficacy.strata import indicator_columns, usable_strata

__all__ = ["impute_scores"]

_STRATEGIES = {"JR": "jump to reference", "CR": "copy reference"}


def impute_scores(outcomes: Outcomes, arms: Sequence[str], control: str, level: float) -> Iterator[Estimate]:
    """Yield the difference at the visit under both strategies; nothing where no score is missing."""
    chosen = [i for i, arm in enumerate(outcomes.arms) if arm in (*arms, control)]
    scores = outcomes.scores[chosen]
    if not np.isnan(scores).any():
        return
    names = [outcomes.arms[i] for i in chosen]
    strata = [outcomes.strata[i] for i in chosen]
    covariates = indicator_columns(strata) if usable_strata(strata) else ()
    event = [_left(row) for row in scores]
    for strategy, words in _STRATEGIES.items():
        what = f"imputation, {words}"
        try:
            found = impute_reference(
                scores, names, control, covariates=covariates, strategy=strategy, event=event
            )
            effects = [found.difference(arm, scores.shape[1] - 1, level=level) for arm in arms]
        except UsageError as error:
            yield from (_none(what, f"{arm} vs {control}", level, str(error)) for arm in arms)
            continue
        for arm, effect in zip(arms, effects, strict=True):
            if effect.estimate is None:
                yield _none(what, f"{arm} vs {control}", level, effect.note)
                continue
            yield Estimate(
                what, f"{arm} vs {control}", effect.estimate, or_nan(effect.low), or_nan(effect.high),
                level, or_nan(effect.p), "points", effect.n, effect.method, "approximate",
                note=f"{effect.n_imputed} scores imputed at the visit. {effect.note}".strip(),
            )  # fmt: skip


def _left(row: "np.ndarray") -> int:
    """Return the first visit after which nothing was seen; the number of visits for who was seen last."""
    seen = np.flatnonzero(~np.isnan(row))
    return int(seen[-1]) + 1 if seen.size else 0


def _none(what: str, contrast: str, level: float, why: str) -> Estimate:
    return Estimate(
        what, contrast, math.nan, math.nan, math.nan, level, math.nan, "points", 0,
        "conditional mean imputation", "approximate", note=why,
    )  # fmt: skip
