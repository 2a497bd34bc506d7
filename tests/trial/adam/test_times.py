"""Times to event: what happened, when it is censored, and which record says so."""

import pytest

from mitograft.trial.adam import derive_adam


@pytest.fixture
def times(trial, protocol):
    def derive(**domains):
        frame = derive_adam(trial(**domains), protocol).datasets["ADTTE"].frame
        return {row["PARAMCD"]: row for row in frame.to_dicts()}

    return derive


def shown(row):
    return row["AVAL"], row["CNSR"], row["SRCDOM"], row["SRCVAR"], row["SRCSEQ"]


def test_a_subject_who_completed(times):
    got = times()
    # 10 January to 4 April 2022 are 85 days, both counted.
    assert shown(got["TTRESP"]) == (85, 0, "ADTIS", "ADT", 13)
    assert shown(got["TTAE"]) == (3, 0, "ADAE", "ASTDT", 1)
    assert shown(got["TTDISC"]) == (85, 1, "ADSL", "EOSDT", None)
    assert shown(got["TTDLT"]) == (15, 1, "ADSL", "TRTSDT", None)


def test_a_subject_who_left(times, make):
    left = [{"DSDECOD": "WITHDRAWAL BY SUBJECT", "DSCAT": "DISPOSITION EVENT", "DSSTDTC": "2022-01-14"}]
    got = times(DS=make["rows"]("DS", "001", left), AE=None)
    assert shown(got["TTDISC"]) == (5, 0, "ADSL", "EOSDT", None)
    assert shown(got["TTAE"])[:2] == (5, 1)
    assert (got["TTDLT"]["AVAL"], got["TTDLT"]["CNSR"], got["TTDLT"]["EVNTDESC"]) == (5, 1, "END OF STUDY")


def test_without_response_the_last_known_score_censors(times, make):
    still = {
        "QS": [("PATGLOB", 6), ("HAQDI", 1.5)],
        "FT": [("MMT8TOT", 120)],
        "RS": [("PHYGLOB", 6), ("EXMUSC", 6)],
    }
    visits = ((2.0, "BASELINE", "2022-01-10"), (7.0, "WEEK 12", "2022-04-04"))
    rows = {
        domain: make["rows"](
            domain, "001", [make["result"](domain, c, v, visit) for visit in visits for c, v in own]
        )
        for domain, own in still.items()
    }
    got = times(**rows)
    assert (got["TTRESP"]["AVAL"], got["TTRESP"]["CNSR"], got["TTRESP"]["EVNTDESC"]) == (85, 1, "LAST SCORE")


def test_without_any_score_time_is_one_day(times):
    got = times(QS=None, FT=None, RS=None)
    assert (got["TTRESP"]["AVAL"], got["TTRESP"]["CNSR"], got["TTRESP"]["EVNTDESC"]) == (1, 1, "NO SCORE")


def test_a_dose_limiting_toxicity(times, make):
    event = {"AETERM": "Fever", "AETOXGR": "3", "AEREL": "RELATED", "AESTDTC": "2022-01-16"}
    assert shown(times(AE=make["rows"]("AE", "001", [event]))["TTDLT"]) == (7, 0, "ADAE", "ASTDT", 1)


def test_only_dosed_subjects_have_times(trial, protocol):
    frame = derive_adam(trial(), protocol).datasets["ADTTE"].frame
    assert frame["USUBJID"].n_unique() == 1
