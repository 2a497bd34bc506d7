"""Error rates outside the register: readings of a single arm (enumerated) and adjusted odds (simulated)."""

from collections.abc import Sequence

import numpy as np

from mitograft.seeds import stream
from mitograft.statistics.ordinal_category import compare_categories
from mitograft.statistics.proportions import probability_at_least
from mitograft.trial.history import read_single_arm

__all__ = ["render_apart"]

SIZES = (9, 12, 36)
BAR, THRESHOLD = 0.975, 20
HISTORY = 21 / 48  # ProDERM, NCT02728752, placebo at week 16
CATEGORIES = ("None", "Minimal", "Moderate", "Major")
SHARES = (27 / 48, 10 / 48, 7 / 48, 4 / 48)  # the same arm: 21, 11 and 4 of 48 reach 20, 40 and 60
TRIALS = 1000


def render_apart(seed: int) -> str:
    """Give the two sections."""
    return "\n".join([_readings(), _adjusted(seed)])


def _readings() -> str:
    lines = [
        "## One arm against history: every reading\n",
        f"Type I error of the rule 'probability of exceeding placebo at least {BAR:g}' (claimed "
        f"{1 - BAR:.3f}), enumerated. The treatment is placebo, and placebo responds as in ProDERM, or 10 "
        "percent points more often.\n",
        "| reading | placebo | n = 9 | n = 12 | n = 36 |",
        "|---|---|---|---|---|",
    ]
    readings = [read_single_arm(n, THRESHOLD).readings for n in SIZES]
    for same in zip(*readings, strict=True):
        for words, rate in (("as in history", HISTORY), ("above history", HISTORY + 0.1)):
            needed = [reading.smallest[BAR] for reading in same]
            errors = [
                "never" if k is None else f"{float(probability_at_least(k, n, rate)):.3f}"
                for k, n in zip(needed, SIZES, strict=True)
            ]
            lines.append(f"| {same[0].name} | {words} | {' | '.join(errors)} |")
    lines.append("\n*never*: no result of so many patients reaches the bar.\n")
    return "\n".join(lines)


def _adjusted(seed: int) -> str:
    lines = [
        "## Two arms: ordered categories within diagnosis\n",
        f"Type I error at 0.05 without any effect, {TRIALS:,} trials from seed {seed}, two diagnoses, "
        "categories as in ProDERM's placebo arm (MC error 0.0069).\n",
        "| analysis | claim | n = 9 | n = 12 | n = 36 |",
        "|---|---|---|---|---|",
    ]
    found = np.array([_rejected(seed, n) for n in SIZES])
    names = (("Rank-sum test within diagnosis, exact", "exact"), ("Adjusted odds ratio", "approximate"))
    for row, (name, claim) in enumerate(names):
        lines.append(f"| {name} | {claim}, 0.05 | {' | '.join(f'{x:.3f}' for x in found[:, row])} |")
    lines.append("")
    return "\n".join(lines)


def _rejected(seed: int, n: int) -> Sequence[float]:
    draws = stream(seed, "error rates", "adjusted odds", str(n))
    in_first = [i % 2 == 0 for i in range(n)]
    strata = ["DM" if i % 3 else "PM" for i in range(n)]
    counts = [0, 0]
    for _ in range(TRIALS):
        seen = [CATEGORIES[k] for k in draws.choice(len(CATEGORIES), n, p=SHARES)]
        result = compare_categories(seen, in_first, CATEGORIES, strata=strata)
        counts[0] += result.test.p <= 0.05
        counts[1] += result.odds.p <= 0.05
    return [count / TRIALS for count in counts]
