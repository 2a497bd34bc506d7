"""ChemoMetec NucleoView: CSV export of one cell count; the instrument has no wells."""

import re

from mitograft.assays.plate.document import Document
from mitograft.assays.plate.formats.format import Format
from mitograft.assays.plate.grid import words
from mitograft.assays.plate.wells import PlateFile, Signal
from mitograft.tables.problems import Problems, refuse

__all__ = ["NUCLEOVIEW"]

_NAME = "NucleoView"
_CHANNELS = {
    "Viability (%)": "viability_percent",
    "Live (cells/ml)": "live_cells_per_ml",
    "Dead (cells/ml)": "dead_cells_per_ml",
    "Total (cells/ml)": "total_cells_per_ml",
}
_NUMBER = re.compile(r"\d+(\.\d+)?(E\d+)?")


def _detect(document: Document) -> bool:
    return "NucleoView" in document.peek and "\nImage;" in document.peek.replace("\r", "\n")


def _read(document: Document) -> PlateFile:
    rows = document.lines(";")
    entries = {words(row[0]): (line, words(row[1])) for line, row in enumerate(rows, 1) if len(row) > 1}
    problems = Problems(document.source)
    _, sample = entries.get("Image", (0, document.stem))
    signals = []
    for label, channel in _CHANNELS.items():
        line, text = entries.get(label, (0, ""))
        if not _NUMBER.fullmatch(text):
            problems.add(
                "missing-value", "no number", f"a line '{label};number'", "Export again.", line or None, label
            )
            continue
        signals.append(Signal(sample, "", channel, float(text)))
    problems.raise_any()
    if not signals:
        refuse(document.source, "no-values", "no counts", "viability and counts", "Export the count again.")
    return PlateFile(document.source, _NAME, tuple(signals), "")


NUCLEOVIEW = Format(_NAME, (".csv",), "viability and cell counts of one sample", _detect, _read)
