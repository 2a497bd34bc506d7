"""Luminex xPONENT: CSV export of a multiplex bead assay (versions 3.1 and 4.3 seen)."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mitograft.assays.findings import Finding
from mitograft.assays.plate.document import Document, Rows
from mitograft.assays.plate.formats.format import Format
from mitograft.assays.plate.grid import read_signal, words
from mitograft.assays.plate.wells import LayoutWell, PlateFile, Role, Signal, well_name
from mitograft.tables.problems import Problems, refuse

__all__ = ["XPONENT"]

_NAME = "Luminex xPONENT"
_LOCATION = re.compile(r"\d+\((\d+),([A-Z]{1,2}\d{1,2})\)")
_ROLES: tuple[tuple[str, Role], ...] = (
    ("standard", "standard"),
    ("background", "blank"),
    ("blank", "blank"),
    ("control", "control"),
)


@dataclass(frozen=True, slots=True)
class _Block:
    """A block of results: line of its header, header, records."""

    line: int
    header: Sequence[str]
    records: Sequence[Sequence[str]]


def _detect(document: Document) -> bool:
    return re.match(r'"?Program"?,"?xPONENT"?', document.peek) is not None


def _read(document: Document) -> PlateFile:
    rows = document.lines(",")
    blocks = _blocks(rows)
    if "Median" not in blocks:
        refuse(
            document.source,
            "no-median",
            found="no block 'DataType: Median'",
            expected="the median fluorescence of every well",
            remedy="Export the batch again with the median included.",
        )
    batch = next((words(row[1]) for row in rows if len(row) > 1 and words(row[0]) == "Batch"), document.stem)
    problems = Problems(document.source)
    median = blocks["Median"]
    analytes = [name for name in median.header[2:] if name and name != "Total Events"]
    signals: list[Signal] = []
    samples: dict[tuple[str, str], str] = {}
    several = len({_place(record, batch, several=True)[0] for record in median.records}) > 1
    for offset, record in enumerate(median.records, start=1):
        plate, well = _place(record, batch, several=several)
        samples[plate, well] = record[1] if len(record) > 1 else ""
        for analyte, cell in zip(analytes, record[2:], strict=False):
            value = read_signal(cell, problems, median.line + offset, analyte)
            if value and well:
                signals.append(Signal(plate, well, analyte, *value))
    problems.raise_any()
    doses, findings = _doses(blocks, analytes, document.source)
    units = _units(blocks)
    layout = [
        LayoutWell(
            plate,
            well,
            _role(sample),
            sample,
            doses.get((sample, analyte), math.nan),
            units.get(analyte, ""),
            analyte,
        )
        for (plate, well), sample in samples.items()
        for analyte in analytes
    ]
    dilutions = _dilutions(blocks, batch, several=several)
    layout = [_diluted(item, dilutions) for item in layout]
    return PlateFile(
        document.source, _NAME, tuple(signals), "MFI", tuple(layout), {batch: batch}, tuple(findings)
    )


def _blocks(rows: Rows) -> dict[str, _Block]:
    texts = [[words(cell) for cell in row] for row in rows]
    starts = [i for i, row in enumerate(texts) if row and row[0] == "DataType:" and len(row) > 1]
    found: dict[str, _Block] = {}
    for start, end in zip(starts, [*starts[1:], len(texts)], strict=False):
        records = [row for row in texts[start + 2 : end] if any(row)]
        if start + 1 < len(texts):
            found[texts[start][1]] = _Block(start + 2, texts[start + 1], records)
    return found


def _place(record: Sequence[str], batch: str, *, several: bool) -> tuple[str, str]:
    match = _LOCATION.fullmatch(record[0]) if record else None
    if match is None:
        return batch, ""
    return f"{batch} {match[1]}" if several else batch, well_name(match[2]) or ""


def _role(sample: str) -> Role:
    return next((role for start, role in _ROLES if sample.lower().startswith(start)), "sample")


def _doses(
    blocks: dict[str, _Block], analytes: Sequence[str], source: str
) -> tuple[dict[tuple[str, str], float], list[Finding]]:
    """Return the expected concentrations of the standards.

    Spreadsheets set to a decimal comma have been seen to swallow the decimal point when they save such a
    file (215.625 becomes 215625). A standard series falls, so that a value above the one before is refused.
    """
    block = blocks.get("Standard Expected Concentration")
    doses: dict[tuple[str, str], float] = {}
    findings = []
    for analyte in analytes if block else ():
        column = list(block.header).index(analyte) if block and analyte in block.header else 0
        before, refused = math.inf, []
        for record in block.records if block and column else ():
            value = _number(record[column]) if column < len(record) else math.nan
            if value < before:
                doses[record[0], analyte], before = value, value
            elif not math.isnan(value):
                refused.append(f"{record[0]} {value:g}")
        if refused:
            findings.append(
                Finding(
                    "standard-concentration",
                    "error",
                    source,
                    analyte,
                    f"expected concentrations above those of the standard before: {', '.join(refused)}; "
                    "these standards are not used (a lost decimal point?)",
                    "Give the concentrations of the standards in a layout table.",
                )
            )
    return doses, findings


def _units(blocks: dict[str, _Block]) -> dict[str, str]:
    block = blocks.get("Units")
    record = next((row for row in block.records if row[0] == "Units:"), None) if block else None
    return dict(zip(block.header[1:], record[1:], strict=False)) if block and record else {}


def _dilutions(blocks: dict[str, _Block], batch: str, *, several: bool) -> dict[tuple[str, str], float]:
    block = blocks.get("Dilution Factor")
    if block is None:
        return {}
    return {
        _place(record, batch, several=several): _number(record[2])
        for record in block.records
        if len(record) > 2
    }


def _diluted(item: LayoutWell, dilutions: dict[tuple[str, str], float]) -> LayoutWell:
    factor = dilutions.get((item.plate, item.well), 1.0)
    return replace(item, dilution=factor) if item.role in {"sample", "control"} and factor > 0 else item


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


XPONENT = Format(_NAME, (".csv",), "median fluorescence; standards, units and dilutions", _detect, _read)
