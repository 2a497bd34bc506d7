"""Models for repeated measurements against SAS PROC MIXED, on the FEV1 data of openpharma/mmrm.

Data: ``data/fev.csv`` (see ``data/fev.md``). Numbers of SAS: the listings and tables in ``design/SAS``,
``design/KR``, ``design/ddfm_covtype`` and ``design/anova`` of that repository (Apache-2.0), named below.

PROC MIXED stops when its criterion falls below 1e-8, before all digits that it prints have settled. So its
own covariance must give its own likelihood here, by sums over all 537 measurements at once, and our -2 l must
be as low or lower by less than 2e-5. Estimates then agree to a unit or two of the fourth digit; where SAS has
settled (AR(1), Toeplitz with variances) to six or more.
"""

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mitograft.statistics.mmrm import fit_mmrm
from mitograft.statistics.mmrm_design import (
    build_visit_design,
    compare_arms,
    estimate_means,
    summarise_terms,
)
from mitograft.statistics.mmrm_inference import Uncertainty
from mitograft.statistics.mmrm_kenward_roger import adjust_kenward_roger


@cache
def fev(*, present=False):
    rows = pl.read_csv(Path(__file__).parent / "data" / "fev.csv")
    rows = rows.filter(pl.col("FEV1").is_not_null()) if present else rows
    return {name: rows[name].to_numpy() for name in rows.columns}


def dummies(name, *levels):
    return np.column_stack([fev()[name] == level for level in levels]).astype(float)


def design_of(model):
    one, arm, sex = np.ones((800, 1)), dummies("ARMCD", "TRT"), dummies("SEX", "Female")
    if model == "intercept":
        return one
    if model == "arm":
        return np.column_stack([one, arm])
    base = fev()["FEV1_BL"][:, None]
    if model == "arm, baseline":
        return np.column_stack([one, arm, base, base * arm])
    if model == "arm, sex, baseline in arms":
        return np.column_stack([one, arm, sex, sex * arm, base * arm, base * (1 - arm)])
    visit = dummies("AVISIT", "VIS2", "VIS3", "VIS4")
    race = dummies("RACE", "Black or African American", "White")
    return np.column_stack([one, arm, visit, visit * arm, race, sex])


@cache
def fit(model, structure="unstructured"):
    data = fev()
    return fit_mmrm(data["FEV1"], data["USUBJID"], data["AVISIT"], design_of(model), structures=structure).fit


def restricted(sigma, model):
    """Return -2 times the logarithm of the restricted likelihood, all measurements in one vector."""
    data = fev()
    seen = ~np.isnan(data["FEV1"])
    y, x, who = data["FEV1"][seen], design_of(model)[seen], data["USUBJID"][seen]
    place = np.unique(data["AVISIT"][seen], return_inverse=True)[1]
    v = np.where(np.equal.outer(who, who), sigma[np.ix_(place, place)], 0.0)
    information = x.T @ np.linalg.solve(v, x)
    rest = y - x @ np.linalg.solve(information, x.T @ np.linalg.solve(v, y))
    value = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1] + rest @ np.linalg.solve(v, rest)
    return value + (y.size - x.shape[1]) * np.log(2 * np.pi)


def lower(*entries):
    size = int((np.sqrt(8 * len(entries) + 1) - 1) / 2)
    sigma = np.zeros((size, size))
    sigma[np.tril_indices(size)] = entries
    return sigma + np.tril(sigma, -1).T


def lagged(*by_lag, variances=(1.0,) * 4):
    lags = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    return np.sqrt(np.outer(variances, variances)) * np.array(by_lag, dtype=float)[lags]


def four(value):
    return f"{value:.4g}"


SAS_UN = lower(40.5509, 14.3982, 26.5692, 4.9744, 2.7851, 14.8970, 13.3731, 7.4790, 0.9017, 95.5528)

