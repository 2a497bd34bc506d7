"""Dose response of the score over placebo and the doses: MCP-Mod.

With three doses (two and placebo) only the question "is there a dose response" can be answered with several
shapes in mind; which shape it is cannot be told from data, and no target dose is offered. With more doses the
dose that gives the wanted effect over placebo is estimated as well.
"""

import math
from collections.abc import Iterator, Sequence

from mitograft.errors import UsageError
from mitograft.statistics.mcp_mod.means import dose_means
from mitograft.statistics.mcp_mod.procedure import McpMod, mcp_mod
from mitograft.statistics.mcp_mod.shapes import Candidate, describe_distinguishable, guess_ed50
from mitograft.tables.parameters import Parameters
from mitograft.trial.efficacy.estimate import Estimate, or_nan
from mitograft.trial.efficacy.outcomes import Outcomes
from mitograft.trial.efficacy.strata import usable_strata
from mitograft.trial.protocol import Arm

__all__ = ["describe_dose_response"]

_LEAST = 3  # doses, with placebo


def describe_dose_response(
    outcomes: Outcomes, arms: Sequence[Arm], settings: Parameters
) -> Iterator[Estimate]:
    """Yield the multiple contrast test of the scores at the visit, and the dose of the wanted effect.

    Parameters
    ----------
    outcomes
        Values of an estimand of the score.
    arms
        All arms with their doses; placebo has the dose 0.
    settings
        ``mcp_share``, ``mcp_effect`` and the level.
    """
    doses = {arm.name: 0.0 if arm.placebo else arm.dose for arm in arms}
    seen = [
        i for i, arm in enumerate(outcomes.arms)
        if doses.get(arm) is not None and not math.isnan(outcomes.at_visit[i])
    ]  # fmt: skip
    given = [doses[outcomes.arms[i]] or 0.0 for i in seen]
    levels = sorted(set(given))
    if len(levels) < _LEAST:
        return
    level, effect = settings["level"].number, settings["mcp_effect"].number
    names = " < ".join(f"{dose:g}" for dose in levels)
    strata = [outcomes.strata[i] for i in seen]
    factors = {"diagnosis": strata} if usable_strata(strata) else None
    try:
        means = dose_means(given, outcomes.at_visit[seen], factors=factors)
        found = mcp_mod(means, _candidates(levels, settings), effect)
    except UsageError as error:
        yield _nothing(names, level, str(error))
        return
    yield _test(found, names, level, (len(seen), describe_distinguishable(levels)))
    if len(levels) > _LEAST and found.target is not None:
        target = found.target
        yield Estimate(
            f"dose with {effect:g} points over placebo", names, target.dose, or_nan(target.low),
            or_nan(target.high), level, math.nan, "ug", len(seen), f"{target.shape}: {target.method}",
            "approximate", note=target.note,
        )  # fmt: skip


def _candidates(levels: Sequence[float], settings: Parameters) -> tuple[Candidate, ...]:
    """Return a straight line, a curve that saturates and one that rises late."""
    highest = levels[-1]
    share = settings["mcp_share"].number
    return (
        Candidate("linear"),
        Candidate("emax", (guess_ed50(levels[1], share),), "emax"),
        Candidate("exponential", (highest / 2.0,), "exponential"),
    )


def _test(found: McpMod, names: str, level: float, about: tuple[int, str]) -> Estimate:
    n, shapes = about
    test = found.test
    best = max((row for row in test.results if row.t is not None), key=lambda row: row.t or 0.0, default=None)
    words = "" if best is None else f"Largest contrast: {best.candidate.label}, t {best.t:.2f}. "
    return Estimate(
        "dose response (MCP-Mod), largest t", names, math.nan if best is None else or_nan(best.t), math.nan,
        math.nan, level, or_nan(test.p), "1", n, f"{test.method}; one-sided",
        "approximate",  # exact for normal errors only, which a score of 0 to 100 does not have
        note=f"{words}{shapes} {found.note}".strip(),
    )  # fmt: skip


def _nothing(names: str, level: float, why: str) -> Estimate:
    return Estimate(
        "dose response (MCP-Mod), largest t", names, math.nan, math.nan, math.nan, level, math.nan, "1", 0,
        "multiple contrast test", "approximate", note=why,
    )  # fmt: skip
