"""A single-arm result read against historical placebo response, and what patients gain without treatment.

``single_arm`` reads every possible result against past placebo arms; ``borrowing`` does so when arms may
differ (meta-analytic-predictive and robust priors); ``regression_to_mean`` says how much patients improve who
were admitted because they were ill that day; ``untreated`` what this does to the Total Improvement Score.
"""

from mitograft.trial.history.reading import HistoryReading, SingleArmReading
from mitograft.trial.history.regression_to_mean import (
    AdmittedMeasure,
    ReturnToMean,
    load_admitted_measures,
    load_regression_parameters,
    return_to_mean,
)
from mitograft.trial.history.single_arm import load_single_arm_parameters, read_single_arm
from mitograft.trial.history.untreated import UntreatedScore, simulate_untreated

__all__ = [
    "AdmittedMeasure",
    "HistoryReading",
    "ReturnToMean",
    "SingleArmReading",
    "UntreatedScore",
    "load_admitted_measures",
    "load_regression_parameters",
    "load_single_arm_parameters",
    "read_single_arm",
    "return_to_mean",
    "simulate_untreated",
]
