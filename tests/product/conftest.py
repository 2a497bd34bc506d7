import pytest

from mitograft.product.read import StabilityPoint
from mitograft.tables.contract import RawTable

LOT_COLUMNS = ("lot", "attribute", "value", "unit", "replicate", "method", "result_text", "date")

# One lot that meets the example specification.
GOOD = (
    ("particle_count", "8e9", "1/mL", ""),
    ("particle_size_mean", "366", "nm", ""),
    ("protein", "1.1", "mg/mL", ""),
    ("tom20_positive", "93", "%", ""),
    ("mitotracker_positive", "88", "%", ""),
    ("respiratory_control_ratio", "5", "1", ""),
    ("atp_synthesis", "180", "nmol/min/mg", ""),
    ("mtdna_identity", "", "", "matches donor bank"),
    ("sterility", "", "", "no growth"),
    ("endotoxin", "0.05", "EU/mL", ""),
    ("mycoplasma", "", "", "not detected"),
)


def make_table(names, cells, source="table.csv"):
    columns = {name: [row[k] for row in cells] for k, name in enumerate(names)}
    return RawTable(source, columns, range(2, len(cells) + 2))


@pytest.fixture
def raw_table():
    return make_table


@pytest.fixture
def lot_table():
    """Build a table of lots: the good lot, without some attributes, with others changed or added."""

    def build(*added, without=(), change=None, lot="L-1"):
        cells = []
        for attribute, value, unit, text in (*GOOD, *added):
            if attribute not in without:
                own = (change or {}).get(attribute, (value, unit, text))
                cells.append((lot, attribute, own[0], own[1], str(len(cells)), "", own[2], ""))
        return make_table(LOT_COLUMNS, cells, "lots.csv")

    return build


@pytest.fixture
def stability_points():
    """Build stability points from values by lot, at the same times."""

    def build(times, values, attribute="respiratory_control_ratio"):
        return [
            StabilityPoint(lot, attribute, "cold", float(time), "month", float(value), "1")
            for lot, own in values.items()
            for time, value in zip(times, own, strict=True)
        ]

    return build
