"""Dose escalation: 10,000 BOIN trials of 30 patients (five doses, cohorts of three), and their exact answer.

The published figure to meet is 0.17 s for 10,000 such trials (simFastBOIN 1.3.2, README, on its author's
machine). The exact operating characteristics need no trials; they are to take less time than that.

Peers on the same design in the same run:

* a plain NumPy program that plays trial after trial, written here from the published rules, on fewer trials
  and scaled to 10,000;
* our own exact characteristics state by state, which know any design, for the same numbers by another way.
"""

import math
from functools import partial

import numpy as np
from harness import Report, best_of, one_core, options
from scipy.stats import beta

from mitograft.trial.escalation import (
    Boin,
    Design,
    I3Plus3,
    Mtpi2,
    ThreePlusThree,
    exact_boin,
    exact_characteristics,
)
from mitograft.trial.escalation.characteristics import Characteristics
from mitograft.trial.escalation.crm import Crm
from mitograft.trial.escalation.crm_model import PowerModel
from mitograft.trial.escalation.simulate_boin import simulate_boin

RATES = (0.10, 0.25, 0.40, 0.55, 0.70)
TRIALS = 10_000
PUBLISHED = 0.17


def plain_trial(rng: np.random.Generator, target: float, over: list[list[bool]]) -> int:
    """Play one BOIN trial patient group by patient group and return the dose chosen (0: none)."""
    low, high = 0.6 * target, 1.4 * target
    up = math.log((1 - low) / (1 - target)) / math.log(target * (1 - low) / (low * (1 - target)))
    down = math.log((1 - target) / (1 - high)) / math.log(high * (1 - target) / (target * (1 - high)))
    n, y = np.zeros(5, dtype=int), np.zeros(5, dtype=int)
    dose, top = 0, 5
    for _ in range(10):
        n[dose] += 3
        y[dose] += rng.binomial(3, RATES[dose])
        if over[n[dose]][y[dose]]:
            top = min(top, dose)
        if top == 0:
            return 0
        rate = y[dose] / n[dose]
        step = 1 if rate <= up else -1 if rate >= down else 0
        dose = min(max(dose + step, 0), top - 1)
    return plain_choice(n[:top], y[:top], target)


def plain_choice(n: np.ndarray, y: np.ndarray, target: float) -> int:
    """Choose by isotonic regression of the posterior means, pooling neighbours until they rise."""
    tried = np.flatnonzero(n)
    a, b = y[tried] + 0.05, n[tried] - y[tried] + 0.05
    total = a + b
    blocks = [[m, w, 1] for m, w in zip(a / total, total**2 * (total + 1) / (a * b), strict=True)]
    place = 0
    while place < len(blocks) - 1:
        if blocks[place][0] <= blocks[place + 1][0]:
            place += 1
            continue
        (m, w, k), (m2, w2, k2) = blocks[place], blocks.pop(place + 1)
        blocks[place] = [(m * w + m2 * w2) / (w + w2), w + w2, k + k2]
        place = max(place - 1, 0)
    fit = np.repeat([block[0] for block in blocks], [block[2] for block in blocks])
    return int(tried[np.argmin(np.abs(fit + 1e-10 * np.arange(len(fit)) - target))]) + 1


def plain_trials(trials: int) -> np.ndarray:
    """Return the share of trials that choose none and each dose, by the plain program."""
    rng = np.random.default_rng(30)
    over = [[n >= 3 and beta.sf(0.3, 1 + y, 1 + n - y) > 0.95 for y in range(n + 1)] for n in range(31)]
    chosen = [plain_trial(rng, 0.3, over) for _ in range(trials)]
    return np.bincount(chosen, minlength=6) / trials


def shares(found: Characteristics) -> np.ndarray:
    """Return the probability of none and of each dose."""
    return np.array([found.none, *found.selection])


def others() -> dict[str, Design]:
    """Return designs whose exact characteristics are timed state by state; they begin with empty caches."""
    designs: dict[str, Design] = {
        "three_plus_three": ThreePlusThree(5, "six_at_mtd"),
        "mtpi2": Mtpi2(5),
        "i3plus3": I3Plus3(5),
        "crm": Crm(PowerModel((0.05, 0.15, 0.30, 0.45, 0.60)), 0.30, max_patients=30),
    }
    return designs


def main() -> None:
    """Run and report."""
    choice = options(__doc__ or "")
    one_core()
    report = Report(
        "escalation", "Dose escalation: 10,000 BOIN trials of 30 patients, and their exact answer"
    )
    report.peers = {
        "plain": "a plain NumPy program that plays trial after trial",
        "state by state": "exact characteristics of any design, by the general program",
        "published": "simFastBOIN 1.3.2, 0.17 s for 10,000 trials, README, another machine",
    }
    times = 5 if choice.quick else 20
    design = Boin(5)
    seconds, drawn = best_of(times, lambda: simulate_boin(design, RATES, TRIALS, seed=30))
    exact_seconds, exact = best_of(times, lambda: exact_boin(design, RATES))
    state_seconds, by_state = best_of(1 if choice.quick else 3, lambda: exact_characteristics(design, RATES))
    fewer = 500 if choice.quick else 2000
    plain_seconds, plain = best_of(1, lambda: plain_trials(fewer))
    plain_seconds *= TRIALS / fewer
    error = np.sqrt(shares(exact) * (1 - shares(exact)))
    add = report.add
    add("seconds", seconds, "s", f"10,000 BOIN trials, mitograft (aim at most {PUBLISHED})")
    add("exact_seconds", exact_seconds, "s", "exact characteristics, mitograft (aim less than that)")
    add("ratio_to_published", PUBLISHED / seconds, "x", "ratio to the published figure (another machine)")
    add("plain_seconds", plain_seconds, "s", f"plain program, scaled from {fewer:,} trials")
    add("ratio_to_plain", plain_seconds / seconds, "x", "ratio to the plain program")
    add("state_seconds", state_seconds, "s", "exact characteristics state by state")
    add("simulated_difference", float(np.abs(shares(drawn) - shares(exact)).max()), "",
        "largest difference of a selection share, simulated and exact")  # fmt: skip
    add("standard_error", float(error.max() / math.sqrt(TRIALS)), "", "largest Monte Carlo standard error")
    add("plain_difference", float(np.abs(plain - shares(exact)).max()), "",
        f"largest difference, plain program ({fewer:,} trials) and exact")  # fmt: skip
    add("exact_difference", float(np.abs(shares(by_state) - shares(exact)).max()), "",
        "largest difference, exact by arrays and state by state")  # fmt: skip
    for kind in (Mtpi2, I3Plus3):
        kind_seconds, _ = best_of(times, partial(exact_boin, kind(5), RATES))
        add(f"arrays_{kind.__name__.lower()}", kind_seconds, "s", f"exact characteristics of {kind(5).name}")
    for name, other in others().items():
        other_seconds, _ = best_of(1, partial(exact_characteristics, other, RATES))
        add(f"exact_{name}", other_seconds, "s", f"exact characteristics of {other.name}, state by state")
    report.finish(as_json=choice.json, packages=("mitograft", "numpy", "scipy"))


if __name__ == "__main__":
    main()