# Model, structure, covariance at the end, -2 l, AIC, BIC: sas_resid_un, sas_log_simple_reml, kr_us,
# sas_ar1_reml, ar1_kr, sas_cs_reml, kr1_toep, sas_ar1h_reml, sas_csh_reml, sas_toeph_reml.
LISTINGS = [
    ("full", "unstructured", SAS_UN, 3386.44987722, 3406.4, 3439.4),
    (
        "intercept",
        "unstructured",
        lower(113.63, 49.8999, 44.0193, 2.7459, 4.9722, 27.2643, -40.4566, -8.5335, 23.0555, 158.17),
        3700.94648570,
        3720.9,
        3753.9,
    ),
    (
        "arm",
        "unstructured",
        lower(108.39, 45.4113, 40.1721, -2.6971, 0.7771, 24.6058, -47.0103, -13.0998, 18.7346, 152.36),
        3667.96276376,
        3688.0,
        3720.9,
    ),
    ("intercept", "ar1", lagged(88.9866, 38.0124, 16.2377, 6.9363), 3875.49945459, 3879.5, 3886.1),
    ("arm", "ar1", 84.4289 * lagged(1, 0.3904, 0.3904**2, 0.3904**3), 3855.12433951, 3859.1, 3865.7),
    (
        "intercept",
        "compound symmetry",
        lagged(86.8968, 5.8943, 5.8943, 5.8943),
        3917.98183508,
        3922.0,
        3928.6,
    ),
    ("arm", "toeplitz", lagged(83.8804, 35.9753, 1.9311, -22.3320), 3830.79965777, 3838.8, 3852.0),
    (
        "intercept",
        "heterogeneous ar1",
        lagged(1, 0.4130, 0.4130**2, 0.4130**3, variances=(92.3009, 38.5178, 35.2148, 176.37)),
        3739.96835012,
        3750.0,
        3766.5,
    ),
    (
        "intercept",
        "heterogeneous compound symmetry",
        lagged(1, 0.1582, 0.1582, 0.1582, variances=(104.61, 38.6137, 31.3143, 178.91)),
        3784.85341599,
        3794.9,
        3811.3,
    ),
    (
        "intercept",
        "heterogeneous toeplitz",
        lagged(1, 0.4295, 0.04570, -0.3116, variances=(90.4041, 38.5927, 36.1518, 175.78)),
        3722.38018329,
        3736.4,
        3759.5,
    ),
]


@pytest.mark.parametrize(("model", "structure", "sigma", "value", "aic", "bic"), LISTINGS)
def test_likelihood_of_sas(model, structure, sigma, value, aic, bic):
    assert restricted(sigma, model) == pytest.approx(value, abs=1e-5)  # four to six digits of sigma printed
    fitted = fit(model, structure)
    assert -2e-5 < fitted.minus_two_log_likelihood - value < 1e-7
    assert (f"{fitted.aic:.1f}", f"{fitted.bic:.1f}") == (f"{aic:.1f}", f"{bic:.1f}")
    np.testing.assert_allclose(fitted.covariance, sigma, rtol=3e-3)
    assert (fitted.n, fitted.n_subjects, fitted.n_given) == (537, 197, 200)


def test_unstructured_covariance_to_four_digits():
    """sas_log_reml: UN(1,1), UN(2,1), UN(2,2), UN(3,3), UN(4,4) in the order VIS2, VIS3, VIS4, VIS1.

    40.5509, 2.7851 and 95.5528 are where the search of SAS stopped, at -2 l = 3386.44987722. R 4.2.2, nlme
    3.1-162, gls with tolerances of 1e-10 and below, ends at 3386.44987139 with 40.555, 2.7834 and 95.557.
    """
    sigma = fit("full").covariance
    assert [four(sigma[k, k]) for k in (1, 2)] == ["26.57", "14.9"]
    assert [four(sigma[0, 0]), four(sigma[3, 3]), four(sigma[2, 1])] == ["40.55", "95.56", "2.784"]
    assert sigma[2, 1] == pytest.approx(2.7851, rel=1e-3)
    assert sigma[3, 3] == pytest.approx(95.5528, rel=1e-4)


# sas_log_reml: estimate, standard error, df of Satterthwaite.
COEFFICIENTS = {
    "Intercept": (30.7774, 0.8865, 219),
    "TRT": (3.7745, 1.0741, 146),
    "VIS2": (4.8396, 0.8016, 144),
    "VIS3": (10.3422, 0.8227, 156),
    "VIS4": (15.0537, 1.3129, 138),
    "VIS2 TRT": (-0.04231, 1.1292, 139),
    "VIS3 TRT": (-0.6939, 1.1876, 158),
    "VIS4 TRT": (0.6240, 1.8510, 130),
    "Black or African American": (1.5305, 0.6244, 169),
    "White": (5.6436, 0.6656, 157),
    "Female": (0.3262, 0.5319, 166),
}


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_coefficients_of_sas(name):
    estimate, se, df = COEFFICIENTS[name]
    found = fit("full").contrast(np.eye(11)[list(COEFFICIENTS).index(name)])
    assert found.estimate == pytest.approx(estimate, rel=1e-4, abs=3e-4)
    assert found.se == pytest.approx(se, rel=2e-4)
    assert round(found.df) == df


