"""From simulated uptake files through the readers to readings."""

import math

import pytest

from mitograft.assays.uptake import analyse_uptake, derive_uptake
from mitograft.assays.uptake.simulate import GroupTruth, UptakeTruth, simulate_uptake
from mitograft.errors import InputError, UsageError
from mitograft.seeds import stream

TRUTH = UptakeTruth(
    groups=(
        GroupTruth("untreated", untreated=True),
        GroupTruth("PN-101", taken_up=0.3, donor_fraction=0.08, potential=0.6, jc1=0.7, ros=1.8),
    ),
    images=0,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("uptake")
    simulate_uptake(TRUTH, path, stream(3, "uptake"))
    return path


def mean(result, parameter, group):
    values = [
        r.value for r in result.readings if (r.parameter, r.group) == (parameter, group) and not r.excluded
    ]
    return sum(values) / len(values)


def test_the_truth_is_recovered(folder):
    found = analyse_uptake(folder)
    assert mean(found, "positive_fraction_excess", "PN-101") == pytest.approx(0.3, abs=0.05)
    assert mean(found, "donor_mtdna_fraction_qpcr", "PN-101") == pytest.approx(0.08, abs=0.02)
    assert mean(found, "donor_mtdna_fraction_dpcr", "PN-101") == pytest.approx(0.08, abs=0.004)
    assert mean(found, "mitosox_relative", "PN-101") == pytest.approx(1.8, abs=0.25)
    ratios = [mean(found, "tmrm_potential_signal", g) for g in ("PN-101", "untreated")]
    assert ratios[0] / ratios[1] == pytest.approx(0.6, abs=0.1)
    ratios = [mean(found, "jc1_red_green_ratio", g) for g in ("PN-101", "untreated")]
    assert ratios[0] / ratios[1] == pytest.approx(0.7, abs=0.1)


def test_every_reading_says_where_it_comes_from(folder):
    for reading in analyse_uptake(folder).readings:
        assert reading.assay == "uptake"
        assert reading.source.startswith("uptake_")
        assert reading.plate == "U1"
        assert reading.position
        assert bool(reading.excluded) == math.isnan(reading.value)


def test_unconfirmed_numbers_are_listed_as_far_as_used(folder):
    flagged = {parameter.id for parameter in analyse_uptake(folder).flagged}
    assert {"positive_percentile", "saturated_share", "blank_deviations"} <= flagged


def test_simulated_files_say_so_and_are_the_same_again(folder, tmp_path):
    simulate_uptake(TRUTH, tmp_path, stream(3, "uptake"))
    files = sorted(folder.glob("*.csv"))
    assert len(files) == 4
    for path in files:
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()
        assert all("SIMULATED" in line for line in path.read_text(encoding="utf-8").splitlines()[1:])


def test_all_broken_tables_are_named_at_once(folder, tmp_path):
    for name, column, wrong in (
        ("uptake_dpcr.csv", "positives", "hits"),
        ("uptake_cells.csv", "signal", "light"),
    ):
        text = (folder / name).read_text(encoding="utf-8").replace(column, wrong, 1)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        analyse_uptake(tmp_path)
    assert {v.file for v in refused.value.violations} == {"uptake_cells.csv", "uptake_dpcr.csv"}


def test_an_empty_folder_and_an_unknown_kind_say_what_is_expected(tmp_path):
    with pytest.raises(UsageError, match=r"found no uptake table; expected one of uptake_cells.csv"):
        analyse_uptake(tmp_path)
    with pytest.raises(UsageError, match="found images"):
        derive_uptake({"images": None})
