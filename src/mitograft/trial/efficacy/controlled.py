"""Arms against control: which analyses an estimand is given, the primary one first.

================  =======================================  ==================================================
variable          primary                                  beside it
================  =======================================  ==================================================
TIS               MMRM, Kenward-Roger                      ANCOVA; probabilistic index; reference-based
                                                           imputation; dose response (MCP-Mod)
response          Boschloo with Miettinen-Nurminen         Newcombe; Fisher
category          probabilistic index, exact               proportional odds; row mean scores; win ratio
time to response  log-rank                                 medians of each arm
================  =======================================  ==================================================

Placebo is the control; p values of the primary analysis have Holm's beside them where there are several arms.
"""

from collections.abc import Iterator, Sequence

from mitograft.tables.parameters import Parameters
from mitograft.trial.efficacy.categories import compare_categories
from mitograft.trial.efficacy.estimate import Estimate
from mitograft.trial.efficacy.outcomes import Outcomes
from mitograft.trial.efficacy.responses import compare_responses
from mitograft.trial.efficacy.scores import compare_scores
from mitograft.trial.efficacy.times import compare_times

__all__ = ["compare_with_control"]


def compare_with_control(
    outcomes: Outcomes, arms: Sequence[str], control: str, settings: Parameters
) -> Iterator[Estimate]:
    """Yield every comparison of the arms with the control, for the estimand's variable.

    Parameters
    ----------
    outcomes
        Values of the estimand.
    arms
        Arms given the product, lowest dose first.
    control
        The placebo arm.
    settings
        Level and limits.
    """
    level = settings["level"].number
    present = [arm for arm in arms if outcomes.members(arm).size]
    if not present or not outcomes.members(control).size:
        return
    match outcomes.estimand.variable:
        case "TIS":
            yield from compare_scores(outcomes, present, control, level)
        case "response":
            yield from compare_responses(outcomes, present, control, level)
        case "category":
            yield from compare_categories(outcomes, present, control, level)
        case "time to response":
            yield from compare_times(outcomes, present, control, level)