# Covariance structure, model, estimate, standard error, df of Satterthwaite: the listings named above.
@pytest.mark.parametrize(
    ("structure", "estimate", "se", "df"),
    [
        ("unstructured", 42.8338, 0.3509, 171),
        ("ar1", 42.3255, 0.5013, 188),
        ("compound symmetry", 42.2896, 0.4285, 187),
        ("heterogeneous ar1", 41.6955, 0.3947, 191),
        ("heterogeneous compound symmetry", 41.9964, 0.3575, 199),
        ("heterogeneous toeplitz", 41.6726, 0.3822, 185),
    ],
)
def test_intercepts_of_sas(structure, estimate, se, df):
    found = fit("intercept", structure).contrast([1])
    assert four(found.estimate) == four(estimate)
    assert (four(found.se), round(found.df)) == (four(se), df)


def test_difference_at_the_last_visit():
    """LSMEANS of sas_log_reml: TRT - PBO at VIS4 4.3985 (1.6805), 133 df, p .0099, 1.0746 to 7.7225."""
    data = fev(present=True)
    design = build_visit_design(data["ARMCD"], data["AVISIT"], factors=[data["RACE"], data["SEX"]])
    result = fit_mmrm(data["FEV1"], data["USUBJID"], data["AVISIT"], design.matrix)
    (found,) = compare_arms(result, design, [("TRT", "PBO")], "VIS4")
    c = found.contrast
    assert [f"{value:.4f}" for value in (c.estimate, c.se, c.p, c.high)] == [
        "4.3985",
        "1.6806",  # 1.6805 where SAS stopped
        "0.0099",
        "7.7225",
    ]
    assert (round(c.df), f"{c.low:.4f}") == (133, "1.0746")
    assert c.se == pytest.approx(1.6805, abs=1e-4)
    assert len(estimate_means(result, design)) == 8
    terms = {test.term: test for test in summarise_terms(result, design, method="satterthwaite")}
    assert [f"{terms[name].f:.2f}" for name in ("arm", "visit", "arm by visit")] == [
        "31.67",
        "142.10",
        "0.26",
    ]
    assert [f"{terms[name].f:.1f}" for name in ("factor 1", "factor 2")] == ["36.9", "0.4"]
    assert [round(terms[name].residual_df) for name in ("arm", "factor 1", "factor 2")] == [169, 166, 166]


@pytest.mark.parametrize(
    ("rows", "q", "df", "f", "p"),
    [
        ([[0, 1, 0, 0, 0, 0.25, 0.25, 0.25, 0, 0, 0]], 1, 169, 31.67, None),
        (np.eye(11)[2:5] + np.eye(11)[5:8] / 2, 3, 148, 142.11, None),
        (np.eye(11)[5:8], 3, 148, 0.26, 0.8555),
        (np.eye(11)[8:10], 2, 166, 36.92, None),
        (np.eye(11)[10:], 1, 166, 0.38, 0.5406),
    ],
)
def test_type_three_of_sas(rows, q, df, f, p):
    """sas_log_reml, tests of fixed effects: arm, visit, arm x visit, race, sex; VIS1, PBO and Asian last."""
    found = fit("full").test(rows)
    assert (found.df, round(found.residual_df)) == (q, df)
    assert found.f == pytest.approx(f, rel=2e-4, abs=5e-3)
    assert found.p < 1e-4 if p is None else found.p == pytest.approx(p, abs=2e-4)


