"""Make the ensemble of the perturbation panel: parameter sets drawn by differential-evolution Markov chains.

A pseudo-likelihood (likelihood-free) says how far a set misses the sixteen given rows, the course of C
protein-induced myositis and the regeneration series of 10.1371/journal.pcbi.1013575; the prior is log-normal
around the values of ``parameters.csv``. Turnover rates of the literature stay fixed. Nothing is tuned for one
row.

    python tools/fit_panel.py --chains 240 --generations 100 --seed 7 --out ensemble.csv
"""

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np

from mitograft.mechanism.equations import load_model
from mitograft.mechanism.hosts import load_host
from mitograft.mechanism.panel.animals import grade_of_index
from mitograft.mechanism.panel.vocabulary import panel_settings
from mitograft.mechanism.solve import Event, Integration, solve
from mitograft.seeds import stream

__all__ = ["cost", "main", "miss"]

Array = np.ndarray[Any, Any]
DAYS = np.array([*range(4), 3.5, *range(4, 82)])
DAYS.sort()
PRIOR_SD, SPREAD, JITTER = 0.8, 0.02, 0.005
# Deterministic twins of the sixteen rows: settings of the host, what is changed, events beside the host's.
ARMS: dict[str, tuple[tuple[str, ...], dict[str, float], tuple[tuple[float, str, float], ...]]] = {
    "control": (("cim",), {}, ()),
    "P01": (("cim",), {"e_CD4": 0.05}, ()),
    "P02": (("cim",), {"e_CD8": 0.05}, ()),
    "P03": (("cim",), {"e_IL1": 0.0}, ()),
    "P04": (("cim",), {"e_TNF": 0.0}, ()),
    "P05": (("cim",), {"e_B": 0.2}, ()),
    "P06": (("cim",), {"e_PRF1": 0.0}, ()),
    "P09": (("cim",), {"e_IL6": 0.0}, ()),
    "P10": (("cim",), {"e_IL6": 0.1}, ()),
    "P15": (("cim",), {"e_NECRO": 0.1}, ()),
    "P16": (("cim",), {"e_HMGB1": 0.1}, ()),
    "only_8": ((), {}, ((0.0, "transfer_CD8", 0.8),)),
    "only_4": ((), {}, ((0.0, "transfer_CD4", 0.8),)),
    "both": (("transfer",), {}, ()),
    "again": (("cim",), {}, ((60.0, "adjuvant", 1.0),)),
    "moved": (("transfer", "conditioned"), {}, ()),
    "P13": (("transfer", "conditioned"), {"e_TNF": 0.1}, ()),
    "P14": (("transfer", "conditioned"), {"e_IL1": 0.1}, ()),
    "held": (("cim", "sustained_cfa"), {}, ()),
    "injured": (("bacl2",), {}, ()),
}
# Cells per mm3 at days 0, 1, 2, 3.5, 5, 7; myeloid cells are compared up to a factor.
SERIES = {
    "MONO": (1239, 9797, 2466, 1960, 1323, 888),
    "M1": (2589, 8237, 8000, 10628, 6399, 2432),
    "M2": (930, 3341, 3707, 10350, 7000, 3000),
    "NEU": (509, 4500, 272, 129, 98, 77),
    "QSC": (2700, 136, 19, 616, 1595, 1507),
    "ASC": (664, 1134, 123, 1309, 1260, 950),
    "MYC": (66, 40, 16, 900, 611, 741),
}
# Most and least of each ratio to the control, and how much of a miss (on the log scale) costs one.
LIMITS = {
    **dict.fromkeys(("P01", "P02", "P03", "P09", "P10", "P14", "P16"), (0.04, 0.6, 0.1)),
    "P04": (0.94, 1.06, 0.04),
    "P05": (0.4, 0.68, 0.05),
    "P06": (0.1, 0.56, 0.07),
    "P13": (0.1, 0.53, 0.07),
    "P15": (0.04, 0.65, 0.1),
    "P15 inflammation": (0.04, 0.58, 0.1),
    "P15 death": (0.04, 0.6, 0.1),
    "P16 death": (0.04, 0.6, 0.1),
    "P06 death": (0.04, 0.6, 0.1),
    "P07": (1.8, 1e9, 0.1),
    "P08": (1.4, 4.0, 0.1),
    "P11": (1e-9, 0.2, 0.1),
    "P11 held": (0.6, 1e9, 0.1),
    "P12": (1.3, 4.0, 0.1),
    "grade": (2.1, 2.8, 0.1),
    "grade day 6": (1e-9, 0.5, 0.2),
    "grade day 12": (1.2, 4.0, 0.1),
    "peak day": (13.0, 21.0, 0.1),
    "least fibre": (0.55, 0.93, 0.03),
    "creatine kinase": (3.0, 20.0, 0.2),
    "fibre day 28 of injury": (0.9, 1.1, 0.03),
}


def _run(name: str, sets: dict[str, Array], n: int) -> dict[str, Array]:
    settings, memory, events = ARMS[name]
    host = load_host("mouse", *settings)
    solution = solve(
        load_model(),
        n=n,
        parameters={**sets, **host.parameters, **host.memory, **memory},
        initial=host.initial,
        events=[Event(*event) for event in (*host.events, *events)],
        times=DAYS,
        how=Integration(rtol=1e-4, atol=1e-7),
    )
    rows = panel_settings()
    burden = sum(rows[f"index_{q}"].number * solution.quantity(q) for q in ("eff_8", "eff_4"))
    burden = burden + rows["index_M1"].number * solution.state("M1")
    grade = grade_of_index(burden + rows["index_NEC"].number * solution.state("NEC"))
    states = {s: solution.state(s) for s in (*SERIES, "FIBRE", "CK")}
    return {"grade": grade, "burden": burden, "death": solution.quantity("death"), **states}


