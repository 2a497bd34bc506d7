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
from mitograft.trial.efficacy.doses import describe_dose_response
from mitograft.trial.efficacy.estimate import Estimate
from mitograft.trial.efficacy.intercurrent import Intercurrent
from mitograft.trial.efficacy.outcomes import Outcomes
from mitograft.trial.efficacy.responses import compare_responses
from mitograft.trial.efficacy.scores import compare_scores
from mitograft.trial.efficacy.times import compare_times
from mitograft.trial.efficacy.wins import compare_wins
from mitograft.trial.protocol import Arm

__all__ = ["compare_with_control"]


def compare_with_control(
    outcomes: Outcomes, events: Intercurrent, arms: Sequence[Arm], control: Arm, settings: Parameters
) -> Iterator[Estimate]:
    """Yield every comparison of the arms with the control, for the estimand's variable.

    Parameters
    ----------
    outcomes
        Values of the estimand.
    events
        What happened in between.
    arms, control
        Arms given the product, lowest dose first, and the placebo arm.
    settings
        Level and limits.
    """
    level = settings["level"].number
    present, placebo = [arm.name for arm in arms if outcomes.members(arm.name).size], control.name
    if not present or not outcomes.members(placebo).size:
        return
    match outcomes.estimand.variable:
        case "TIS":
            yield from compare_scores(outcomes, present, placebo, level)
            yield from describe_dose_response(outcomes, [control, *arms], settings)
        case "response":
            yield from compare_responses(outcomes, present, placebo, level)
        case "category":
            yield from compare_categories(outcomes, present, placebo, level)
            yield from compare_wins(outcomes, events, present, placebo, level)
        case "time to response":
            yield from compare_times(outcomes, present, placebo, level)
