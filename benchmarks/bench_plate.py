"""Plates read, joined with their layout and derived: per cent of control, and concentrations.

Two jobs on one core. *Percent*: BMG MARS grids of 96 wells and one layout table. *Concentration*: bead assays
(Luminex xPONENT) with one standard curve for each of ten analytes, half of them truly asymmetric; for each we
fit four and five parameters, choose one, and give every concentration an interval and limits of
quantification.

The peer does what a script does, in the same run on the same files: pandas reads a file whose shape it is
told, merges the layout and divides by the control; ``scipy.optimize.curve_fit`` fits four parameters to the
logarithm of the signal, without a fifth, intervals or limits. Its curves and ours are compared where both
have four parameters; the truth is known, so that a fast wrong answer would be seen.
"""

import csv
import math
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from harness import Report, best_of, one_core, options, peak_memory

from mitograft.assays.plate.check import join_layout
from mitograft.assays.plate.derive import derive_concentrations, derive_percent
from mitograft.assays.plate.layout import read_layout
from mitograft.assays.plate.read import read_plate_file
from mitograft.assays.plate.results import PlateResult
from mitograft.assays.plate.simulate import (
    BeadAssayTruth,
    CellPlateTruth,
    simulate_bead_assay,
    simulate_grid_export,
    simulate_layout,
)
from mitograft.seeds import stream
from mitograft.statistics.curve_model import Curve
from mitograft.tables.read import read_table

ANALYTES, SAMPLES = 10, 32
Values = dict[tuple[str, ...], float]


@dataclass(frozen=True)
class Concentrations:
    """By file, well and analyte: the value; and which of our curves have four parameters."""

    values: Values
    four: frozenset[tuple[str, str]] = frozenset()


def make_percent(folder: Path, count: int) -> None:
    """Write grids and their layout."""
    folder.mkdir()
    truths = [CellPlateTruth(f"{k:04}", replicates=6) for k in range(count)]
    for k, truth in enumerate(truths):
        simulate_grid_export(truth, folder / f"grid{k:04}.csv", stream(96, "benchmark grid", k))
    simulate_layout(truths, folder / "layout.csv")


def bead_truth(number: int) -> BeadAssayTruth:
    """Return one bead assay: ten analytes, every second with an asymmetric curve, samples over its range."""
    curves = {
        f"A{k}": Curve(-0.9, 1.2, 4.3, math.log(100.0 + 50 * k), 1.0 if k % 2 == 0 else 0.5, "log10")
        for k in range(ANALYTES)
    }
    samples = {
        f"S{s:02}": {name: 2.0 * 2.0 ** ((s + k) % 11) for k, name in enumerate(curves)}
        for s in range(SAMPLES)
    }
    return BeadAssayTruth(f"{number:04}", curves, dict.fromkeys(curves, 8000.0), samples, cv=0.04)


def make_beads(folder: Path, count: int) -> None:
    """Write bead assays."""
    folder.mkdir()
    for k in range(count):
        simulate_bead_assay(bead_truth(k), folder / f"beads{k:04}.csv", stream(96, "benchmark beads", k))


def percent(folder: Path) -> PlateResult:
    """Read, join and derive per cent of control."""
    files = [read_plate_file(path) for path in sorted(folder.glob("grid*.csv"))]
    wells, _ = join_layout(files, read_layout(read_table(folder / "layout.csv")))
    return derive_percent(wells, "viability")


def plain_percent(folder: Path) -> Values:
    """Do the same with pandas."""
    import pandas as pd

    layout = pd.read_csv(folder / "layout.csv", dtype={"well": str})
    found = []
    for path in sorted(folder.glob("grid*.csv")):
        name = path.read_text().partition("ID1: ")[2].partition(",")[0]
        grid = pd.read_csv(path, skiprows=8, index_col=0, skip_blank_lines=False)
        long = grid.stack().rename_axis(["row", "column"]).reset_index(name="signal")
        long["well"] = long["row"] + long["column"].str.zfill(2)
        plate = long.merge(layout[layout["plate"] == name], on="well")
        plate["signal"] -= plate.loc[plate["role"] == "blank", "signal"].mean()
        plate = plate[plate["role"].isin(["control", "sample"])]
        control = plate[plate["role"] == "control"].groupby("donor")["signal"].mean()
        plate["value"] = 100 * plate["signal"] / plate["donor"].map(control)
        found.append(plate.assign(file=path.name)[["file", "well", "value"]])
    table = pd.concat(found)
    return {(f, w): v for f, w, v in table.itertuples(index=False)}


