"""Ten million subject-visits scored in memory, exactly, on one core.

Peers, each written plainly and scoring the same table in the same run:

* a row-by-row pandas scorer (``DataFrame.apply(axis=1)`` over a function of one row), on a sample of rows;
* a plain float scorer (``numpy.searchsorted`` of the percent change), which misjudges exact band edges.

Every result is also compared with an integer oracle (tenths of a centimetre, points, eighths, units per
litre), so that a fast wrong answer would be seen.
"""

import numpy as np
import numpy.typing as npt
from harness import Report, best_of, one_core, options, peak_memory

from mitograft.outcome.tis import score_tis

Columns = dict[str, npt.NDArray[np.float64]]

ROWS = 10_000_000
STANDARD, STRENGTH = np.array([5.0, 15, 25, 40]), np.array([2.0, 10, 20, 30])
TABLE = {
    "physician_global": (STANDARD, np.array([0, 7.5, 15, 17.5, 20])),
    "patient_global": (STANDARD, np.array([0, 2.5, 5, 7.5, 10])),
    "mmt8": (STRENGTH, np.array([0, 10, 20, 27.5, 32.5])),
    "haq": (STANDARD, np.array([0, 5, 7.5, 7.5, 10])),
    "enzyme": (STANDARD, np.array([0, 2.5, 5, 7.5, 7.5])),
    "extramuscular": (STANDARD, np.array([0, 7.5, 12.5, 15, 20])),
}
ULN, MULTIPLE = 200.0, 15.0


def make_side(rng: np.random.Generator, rows: int) -> Columns:
    """Draw one visit on the grids of real forms."""
    return {
        "physician_global": rng.integers(0, 101, rows) / 10,
        "patient_global": rng.integers(0, 101, rows) / 10,
        "mmt8": rng.integers(60, 151, rows).astype(float),
        "haq": rng.integers(0, 25, rows) / 8,
        "extramuscular": rng.integers(0, 101, rows) / 10,
        "ck": rng.integers(30, 6001, rows).astype(float),
        "ck_uln": np.full(rows, ULN),
    }


def percent_changes(base: Columns, final: Columns) -> Columns:
    """Absolute percent changes in plain floating point."""
    out = {n: (base[n] - final[n]) / size * 100 for n, size in (("haq", 3.0),)}
    for name in ("physician_global", "patient_global", "extramuscular"):
        out[name] = (base[name] - final[name]) / 10 * 100
    out["mmt8"] = (final["mmt8"] - base["mmt8"]) / 150 * 100
    out["enzyme"] = (base["ck"] / base["ck_uln"] - final["ck"] / final["ck_uln"]) / MULTIPLE * 100
    return out


def score_float(base: Columns, final: Columns) -> npt.NDArray[np.float64]:
    """Score with ``searchsorted`` on float percent changes."""
    total = np.zeros(len(base["haq"]))
    for name, percent in percent_changes(base, final).items():
        edges, points = TABLE[name]
        total += points[np.searchsorted(edges, percent, side="left")]
    return total


def score_rows(base: Columns, final: Columns, rows: int) -> float:
    """Seconds of a row-by-row pandas scorer over the first rows."""
    import pandas as pd

    table = pd.DataFrame(
        {f"{n}_{i}": column[:rows] for i, side in enumerate((base, final)) for n, column in side.items()}
    )

    def band(percent: float, edges: npt.NDArray[np.float64]) -> int:
        return sum(percent > edge for edge in edges)

    def score(row: "pd.Series[float]") -> float:
        total = 0.0
        for name in ("physician_global", "patient_global", "extramuscular"):
            edges, points = TABLE[name]
            total += points[band((row[f"{name}_0"] - row[f"{name}_1"]) / 10 * 100, edges)]
        total += TABLE["mmt8"][1][band((row["mmt8_1"] - row["mmt8_0"]) / 150 * 100, STRENGTH)]
        total += TABLE["haq"][1][band((row["haq_0"] - row["haq_1"]) / 3 * 100, STANDARD)]
        fall = row["ck_0"] / row["ck_uln_0"] - row["ck_1"] / row["ck_uln_1"]
        return float(total + TABLE["enzyme"][1][band(fall / MULTIPLE * 100, STANDARD)])

    return best_of(1, lambda: table.apply(score, axis=1))[0]


