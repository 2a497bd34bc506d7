"""What is known of each possible result of a single-arm trial beside historical placebo."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.evidence import DataKind, Evidence
from mitograft.statistics.beta_binomial import Beta, BetaMixture
from mitograft.statistics.effective_sample_size import EffectiveSize
from mitograft.statistics.meta_analytic_prior import MetaAnalyticPrior
from mitograft.tables.parameters import Parameters
from mitograft.trial.placebo import PlaceboArm

__all__ = ["HistoryReading", "SingleArmReading"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HistoryReading:
    """Every result ``k = 0 .. n`` against one way of counting the historical placebo arms.

    Parameters
    ----------
    name
        ``full``, ``discounted`` or ``all arms`` (or ``weight W`` where another weight than 1 was asked for);
        ``meta-analytic`` or ``robust meta-analytic``.
    weight
        How much a historical patient counts; for the meta-analytic readings the prior probability that the
        history is relevant at all (1, or 1 less the weight of the vague part).
    arms
        The arms counted.
    placebo
        Distribution of the placebo response rate to compare with.
    size
        How many patients ``placebo`` is worth, by three definitions.
    probability
        Posterior probability that the treated rate exceeds the placebo rate, by ``k``.
    difference, low, high
        Posterior median of treated minus placebo rate and its credible limits, by ``k``.
    chance
        Probability of ``k`` or more responders if the treatment were placebo, averaged over ``placebo``.
    conflict
        Probability of a result no more probable than ``k`` if the treatment were placebo (Box): small where
        either the treatment does something or the history does not fit. No data here can tell which.
    kept
        Weight that the history would keep against the vague part, were the ``k`` responders on placebo; None
        where the reading has no vague part.
    smallest
        For each posterior probability asked for: the smallest ``k`` that reaches it, None where none does.
    method, exact, note
        How the numbers came about; whether they follow from the model without approximation; what to know.
        ``exact`` is about the computation. Credible limits are no confidence limits at any number of
        patients.
    """

    name: str
    weight: float
    arms: tuple[PlaceboArm, ...]
    placebo: Beta | BetaMixture
    size: EffectiveSize
    probability: Array
    difference: Array
    low: Array
    high: Array
    chance: Array
    conflict: Array
    kept: Array | None
    smallest: dict[float, int | None]
    method: str
    exact: bool
    note: str = ""

    @property
    def effective_size(self) -> float:
        """Patients the history is worth.

        Pooled arms: weight times historical patients, without the prior. Meta-analytic prior: its expected
        local information ratio, prior included.
        """
        if isinstance(self.placebo, BetaMixture):
            return self.size.elir
        return self.weight * sum(arm.n for arm in self.arms)


@dataclass(frozen=True, eq=False)
class SingleArmReading:
    """What each possible result of a single-arm trial says beside historical placebo.

    Parameters
    ----------
    n, threshold
        Treated patients and the smallest Total Improvement Score of a responder.
    k, rate, low, high
        Responders ``0 .. n``, observed rate and its Clopper-Pearson limits.
    full, discounted
        The historical arms counted in full and discounted.
    widened
        As ``full`` with the arms kept out of the default pool added; None where there are none.
    meta_analytic
        Against the arm to come as the pooled arms and their assumed heterogeneity predict it.
    robust
        As ``meta_analytic``, mixed with a vague part in case the history does not fit.
    prior
        The meta-analytic-predictive distribution before it is approximated by Beta distributions.
    fit_error
        Largest error of that approximation, a probability.
    naive
        Probability that the response rate exceeds zero, by ``k``.
    placebo_rates, chance
        Grid of fixed placebo response rates; probability of ``k`` or more responders at each
        (rates by ``k``).
    parameters
        The priors, weights and levels used.
    """

    n: int
    threshold: int
    k: npt.NDArray[np.int64]
    rate: Array
    low: Array
    high: Array
    full: HistoryReading
    discounted: HistoryReading
    widened: HistoryReading | None
    meta_analytic: HistoryReading
    robust: HistoryReading
    prior: MetaAnalyticPrior
    fit_error: float
    naive: Array
    placebo_rates: Array
    chance: Array
    parameters: Parameters

    @property
    def level(self) -> float:
        """Level of all intervals."""
        return self.parameters["credible_level"].number

    @property
    def readings(self) -> tuple[HistoryReading, ...]:
        """Every reading against history there is, in the order of the report."""
        all_of_them = (self.full, self.discounted, self.widened, self.meta_analytic, self.robust)
        return tuple(reading for reading in all_of_them if reading is not None)

    def as_evidence(
        self, k: int, *, treatment: str, source: str, data_kind: DataKind
    ) -> tuple[Evidence, ...]:
        """Return the evidence of ``k`` responders: the rate, and its difference from historical placebo.

        The rows of the comparison, one a reading, share quantity and contrast; none is marked as primary,
        so that a claim is judged by the least favourable of them.
        """
        if not 0 <= k <= self.n:
            raise UsageError(f"Responders: found {k}; expected 0 to {self.n}.")
        quantity, what = f"TIS>={self.threshold} response", (self.level, "1", self.n)
        rows = [
            Evidence(
                quantity,
                f"{treatment}, single arm",
                float(self.rate[k]),
                float(self.low[k]),
                float(self.high[k]),
                *what,
                "Clopper-Pearson interval",
                source,
                data_kind,
                "Uncontrolled: says nothing about the treatment by itself.",
            )
        ]
        for reading in self.readings:
            arms = "; ".join(f"{arm.trial}, {arm.arm}, week {arm.week:g}" for arm in reading.arms)
            rows.append(
                Evidence(
                    quantity,
                    f"{treatment} vs historical placebo",
                    float(reading.difference[k]),
                    float(reading.low[k]),
                    float(reading.high[k]),
                    *what,
                    reading.method,
                    f"{source}; {arms}",
                    data_kind,
                    f"Posterior probability of exceeding placebo {reading.probability[k]:.3f}; "
                    "historical, not randomised, comparison.",
                )
            )
        return tuple(rows)
