"""What is true in simulated trials: the null hypothesis or a known effect, and how the data come about.

Every trial is drawn from a stream of its own, so that the first 500 of 4,000 trials are the 500 of a short
run, on however many processes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mitograft.seeds import stream
from mitograft.statistics.counts import Array
from mitograft.statistics.error_rates.designs import Arms, Design, Times, Visits, split
from mitograft.statistics.error_rates.tis_scores import TisScores, load_error_rate_parameters, tis_scores

__all__ = ["SCENARIOS", "Scenario"]

Draw = Callable[[np.random.Generator, int], Any]


@dataclass(frozen=True, eq=False)
class Scenario:
    """A truth to simulate.

    Parameters
    ----------
    name
        In words.
    design
        Data it makes.
    truths
        True value of each estimand, by name.
    sample
        Draws the data of one trial of ``n`` patients.
    null
        Whether the null hypothesis is true: rejecting it is then an error.
    """

    name: str
    design: Design
    truths: Mapping[str, float]
    sample: Draw
    null: bool = False

    def draw(self, seed: int, n: int, trial: int) -> Any:
        """Return the data of one trial."""
        return self.sample(stream(seed, "error rates", self.name, n, trial), n)


def _number(key: str) -> float:
    return load_error_rate_parameters()[key].number


def _correlated(rng: np.random.Generator, size: int) -> tuple[Array, Array]:
    """Return standard normal values at baseline and after it."""
    base, own = rng.standard_normal((2, size))
    rho = _number("baseline_correlation")
    return base, rho * base + np.sqrt(1.0 - rho * rho) * own


def _arms(arms: int, shapes: Callable[[int, Array], Array]) -> Draw:
    """Return a draw of values arm by arm; ``shapes`` turns standard normal values of an arm into its own."""

    def draw(rng: np.random.Generator, n: int) -> Arms:
        values, baseline = [], []
        for arm, size in enumerate(split(n, arms)):
            base, later = _correlated(rng, size)
            values.append(shapes(arm, later).tolist())
            baseline.append(base.tolist())
        return Arms(tuple(values), tuple(baseline))

    return draw


def _grades(arms: int, shift: float = 0.0) -> Draw:
    """Return a draw of TIS categories under proportional odds; the first arm has the higher ones."""
    above = 1.0 - np.cumsum(tis_scores("placebo").categories)[:-1]

    def draw(rng: np.random.Generator, n: int) -> Arms:
        values = []
        for arm, size in enumerate(split(n, arms)):
            odds = above / (1.0 - above) * np.exp(shift if arm == 0 else 0.0)
            uniform = rng.random(size)
            values.append((uniform[:, None] < (odds / (1.0 + odds))[None, :]).sum(axis=1).tolist())
        return Arms(tuple(values))

    return draw


def _visits(scores: TisScores | None) -> Draw:
    """Return a draw of correlated visits with dropout that depends on the last value seen."""
    k = int(_number("visits"))
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
    root = np.linalg.cholesky(_number("visit_correlation") ** apart)
    spread = np.linspace(1.0, _number("spread_growth"), k)
    leave = 1.0 - (1.0 - _number("dropout")) ** (1.0 / (k - 1))

    def draw(rng: np.random.Generator, n: int) -> Visits:
        from scipy.special import ndtr

        latent = rng.standard_normal((n, k)) @ root.T
        # Twice the normal tail is uniform on 0 to 2: the mean risk of leaving is ``leave``.
        stays = rng.random((n, k - 1)) >= leave * 2.0 * ndtr(-latent[:, :-1])
        seen = np.column_stack([np.ones(n, bool), np.cumprod(stays, axis=1).astype(bool)])
        response = latent * spread if scores is None else scores.at(latent)
        subject, visit = np.nonzero(seen)
        arm = (subject < split(n, 2)[0]).astype(np.int64)
        return Visits(response[seen], subject, visit, arm, k - 1)

    return draw


def _times(arms: int, *, at_visits: bool) -> Draw:
    """Return a draw of times to response with dropout and an end of follow-up."""
    end, week = _number("weeks_followed"), _number("week_of_interest")
    responding = -np.log1p(-_number("placebo_at_least_20")) / week
    leaving = -np.log1p(-_number("dropout")) / end
    grid = _number("weeks_between_visits")

    def draw(rng: np.random.Generator, n: int) -> Times:
        drawn = []
        for size in split(n, arms):
            response = rng.exponential(1.0 / responding, size)
            gone = np.minimum(rng.exponential(1.0 / leaving, size), end)
            if at_visits:  # seen at the next visit; who has left was last seen at the visit before
                response, gone = np.ceil(response / grid) * grid, np.floor(gone / grid) * grid
            events = (response <= gone).astype(int)
            drawn.append((np.minimum(response, gone).tolist(), events.tolist()))
        return Times(tuple(drawn))

    return draw


def _make_scenarios() -> tuple[Scenario, ...]:
    placebo, treated = tis_scores("placebo"), tis_scores("treated")
    wide, odds = _number("unequal_spread"), _number("log_odds_ratio")
    same: Mapping[str, float] = {"difference": 0.0, "index": 0.5, "net benefit": 0.0, "log odds ratio": 0.0}
    index = treated.index(placebo)
    effect = {
        "difference": treated.mean - placebo.mean, "index": index, "net benefit": 2.0 * index - 1.0
    }  # fmt: skip
    zero = {"mean": 0.0, "median": 0.0}
    alone = {"mean": treated.mean, "median": treated.median}
    free = {"share without": 1.0 - _number("placebo_at_least_20")}

    def plain(_: int, z: Array) -> Array:
        return z

    def score(_: int, z: Array) -> Array:
        return placebo.at(z)

    def both(arm: int, z: Array) -> Array:
        return (placebo if arm else treated).at(z)

    return (
        Scenario("TIS of one arm", "values, one arm", alone, _arms(1, lambda _, z: treated.at(z))),
        Scenario("normal, mean 0", "values, one arm", zero, _arms(1, plain), null=True),
        Scenario("normal, equal arms", "values, two arms", same, _arms(2, plain), null=True),
        Scenario("TIS, equal arms", "values, two arms", same, _arms(2, score), null=True),
        Scenario(
            "normal, unequal spread", "values, two arms", same,
            _arms(2, lambda arm, z: z * (1.0 if arm == 0 else wide)), null=True,
        ),
        Scenario("TIS, treated better", "values, two arms", effect, _arms(2, both)),
        Scenario("normal, three equal arms", "values, three arms", {}, _arms(3, plain), null=True),
        Scenario("TIS, three equal arms", "values, three arms", {}, _arms(3, score), null=True),
        Scenario("categories, equal arms", "categories, two arms", same, _grades(2), null=True),
        Scenario(
            "categories, treated better", "categories, two arms", {"log odds ratio": odds}, _grades(2, odds)
        ),
        Scenario("categories, three equal arms", "categories, three arms", {}, _grades(3), null=True),
        Scenario("visits, normal", "visits, two arms", same, _visits(None), null=True),
        Scenario("visits, TIS", "visits, two arms", same, _visits(placebo), null=True),
        Scenario("times, one arm", "times, one arm", free, _times(1, at_visits=False)),
        Scenario("times at visits, one arm", "times, one arm", free, _times(1, at_visits=True)),
        Scenario("times, equal arms", "times, two arms", {}, _times(2, at_visits=False), null=True),
        Scenario("times at visits, equal arms", "times, two arms", {}, _times(2, at_visits=True), null=True),
    )  # fmt: skip


SCENARIOS = {scenario.name: scenario for scenario in _make_scenarios()}