def concentrations(folder: Path) -> Concentrations:
    """Read and derive concentrations; only those within the limits of quantification."""
    wells, _ = join_layout([read_plate_file(path) for path in sorted(folder.glob("beads*.csv"))])
    result = derive_concentrations(wells, "cytokine")
    values: Values = {(c.source, c.well, c.analyte): c.value for c in result.concentrations if not c.flag}
    four = {(c.source, c.name) for c in result.curves if getattr(getattr(c.fit, "curve", None), "g", 0) == 1}
    return Concentrations(values, frozenset(four))


def logistic(x: Any, b: float, c: float, d: float, e: float) -> Any:
    """Four-parameter logistic curve; ``x`` is the logarithm of the dose."""
    return c + (d - c) / (1 + np.exp(b * (x - e)))


def plain_concentrations(folder: Path) -> Concentrations:
    """Do the same with pandas and ``curve_fit``, four parameters for every analyte."""
    import pandas as pd
    from scipy.optimize import curve_fit

    values: Values = {}
    for path in sorted(folder.glob("beads*.csv")):
        blocks = read_blocks(path)
        median, expected = blocks["Median"], blocks["Standard Expected Concentration"].set_index("Reagent")
        factors = pd.to_numeric(blocks["Dilution Factor"]["Dilution Factor"]).to_numpy()
        well = median["Location"].str.extract(r"1,([A-H])(\d+)", expand=True)
        well = (well[0] + well[1].str.zfill(2)).to_numpy()
        standard = median["Sample"].isin(expected.index).to_numpy()
        for analyte in expected.columns:
            y = np.log10(pd.to_numeric(median[analyte]).to_numpy())
            x = np.log(pd.to_numeric(expected[analyte]).loc[median["Sample"][standard]].to_numpy())
            start = [-1.0, y[standard].min(), y[standard].max(), float(np.median(x))]
            (b, c, d, e), _ = curve_fit(logistic, x, y[standard], p0=start, maxfev=20_000)
            with np.errstate(invalid="ignore", divide="ignore"):
                dose = np.exp(e + np.log((d - c) / (y - c) - 1) / b) * factors
            samples = ~standard & median["Sample"].str.startswith("S").to_numpy()
            for place, value in zip(well[samples], dose[samples], strict=True):
                values[path.name, place, analyte] = float(value)
    return Concentrations(values)


def read_blocks(path: Path) -> dict[str, Any]:
    """Return the blocks of an xPONENT export as data frames."""
    import pandas as pd

    rows = list(csv.reader(path.read_text().splitlines()))
    starts = [k for k, row in enumerate(rows) if row[:1] == ["DataType:"]]
    blocks = {}
    for start in starts:
        end = next((k for k in range(start, len(rows)) if not any(rows[k])), len(rows))
        blocks[rows[start][1]] = pd.DataFrame(rows[start + 2 : end], columns=rows[start + 1])
    return blocks


WORK = {
    "percent": (percent, plain_percent),
    "concentration": (concentrations, plain_concentrations),
}


