"""A single-arm result read against historical placebo response.

A trial without a control arm shows how many patients improved, not how many improved because of the
treatment: under placebo, too, many patients reach a Total Improvement Score (TIS) of 20. ``read_single_arm``
sets every possible result, ``k = 0 .. n`` responders, beside what placebo arms have shown:

1. the observed rate with its Clopper-Pearson interval;
2. the posterior probability that the treated rate exceeds the placebo rate, and the posterior difference,
   with the historical arms counted in full, discounted (power prior) and, where there are any, together
   with the arms that are kept out of the default pool;
3. the probability of ``k`` or more responders if the treatment were placebo: averaged over the placebo
   posterior (beta-binomial tail) and on a grid of fixed placebo rates (binomial tail);
4. the same against a meta-analytic-predictive prior (arms differ, ``borrowing``), and against that prior
   with a vague part in case the history does not fit (robust);
5. the naive reading, the probability that the rate exceeds zero, for contrast. It is near 1 as soon as one
   patient responds and says nothing about the treatment.

Assumptions that no data here can test: the historical patients resemble those of the trial in diagnosis,
activity, steroid rules, visit week and responder definition. ``full`` and ``discounted`` pool the arms as if
they shared one response rate. Discount, heterogeneity and vague part widen the answer; they do not make the
comparison a randomised one.
"""

from collections.abc import Iterable

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.beta_binomial import Beta, conflict, predictive_at_least, predictive_probability
from mitograft.statistics.beta_difference import difference_interval, difference_quantile
from mitograft.statistics.effective_sample_size import effective_size
from mitograft.statistics.proportions import clopper_pearson, probability_at_least
from mitograft.tables.parameters import Parameters, load_parameters
from mitograft.trial.history.borrowing import read_with_borrowing, smallest_convincing
from mitograft.trial.history.reading import Array, HistoryReading, SingleArmReading
from mitograft.trial.placebo import PlaceboArm, load_placebo_arms

__all__ = ["load_single_arm_parameters", "read_single_arm"]

_MOST_PATIENTS = 10_000


def load_single_arm_parameters() -> Parameters:
    """Return the priors, weights and levels of ``read_single_arm``, each with its citation."""
    return load_parameters("mitograft.trial", "single_arm.csv")


def read_single_arm(
    n: int,
    threshold: int,
    arms: Iterable[PlaceboArm] | None = None,
    *,
    weight: float = 1.0,
    parameters: Parameters | None = None,
) -> SingleArmReading:
    """Read every possible result of a single-arm trial of ``n`` patients against historical placebo.

    Parameters
    ----------
    n
        Treated patients.
    threshold
        Smallest Total Improvement Score of a responder; selects the arms.
    arms
        Placebo arms; the shipped ones by default.
    weight
        How much a historical patient counts in the reading ``full`` (1: as much as a new one).
    parameters
        Priors, discount and levels; the shipped ones by default.

    Raises
    ------
    UsageError
        If ``n`` is not from 1 to 10,000, a weight not from 0 to 1, or no arm has that threshold.
    """
    if not 1 <= n <= _MOST_PATIENTS:
        raise UsageError(f"Treated patients: found {n}; expected 1 to {_MOST_PATIENTS}.")
    settings = parameters or load_single_arm_parameters()
    pooled, kept_out = _select(load_placebo_arms() if arms is None else tuple(arms), threshold)
    k = np.arange(n + 1)
    treated = Beta.of(settings["treated_prior_a"].number, settings["treated_prior_b"].number).updated(k, n)
    low, high = clopper_pearson(k, n, level=settings["credible_level"].number)
    rates = _rates(settings)
    widened = _against("all arms", (*pooled, *kept_out), weight, treated, settings) if kept_out else None
    borrowed = read_with_borrowing(pooled, treated, settings)
    return SingleArmReading(
        n=n,
        threshold=threshold,
        k=k,
        rate=k / n,
        low=low,
        high=high,
        full=_against("full" if weight == 1.0 else f"weight {weight:g}", pooled, weight, treated, settings),
        discounted=_against("discounted", pooled, settings["history_weight"].number, treated, settings),
        widened=widened,
        meta_analytic=borrowed.meta_analytic,
        robust=borrowed.robust,
        prior=borrowed.prior,
        fit_error=borrowed.fit_error,
        naive=_above_zero(n, settings),
        placebo_rates=rates,
        chance=probability_at_least(k[np.newaxis, :], n, rates[:, np.newaxis]),
        parameters=settings,
    )


def _select(
    arms: tuple[PlaceboArm, ...], threshold: int
) -> tuple[tuple[PlaceboArm, ...], tuple[PlaceboArm, ...]]:
    matching = [arm for arm in arms if arm.threshold == threshold]
    pooled = tuple(arm for arm in matching if arm.pool)
    if not pooled:
        known = sorted({arm.threshold for arm in arms if arm.pool})
        raise UsageError(
            f"Historical placebo response: found no arm to pool with threshold {threshold}; "
            f"expected one of {', '.join(map(str, known)) or 'none, no arm has pool = yes'}."
        )
    return pooled, tuple(arm for arm in matching if not arm.pool)


def _against(
    name: str, arms: tuple[PlaceboArm, ...], weight: float, treated: Beta, settings: Parameters
) -> HistoryReading:
    prior = Beta.of(settings["placebo_prior_a"].number, settings["placebo_prior_b"].number)
    responders, patients = sum(arm.responders for arm in arms), sum(arm.n for arm in arms)
    placebo = prior.updated(responders, patients, weight=weight)
    n = treated.a.size - 1
    four = (treated.a, treated.b, placebo.a, placebo.b)
    low, high = difference_interval(*four, level=settings["credible_level"].number)
    probability = treated.greater_than(placebo)
    return HistoryReading(
        name=name,
        weight=weight,
        arms=arms,
        placebo=placebo,
        size=effective_size(placebo),
        probability=probability,
        difference=difference_quantile(0.5, *four),
        low=low,
        high=high,
        chance=predictive_at_least(n, placebo),
        conflict=conflict(n, placebo),
        kept=None,
        smallest=smallest_convincing(probability, settings),
        method=f"posterior difference, history {name} (weight {weight:g})",
        exact=True,
    )


def _above_zero(n: int, settings: Parameters) -> Array:
    """Posterior probability that the rate is above 0 when 0 itself has some prior probability.

    One responder rules a rate of zero out. Without a responder, Bayes' theorem weighs the zero rate against
    the prior of the treated rate by the probability each gives to no responder.
    """
    prior = Beta.of(settings["treated_prior_a"].number, settings["treated_prior_b"].number)
    zero = settings["zero_rate_probability"].number
    none = float(predictive_probability(0, n, prior))
    naive = np.ones(n + 1)
    naive[0] = (1.0 - zero) * none / (zero + (1.0 - zero) * none)
    return naive


def _rates(settings: Parameters) -> Array:
    low, high, step = (settings[key].fraction for key in ("rate_low", "rate_high", "rate_step"))
    if not (0 <= low <= high <= 1 and step > 0):
        raise UsageError(
            f"Grid of placebo response rates: found {float(low):g} to {float(high):g} by {float(step):g}; "
            "expected 0 <= rate_low <= rate_high <= 1 and a positive step."
        )
    return np.array([float(low + i * step) for i in range(int((high - low) / step) + 1)])
