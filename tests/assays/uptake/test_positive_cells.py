import math

import numpy as np
import pytest
from scipy import stats

from mitograft.assays.uptake.derive_cells import derive_cells, threshold_of
from mitograft.assays.uptake.estimates import Place
from mitograft.assays.uptake.read import CellWell, read_cells
from mitograft.errors import InputError
from mitograft.seeds import stream


def cells(signals, *, untreated=False, position="A01"):
    return CellWell(Place("c.csv", "P1", position), untreated, np.asarray(signals, dtype=float), "RFU")


def by_name(estimates, position):
    return {e.parameter: e for e in estimates if e.place.position == position}


def test_the_threshold_and_the_fraction_by_hand():
    control, treated = np.arange(1001.0), np.concatenate([np.full(60, 2000.0), np.zeros(140)])
    estimates, findings = derive_cells([cells(control, untreated=True), cells(treated, position="B01")])
    found = by_name(estimates, "B01")
    assert found["positive_fraction"].value == 0.3
    assert found["positive_fraction"].method == "above the 99th percentile of 1001 untreated cells"
    assert found["positive_fraction_excess"].value == pytest.approx((0.3 - 0.01) / 0.99)
    assert found["donor_signal_per_cell"].value == 600 - 500
    assert by_name(estimates, "A01")["positive_fraction"].value == pytest.approx(10 / 1001)
    assert findings == []


def test_the_threshold_interval_covers_the_true_percentile():
    rng, runs, covered = stream(1, "threshold"), 1000, 0
    truth = stats.norm.ppf(0.99)
    for _ in range(runs):
        found = threshold_of(rng.standard_normal(600), 99.0)
        covered += found.low <= truth <= found.high
    assert covered / runs >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)
    assert covered / runs <= 0.995


def test_the_interval_of_the_fraction_covers_at_least_as_often_as_it_says():
    rng, runs, covered = stream(1, "positive"), 300, 0
    # Truth: the share of treated cells above the true 99th percentile of the control.
    truth = 0.3 + 0.7 * 0.01
    for _ in range(runs):
        control = rng.standard_normal(800)
        treated = rng.standard_normal(400) + 50.0 * (rng.random(400) < 0.3)
        estimates, _ = derive_cells([cells(control, untreated=True), cells(treated, position="B01")])
        own = by_name(estimates, "B01")["positive_fraction"]
        covered += own.low <= truth <= own.high
    assert covered / runs >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)


def test_few_untreated_cells_are_pointed_out_and_leave_the_fraction_open_below():
    estimates, findings = derive_cells(
        [cells(np.arange(50.0), untreated=True), cells(np.full(50, 99.0), position="B01")]
    )
    assert {finding.rule for finding in findings} == {"few-control-cells", "open-threshold"}
    assert by_name(estimates, "B01")["positive_fraction"].low == 0


def test_each_plate_has_its_own_control(raw_table):
    names = ("plate", "well", "role", "signal")
    cells_of = [("P1", "A01", "untreated", "1"), ("P1", "A01", "sample", "2"), ("P2", "A01", "sample", "x")]
    with pytest.raises(InputError, match="not-a-number"):
        read_cells(raw_table(names, cells_of))
    cells_of[2] = ("P2", "A01", "sample", "3")
    with pytest.raises(InputError) as refused:
        read_cells(raw_table(names, cells_of))
    assert [violation.rule for violation in refused.value.violations] == ["no-control", "mixed-well"]


def test_cells_are_gathered_by_well(raw_table):
    names = ("plate", "well", "group", "role", "signal")
    rows = [
        ("P1", w, w[0], "untreated" if w == "A1" else "sample", s)
        for w, s in (("A1", 1), ("B1", 2), ("A1", 3))
    ]
    first, second = read_cells(raw_table(names, rows))
    assert (first.signals.tolist(), first.untreated, first.place.group) == ([1, 3], True, "A")
    assert (second.signals.tolist(), second.untreated) == ([2], False)