def _mean(values: Array, first: float, last: float) -> Array:
    inside = (first <= DAYS) & (last >= DAYS)
    mean: Array = np.trapezoid(values[:, inside], DAYS[inside], axis=1) / (last - first)
    return mean


def miss(values: Array, names: tuple[str, ...]) -> dict[str, Array]:
    """Return what each target misses, squared, for sets of log values (sets, names)."""
    n = len(values)
    runs = {arm: _run(arm, dict(zip(names, np.exp(values.T), strict=True)), n) for arm in ARMS}
    control = runs["control"]
    grade = {arm: _mean(run["grade"], 14, 21) for arm, run in runs.items()}
    early = {arm: _mean(run["grade"], 0, 21) for arm, run in runs.items()}
    death = {arm: _mean(run["death"], 0, 21) for arm, run in runs.items()}
    found = {
        row: grade[row] / grade["control"] for row in ARMS if row[0] == "P" and row not in ("P13", "P14")
    }
    found |= {row: early[row] / early["moved"] for row in ("P13", "P14")}
    found |= {f"{row} death": death[row] / death["control"] for row in ("P06", "P15", "P16")}
    found["P15 inflammation"] = _mean(runs["P15"]["burden"], 14, 21) / _mean(control["burden"], 14, 21)
    found |= {"P07": death["only_8"] / death["only_4"], "P08": runs["both"]["grade"].max(axis=1)}
    found |= {"P11": _mean(control["grade"], 49, 56) / grade["control"], "grade": grade["control"]}
    found |= {"P11 held": _mean(runs["held"]["grade"], 49, 56) / grade["held"]}
    found |= {"P12": _mean(runs["again"]["grade"], 65, 80)}
    found |= {f"grade day {d}": control["grade"][:, d == DAYS][:, 0] for d in (6, 12)}
    found |= {"peak day": DAYS[np.nan_to_num(control["grade"]).argmax(axis=1)]}
    found |= {"least fibre": control["FIBRE"].min(axis=1), "creatine kinase": control["CK"].max(axis=1)}
    found["fibre day 28 of injury"] = runs["injured"]["FIBRE"][:, DAYS == 28][:, 0]
    missed = {}
    for name, (least, most, scale) in LIMITS.items():
        size = np.log(np.maximum(found[name], 1e-9))
        missed[name] = (np.maximum(0, np.maximum(size - np.log(most), np.log(least) - size)) / scale) ** 2
    return missed | {name: (_series_error(name, runs["injured"]) / 0.1) ** 2 for name in SERIES}


def _series_error(name: str, run: dict[str, Array]) -> Array:
    """Return the root mean square error of a cell type, as a share of its peak."""
    data = np.array(SERIES[name], float)
    found = run[name][:, np.isin(DAYS, (0, 1, 2, 3.5, 5, 7))].copy()
    if name == "QSC":
        found[:, 0] = 1.0  # The series starts before the injury, the output of day 0 stands after it.
    resident = data[0] if name in ("M1", "M2") else 0.0
    fitted = (found @ (data - resident) / np.maximum((found * found).sum(axis=1), 1e-12))[:, None]
    scale = 2700.0 if name in ("QSC", "ASC", "MYC") else fitted
    error: Array = np.sqrt(((scale * found + resident - data) ** 2).mean(axis=1)) / data.max()
    return error


def cost(values: Array, names: tuple[str, ...], centre: Array) -> Array:
    """Return minus twice the log of pseudo-likelihood times prior, (sets,)."""
    missed = sum(np.minimum(np.nan_to_num(part, nan=400.0), 400.0) for part in miss(values, names).values())
    total: Array = missed + ((values - centre) ** 2).sum(axis=1) / PRIOR_SD**2
    return total


def _sample(names: tuple[str, ...], centre: Array, chains: int, generations: int, seed: int) -> Array:
    draw = stream(seed, "panel", "fit")
    sets = centre + draw.normal(0.0, SPREAD, (chains, len(centre)))
    costs, half = cost(sets, names, centre), chains // 2
    for generation in range(2 * generations):
        mine, other = np.arange(half) * 2 + generation % 2, np.arange(half) * 2 + 1 - generation % 2
        first = draw.integers(0, half, half)
        second = (first + 1 + draw.integers(0, half - 1, half)) % half
        usual = 2.38 / np.sqrt(2 * len(centre)) * draw.uniform(0.3, 1.1, half)
        step = np.where(draw.random(half) < 0.1, 0.6, usual)[:, None]
        moved = sets[mine] + step * (sets[other[first]] - sets[other[second]])
        moved += draw.normal(0.0, JITTER, moved.shape)
        new = cost(moved, names, centre)
        taken = np.log(draw.random(half)) < (costs[mine] - new) / 2
        sets[mine[taken]], costs[mine[taken]] = moved[taken], new[taken]
        print(f"generation {generation // 2}: median cost {np.median(costs):.1f}", flush=True)
    return np.exp(sets)


def main() -> None:
    """Draw the ensemble and write it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--chains", type=int, default=240)
    options.add_argument("--generations", type=int, default=100)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--out", type=Path, required=True)
    chosen = options.parse_args()
    free = [row for row in load_model().parameters if row.kind == "fitted"]
    names, centre = tuple(row.id for row in free), np.log([row.number for row in free])
    sets = _sample(names, centre, chosen.chains, chosen.generations, chosen.seed)
    with chosen.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([f"{value:.6g}" for value in row] for row in sets)


if __name__ == "__main__":
    main()