@pytest.mark.parametrize(
    ("model", "rows", "df", "f", "p"),
    [
        ("arm, baseline", [[0, 1, 0, 0]], 199.582314485653, 0.03099660681111, 0.86042646803505),
        ("arm, baseline", [[0, 0, 1, 0.5]], 198.163532037936, 11.0435094615508, 0.00105994994938),
        ("arm, baseline", [[0, 0, 0, 1]], 198.163532037944, 0.7644368094469, 0.38300197080559),
        (
            "arm, sex, baseline in arms",
            [[0, 1, 0, 0.5, 0, 0]],
            197.423866403271,
            0.04875135180324,
            0.82547861285648,
        ),
        (
            "arm, sex, baseline in arms",
            [[0, 0, 1, 0.5, 0, 0]],
            186.119018537661,
            0.09277653315012,
            0.76101691812013,
        ),
        (
            "arm, sex, baseline in arms",
            [[0, 0, 0, 1, 0, 0]],
            186.11901853766,
            0.46643535342468,
            0.49548089306181,
        ),
        (
            "arm, sex, baseline in arms",
            np.eye(6)[4:],
            194.942672335072,
            6.11482167585228,
            0.0026566780461,
        ),
    ],
)
def test_type_three_with_a_baseline(model, rows, df, f, p):
    """design/anova/test3_1.csv and test3_2.csv: AR(1), Satterthwaite."""
    found = fit(model, "ar1").test(rows)
    assert (found.residual_df, found.f, found.p) == pytest.approx((df, f, p), rel=1e-5)


# Kenward-Roger, TRT - PBO: estimate, standard error with and without second derivatives, df. design/KR and
# design/ddfm_covtype: kr_ and kr1_ of us, cs, toep, ar1, arh1, csh, toeph.
KENWARD_ROGER = [
    ("unstructured", 3.81972492174648, 0.66124382270307, 0.66124382270307, 160.733266403768),
    ("compound symmetry", 4.19663617897035, 0.7964696053595, 0.7964696053595, 177.038485931223),
    ("toeplitz", 4.47051860580552, 0.87839805519623, 0.87839805519623, 160.027408337368),
    ("ar1", 4.22574315817874, 0.95865439662225, 0.96058142305176, 188.46934887972),
    ("heterogeneous ar1", 3.72674356244499, 0.7590316099633, 0.75924807546934, 188.225339095373),
    (
        "heterogeneous compound symmetry",
        3.77090812499029,
        0.67414806011886,
        0.67403858183242,
        190.737701349941,
    ),
    ("heterogeneous toeplitz", 3.92287746213894, 0.72543828853831, 0.72537324518435, 180.062730071701),
]


@pytest.mark.parametrize(("structure", "estimate", "full", "linear", "df"), KENWARD_ROGER)
def test_kenward_roger_of_sas(structure, estimate, full, linear, df):
    """To the digits that SAS has settled when it stops; the term of second derivatives to seven decimals."""
    fitted = fit("arm", structure)
    one = fitted.contrast([0, 1], method="kenward-roger")
    other = fitted.contrast([0, 1], method="kenward-roger-linear")
    assert (one.estimate, one.se, other.se) == pytest.approx((estimate, full, linear), rel=1.5e-4)
    assert one.df == other.df == pytest.approx(df, rel=4e-4)
    assert one.se - other.se == pytest.approx(full - linear, abs=1e-7)


def test_kenward_roger_where_sas_stopped():
    """kr_us and kr1_us.csv: at the covariance that SAS prints, its standard error to 6 and df to 5 digits.

    The information is that of the covariances themselves, by differences of the gradient.
    """
    fitted, likelihood = fit("arm"), fit("arm")._likelihood

    def theta_at(entries):
        factor = np.linalg.cholesky(lower(*entries) / fitted._scale**2)
        return np.concatenate([np.log(np.diag(factor)), factor[np.tril_indices(4, -1)]])

    def slope_at(entries):
        return np.array([(theta_at(entries + e) - theta_at(entries - e)) / 2e-4 for e in 1e-4 * np.eye(10)])

    def gradient_at(entries):
        return slope_at(entries) @ likelihood.evaluate(theta_at(entries))[1]

    entries = LISTINGS[2][2][np.tril_indices(4)]
    hessian = np.array(
        [(gradient_at(entries + e) - gradient_at(entries - e)) / 0.02 for e in 0.01 * np.eye(10)]
    )
    w = slope_at(entries).T @ (2.0 * np.linalg.inv((hessian + hessian.T) / 2.0)) @ slope_at(entries)
    theta = theta_at(entries)
    state = likelihood.solve(theta)
    adjusted = adjust_kenward_roger(likelihood, theta, w, state, linear=False)
    slopes = likelihood.slopes(state, likelihood.structure.differentiate(theta))[:, :2, :2]
    along = fitted._scale * np.array([0.0, 1.0]) @ fitted._basis.back
    assert np.sqrt(along @ adjusted @ along) == pytest.approx(0.66124382270307, rel=1e-6)
    assert Uncertainty(state.c, slopes, w).count_df(along) == pytest.approx(160.733266403768, rel=1e-5)
