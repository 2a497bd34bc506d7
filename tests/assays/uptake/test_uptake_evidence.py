import math

from mitograft.assays.samples import Assigned, Sample
from mitograft.assays.uptake.estimates import Estimate, Place, without_interval
from mitograft.assays.uptake.evidence import uptake_evidence

PLACE = Place("uptake_cells.csv", "U1", "A01", "IIM")
SHARE = Estimate(PLACE, "positive_fraction", 0.4, 0.3, 0.5, 0.95, "1", "Wilson")
SAMPLE = Sample("", "IIM", "", "P1", "patients", math.nan, "", 2)


def test_an_estimate_with_an_interval_names_its_donor_and_condition():
    (row,) = uptake_evidence([SHARE], [Assigned(SHARE.reading(), SAMPLE)], "simulated")
    assert (row.quantity, row.contrast) == ("positive fraction", "patients, donor P1 (U1 A01)")
    assert (row.estimate, row.low, row.high, row.n, row.method) == (0.4, 0.3, 0.5, 1, "Wilson")
    assert "does not speak of donors" in row.note


def test_without_a_sample_the_group_of_the_file_stands():
    (row,) = uptake_evidence([SHARE], [], "measured")
    assert row.contrast == "IIM (U1 A01)"


def test_estimates_that_cannot_be_evidence_are_left_out():
    without = without_interval(PLACE, "tmrm_potential_signal", 100.0, "RFU", "TMRM less FCCP")
    excluded = Estimate(PLACE, "x", 0.4, 0.3, 0.5, 0.95, "1", "Wilson", "saturated")
    unknown = Estimate(PLACE, "x", math.nan, 0.0, 1.0, 0.95, "1", "Wilson")
    assert not list(uptake_evidence([without, excluded, unknown], [], "measured"))
