"""The generated pages of tables: parameters and criteria, columns of input files, the TIS point table."""

import csv
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from reference_pages import PACKAGE

from mitograft.outcome.tis import CATEGORIES, Measure, tis_rules
from mitograft.tables.contract import Column, Contract
from mitograft.tables.parameters import FLAGGED
from mitograft.trial.core_set.contract import core_set_contract
from mitograft.trial.placebo import PLACEBO_ARMS
from mitograft.trial.subjects import MARKS, SUBJECTS

__all__ = ["render_columns", "render_parameters", "render_tis_table"]

PARAMETERS = """\
# Parameters and criteria

Every threshold, weight and rule that the code uses is a row of a data file, with its citation and how far it
is confirmed: `source` (read in the cited source), `derived` (arithmetic from sources), `secondary`
(second-hand), `recall` (believed, not confirmed) or `assumed` (chosen, because no source gives it). The last
three, in bold, are **flagged**: every result that used one of them lists it, and they can be replaced.

"""
COLUMNS = """\
# Columns of input files

A file is checked against its contract before anything is computed; every violation is reported at once. The
order of the columns does not matter. An empty cell, `NA` or `.` means "no value".

"""


def render_parameters() -> str:
    """Give every data file of the package as a table."""
    tables = (_parameter_table(path) for path in sorted(PACKAGE.glob("**/data/*.csv")))
    return PARAMETERS + "\n".join(table for table in tables if table)


def _parameter_table(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    if "status" not in header:  # the specification of the analysis data sets, which Define-XML documents
        return ""
    status = header.index("status")
    for row in rows:
        row[status] = f"**{row[status]}**" if row[status] in FLAGGED else row[status]
    shown = [i for i in range(len(header)) if any(row[i] for row in rows)]
    body = [[_cell(row[i]) for i in shown] for row in rows]
    return f"## {path.relative_to(PACKAGE).as_posix()}\n\n" + _table([header[i] for i in shown], body)


def render_columns() -> str:
    """Give every column contract of an input file as a table."""
    contracts = [
        ("Core set measures (IMACS)", core_set_contract(tis_rules())),
        ("Core set measures (PRINTO)", core_set_contract(tis_rules("juvenile", "printo"))),
        ("Subjects", SUBJECTS),
        ("Published marks", MARKS),
        ("Placebo arms", PLACEBO_ARMS),
    ]
    return COLUMNS + "\n".join(_contract_table(title, contract) for title, contract in contracts)


def _contract_table(title: str, contract: Contract) -> str:
    rows = [
        [f"`{c.name}`", _cell(c.label), c.role, c.unit, _allowed(c), "yes" if c.required else "", _filled(c)]
        for c in contract.columns
    ]
    header = ["column", "meaning", "role", "unit", "allowed", "required", "every cell filled"]
    key = " and ".join(f"`{name}`" for name in contract.key)
    return f"## {title}\n\nOne row for each {key}.\n\n" + _table(header, rows)


def _allowed(column: Column) -> str:
    if column.allowed:
        return ", ".join(f"`{value}`" for value in column.allowed)
    if column.low is not None and column.high is not None:
        return f"{column.low:g} to {column.high:g}"
    return f"at least {column.low:g}" if column.low is not None else ""


def _filled(column: Column) -> str:
    return "yes" if column.filled else ""


def render_tis_table() -> str:
    """Give the point table, the ranges and the thresholds of the TIS."""
    imacs, printo = tis_rules().measures, tis_rules(variant="printo").measures
    measures = [*imacs, *(measure for measure in printo if measure not in imacs)]
    by_edges: dict[tuple[str, ...], list[Measure]] = {}
    for measure in measures:
        by_edges.setdefault(tuple(f"{float(edge):g}" for edge in measure.edges), []).append(measure)
    points = "\n".join(_points_table(edges, group) for edges, group in by_edges.items())
    thresholds = _table(
        ["population", *CATEGORIES[1:]],
        [[name, *(f"{float(t):g}" for t in tis_rules(name).thresholds)] for name in ("adult", "juvenile")],
    )
    return (
        "# TIS point table\n\n<!-- --8<-- [start:tables] -->\n"
        f"Points by absolute percent change in the direction of improvement:\n\n{points}\n"
        f"Lowest total of each category:\n\n{thresholds}<!-- --8<-- [end:tables] -->\n"
    )


def _points_table(edges: tuple[str, ...], measures: Iterable[Measure]) -> str:
    bands = [f"up to {edges[0]} %", *(f"{a} to {b} %" for a, b in pairwise(edges))]
    rows = [
        [measure.label, _range(measure), *(f"{float(point):g}" for point in measure.points)]
        for measure in measures
    ]
    return _table(["measure", "range", *bands, f"above {edges[-1]} %"], rows)


def _range(measure: Measure) -> str:
    if measure.size is not None:
        return f"{float(measure.size):g} {measure.unit}"
    words = {"enzyme": "a multiple of the upper limit of normal", "mmt8": "the maximum of the test used"}
    return words.get(measure.name, "unknown; to be given")


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(header)
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;")
