"""Type I error and coverage by simulation: every analysis of a scenario on the same simulated trials."""

from collections.abc import Container, Iterable, Sequence

import numpy as np

from mitograft.errors import UsageError
from mitograft.seeds import derive_seed
from mitograft.statistics.error_rates.designs import Answer
from mitograft.statistics.error_rates.enumeration import GRIDS, enumerate_grid
from mitograft.statistics.error_rates.measured import Measure, Measured, judge, measures_of, nominal_error
from mitograft.statistics.error_rates.registry import Analysis, analyses_of
from mitograft.statistics.error_rates.scenarios import SCENARIOS, Scenario
from mitograft.statistics.error_rates.tis_scores import load_error_rate_parameters

__all__ = ["SIZES", "analyse_safely", "measure_all", "simulate_error_rates"]

SIZES = (9, 12, 36)
_ROUNDING = 1e-12

Tally = dict[tuple[str, Measure], list[bool | None]]


def measure_all(names: Iterable[str] | None = None, *, seed: int, trials: int) -> list[Measured]:
    """Measure every analysis in every scenario (or those of ``names``) at every size.

    Parameters
    ----------
    names
        Scenarios and grids; all by default.
    seed
        Seed of the simulations.
    trials
        Simulated trials; slow analyses take a share of them.

    Raises
    ------
    UsageError
        If a name is unknown or there is no trial.
    """
    known = [*GRIDS, *SCENARIOS]
    wanted = known if names is None else list(names)
    for name in wanted:
        if name not in known:
            raise UsageError(f"Scenario: found {name!r}; expected one of {', '.join(known)}.")
    found: list[Measured] = []
    for name in wanted:
        for n in SIZES:
            if name in GRIDS:
                found += enumerate_grid(GRIDS[name], n)
            else:
                found += _simulate_twice(SCENARIOS[name], n, seed, trials)
    return found


def _simulate_twice(scenario: Scenario, n: int, seed: int, trials: int) -> list[Measured]:
    """Measure, and measure again in fresh trials what is beyond its claim by little.

    Of some hundred figures one or the other is beyond by chance; the second figure stands alone and is not
    chosen for its size.
    """
    found = simulate_error_rates(scenario, n, seed=seed, trials=trials)
    doubtful = {row.analysis for row in found if judge(row) == "beyond"}
    if not doubtful:
        return found
    again = derive_seed(seed, "error rates", "again")
    fresh = simulate_error_rates(scenario, n, seed=again, trials=trials, names=doubtful)
    second = {(row.analysis, row.measure): row for row in fresh}
    return [second[row.analysis, row.measure] if judge(row) == "beyond" else row for row in found]


def simulate_error_rates(
    scenario: Scenario, n: int, *, seed: int, trials: int, names: Container[str] | None = None
) -> list[Measured]:
    """Measure every analysis of a scenario (or those of ``names``) at ``n`` patients in all.

    Raises
    ------
    UsageError
        If there is no trial.
    """
    if trials < 1:
        raise UsageError(f"Simulation: found {trials} trials; expected at least 1.")
    tally: Tally = {}
    plan = [
        (analysis, measures)
        for analysis in analyses_of(scenario.design, scenario.name)
        if (names is None or analysis.name in names)
        and (measures := measures_of(analysis, null=scenario.null, truths=tuple(scenario.truths)))
    ]
    for trial in range(trials):
        due = [(a, m) for a, m in plan if trial < max(1, trials // a.share)]
        if not due:
            break
        data = scenario.draw(seed, n, trial)
        for analysis, measures in due:
            result = analyse_safely(analysis, data)
            for measure in measures:
                tally.setdefault((analysis.name, measure), []).append(
                    _hit(result, analysis, measure, scenario)
                )
    return [
        _summarise(scenario, n, analysis, measure, tally[analysis.name, measure])
        for analysis, measures in plan
        for measure in measures
    ]


def analyse_safely(analysis: Analysis, data: object) -> Answer:
    """Return an analysis' answer; a question that is refused is one without an answer."""
    try:
        return analysis.analyse(data, load_error_rate_parameters()["level"].number)
    except UsageError as refusal:
        return Answer(note=str(refusal))


def _hit(result: Answer, analysis: Analysis, measure: Measure, scenario: Scenario) -> bool | None:
    """Return whether the answer rejects or covers; None without an answer."""
    if measure == "type I error":
        if result.p is not None:
            return result.p <= nominal_error(analysis) + _ROUNDING
        if result.low is None or result.high is None or analysis.null is None:
            return None
        return not result.low <= analysis.null <= result.high
    if result.low is None or result.high is None:
        return None
    return result.low <= scenario.truths[analysis.truth] <= result.high


def _summarise(
    scenario: Scenario, n: int, analysis: Analysis, measure: Measure, hits: Sequence[bool | None]
) -> Measured:
    answered = [hit for hit in hits if hit is not None]
    if measure == "type I error":  # without an answer nothing is rejected
        nominal, base = nominal_error(analysis), len(hits) if answered else 0
    else:
        nominal, base = load_error_rate_parameters()["level"].number, len(answered)
    share = sum(answered) / base if base else np.nan
    # The error of the claim, not of the estimate: a share of 0 or 1 in few trials is no certainty.
    se = float(np.sqrt(nominal * (1.0 - nominal) / base)) if base else np.nan
    return Measured(
        analysis.name, scenario.name, n, measure, analysis.kind_in(scenario.name), nominal,
        share, share, se, len(hits), 1.0 - len(answered) / len(hits),
    )  # fmt: skip
