"""Analyses of pairs of patients (win statistics), each brought to the form ``(data, level) -> Answer``."""

from mitograft.statistics.error_rates.designs import Answer, Arms, Times, answer
from mitograft.statistics.win_pairs import Outcome
from mitograft.statistics.win_ratio import WinStatistics, win_statistics

__all__ = ["net_benefit_large_sample_of", "net_benefit_of", "wins_of_times_of"]


def net_benefit_of(data: Arms, level: float) -> Answer:
    """Return the net benefit of higher values with the interval that agrees with the exact test."""
    found = _compare(data, level)
    return answer(found.p, found.net_benefit.low, found.net_benefit.high, found.note)


def net_benefit_large_sample_of(data: Arms, level: float) -> Answer:
    """Return the net benefit of higher values with its large-sample interval."""
    found = _compare(data, level)
    note = found.note or "the variance of the wins is not to be had"
    return answer(None, found.net_benefit.large_low, found.net_benefit.large_high, note)


def wins_of_times_of(data: Times, level: float) -> Answer:
    """Return the exact permutation test of wins by the earlier response."""
    times = [time for when, _ in data.arms for time in when]
    events = [seen == 1 for _, happened in data.arms for seen in happened]
    in_first = [arm == 0 for arm, (when, _) in enumerate(data.arms) for _ in when]
    outcome = Outcome("response", times, "earlier", event=events)
    return answer(win_statistics([outcome], in_first, level=level).p)


def _compare(data: Arms, level: float) -> WinStatistics:
    values = [value for arm in data.values for value in arm]
    in_first = [arm == 0 for arm, values in enumerate(data.values) for _ in values]
    return win_statistics([Outcome("value", values, "higher")], in_first, level=level)