def score_integers(base: Columns, final: Columns) -> npt.NDArray[np.float64]:
    """Oracle: whole numbers only, each comparison multiplied out."""

    def whole(column: npt.NDArray[np.float64], grid: int) -> npt.NDArray[np.int64]:
        return np.rint(column * grid).astype(np.int64)

    scales = ("physician_global", "patient_global", "extramuscular")
    changes = {name: (whole(base[name], 10) - whole(final[name], 10), 100) for name in scales}
    changes["mmt8"] = (whole(final["mmt8"], 1) - whole(base["mmt8"], 1), 150)
    changes["haq"] = (whole(base["haq"], 8) - whole(final["haq"], 8), 24)
    changes["enzyme"] = (whole(base["ck"], 1) - whole(final["ck"], 1), int(MULTIPLE * ULN))
    total = np.zeros(len(base["haq"]))
    for name, (change, size) in changes.items():
        edges, points = TABLE[name]
        band = sum((100 * change > int(edge) * size).astype(np.int64) for edge in edges)
        total += points[band]
    return total


def bandwidth() -> float:
    """Best memory bandwidth of one core in GB/s: the larger of reading a sum and copying."""
    source, target = np.ones(50_000_000), np.empty(50_000_000)
    read = source.nbytes / best_of(3, source.sum)[0]
    copy = 2 * source.nbytes / best_of(3, lambda: np.copyto(target, source))[0]
    return max(read, copy) / 1e9


def main() -> None:
    """Run and report."""
    choice = options(__doc__ or "")
    one_core()
    report = Report("tis", "Total Improvement Score of ten million subject-visits")
    report.peers = {
        "row-by-row": "pandas DataFrame.apply(axis=1)",
        "float": "numpy searchsorted on float percent changes (inexact at band edges)",
    }
    speed = bandwidth()
    rng = np.random.default_rng(2016)
    base, final = make_side(rng, ROWS), make_side(rng, ROWS)
    shared = base | {"mmt8_max": np.array([150.0])}
    start = peak_memory()
    seconds, score = best_of(3, lambda: score_tis(shared, final, components=False))
    extra = peak_memory() - start
    float_seconds, float_total = best_of(1 if choice.quick else 3, lambda: score_float(base, final))
    sample = 5_000 if choice.quick else 50_000
    row_rate = sample / score_rows(base, final, sample)
    exact = score_integers(base, final)
    rate = ROWS / seconds
    used = sum(column.itemsize for side in (base, final) for column in side.values()) + 3
    add = report.add
    add("rows_per_second", rate, "rows/s", "mitograft")
    add("float_rows_per_second", ROWS / float_seconds, "rows/s", "float searchsorted peer")
    add("pandas_rows_per_second", row_rate, "rows/s", f"row-by-row pandas peer ({sample} rows)")
    add("ratio_to_float", rate * float_seconds / ROWS, "x", "ratio to the float peer (aim 4)")
    add("ratio_to_pandas", rate / row_rate, "x", "ratio to the row-by-row peer (aim 2,000)")
    add(
        "misclassified",
        float(np.sum(score.tis_low != exact)),
        "rows",
        "mitograft rows that differ from the oracle",
    )
    add("float_misclassified", float(np.sum(float_total != exact)), "rows", "float peer rows that differ")
    add("bytes_per_row", float(used), "B", "memory touched for each row")
    add("bandwidth", speed, "GB/s", "measured memory bandwidth of one core")
    add("bandwidth_fraction", rate * used / speed / 1e9, "", "fraction of that bandwidth used")
    add("input_memory", sum(c.nbytes for s in (base, final) for c in s.values()) / 2**20, "MiB", "inputs")
    add("extra_memory", extra, "MiB", "peak memory on top of the inputs")
    add("small_seconds", best_of(5, lambda: score_tis(*small(base, final)))[0], "s", "nine patients, warm")
    report.finish(as_json=choice.json, packages=("mitograft", "numpy", "pandas"))


def small(base: Columns, final: Columns) -> tuple[Columns, Columns]:
    """Nine patients of the big table."""
    nine = {n: c[:9] for n, c in base.items()} | {"mmt8_max": np.array([150.0])}
    return nine, {n: c[:9] for n, c in final.items()}


if __name__ == "__main__":
    main()
