"""Win ratio of arms against control: death first, then rescue, then the score at the visit."""

from collections.abc import Iterator, Sequence

import numpy as np

from mitograft.statistics.win_pairs import Outcome
from mitograft.statistics.win_ratio import win_statistics
from mitograft.trial.efficacy.estimate import Estimate
from mitograft.trial.efficacy.intercurrent import Intercurrent
from mitograft.trial.efficacy.outcomes import Outcomes
from mitograft.trial.efficacy.strata import usable_strata

__all__ = ["compare_wins"]


def compare_wins(
    outcomes: Outcomes, events: Intercurrent, arms: Sequence[str], control: str, level: float
) -> Iterator[Estimate]:
    """Yield the net benefit and the win ratio of each arm; pairs are made within diagnosis.

    A death or a rescue counts from its study day, until the visit of the estimand. Of two who had neither,
    or had it on one day, the one with the higher score wins; a missing score decides nothing.
    """
    for arm in arms:
        chosen = [i for i, name in enumerate(outcomes.arms) if name in (arm, control)]
        strata = [outcomes.strata[i] for i in chosen]
        found = win_statistics(
            [
                _time(outcomes, events, chosen, "death"),
                _time(outcomes, events, chosen, "rescue"),
                Outcome("score", outcomes.at_visit[chosen], "higher"),
            ],
            [outcomes.arms[i] == arm for i in chosen],
            strata=strata if usable_strata(strata) else None,
            level=level,
        )
        won = ", ".join(
            f"{part.name} {part.wins}:{part.losses}" for part in found.by_outcome if part.wins + part.losses
        )
        note = f"Pairs won and lost by {won or 'nothing'}; {found.ties} tied. {found.note}".strip()
        for what, value in (("net benefit", found.net_benefit), ("win ratio", found.win_ratio)):
            yield Estimate(
                what, f"{arm} vs {control}", value.estimate, value.low, value.high, level, found.p, "1",
                found.n_first + found.n_second, found.method, "approximate", note=note,
            )  # fmt: skip


def _time(outcomes: Outcomes, events: Intercurrent, chosen: Sequence[int], kind: str) -> Outcome:
    days, seen = [], []
    for i in chosen:
        last = float(np.nanmax(outcomes.days[i]))
        mine = [e.day for e in events.of(outcomes.subjects[i]) if e.kind == kind and 1 <= e.day <= last]
        days.append(float(min(mine)) if mine else last)
        seen.append(bool(mine))
    return Outcome(kind, days, "later", event=seen)
