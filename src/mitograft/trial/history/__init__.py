"""A single-arm result read against historical placebo response.

``single_arm`` reads every possible result against past placebo arms; ``borrowing`` does so when arms may
differ (meta-analytic-predictive and robust priors).
"""

from mitograft.trial.history.reading import HistoryReading, SingleArmReading
from mitograft.trial.history.single_arm import load_single_arm_parameters, read_single_arm

__all__ = ["HistoryReading", "SingleArmReading", "load_single_arm_parameters", "read_single_arm"]
