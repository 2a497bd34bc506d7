"""Small trials whose medication and scores are written by hand or simulated."""

from dataclasses import replace

import polars as pl
import pytest

from mitograft.trial.adam import derive_adam
from mitograft.trial.coding import invented_dictionary
from mitograft.trial.simulate import (
    pn101_phase2_protocol,
    pn101_phase2_truth,
    pn101_protocol,
    pn101_truth,
    simulate_trial,
    tabulate_sdtm,
)


@pytest.fixture(scope="session")
def phase1():
    """SDTM, ADaM and protocol of a simulated single-arm trial of nine."""
    protocol = pn101_protocol()
    sdtm = tabulate_sdtm(simulate_trial(pn101_truth(), protocol, 3), invented_dictionary())
    return sdtm, derive_adam(sdtm, protocol).datasets, protocol


@pytest.fixture(scope="session")
def phase2():
    """SDTM, ADaM and protocol of a simulated trial of 12:12:12."""
    protocol = pn101_phase2_protocol()
    sdtm = tabulate_sdtm(simulate_trial(pn101_phase2_truth(), protocol, 3), invented_dictionary())
    return sdtm, derive_adam(sdtm, protocol).datasets, protocol


@pytest.fixture(scope="session")
def with_frame():
    """Replace the frame of one data set by what a function makes of it."""

    def change(datasets, name, function):
        found = datasets[name]
        return datasets.with_items([replace(found, frame=function(found.frame))])

    return change


@pytest.fixture(scope="session")
def with_medication(with_frame):
    """Replace the medication of all subjects by the rows given: (subject, drug, category, dose, ...)."""
    names = ("USUBJID", "CMTRT", "CMCAT", "CMDOSE", "CMDOSFRQ", "CMSTDTC", "CMENDTC")

    def change(sdtm, rows):
        def rewrite(frame):
            blank = {name: pl.lit(None, frame.schema[name]).alias(name) for name in frame.columns}
            new = pl.DataFrame(
                [dict(zip(names, row, strict=True)) for row in rows],
                schema={name: frame.schema[name] for name in names},
            )
            return new.with_columns(v for k, v in blank.items() if k not in names).select(frame.columns)

        return with_frame(sdtm, "CM", rewrite)

    return change
