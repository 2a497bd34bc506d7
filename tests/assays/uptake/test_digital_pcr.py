import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.assays.uptake.derive_digital import concentration, derive_digital, donor_fraction
from mitograft.assays.uptake.estimates import Place
from mitograft.assays.uptake.read import DigitalWell, read_digital
from mitograft.errors import InputError
from mitograft.seeds import stream


def well(target, positives, partitions=20000, *, position="A01", role="sample", sample="S"):
    return DigitalWell(Place("d.csv", "P1", position), sample, role, target, positives, partitions, 0.85)


def test_poisson_by_hand():
    # Half of the partitions negative: lambda = ln 2.
    assert concentration(10000, 20000).value == pytest.approx(math.log(2))
    assert concentration(0, 20000).value == 0
    assert concentration(0, 20000).low == 0
    # Clopper-Pearson upper limit of 0 of n: 1 - 0.025^(1/n); as copies -ln(0.025)/n.
    assert concentration(0, 20000).high == pytest.approx(-math.log(0.025) / 20000)
    assert concentration(5, 5).value == math.inf


def test_the_fraction_is_one_share_of_both_alleles():
    found = donor_fraction(concentration(2000, 20000), concentration(10000, 20000))
    donor, host = -math.log(0.9), math.log(2)
    assert found.value == pytest.approx(donor / (donor + host))
    assert found.low < found.value < found.high


def test_counts_are_not_shares():
    # Without the Poisson correction 18000 of 20000 host partitions would give 0.1; with it 0.044.
    found = donor_fraction(concentration(2000, 20000), concentration(18000, 20000))
    assert found.value == pytest.approx(math.log(0.9) / math.log(0.09))


@given(k=st.integers(0, 999), m=st.integers(0, 999), n=st.integers(1000, 20000), level=st.floats(0.5, 0.999))
def test_the_interval_holds_its_estimate_and_turns_with_the_alleles(k, m, n, level):
    donor, host = concentration(k, n, level=level), concentration(m, n, level=level)
    if k + m == 0:
        assert math.isnan(donor_fraction(donor, host).value)
        return
    found, turned = donor_fraction(donor, host), donor_fraction(host, donor)
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
    assert turned.value == pytest.approx(1 - found.value)
    assert turned.low == pytest.approx(1 - found.high, abs=1e-9)
    assert turned.high == pytest.approx(1 - found.low, abs=1e-9)


@pytest.mark.parametrize(("donor", "host"), [(0.002, 0.8), (0.05, 0.5), (0.0003, 1.5), (0.4, 0.4)])
def test_the_interval_of_the_fraction_covers_as_often_as_it_says(donor, host):
    rng, partitions, runs = stream(5, "dpcr", str(donor)), 5000, 400
    truth, covered = donor / (donor + host), 0
    for _ in range(runs):
        own = donor_fraction(
            *(
                concentration(int(rng.binomial(partitions, -math.expm1(-c))), partitions)
                for c in (donor, host)
            )
        )
        covered += own.low <= truth <= own.high
    assert covered / runs >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)
    assert covered / runs <= 0.995


def test_wells_of_a_sample_are_pooled():
    wells = [
        well("donor", 100),
        well("host", 9000),
        well("donor", 140, position="A02"),
        well("host", 9400, position="A02"),
    ]
    estimates, findings = derive_digital(wells)
    fraction = next(e for e in estimates if e.parameter == "donor_mtdna_fraction_dpcr")
    assert fraction.value == pytest.approx(
        donor_fraction(concentration(240, 40000), concentration(18400, 40000)).value
    )
    assert fraction.place.position == "S"
    copies = next(e for e in estimates if e.parameter == "host_mtdna_copies")
    assert copies.value == pytest.approx(-math.log1p(-18400 / 40000) / 0.00085)
    assert findings == []


def test_what_is_wrong_with_a_run_is_named():
    wells = [well("donor", 30), well("host", 20000), well("donor", 20, 500, role="no template", sample="NTC")]
    estimates, findings = derive_digital(wells)
    assert {finding.rule for finding in findings} == {"saturated", "few-partitions", "not-above-blank"}
    fraction = next(e for e in estimates if e.parameter == "donor_mtdna_fraction_dpcr")
    assert fraction.excluded
    assert math.isnan(fraction.reading().value)


def test_every_violation_is_listed(raw_table):
    names = ("plate", "well", "sample", "role", "target", "positives", "partitions", "partition_volume_nl")
    cells = [
        ("P1", "A01", "S", "sample", "donor", "30", "20", "0.85"),
        ("P1", "A02", "S", "sample", "donor", "1.5", "20", "0.91"),
    ]
    with pytest.raises(InputError) as refused:
        read_digital(raw_table(names, cells))
    assert {(v.row, v.rule) for v in refused.value.violations} == {
        (2, "too-many"),
        (2, "one-allele"),
        (3, "not-whole"),
        (3, "mixed-volumes"),
    }


def test_the_estimate_is_free_of_bias_at_high_occupancy():
    rng = np.random.default_rng(2)
    found = [concentration(int(rng.binomial(20000, -math.expm1(-2.0))), 20000).value for _ in range(400)]
    assert np.mean(found) == pytest.approx(2.0, abs=0.005)
