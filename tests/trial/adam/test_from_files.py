"""From the files of the sites to analysis data sets: three shapes of one trial, traced to their own rows."""

import csv
import re

import pytest

from mitograft.trial.adam import derive_adam, explain
from mitograft.trial.edc import read_edc
from mitograft.trial.formats import read_datasets
from mitograft.trial.simulate import (
    pn101_protocol,
    pn101_truth,
    simulate_trial,
    write_odm,
    write_redcap,
    write_sdtm,
)

PROTOCOL = pn101_protocol()


@pytest.fixture(scope="module")
def site():
    return simulate_trial(pn101_truth(), PROTOCOL, 3)


@pytest.fixture(scope="module")
def redcap(site, tmp_path_factory):
    folder = tmp_path_factory.mktemp("redcap")
    write_redcap(site, folder)
    return folder, read_edc(folder, PROTOCOL)


def test_redcap_odm_and_sdtm_give_the_same_analysis_data_sets(site, redcap, tmp_path):
    for name in ("odm", "sdtm"):
        (tmp_path / name).mkdir()
    write_odm(site, tmp_path / "odm")
    write_sdtm(site, tmp_path / "sdtm")
    shapes = [redcap[1], read_edc(tmp_path / "odm", PROTOCOL), read_datasets(tmp_path / "sdtm")]
    first, *others = (derive_adam(shape, PROTOCOL).datasets for shape in shapes)
    for other in others:
        for name, dataset in first.items():
            assert dataset.frame.equals(other[name].frame), name


def test_a_score_is_traced_to_the_cells_of_the_export(redcap):
    folder, sdtm = redcap
    adam = derive_adam(sdtm, PROTOCOL)
    scored = adam.datasets["ADTIS"].frame
    subject = scored.filter((scored["PARAMCD"] == "TIS") & scored["AVAL"].is_not_null())["USUBJID"][0]
    trace = explain(adam, sdtm, subject, "TIS", "WEEK 12")
    with (folder / "records.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cells = []
    for line, below in zip(trace.lines(), trace.lines()[1:], strict=False):
        place = re.search(r"file records\.csv, row (\d+), field (\w+)", below)
        value = re.search(r"STRESN, .* = ([^,]+),", line)
        if place and value:
            cells.append((float(value[1]), float(rows[int(place[1]) - 2][place[2]])))
    assert len(cells) == 12  # six measures at baseline and at the visit
    assert all(told == stood for told, stood in cells)
