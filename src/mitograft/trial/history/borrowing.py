"""Borrowing from placebo arms that may differ: meta-analytic-predictive and robust prior of the arm to come.

The pooled arms give the distribution of the response rate of a placebo arm that the trial did not have::

    p*      ~ meta-analytic-predictive prior, as a mixture of Beta distributions (meta-analytic reading)
    p*      ~ (1 - w) that mixture + w Beta(1, 1)                                (robust reading)
    treated ~ Beta(1/2 + k, 1/2 + n - k)
    reported  P(treated > p*), and the distribution of treated - p*

There is no placebo arm to learn from, so ``p*`` keeps its prior. What the responders would say about it *if
the treatment did nothing* is shown apart: Box's p-value of conflict, and the weight the history would keep
against the vague part. A conflict means that the treatment does something or that the history does not fit.

Sources: Neuenschwander et al., Clin Trials 2010;7:5; Schmidli et al., Biometrics 2014;70:1023.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.beta_binomial import Beta, BetaMixture
from mitograft.statistics.beta_mixture import (
    BetaMixtureFit,
    fit_beta_mixture,
    mixture_conflict,
    mixture_difference_quantile,
    mixture_predictive,
    with_vague,
)
from mitograft.statistics.effective_sample_size import effective_size
from mitograft.statistics.meta_analytic_prior import MetaAnalyticPrior, fit_meta_analytic_prior
from mitograft.tables.parameters import Parameters
from mitograft.trial.history.reading import Array, HistoryReading
from mitograft.trial.placebo import PlaceboArm

__all__ = ["Borrowed", "read_with_borrowing", "smallest_convincing"]


@dataclass(frozen=True, eq=False)
class Borrowed:
    """The two readings with borrowing, the prior before approximation and the error of approximating it."""

    meta_analytic: HistoryReading
    robust: HistoryReading
    prior: MetaAnalyticPrior
    fit_error: float


def read_with_borrowing(arms: tuple[PlaceboArm, ...], treated: Beta, settings: Parameters) -> Borrowed:
    """Read every result against the meta-analytic and the robust prior of a placebo arm.

    Parameters
    ----------
    arms
        The placebo arms to learn from.
    treated
        Posterior of the treated rate for ``k = 0 .. n``, shape (n + 1,).
    settings
        ``tau_scale``, ``centre_sd``, ``centre_rate``, ``vague_weight``, ``vague_prior_a``, ``vague_prior_b``,
        ``mixture_error``, ``mixture_components`` and the levels.

    Raises
    ------
    UsageError
        If a parameter is outside what the model allows.
    """
    prior, fit = _fitted(
        tuple(arm.responders for arm in arms),
        tuple(arm.n for arm in arms),
        *(settings[key].number for key in ("tau_scale", "centre_sd", "centre_rate", "mixture_error")),
        int(settings["mixture_components"].number),
    )
    weight = settings["vague_weight"].number
    vague = Beta.of(settings["vague_prior_a"].number, settings["vague_prior_b"].number)
    robust = with_vague(fit.mixture, vague, weight=weight)
    plain = f"posterior difference, meta-analytic-predictive prior of {len(arms)} placebo arm(s)"
    error = f"The prior is a mixture of Beta distributions, off by at most {fit.largest_error:.1g}."
    note = f"{prior.note} {error}".strip()
    return Borrowed(
        _against(("meta-analytic", plain, note), (1.0, fit.mixture), arms, treated, settings),
        _against(
            ("robust meta-analytic", f"{plain}, {weight:g} vague", note),
            (1.0 - weight, robust),
            arms,
            treated,
            settings,
        ),
        prior,
        fit.largest_error,
    )


def smallest_convincing(probability: Array, settings: Parameters) -> dict[float, int | None]:
    """Return, for each conviction asked for, the smallest ``k`` that reaches it; None where none does."""
    wanted = (settings["conviction"].number, settings["strong_conviction"].number)
    reached = {level: np.flatnonzero(probability >= level) for level in wanted}
    return {level: int(found[0]) if found.size else None for level, found in reached.items()}


@lru_cache(maxsize=32)
def _fitted(
    responders: tuple[int, ...],
    patients: tuple[int, ...],
    tau_scale: float,
    centre_sd: float,
    centre_rate: float,
    largest_error: float,
    components: int,
) -> tuple[MetaAnalyticPrior, BetaMixtureFit]:
    prior = fit_meta_analytic_prior(
        responders, patients, tau_scale=tau_scale, mean_sd=centre_sd, mean_log_odds=_log_odds(centre_rate)
    )
    fit = fit_beta_mixture(
        prior.log_odds, prior.density, prior.mass, largest_error=largest_error, most_components=components
    )
    return prior, fit


def _log_odds(rate: float) -> float:
    if not 0.0 < rate < 1.0:
        raise UsageError(f"Parameter centre_rate: found {rate!r}; expected a rate between 0 and 1.")
    return float(np.log(rate) - np.log1p(-rate))


def _against(
    words: tuple[str, str, str],
    weighed: tuple[float, BetaMixture],
    arms: tuple[PlaceboArm, ...],
    treated: Beta,
    settings: Parameters,
) -> HistoryReading:
    (name, method, note), (weight, mixture) = words, weighed
    n, half = treated.a.size - 1, (1.0 - settings["credible_level"].number) / 2.0
    probability = mixture.less_than(treated)
    low, middle, high = (mixture_difference_quantile(q, treated, mixture) for q in (half, 0.5, 1.0 - half))
    return HistoryReading(
        name=name,
        weight=weight,
        arms=arms,
        placebo=mixture,
        size=effective_size(mixture),
        probability=probability,
        difference=middle,
        low=low,
        high=high,
        chance=np.clip(np.cumsum(mixture_predictive(n, mixture)[::-1])[::-1], 0.0, 1.0),
        conflict=mixture_conflict(n, mixture),
        kept=_kept(n, mixture) if weight < 1.0 else None,
        smallest=smallest_convincing(probability, settings),
        method=method,
        exact=False,
        note=note,
    )


def _kept(n: int, mixture: BetaMixture) -> Array:
    """Return the weight of all but the last (vague) part after ``k = 0 .. n`` responders on placebo."""
    k = np.arange(n + 1)
    return np.asarray(1.0 - mixture.updated(k, n).weights[..., -1])
