"""Posteriors of the CRM against printed values, other quadrature, closed forms and laws."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm

from mitograft.errors import UsageError
from mitograft.trial.escalation.crm_grid import crm_parameters, rates_at
from mitograft.trial.escalation.crm_model import LogisticModel, PowerModel
from mitograft.trial.escalation.crm_posterior import fit_crm
from mitograft.trial.escalation.crm_two_parameter import TwoParameterModel

SKELETON = (0.05, 0.12, 0.25, 0.40, 0.55)
ONE = [
    PowerModel(SKELETON),
    LogisticModel(SKELETON),
    PowerModel((0.01, 0.2, 0.5, 0.8, 0.99), sd=0.4),
    LogisticModel((0.001, 0.002, 0.2, 0.5, 0.9), intercept=4, sd=2.5),
]
one_parameter = pytest.mark.parametrize("model", ONE, ids=lambda model: model.name)

# Neuenschwander, Branson and Gsponer 2008: 15 doses, data before their figure 1, lower right.
AMOUNTS = (1, 2.5, 5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250)
TREATED = (3, 4, 4, 4, 0, 0, 2)
TOXIC = (0, 0, 0, 0, 0, 0, 2)


def padded(counts: tuple[int, ...], doses: int) -> tuple[int, ...]:
    return counts + (0,) * (doses - len(counts))


@pytest.mark.parametrize(
    ("model", "rates"),
    [
        # Values of R dfcrm, second-hand: skeleton .1 .2 .4 .6, outcomes 1NNN 2TNT.
        (PowerModel((0.1, 0.2, 0.4, 0.6)), (0.240, 0.368, 0.566, 0.728)),
        (LogisticModel((0.1, 0.2, 0.4, 0.6)), (0.274, 0.412, 0.598, 0.734)),
    ],
)
def test_plug_in_rates_of_dfcrm(model, rates):
    found = fit_crm(model, (3, 3, 0, 0), (0, 2, 0, 0))
    assert found.plug_in == pytest.approx(rates, abs=5e-4)
    # The posterior mean of the rate is another number, by up to 0.03 here.
    assert max(abs(a - b) for a, b in zip(found.rates, found.plug_in, strict=True)) > 0.01
    assert "by quadrature" in found.method


def test_beta_hat_of_cheung_table_3_2():
    # Cheung, Dose Finding by the Continual Reassessment Method (2011), table 3.2: beta-hat after each
    # patient, printed to two digits; prior variance 1.34, intercept 3.
    doses = (3, 5, 5, 3, 4, 4, 5, 5, 5, 5, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4)
    toxic_patients = {3, 9, 11, 12, 18}
    printed = (
        0.60, 0.93, 0.04, 0.18, 0.28, 0.34, 0.41, 0.47, 0.31, 0.35,
        0.25, 0.15, 0.18, 0.21, 0.24, 0.26, 0.28, 0.21, 0.22, 0.24,
    )  # fmt: skip
    model = LogisticModel(SKELETON)
    assert (model.intercept, model.sd**2) == (3, pytest.approx(1.34))
    treated, toxic = [0] * 5, [0] * 5
    for number, (dose, beta) in enumerate(zip(doses, printed, strict=True), start=1):
        treated[dose - 1] += 1
        toxic[dose - 1] += number in toxic_patients
        found = fit_crm(model, tuple(treated), tuple(toxic))
        assert found.parameters[0] == pytest.approx(beta, abs=0.005)


def test_two_parameter_posterior_of_trialr():
    # R package trialr 0.1.4.9006, vignette A300: posterior means from 4000 draws of Stan, independent
    # normal priors. Posterior SDs are up to 0.15: 4 Monte Carlo SE are 0.01 at full efficiency.
    printed = (
        0.0126, 0.0325, 0.0675, 0.1385, 0.2064, 0.2692, 0.3264, 0.3780,
        0.4661, 0.5371, 0.6616, 0.7390, 0.8259, 0.8717, 0.8993,
    )  # fmt: skip
    model = TwoParameterModel(AMOUNTS, 250, mean=(2.15, 0.52), sd=(0.84, 0.80))
    found = fit_crm(model, padded(TREATED, 15), padded(TOXIC, 15))
    assert found.rates == pytest.approx(printed, abs=0.01)
    nearest = min(range(15), key=lambda place: abs(found.rates[place] - 0.30))
    assert nearest + 1 == 7  # as printed


@pytest.mark.parametrize(
    ("skeleton", "printed", "nearest"),
    [
        (
            (0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.10, 0.17, 0.30),
            (0.0754, 0.0924, 0.1071, 0.1201, 0.1321, 0.1538, 0.1733, 0.2533, 0.3419, 0.4763),
            9,
        ),
        (
            (0.03, 0.06, 0.12, 0.20, 0.30, 0.40, 0.50, 0.59, 0.67, 0.74),
            (0.0177, 0.0344, 0.0700, 0.1229, 0.1977, 0.2820, 0.3759, 0.4689, 0.5584, 0.6421),
            6,
        ),
    ],
)
def test_full_posterior_of_trialr(skeleton, printed, nearest):
    # The same vignette: power model, prior SD 1.34, the ten lowest doses. Posterior SD at most 0.15.
    found = fit_crm(PowerModel(skeleton, sd=1.34), padded(TREATED, 10), padded(TOXIC, 10))
    assert found.rates == pytest.approx(printed, abs=0.01)
    assert min(range(10), key=lambda place: abs(found.rates[place] - 0.30)) + 1 == nearest


# Cheung 2011, p 21: 3N 5N 5T 3N 4N with the skeleton above. R package escalation, vignette A205 ("CRM"):
# printed to three digits by dfcrm (plug-in); posterior means from 4000 draws by trialr, where posterior SDs
# are up to 0.2, so that 4 Monte Carlo SE are 0.013 at full efficiency.
@pytest.mark.parametrize(
    ("model", "plug_in", "drawn"),
    [
        (
            LogisticModel(SKELETON),
            (0.00768, 0.0265, 0.0817, 0.182, 0.331),
            (0.0306, 0.0621, 0.124, 0.212, 0.330),
        ),
        (
            PowerModel(SKELETON),
            (0.00701, 0.0299, 0.101, 0.219, 0.372),
            (0.0290, 0.0628, 0.135, 0.238, 0.369),
        ),
        (
            # The two-parameter model of trialr has the log odds of the skeleton in place of the log dose.
            TwoParameterModel(tuple(p / (1 - p) for p in SKELETON), 1.0, (0.0, 0.0), (2.0, 1.0)),
            None,
            (0.0395, 0.0620, 0.109, 0.201, 0.403),
        ),
    ],
)
def test_example_of_cheung_by_two_packages(model, plug_in, drawn):
    found = fit_crm(model, (0, 0, 2, 1, 2), (0, 0, 0, 0, 1))
    if plug_in is not None:
        assert [f"{rate:.3g}" for rate in found.plug_in] == [f"{rate:.3g}" for rate in plug_in]
    assert found.rates == pytest.approx(drawn, abs=0.013)


def integral(model, treated, toxic, power, low=-math.inf, high=math.inf, place=None):
    """Integrate the posterior times beta^power or a rate, by adaptive Gauss-Kronrod; not normalised."""

    def density(beta):
        odds = model.log_odds((np.array([beta]),))[:, 0]
        log = -np.dot(toxic, np.logaddexp(0, -odds)) - np.dot(
            np.subtract(treated, toxic), np.logaddexp(0, odds)
        )
        weight = math.exp(log - 0.5 * (beta / model.sd) ** 2 - peak)
        return weight * (beta**power if place is None else math.exp(-np.logaddexp(0, -odds[place])))

    peak = 0.0
    fine = np.linspace(-40 * model.sd, 40 * model.sd, 20001)
    odds = model.log_odds((fine,))
    logs = (
        -np.array(toxic) @ np.logaddexp(0, -odds)
        - np.subtract(treated, toxic) @ np.logaddexp(0, odds)
        - 0.5 * (fine / model.sd) ** 2
    )
    peak, top = float(logs.max()), float(fine[logs.argmax()])
    first, last = max(low, -40 * model.sd), min(high, 40 * model.sd)
    if first >= last:
        return 0.0
    inner = [point for point in top + model.sd * np.linspace(-1, 1, 9) if first < point < last]
    return quad(density, first, last, points=inner or None, epsabs=1e-12, epsrel=1e-11, limit=500)[0]


@one_parameter
@pytest.mark.parametrize(
    ("treated", "toxic"),
    [
        ((0, 0, 0, 0, 0), (0, 0, 0, 0, 0)),
        ((1, 0, 0, 0, 0), (1, 0, 0, 0, 0)),
        ((3, 3, 6, 0, 0), (0, 1, 3, 0, 0)),
        ((3, 6, 12, 9, 0), (0, 1, 3, 4, 0)),
        ((30, 0, 0, 0, 0), (30, 0, 0, 0, 0)),
        ((0, 0, 0, 0, 40), (0, 0, 0, 0, 0)),
        ((0, 0, 0, 0, 100), (0, 0, 0, 0, 50)),
    ],
)
def test_agrees_with_adaptive_quadrature(model, treated, toxic):
    limits = (0.25, 0.40)
    found = fit_crm(model, treated, toxic, limits)
    total = integral(model, treated, toxic, 0)
    assert found.parameters[0] == pytest.approx(integral(model, treated, toxic, 1) / total, abs=1e-8)
    for place in (0, 2, 4):
        mean = integral(model, treated, toxic, 0, place=place) / total
        assert found.rates[place] == pytest.approx(mean, abs=1e-8)
        for limit, row in zip(limits, found.excess, strict=True):
            # The rate falls as beta grows: it is above the limit below the cut.
            cut = brentq(
                lambda beta, place=place, limit=limit: (
                    float(model.log_odds((np.array([beta]),))[place, 0]) - math.log(limit / (1 - limit))
                ),
                -40, 5, xtol=1e-14,
            )  # fmt: skip
            above = integral(model, treated, toxic, 0, high=cut) / total
            assert row[place] == pytest.approx(above, abs=1e-8)


def pair_oracle(model, treated, toxic, limit):
    """Return means of parameters and rates and the excess, by Gauss-Legendre panels cut at every jump."""
    nodes, weights = np.polynomial.legendre.leggauss(16)

    def panels(breaks):
        low, high = np.array(breaks[:-1])[:, None], np.array(breaks[1:])[:, None]
        half = (high - low) / 2
        return (half * nodes + (low + high) / 2).ravel(), (half * weights).ravel()

    scaled = np.log(np.array(model.amounts) / model.reference)
    ends = [np.linspace(m - 14 * s, m + 14 * s, 57) for m, s in zip(model.mean, model.sd, strict=True)]
    sums, total = 0.0, 0.0
    for beta, weight in zip(*panels(ends[1]), strict=True):
        cuts = math.log(limit / (1 - limit)) - math.exp(beta) * scaled
        inside = [cut for cut in cuts if ends[0][0] < cut < ends[0][-1]]
        alpha, share = panels(np.unique([*ends[0], *inside]))
        odds = alpha + scaled[:, None] * math.exp(beta)
        a, b = (alpha - model.mean[0]) / model.sd[0], (beta - model.mean[1]) / model.sd[1]
        prior = (a * a - 2 * model.correlation * a * b + b * b) / (2 * (1 - model.correlation**2))
        fit = np.array(toxic) @ np.logaddexp(0, -odds) + np.subtract(treated, toxic) @ np.logaddexp(0, odds)
        density = np.exp(-fit - prior) * share * weight
        rates = np.exp(-np.logaddexp(0, -odds)) @ density
        above = [density[alpha > cut].sum() for cut in cuts]
        sums = sums + np.array([density @ alpha, density.sum() * beta, *rates, *above])
        total += density.sum()
    return sums / total


@pytest.mark.parametrize("correlation", [0.0, -0.5, 0.8])
@pytest.mark.parametrize(
    ("treated", "toxic"),
    [((0, 0, 0), (0, 0, 0)), ((3, 6, 3), (0, 1, 2)), ((30, 0, 0), (3, 0, 0)), ((3, 3, 3), (3, 3, 3))],
)
def test_two_parameters_agree_with_another_quadrature(correlation, treated, toxic):
    model = TwoParameterModel((1, 3, 10), 10, mean=(-1.0, 0.2), sd=(2.0, 1.0), correlation=correlation)
    found = fit_crm(model, treated, toxic, (0.35,))
    expected = pair_oracle(model, treated, toxic, 0.35)
    assert (*found.parameters, *found.rates, *found.excess[0]) == pytest.approx(expected, abs=1e-8)


def test_two_parameters_far_from_the_prior():
    # 24 DLT in 24 where the prior holds rates of a few per cent: alpha moves by 6 prior SDs.
    model = TwoParameterModel((1.38, 3.18, 4.77), 7.66, mean=(-2.8, -0.2), sd=(0.5, 0.8), correlation=0.2)
    found = fit_crm(model, (10, 6, 8), (10, 6, 8), (0.35,))
    assert found.parameters[0] > model.mean[0] + 5 * model.sd[0]
    expected = pair_oracle(model, (10, 6, 8), (10, 6, 8), 0.35)
    assert (*found.parameters, *found.rates, *found.excess[0]) == pytest.approx(expected, abs=1e-8)


def test_agrees_with_integrate_of_r(rscript):
    code = """
    p0 <- c(.05,.12,.25,.40,.55); x <- qlogis(p0) - 3; n <- c(3,6,9,0,0); y <- c(0,1,4,0,0)
    f <- function(b) sapply(b, function(v) {
      p <- plogis(3 + exp(v) * x); prod(p^y * (1 - p)^(n - y)) * dnorm(v, 0, sqrt(1.34)) * 1e6 })
    i <- function(g) integrate(g, -6, 6, rel.tol=1e-11, subdivisions=2000)$value
    b <- i(function(v) v * f(v)) / i(f)
    cat(b, plogis(3 + exp(b) * x))
    """
    found = fit_crm(LogisticModel(SKELETON), (3, 6, 9, 0, 0), (0, 1, 4, 0, 0))
    assert (*found.parameters, *found.plug_in) == pytest.approx(rscript(code), abs=1e-8)


@one_parameter
def test_without_data_the_prior_comes_back(model):
    found = fit_crm(model, (0,) * 5, (0,) * 5, (0.3,))
    assert found.parameters[0] == pytest.approx(0, abs=1e-12)
    assert found.plug_in == pytest.approx(model.skeleton, abs=1e-12)
    # The rate is above 0.3 where beta is below the value at which it is 0.3.
    if isinstance(model, PowerModel):
        cuts = [math.log(math.log(0.3) / math.log(rate)) for rate in model.skeleton]
    else:
        cuts = [math.log((math.log(0.3 / 0.7) - model.intercept) / label) for label in model.labels]
    assert found.excess[0] == pytest.approx(norm.cdf(np.array(cuts) / model.sd), abs=1e-8)


def test_a_limit_that_the_model_cannot_reach_has_probability_0():
    # With intercept 1 no rate is above expit(1) = 0.73.
    found = fit_crm(LogisticModel((0.1, 0.3), intercept=1), (3, 3), (3, 3), (0.74, 0.72))
    assert found.excess[0] == pytest.approx((0, 0), abs=1e-12)
    assert found.excess[1][0] > 0


counts = st.lists(
    st.integers(0, 12).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), min_size=3, max_size=3
)


@given(counts, st.integers(0, 2), st.sampled_from(["power", "logistic", "two"]))
@settings(max_examples=60)
def test_one_more_patient_moves_rates_the_right_way(seen, place, kind):
    models = {
        "power": PowerModel((0.1, 0.2, 0.4)),
        "logistic": LogisticModel((0.1, 0.2, 0.4)),
        "two": TwoParameterModel((1, 2, 4), 2, (-1.0, 0.0), (1.0, 0.5)),
    }
    model = models[kind]
    treated, toxic = (tuple(row[k] for row in seen) for k in (0, 1))
    more = tuple(n + (k == place) for k, n in enumerate(treated))
    worse = tuple(y + (k == place) for k, y in enumerate(toxic))
    before = fit_crm(model, treated, toxic, (0.3,))
    without, after = fit_crm(model, more, toxic, (0.3,)), fit_crm(model, more, worse, (0.3,))
    # A patient without a DLT lowers, one with a DLT raises: at the dose itself in any model, at all doses
    # where one parameter moves all rates in one direction (monotone likelihood ratio).
    for each in range(3) if kind != "two" else (place,):
        assert without.rates[each] < before.rates[each] < after.rates[each]
        assert without.excess[0][each] <= before.excess[0][each] + 1e-8
        assert after.excess[0][each] >= before.excess[0][each] - 1e-8
    assert all(a < b for a, b in zip(after.rates, after.rates[1:], strict=False))
    assert all(a <= b + 1e-8 for a, b in zip(after.excess[0], after.excess[0][1:], strict=False))


def test_only_the_ratio_of_doses_to_the_reference_matters():
    first = TwoParameterModel((1, 3, 10), 10, (-1.0, 0.2), (2.0, 1.0))
    second = TwoParameterModel((5, 15, 50), 50, (-1.0, 0.2), (2.0, 1.0))
    one, other = (fit_crm(model, (3, 3, 3), (0, 1, 2), (0.3,)) for model in (first, second))
    assert one.rates == pytest.approx(other.rates, abs=1e-12)
    assert one.excess[0] == pytest.approx(other.excess[0], abs=1e-12)
    # At the reference dose the rate is the one of alpha alone.
    assert rates_at(first, (-1.0, 0.7))[2] == pytest.approx(1 / (1 + math.e))


def test_data_far_outside_the_prior_are_followed():
    # 60 DLT in 60 at a dose held to have rate 0.01, with a narrow prior: 9 prior SDs away.
    model = PowerModel((0.01, 0.02, 0.04, 0.08, 0.16), sd=0.2)
    treated = toxic = (60, 0, 0, 0, 0)
    found = fit_crm(model, treated, toxic, (0.5,))
    assert found.parameters[0] < -8 * 0.2
    total = integral(model, treated, toxic, 0)
    assert found.parameters[0] == pytest.approx(integral(model, treated, toxic, 1) / total, abs=1e-8)


def test_data_that_the_prior_makes_impossible_are_refused():
    with pytest.raises(UsageError, match="next to impossible"):
        fit_crm(LogisticModel((1e-6,), sd=0.003), (100_000,), (100_000,))


def test_counts_and_limits_that_cannot_be_are_refused():
    model = PowerModel((0.1, 0.2))
    for treated, toxic in (((3,), (1,)), ((3, 3), (4, 0)), ((3, -1), (0, 0)), ((3, 3), (0, -1))):
        with pytest.raises(UsageError, match="no more DLT than patients"):
            fit_crm(model, treated, toxic)
    with pytest.raises(UsageError, match="limits"):
        fit_crm(model, (3, 3), (0, 0), (1.0,))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PowerModel(()), "rising rates"),
        (lambda: PowerModel((0.2, 0.1)), "rising rates"),
        (lambda: PowerModel((0.0, 0.1)), "rising rates"),
        (lambda: LogisticModel((0.1, 1.0)), "rising rates"),
        (lambda: LogisticModel((0.1, 0.96)), "intercept"),
        (lambda: PowerModel((0.1,), sd=0.0), "standard deviation"),
        (lambda: PowerModel((0.1,), sd=math.nan), "standard deviation"),
        (lambda: TwoParameterModel((), 1, (0, 0), (1, 1)), "rising doses"),
        (lambda: TwoParameterModel((0, 1), 1, (0, 0), (1, 1)), "rising doses"),
        (lambda: TwoParameterModel((1, 2), 0, (0, 0), (1, 1)), "reference"),
        (lambda: TwoParameterModel((1, 2), 1, (0, 0), (1, 0)), "beta"),
        (lambda: TwoParameterModel((1, 2), 1, (0, 0), (1, 1), 1.0), "correlation"),
    ],
)
def test_models_that_cannot_be_are_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_defaults_are_rows_with_sources():
    assert crm_parameters()["prior_variance"].number == pytest.approx(1.34)
    assert {row.id for row in crm_parameters().flagged()} >= {"stop_probability", "prior_variance"}
    assert PowerModel([0.1, 0.2]) == PowerModel((0.1, 0.2))
