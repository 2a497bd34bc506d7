"""Reactions on the day of the infusion carry the time of their start, the same by every route."""

import polars as pl
import pytest

from mitograft.trial.edc import read_edc
from mitograft.trial.safety import assess_infusion_reactions, load_safety_settings
from mitograft.trial.simulate.odm import write_odm
from mitograft.trial.simulate.pn101 import pn101_protocol, pn101_truth
from mitograft.trial.simulate.redcap import write_redcap
from mitograft.trial.simulate.sdtm import tabulate_sdtm
from mitograft.trial.simulate.trial import simulate_trial

SEED = 20211215


@pytest.fixture(scope="module")
def site():
    return simulate_trial(pn101_truth(), pn101_protocol(), SEED)


def starts(data):
    return data["AE"].frame.sort("USUBJID", "AESEQ").select("USUBJID", "AETERM", "AESTDTC").rows()


def test_every_route_writes_the_same_times(site, tmp_path):
    expected = starts(tabulate_sdtm(site))
    assert sum("T" in (start or "") for _, _, start in expected) == 2
    for name, write in (("redcap", write_redcap), ("odm", write_odm)):
        write(site, tmp_path / name)
        assert starts(read_edc(tmp_path / name, site.protocol)) == expected


def test_only_reactions_on_the_day_of_the_infusion_are_timed_and_none_before_it():
    timed = 0
    for seed in range(8):
        data = tabulate_sdtm(simulate_trial(pn101_truth(), pn101_protocol(), seed))
        doses = dict(data["EX"].frame.select("USUBJID", "EXSTDTC").iter_rows())
        events = data["AE"].frame.filter(pl.col("AESTDTC").str.contains("T"))
        timed += events.height
        for row in events.iter_rows(named=True):
            assert row["AESTDTC"][:10] == doses[row["USUBJID"]][:10]
            assert row["AESTDTC"] >= doses[row["USUBJID"]]
            assert row["AEREL"] != "NOT RELATED"
            assert row["AETERM"] in ("Pyrexia", "Chills", "Infusion related reaction")
    assert timed > 0


def test_a_time_makes_a_possible_reaction_certain_or_none():
    from mitograft.trial.adam import derive_adam

    settings, certain = load_safety_settings(), 0
    for seed in range(8):
        protocol = pn101_protocol()
        data = tabulate_sdtm(simulate_trial(pn101_truth(), protocol, seed))
        adam = derive_adam(data, protocol)
        found = assess_infusion_reactions(adam.datasets["ADAE"], data["EX"], settings)
        starts = adam.datasets["ADAE"].frame["AESTDTC"]
        certain += len(found.rows(certain=True))
        assert all("T" in starts[row] for row in found.rows(certain=True))
        assert not any("T" in (starts[row] or "") for row in found.rows(certain=False))
    assert certain > 0
