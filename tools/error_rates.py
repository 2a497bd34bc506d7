"""Write docs/concepts/error-rates.md: type I error and coverage of every registered analysis.

    .venv/bin/python tools/error_rates.py [--trials N] [--seed S] [--workers W] [--out FILE]

Responders and events are enumerated, everything else is simulated. The figures depend on trials and seed
alone. About six minutes on one core with the default number of trials.
"""

import argparse
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from error_rates_apart import render_apart
from error_rates_text import AFTERWORD, FOREWORD, SCENARIO_TEXTS, SECTIONS

from mitograft.statistics.error_rates.enumeration import GRIDS
from mitograft.statistics.error_rates.measured import Measure, Measured, judge
from mitograft.statistics.error_rates.registry import ANALYSES
from mitograft.statistics.error_rates.scenarios import SCENARIOS
from mitograft.statistics.error_rates.simulation import SIZES, measure_all
from mitograft.statistics.error_rates.tis_scores import load_error_rate_parameters

PAGE = Path(__file__).resolve().parent.parent / "docs" / "concepts" / "error-rates.md"
MARKS = {"kept": "{}", "beyond": "**{}**", "not to be trusted": "**{}** ✗", "no answer": "none"}
SMALLEST = SIZES[0]


def main() -> int:
    """Measure and write the page."""
    parameters = load_error_rate_parameters()
    parser = argparse.ArgumentParser(description="Type I error and coverage of every analysis.")
    parser.add_argument("--trials", type=int, default=int(parameters["trials"].number))
    parser.add_argument("--seed", type=int, default=int(parameters["seed"].number))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=PAGE)
    given = parser.parse_args()
    found = measure(given.seed, given.trials, given.workers)
    given.out.write_text(render_page(found, given.trials, given.seed), encoding="utf-8", newline="\n")
    return 0


def measure(seed: int, trials: int, workers: int) -> list[Measured]:
    """Measure every scenario, one after another or side by side; the result is the same."""
    names = [[name] for name in (*GRIDS, *SCENARIOS)]
    work = partial(measure_all, seed=seed, trials=trials)
    if workers == 1:
        return [row for name in names for row in work(name)]
    with ProcessPoolExecutor(workers) as pool:
        return [row for rows in pool.map(work, names) for row in rows]


def render_page(found: list[Measured], trials: int, seed: int) -> str:
    """Give the whole page."""
    parts = [FOREWORD.format(trials=trials, seed=seed), _summary(found)]
    for title, designs in SECTIONS.items():
        parts.append(f"## {title}\n")
        names = [analysis.name for analysis in ANALYSES if analysis.design in designs]
        rows = [row for row in found if row.analysis in names]
        parts += [table for measure in ("type I error", "coverage") if (table := _table(rows, measure))]
        parts.append(_scenarios(rows))
    return "\n".join([*parts, render_apart(seed), AFTERWORD])


def _summary(found: list[Measured]) -> str:
    """Say what may not be trusted at the smallest size, and what to use instead."""
    small = [row for row in found if row.n == SMALLEST]
    wrong, kept = [], []
    for analysis in ANALYSES:
        rows = [row for row in small if row.analysis == analysis.name]
        off = [row for row in rows if judge(row) in ("beyond", "not to be trusted")]
        if off:
            worst = max(off, key=lambda row: row.error / row.nominal_error)
            verdict = "not to be trusted" if judge(worst) == "not to be trusted" else "somewhat too often"
            wrong.append([analysis.name, verdict, _sentence(worst), analysis.instead or "none known"])
        else:
            claims = {row.kind for row in rows}
            kept.append((analysis.name, "exact" if claims == {"exact"} else "mixed"))
    exact = "; ".join(name for name, claim in kept if claim == "exact")
    others = "; ".join(name for name, claim in kept if claim == "mixed")
    return (
        f"## What may not be trusted at n = {SMALLEST}\n\n"
        f"Wrong more often than claimed with {SMALLEST} patients in all, where each is worst:\n\n"
        + _lines(["analysis", "verdict", "what was found", "use instead"], wrong)
        + f"\nExact, and never above the claim at n = {SMALLEST}: {exact}.\n\n"
        f"Approximate, at least in some scenarios, and not shown to exceed the claim: {others}.\n"
    )


def _sentence(row: Measured) -> str:
    what = "rejects a true null hypothesis in" if row.measure == "type I error" else "holds the truth in"
    mean = f", {row.mean:.3f} on average" if not row.trials and row.mean != row.value else ""
    where = "at the worst true rate" if mean else "of trials"
    return f"{what} {row.value:.3f} {where}{mean} (claimed {row.nominal:g}; {row.scenario})"


def _table(found: Iterable[Measured], measure: Measure) -> str:
    """Give one row for each analysis and scenario, one column for each size."""
    grouped: dict[tuple[str, str], list[Measured]] = {}
    for row in found:
        if row.measure == measure:
            grouped.setdefault((row.analysis, row.scenario), []).append(row)
    if not grouped:
        return ""
    body = [
        [
            name,
            scenario,
            f"{rows[0].kind}, {rows[0].nominal:g}",
            *(_cell(row) for row in rows),
            *_effort(rows),
        ]
        for (name, scenario), rows in grouped.items()
    ]
    sizes = [f"n = {n}" for n in SIZES]
    title = "Type I error" if measure == "type I error" else "Coverage"
    return f"{title}:\n\n" + _lines(
        ["analysis", "scenario", "claim", *sizes, "trials", "MC error", "no answer"], body
    )


def _cell(row: Measured) -> str:
    mean = f" (mean {row.mean:.3f})" if not row.trials and row.mean != row.value else ""
    return MARKS[judge(row)].format(f"{row.value:.3f}") + mean


def _effort(rows: list[Measured]) -> tuple[str, str, str]:
    most = max(row.unanswered for row in rows)
    missing = f"{most:.1%}" if most >= 0.0005 else ""
    if not rows[0].trials:
        return "all outcomes", "0", missing
    return f"{rows[0].trials:,}", f"{max(row.se for row in rows):.4f}", missing


def _scenarios(rows: list[Measured]) -> str:
    names = dict.fromkeys(row.scenario for row in rows)
    return "".join(f"- *{name}*: {SCENARIO_TEXTS[name]}\n" for name in names)


def _lines(header: list[str], body: list[list[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in body]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
