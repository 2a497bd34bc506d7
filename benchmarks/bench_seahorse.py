"""Wave workbooks read and analysed: plates a minute, memory, and what 1,000 plates of 24 wells take.

The peer does the same the way scripts usually do, in the same run on the same files: openpyxl loads the whole
workbook (cell fills need it), and the rate of each well and measurement is a straight line through the
oxygen of the Raw sheet. It is slower, and its rates are a third off.

The plates are simulated workbooks with the structure and size of real ones.
"""

import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from harness import Report, best_of, options, peak_memory

from mitograft.assays.seahorse.analyse import analyse_plates
from mitograft.assays.seahorse.read import read_wave
from mitograft.assays.seahorse.simulate import PlateTruth, WellTruth, simulate_wave
from mitograft.assays.seahorse.wave import well_names
from mitograft.seeds import stream

CORES, MANY = 2, 1_000
SHAPES = {"XFe24": (4, 6), "XFe96": (8, 12)}
NO_CELLS = {"XFe24": {"A01", "B04", "C03", "D06"}, "XFe96": {"A01", "A12", "H01", "H12"}}


def make_plate(model: str, path: Path) -> Path:
    """Write one simulated plate."""
    cells = [well for well in well_names(*SHAPES[model]) if well not in NO_CELLS[model]]
    truth = PlateTruth(
        name=f"benchmark {model}",
        wells=dict.fromkeys(cells, WellTruth(non_mito=5, basal=60, leak=12, maximal=140)),
        groups={well: f"group {index % 5}" for index, well in enumerate(cells)},
        model="XFe24" if model == "XFe24" else "XFe96",
    )
    simulate_wave(truth, path, stream(24, "benchmark", model))
    return path


def analyse(path: Path) -> float:
    """Read one workbook, recompute its rates, derive, check; return the median difference from the vendor."""
    return analyse_plates([read_wave(path)]).comparisons[0].median_relative


def analyse_naively(path: Path) -> float:
    """Do the same with openpyxl and straight lines; return the same median difference."""
    import openpyxl

    book = openpyxl.load_workbook(path)
    raw = book["Raw"].iter_rows(min_row=2, values_only=True)
    readings: defaultdict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
    for row in raw:
        hours, minutes, seconds = (int(part) for part in str(row[4]).split(":"))
        readings[str(row[2]), int(row[0])].append((hours * 60 + minutes + seconds / 60, float(row[8])))
    settings = {row[0]: row[1] for row in book["Assay Configuration"].iter_rows(max_col=2, values_only=True)}
    ambient = (settings["Calculated FO"] / 12_500 - 1) / settings["Corrected Ksv"]
    scale = settings["Pseudo Volume"] * 0.214 / ambient * 1000
    slopes = {
        key: -scale * float(np.polyfit([t for t, _ in points], [level for _, level in points], 1)[0])
        for key, points in readings.items()
    }
    vendor, groups = {}, {}
    for row in book["Rate"].iter_rows(min_row=2, values_only=True):
        vendor[row[1], int(row[0])], groups[row[1]] = row[4], row[2]
    empty = [well for well, group in groups.items() if group == "Background"]
    apart = []
    for (well, measurement), slope in slopes.items():
        known = vendor[well, measurement]
        if well not in empty and abs(known) > 5:
            zero = np.mean([slopes[other, measurement] for other in empty])
            apart.append(abs((slope - zero) / known - 1))
    return float(np.median(apart))


def peak_of(work: str, path: Path) -> float:
    """Peak memory in MiB of one analysis in a process of its own."""
    # Started anew: a forked process would begin with the memory of this one.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measured, work, path).result()


def _measured(work: str, path: Path) -> float:
    (analyse if work == "ours" else analyse_naively)(path)
    return peak_memory()


def on_two_cores(path: Path, count: int) -> float:
    """Seconds for ``count`` workbooks on two processes, which are started before the clock."""
    with ProcessPoolExecutor(CORES) as pool:
        list(pool.map(analyse, [path] * CORES))
        return best_of(1, lambda: list(pool.map(analyse, [path] * count, chunksize=4)))[0]


def main() -> None:
    """Run and report."""
    choice = options(__doc__ or "")
    report = Report("seahorse", "Wave workbooks read, rates recomputed, parameters derived, quality checked")
    report.peers = {"naive": "openpyxl full load, straight line through the oxygen of each measurement"}
    add = report.add
    times = 1 if choice.quick else 3
    with tempfile.TemporaryDirectory() as folder:
        for model in SHAPES:
            path = make_plate(model, Path(folder) / f"{model}.xlsx")
            seconds, off = best_of(times, partial(analyse, path))
            start = time.process_time()
            analyse(path)
            processor = time.process_time() - start
            slow, far = best_of(1, partial(analyse_naively, path))
            add(f"{model}_seconds", seconds, "s", f"{model}: one workbook")
            add(f"{model}_processor_seconds", processor, "s", f"{model}: processor time of one workbook")
            add(f"{model}_plates_per_minute", 60 / seconds, "plates/min", f"{model}: on one core")
            add(f"{model}_naive_seconds", slow, "s", f"{model}: naive peer")
            add(f"{model}_ratio", slow / seconds, "x", f"{model}: ratio to the naive peer")
            add(f"{model}_off", 100 * off, "%", f"{model}: median difference from the vendor's OCR")
            add(f"{model}_naive_off", 100 * far, "%", f"{model}: the same of the naive peer")
            add(f"{model}_memory", peak_of("ours", path), "MiB", f"{model}: peak memory")
            if model == "XFe24" or not choice.quick:
                naive = peak_of("naive", path)
                add(f"{model}_naive_memory", naive, "MiB", f"{model}: peak memory of the naive peer")
        count = 8 if choice.quick else 100
        rate = on_two_cores(Path(folder) / "XFe24.xlsx", count) / count
    meaning = f"{MANY} workbooks of 24 wells on {CORES} cores (from {count}; aim 600)"
    add("thousand_seconds", MANY * rate, "s", meaning)
    report.remarks.append("Wall times suffer where the cores are shared; processor time does not.")
    report.finish(as_json=choice.json, packages=("mitograft", "numpy", "openpyxl", "python-calamine"))


if __name__ == "__main__":
    main()