def peak_of(name: str, which: int, folder: Path) -> float:
    """Peak memory in MiB of one job in a process of its own, libraries included."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measured, name, which, folder).result()


def _measured(name: str, which: int, folder: Path) -> float:
    WORK[name][which](folder)
    return peak_memory()


def error(values: Values, keys: Sequence[tuple[str, ...]], truth: Values) -> float:
    """Return the median relative error in per cent."""
    return 100 * float(np.median([abs(values[key] / truth[key] - 1) for key in keys]))


def true_concentrations(folder: Path) -> Values:
    """Return the simulated truth by file, well and analyte."""
    known: Values = {}
    for number, path in enumerate(sorted(folder.glob("beads*.csv"))):
        samples = bead_truth(number).samples
        for row in csv.reader(path.read_text().splitlines()):
            if len(row) == ANALYTES + 3 and row[1] in samples:
                well = row[0].partition(",")[2].rstrip(")")
                for analyte, value in samples[row[1]].items():
                    known[path.name, f"{well[0]}{int(well[1:]):02}", analyte] = value
    return known


def main() -> None:
    """Run and report."""
    choice = options(__doc__ or "")
    one_core()
    report = Report("plate", "Plates read, joined with their layout and derived, on one core")
    report.peers = {"plain": "pandas, and scipy.optimize.curve_fit with four parameters for each analyte"}
    count = {"percent": 20 if choice.quick else 200, "concentration": 4 if choice.quick else 20}
    with tempfile.TemporaryDirectory() as temporary:
        folders = {name: Path(temporary) / name for name in WORK}
        make_percent(folders["percent"], count["percent"])
        make_beads(folders["concentration"], count["concentration"])
        found = {name: measure(report, name, folders[name], count[name], choice.quick) for name in WORK}
        agree_on_percent(report, *found["percent"])
        agree_on_concentrations(
            report, *found["concentration"], true_concentrations(folders["concentration"])
        )
    report.remarks += [
        "For each concentration curve the peer makes one fit; we fit two models from several starts and give"
        " every value an interval.",
        "Times are processor time, which does not suffer where cores are shared.",
        "Memory is that of a process of its own with the libraries it loads.",
    ]
    report.finish(as_json=choice.json, packages=("mitograft", "numpy", "scipy", "pandas"))


def measure(report: Report, name: str, folder: Path, count: int, quick: bool) -> tuple[Any, Any]:  # noqa: FBT001  one call
    """Time both on the same files; return both results."""
    ours, plain = WORK[name]
    times = 1 if quick else 3
    ours(folder), plain(folder)  # loads the libraries
    (seconds, own), (slow, other) = (
        best_of(times, partial(work, folder), process_time) for work in (ours, plain)
    )
    what = f"{name}, {count} plates"
    report.add(f"{name}_rate", 60 * count / seconds, "plates/min", f"{what}: mitograft")
    report.add(f"{name}_plain_rate", 60 * count / slow, "plates/min", f"{what}: the peer")
    report.add(f"{name}_ratio", slow / seconds, "x", f"{what}: ratio to the peer")
    for which, word in enumerate(("mitograft", "the peer")):
        key = f"{name}_memory" if which == 0 else f"{name}_plain_memory"
        report.add(key, peak_of(name, which, folder), "MiB", f"{what}: peak memory, {word}")
    return own, other


def agree_on_percent(report: Report, own: PlateResult, other: Values) -> None:
    """Report how far the percentages are apart."""
    values = {(r.source, r.position): r.value for r in own.readings}
    if values.keys() != other.keys():
        raise SystemExit("percent: the two did not derive the same wells")
    apart = max(abs(value - other[key]) for key, value in values.items())
    report.add("percent_apart", apart, "points", "percent: largest difference from the peer")


def agree_on_concentrations(
    report: Report, own: Concentrations, other: Concentrations, truth: Values
) -> None:
    """Report agreement on curves of four parameters, and the error of both where the truth is asymmetric."""
    shared = [key for key, value in own.values.items() if math.isfinite(other.values[key])]
    four = [key for key in shared if (key[0], key[2]) in own.four]
    apart = max(abs(own.values[key] / other.values[key] - 1) for key in four)
    curves = ANALYTES * len({key[0] for key in truth})
    add = report.add
    share = 100 * len(own.values) / len(truth)
    add("curves", curves, "curves", "concentration: standard curves")
    add(
        "curves_of_four",
        len(own.four),
        "curves",
        "concentration: of these we give four parameters",
    )
    add("quantified", share, "%", "concentration: values within our limits of quantification")
    add("apart", 100 * apart, "%", "concentration: largest difference from the peer, four parameters in both")
    skewed = [key for key in shared if int(key[2][1:]) % 2]
    even = [key for key in shared if int(key[2][1:]) % 2 == 0]
    for word, keys in (("symmetric", even), ("asymmetric", skewed)):
        add(f"{word}_error", error(own.values, keys, truth), "%", f"{word} truth: median error")
        add(f"{word}_plain_error", error(other.values, keys, truth), "%", f"{word} truth: the peer's")


if __name__ == "__main__":
    main()
