import math

import pytest

from mitograft.assays.uptake.derive_signals import derive_signals
from mitograft.assays.uptake.read import read_signals
from mitograft.errors import InputError

NAMES = ("plate", "well", "group", "role", "channel", "state", "value", "cells")


def derived(raw_table, rows):
    listed = [("P1", *row, *[""] * (7 - len(row))) for row in rows]
    estimates, findings = derive_signals(read_signals(raw_table(NAMES, listed, "s.csv")))
    return {(e.place.position, e.parameter): e for e in estimates}, [finding.rule for finding in findings]


def test_tmrm_is_corrected_by_its_own_fccp_baseline(raw_table):
    found, rules = derived(
        raw_table,
        [
            ("A1", "x", "sample", "tmrm", "baseline", "900"),
            ("A1", "x", "sample", "tmrm", "fccp", "300"),
            ("H1", "", "blank", "tmrm", "baseline", "100"),
        ],
    )
    assert found["A1", "tmrm_potential_signal"].value == 600
    assert found["A1", "tmrm_fold_over_fccp"].value == 4
    assert "same well" in found["A1", "tmrm_potential_signal"].method
    assert rules == []


def test_tmrm_takes_the_groups_fccp_wells_and_nothing_without_any(raw_table):
    rows = [
        ("A1", "x", "sample", "tmrm", "baseline", "900"),
        ("A2", "x", "sample", "tmrm", "fccp", "300"),
        ("A3", "x", "sample", "tmrm", "fccp", "320"),
        ("B1", "y", "sample", "tmrm", "baseline", "900"),
        ("H1", "", "blank", "tmrm", "baseline", "100"),
    ]
    found, _ = derived(raw_table, rows)
    assert found["A1", "tmrm_potential_signal"].value == 590
    assert ("A2", "tmrm_potential_signal") not in found
    none = found["B1", "tmrm_potential_signal"]
    assert math.isnan(none.value)
    assert "no FCCP baseline" in none.excluded


def test_a_rise_with_fccp_is_pointed_out(raw_table):
    rows = [("A1", "x", "sample", "tmrm", "baseline", "300"), ("A1", "x", "sample", "tmrm", "fccp", "500")]
    found, rules = derived(raw_table, rows)
    assert found["A1", "tmrm_potential_signal"].value == -200
    assert rules == ["no-blank", "fccp-rise"]


def test_jc1_is_a_ratio_less_the_blanks(raw_table):
    rows = [
        ("A1", "x", "sample", "jc1_red", "baseline", "1100"),
        ("A1", "x", "sample", "jc1_green", "baseline", "300"),
        ("A2", "x", "sample", "jc1_red", "baseline", "1100"),
        ("A2", "x", "sample", "jc1_green", "baseline", "40"),
        ("H1", "", "blank", "jc1_red", "baseline", "100"),
        ("H1", "", "blank", "jc1_green", "baseline", "50"),
    ]
    found, rules = derived(raw_table, rows)
    assert found["A1", "jc1_red_green_ratio"].value == 4
    assert found["A2", "jc1_red_green_ratio"].excluded
    assert rules == ["no-signal"]


def test_mitosox_is_relative_to_the_control_of_the_plate(raw_table):
    rows = [
        ("A1", "c", "control", "mitosox", "baseline", "300"),
        ("A2", "c", "control", "mitosox", "baseline", "500"),
        ("B1", "x", "sample", "mitosox", "baseline", "700"),
        ("H1", "", "blank", "mitosox", "baseline", "100"),
    ]
    found, _ = derived(raw_table, rows)
    assert found["B1", "mitosox_relative"].value == 2
    assert found["A1", "mitosox_relative"].value + found["A2", "mitosox_relative"].value == 2


def test_the_donor_signal_by_the_cells_counted(raw_table):
    rows = [
        ("A1", "x", "sample", "donor", "baseline", "1100", "500"),
        ("A2", "x", "sample", "donor", "baseline", "1100", ""),
        ("H1", "", "blank", "donor", "baseline", "100", ""),
    ]
    found, _ = derived(raw_table, rows)
    assert found["A1", "donor_signal_per_count"].value == 2
    assert ("A2", "donor_signal_per_count") not in found
    assert found["A2", "donor_signal"].value == 1000


def test_plates_without_what_they_need_are_refused(raw_table):
    rows = [
        ("P1", "A1", "x", "sample", "mitosox", "baseline", "5", ""),
        ("P1", "A1", "x", "sample", "jc1_red", "baseline", "5", ""),
    ]
    with pytest.raises(InputError) as refused:
        read_signals(raw_table(NAMES, rows))
    assert {violation.rule for violation in refused.value.violations} == {"no-control", "one-channel"}


@pytest.mark.parametrize("gain", [0.5, 3.0])
def test_gain_and_offset_of_the_reader_leave_ratios_unchanged(raw_table, gain):
    rows = [
        ("A1", "x", "sample", "jc1_red", "baseline", 1100.0),
        ("A1", "x", "sample", "jc1_green", "baseline", 300.0),
        ("A1", "c", "control", "mitosox", "baseline", 300.0),
        ("B1", "x", "sample", "mitosox", "baseline", 700.0),
        *(("H1", "", "blank", c, "baseline", 100.0) for c in ("jc1_red", "jc1_green", "mitosox")),
    ]
    first, _ = derived(raw_table, rows)
    second, _ = derived(raw_table, [(*row[:-1], 40 + gain * row[-1]) for row in rows])
    for key in (("A1", "jc1_red_green_ratio"), ("B1", "mitosox_relative")):
        assert second[key].value == pytest.approx(first[key].value)
