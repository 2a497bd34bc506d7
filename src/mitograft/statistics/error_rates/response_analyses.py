"""Analyses of responders and of counted events, each brought to the form ``(data, level) -> Answer``."""

import numpy as np

from mitograft.statistics.beta_binomial import Beta
from mitograft.statistics.beta_difference import difference_interval
from mitograft.statistics.contingency import chi_squared_test
from mitograft.statistics.differences import fisher_exact, miettinen_nurminen, newcombe
from mitograft.statistics.dose_trend import dose_trend
from mitograft.statistics.error_rates.designs import Answer, Counts, answer
from mitograft.statistics.error_rates.tis_scores import load_error_rate_parameters
from mitograft.statistics.incidence import boschloo_exact
from mitograft.statistics.poisson_rate import compare_rates, poisson_rate
from mitograft.statistics.proportions import clopper_pearson, jeffreys, probability_at_least, wilson

__all__ = [
    "boschloo_of",
    "chi_squared_of",
    "clopper_pearson_of",
    "compare_rates_of",
    "dose_trend_of",
    "exceeds_history_of",
    "exceeds_placebo_of",
    "fisher_of",
    "jeffreys_of",
    "miettinen_nurminen_of",
    "newcombe_of",
    "poisson_rate_of",
    "posterior_difference_of",
    "wilson_of",
]


def clopper_pearson_of(data: Counts, level: float) -> Answer:
    """Return the Clopper-Pearson interval."""
    low, high = clopper_pearson(data.events[0], data.sizes[0], level=level)
    return answer(None, float(low), float(high))


def wilson_of(data: Counts, level: float) -> Answer:
    """Return the Wilson interval."""
    low, high = wilson(data.events[0], data.sizes[0], level=level)
    return answer(None, float(low), float(high))


def jeffreys_of(data: Counts, level: float) -> Answer:
    """Return the Jeffreys interval."""
    low, high = jeffreys(data.events[0], data.sizes[0], level=level)
    return answer(None, float(low), float(high))


def exceeds_placebo_of(data: Counts, level: float) -> Answer:  # noqa: ARG001 - every analysis takes a level
    """Return the one-sided binomial test against the placebo rate of history, taken as known."""
    rate = _number("history_responders") / _number("history_patients")
    return answer(float(probability_at_least(data.events[0], data.sizes[0], rate)))


def exceeds_history_of(data: Counts, level: float) -> Answer:  # noqa: ARG001
    """Return the posterior probability that the rate does not exceed that of historical placebo."""
    prior = Beta.of(_number("prior"), _number("prior"))
    placebo = prior.updated(int(_number("history_responders")), int(_number("history_patients")))
    return answer(1.0 - float(prior.updated(data.events[0], data.sizes[0]).greater_than(placebo)))


def newcombe_of(data: Counts, level: float) -> Answer:
    """Return Newcombe's interval of the difference."""
    low, high = newcombe(*_four(data), level=level)
    return answer(None, float(low), float(high))


def miettinen_nurminen_of(data: Counts, level: float) -> Answer:
    """Return Miettinen and Nurminen's interval of the difference."""
    low, high = miettinen_nurminen(*_four(data), level=level)
    return answer(None, float(low), float(high))


def posterior_difference_of(data: Counts, level: float) -> Answer:
    """Return the posterior interval of the difference under Jeffreys priors."""
    k1, n1, k2, n2 = _four(data)
    prior = Beta.of(_number("prior"), _number("prior"))
    first, second = prior.updated(k1, n1), prior.updated(k2, n2)
    low, high = difference_interval(first.a, first.b, second.a, second.b, level=level)
    return answer(None, float(low), float(high))


def fisher_of(data: Counts, level: float) -> Answer:  # noqa: ARG001
    """Return Fisher's exact test."""
    return answer(fisher_exact(*_four(data)))


def boschloo_of(data: Counts, level: float) -> Answer:  # noqa: ARG001
    """Return Boschloo's exact test."""
    return answer(boschloo_exact(*_four(data)))


def chi_squared_of(data: Counts, level: float) -> Answer:  # noqa: ARG001
    """Return Pearson's chi-squared test of responders and the others by arm."""
    others = np.array(data.sizes) - np.array(data.events)
    found = chi_squared_test([list(data.events), others.tolist()])
    return answer(None if found is None else found[2], note="" if found else "all responded, or none")


def dose_trend_of(data: Counts, level: float) -> Answer:
    """Return the exact conditional Cochran-Armitage test (the odds ratio is for a step of one dose)."""
    found = dose_trend(data.events, data.sizes, level=level)
    return answer(found.p, found.low, found.high, found.note)


def poisson_rate_of(data: Counts, level: float) -> Answer:
    """Return Garwood's interval of events a patient."""
    found = poisson_rate(data.events[0], float(data.sizes[0]), level=level)
    return answer(None, found.low, found.high, found.note)


def compare_rates_of(data: Counts, level: float) -> Answer:
    """Return the exact conditional comparison of two rates."""
    (k1, k2), (t1, t2) = data.events, data.sizes
    found = compare_rates(k1, float(t1), k2, float(t2), level=level)
    return answer(found.p, found.ratio_low, found.ratio_high, found.note)


def _four(data: Counts) -> tuple[int, int, int, int]:
    (k1, k2), (n1, n2) = data.events, data.sizes
    return k1, n1, k2, n2


def _number(key: str) -> float:
    return load_error_rate_parameters()[key].number
