import math

import numpy as np
import pytest

from mitograft.assays.uptake.calibration import efficiency_of, expit, fit_calibration, logit
from mitograft.assays.uptake.derive_quantitative import derive_quantitative
from mitograft.assays.uptake.read import read_quantitative
from mitograft.assays.uptake.simulate import GroupTruth, UptakeTruth, simulate_quantitative
from mitograft.errors import InputError
from mitograft.seeds import stream
from mitograft.tables.read import read_table


def run(tmp_path, seed, **changes):
    changes.setdefault("groups", (GroupTruth("A", donor_fraction=0.08), GroupTruth("B", donor_fraction=0.5)))
    simulate_quantitative(UptakeTruth(**changes), tmp_path / "q.csv", stream(seed, "qpcr"))
    return derive_quantitative(read_quantitative(read_table(tmp_path / "q.csv")))


def test_efficiency_by_hand():
    # Doubling: a tenfold dilution costs log2(10) cycles; efficiency 0.9 costs ln 10 / ln 1.9.
    for efficiency in (1.0, 0.9):
        step = math.log(10) / math.log1p(efficiency)
        found = efficiency_of([1, 0.1, 0.01, 0.001], [20 + k * step for k in range(4)])
        assert found.value == pytest.approx(efficiency)
        assert found.low == pytest.approx(found.high)
    assert efficiency_of([1, 0.1], [20, 23]) is None
    assert efficiency_of([1, 0.1, 0.01], [20, 19, 18]) is None


def test_inverse_prediction_reads_the_line_backwards():
    fractions = [0.01, 0.1, 0.5, 0.9]
    line = fit_calibration(fractions, [0.3 + 0.97 * logit(f) for f in fractions])
    value, low, high = line.fraction(0.3 + 0.97 * logit(0.2))
    assert value == pytest.approx(0.2)
    assert low == pytest.approx(high)
    assert fit_calibration(fractions[:2], [1, 2]) is None
    assert fit_calibration(fractions, [4, 3, 2, 1]) is None


def test_a_line_that_is_hardly_known_has_no_interval():
    line = fit_calibration([0.4, 0.5, 0.6], [0.0, 3.0, 0.1])
    value, low, high = line.fraction(1.0)
    assert 0 < value < 1
    assert math.isnan(low)
    assert math.isnan(high)


def test_the_donor_fraction_is_recovered_whatever_the_efficiencies(tmp_path):
    for donor, host in ((1.0, 1.0), (0.92, 1.05)):
        estimates, findings = run(
            tmp_path, 3, cycle_noise=0.001, efficiency_donor=donor, efficiency_host=host
        )
        assert [e.value for e in estimates] == pytest.approx([0.08, 0.5], rel=0.01)
        assert findings == []


def test_unequal_efficiencies_would_mislead_without_a_dilution_series(tmp_path):
    simulate_quantitative(
        UptakeTruth(
            (GroupTruth("A", donor_fraction=0.08),), cycle_noise=0.001, efficiency_donor=0.9, mixtures=()
        ),
        tmp_path / "q.csv",
        stream(1, "q"),
    )
    wells = read_quantitative(read_table(tmp_path / "q.csv"))
    (with_series,), _ = derive_quantitative(wells)
    (without,), findings = derive_quantitative([w for w in wells if w.role != "dilution"])
    assert with_series.value == pytest.approx(0.08, rel=0.01)
    assert without.value < 0.07
    assert {finding.rule for finding in findings} == {"no-efficiency", "no-calibration"}


def test_the_interval_covers_the_true_fraction(tmp_path):
    runs, covered = 150, 0
    for seed in range(runs):
        estimates, _ = run(tmp_path, seed)
        covered += sum(e.low <= t <= e.high for e, t in zip(estimates, (0.08, 0.5), strict=True))
    # Both samples share a line, so 2 runs are not 2 * 150 independent trials: the margin is that of 150.
    assert abs(covered / (2 * runs) - 0.95) <= 3 * math.sqrt(0.95 * 0.05 / runs)


def test_a_sample_without_the_donor_allele_is_below_detection(tmp_path):
    groups = (GroupTruth("none"), GroupTruth("much", donor_fraction=0.97))
    estimates, findings = run(tmp_path, 4, groups=groups)
    assert estimates[0].excluded == "donor allele not amplified"
    assert math.isnan(estimates[0].reading().value)
    assert {finding.rule for finding in findings} == {"not-amplified", "extrapolated"}


NAMES = ("plate", "well", "sample", "role", "target", "ct", "known")


def rows(sample, role, donor, host, known=""):
    return [(sample, role, "donor", donor, known), (sample, role, "host", host, known)]


def table(raw_table, parts):
    listed = [("P1", f"T{i}", *part) for i, part in enumerate(parts)]
    return raw_table(NAMES, listed, "q.csv")


def test_a_sample_no_brighter_than_mixtures_without_donor_is_pointed_out(raw_table):
    parts = rows("S", "sample", "34.5", "18") + rows("Z1", "mixture", "34.4", "18", "0")
    parts += [*rows("Z2", "mixture", "34.6", "18.1", "0"), ("N", "no template", "donor", "38", "")]
    _, findings = derive_quantitative(read_quantitative(table(raw_table, parts)))
    assert {"below-blank", "no-template"} <= {finding.rule for finding in findings}


def test_replicate_wells_give_welchs_interval(raw_table):
    parts = [("S", "sample", "donor", c, "") for c in ("24.0", "24.2", "24.1")]
    parts += [("S", "sample", "host", c, "") for c in ("20.0", "20.1", "19.9")]
    (found,), _ = derive_quantitative(read_quantitative(table(raw_table, parts)))
    # ln(donor/host) = -4.1 ln 2; variance ln(2)^2 (0.01/3 + 0.01/3) on 4 degrees of freedom, t = 2.776445.
    half = 2.776445 * math.log(2) * math.sqrt(0.02 / 3)
    assert found.value == pytest.approx(expit(-4.1 * math.log(2)))
    assert found.high == pytest.approx(expit(-4.1 * math.log(2) + half), rel=1e-6)


def test_every_violation_is_listed(raw_table):
    parts = [
        ("S", "sample", "donor", "24", ""),
        ("M", "mixture", "donor", "24", "1.5"),
        ("M", "mixture", "host", "24", ""),
        ("D", "dilution", "host", "24", "0"),
    ]
    with pytest.raises(InputError) as refused:
        read_quantitative(table(raw_table, parts))
    assert {(v.row, v.rule) for v in refused.value.violations} == {
        (2, "one-allele"),
        (3, "unknown-standard"),
        (4, "unknown-standard"),
        (5, "unknown-standard"),
    }


def test_logit_and_expit_are_inverse():
    for fraction in np.linspace(0.001, 0.999, 21):
        assert expit(logit(float(fraction))) == pytest.approx(fraction)
