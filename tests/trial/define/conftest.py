"""A small simulated trial with its analysis data sets, and the schema of Define-XML 2.1."""

import pytest

from mitograft.trial.adam import derive_adam
from mitograft.trial.coding import invented_dictionary
from mitograft.trial.simulate import pn101_protocol, pn101_truth, simulate_trial, tabulate_sdtm


@pytest.fixture(scope="session")
def protocol():
    return pn101_protocol()


@pytest.fixture(scope="session")
def sdtm(protocol):
    return tabulate_sdtm(simulate_trial(pn101_truth(), protocol, 7), invented_dictionary())


@pytest.fixture(scope="session")
def adam(sdtm, protocol):
    return derive_adam(sdtm, protocol)


@pytest.fixture(scope="session")
def schema():
    from defineutils.validate import DefineSchemaValidator

    return DefineSchemaValidator("unused.xml").xsd
