"""Laws on a whole simulated trial: order of rows, subsets, checks, traces, agreement with file scoring."""

import numpy as np
import polars as pl
import pytest

from mitograft.seeds import stream
from mitograft.trial.adam import check_adam, core_set_table, derive_adam, subjects_table
from mitograft.trial.coding import invented_dictionary
from mitograft.trial.core_set import derive_tis
from mitograft.trial.dataset import Dataset, Datasets
from mitograft.trial.simulate import pn101_phase2_protocol, pn101_phase2_truth, simulate_trial, tabulate_sdtm

PROTOCOL = pn101_phase2_protocol()


@pytest.fixture(scope="module")
def sdtm():
    return tabulate_sdtm(simulate_trial(pn101_phase2_truth(), PROTOCOL, 7))


@pytest.fixture(scope="module")
def adam(sdtm):
    return derive_adam(sdtm, PROTOCOL, dictionary=invented_dictionary())


def shuffled(sdtm, seed):
    def shuffle(dataset):
        order = stream(seed, dataset.name).permutation(dataset.frame.height)
        origins = dataset.origins[order] if dataset.origins is not None else None
        frame = dataset.frame[order]
        return Dataset(dataset.name, dataset.label, frame, dataset.variables, dataset.source, origins)

    names = list(sdtm)
    return Datasets(shuffle(sdtm[name]) for name in stream(seed, "order").permutation(names).tolist())


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_and_data_sets_does_not_matter(sdtm, adam, seed):
    again = derive_adam(shuffled(sdtm, seed), PROTOCOL, dictionary=invented_dictionary())
    for name, dataset in adam.datasets.items():
        assert dataset.frame.equals(again.datasets[name].frame), name


@pytest.mark.parametrize("name", ["ADSL", "ADAE", "ADEX", "ADLB", "ADQS", "ADTIS", "ADTTE"])
def test_a_data_set_derived_alone_is_the_same(sdtm, adam, name):
    alone = derive_adam(sdtm, PROTOCOL, dictionary=invented_dictionary(), datasets=[name])
    assert list(alone.datasets) == [name]
    assert alone.datasets[name].frame.equals(adam.datasets[name].frame)


def test_no_rule_of_the_checks_is_broken(adam):
    assert check_adam(adam) == ()


def test_the_scoring_of_files_gives_the_same_scores(adam):
    cohort = derive_tis(core_set_table(adam, PROTOCOL), baseline=PROTOCOL.baseline_visit)
    theirs = {
        key: (low, high)
        for *key, low, high in zip(
            cohort.subject, cohort.visit, cohort.score.tis_low, cohort.score.tis_high, strict=True
        )
        for key in [tuple(key)]
    }
    frame = adam.datasets["ADTIS"].frame
    ours = {
        code: {
            (s, v): x
            for s, v, x in frame.filter(pl.col("PARAMCD") == code).select("USUBJID", "AVISIT", "AVAL").rows()
        }
        for code in ("TISLO", "TISHI")
    }
    assert {key: (ours["TISLO"][key], ours["TISHI"][key]) for key in ours["TISLO"]} == theirs


def test_the_table_of_subjects_names_their_groups(adam):
    table = subjects_table(adam)
    assert len(table) == 36
    assert set(table.columns["group"]) == {arm.name for arm in PROTOCOL.arms}


def test_an_emergent_event_began_on_or_after_the_dose(adam):
    events = adam.datasets["ADAE"].frame
    emergent = pl.col("TRTEMFL") == "Y"
    assert events.filter(emergent, pl.col("ASTDT") < pl.col("TRTSDT")).is_empty()
    assert events.filter(pl.col("TRTEMFL").is_null(), pl.col("ASTDT") > pl.col("TRTSDT")).is_empty()
    assert events.filter(
        pl.col("DLTFL") == "Y", pl.col("ASTDY") > PROTOCOL.dlt_days + 1, pl.col("DLTBASIS") == "RULE"
    ).is_empty()


def test_every_record_has_a_source_that_exists(sdtm, adam):
    trace = adam.trace
    for name, dataset in adam.datasets.items():
        own = trace.filter(pl.col("dataset") == name)
        if "ASEQ" in dataset.frame.columns:
            records = dataset.frame.select(pl.col("USUBJID").alias("usubjid"), pl.col("ASEQ").alias("record"))
            assert records.join(own, on=["usubjid", "record"], how="anti").is_empty(), name
    collected = trace.filter(pl.col("source_row").is_not_null())
    assert collected.height > 4000
    for domain, rows in collected.group_by("source_dataset"):
        source = sdtm[str(domain[0])].frame
        assert source["USUBJID"].gather(rows["source_row"]).to_list() == rows["usubjid"].to_list()
        if f"{domain[0]}SEQ" in source.columns:
            assert (
                source[f"{domain[0]}SEQ"].gather(rows["source_row"]).to_list()
                == rows["source_record"].to_list()
            )


def test_scores_are_attainable(adam):
    frame = adam.datasets["ADTIS"].frame
    totals = frame.filter(pl.col("PARAMCD").is_in(["TIS", "TISLO", "TISHI"]))["AVAL"].drop_nulls().to_numpy()
    assert np.all((totals >= 0) & (totals <= 100) & (totals % 2.5 == 0))


def test_all_arms_are_there(adam):
    frame = adam.datasets["ADSL"].frame.filter(pl.col("SAFFL") == "Y")
    assert sorted(frame["TRT01AN"].value_counts()["count"].to_list()) == [12, 12, 12]
