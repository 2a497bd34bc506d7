"""Shares of responders of arms against control, for small trials."""

from collections.abc import Iterator, Sequence

from mitograft.statistics.differences import newcombe
from mitograft.statistics.incidence import compare_incidence
from mitograft.trial.efficacy.estimate import Estimate
from mitograft.trial.efficacy.outcomes import Outcomes

__all__ = ["compare_responses"]


def compare_responses(
    outcomes: Outcomes, arms: Sequence[str], control: str, level: float
) -> Iterator[Estimate]:
    """Yield, for each arm against the control, the difference of shares with score and Newcombe intervals.

    Who was not assessed counts as no response. The p value of the primary analysis is Boschloo's, exact
    without conditions; Fisher's stands beside it.
    """
    for arm in arms:
        one, two = (outcomes.responds[outcomes.members(name)] for name in (arm, control))
        k1, n1, k2, n2 = int(one.sum()), one.size, int(two.sum()), two.size
        found = compare_incidence(k1, n1, k2, n2, level=level)
        contrast, counts = f"{arm} vs {control}", f"{k1} of {n1} against {k2} of {n2}."
        yield Estimate(
            "difference of response", contrast, found.difference, found.low, found.high, level,
            found.p_boschloo, "1", n1 + n2,
            "Miettinen-Nurminen interval (a score interval), Boschloo's exact p", "approximate", primary=True,
            note=counts,
        )  # fmt: skip
        low, high = (float(x) for x in newcombe(k1, n1, k2, n2, level=level))
        yield Estimate(
            "difference of response", contrast, found.difference, low, high, level, found.p_fisher, "1",
            n1 + n2, "Newcombe interval (of two Wilson intervals), Fisher's exact p", "approximate",
            note=counts,
        )  # fmt: skip
