import pytest

from mitograft.trial.simulate import (
    SiteData,
    pn101_phase2_protocol,
    pn101_phase2_truth,
    pn101_protocol,
    pn101_truth,
    simulate_trial,
)


@pytest.fixture(scope="session")
def phase1() -> SiteData:
    return simulate_trial(pn101_truth(), pn101_protocol(), 1)


@pytest.fixture(scope="session")
def phase2() -> SiteData:
    return simulate_trial(pn101_phase2_truth(), pn101_phase2_protocol(), 5)
