"""Reference-based imputation: the results of R rbmi on the antidepressant data of the DIA working group.

The data are in ``data/antidepressant.csv``. The published differences are placebo minus drug, as drug is the
first level of the factor there; the reference of the imputation is placebo, as here.
"""

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mitograft.statistics.mmrm import fit_mmrm
from mitograft.statistics.mmrm_design import build_visit_design, compare_arms
from mitograft.statistics.reference_imputation import impute_reference

# openpharma/rbmi, vignette "Inference with Conditional Mean Imputation", sections 3.4 and 4.4 (version on
# the site in 2025): estimate, standard error, interval and p value of every parameter as printed.
JACKKNIFE = """
trt_4 -0.092 0.695 -1.453 1.27 0.895      lsm_ref_4 -1.616 0.588 -2.767 -0.464 0.006
lsm_alt_4 -1.708 0.396 -2.484 -0.931 0    trt_5 1.305 0.878 -0.416 3.027 0.137
lsm_ref_5 -4.133 0.688 -5.481 -2.785 0    lsm_alt_5 -2.828 0.604 -4.011 -1.645 0
trt_6 1.929 0.862 0.239 3.619 0.025       lsm_ref_6 -6.088 0.671 -7.402 -4.773 0
lsm_alt_6 -4.159 0.686 -5.503 -2.815 0    trt_7 2.126 0.858 0.444 3.807 0.013
lsm_ref_7 -6.965 0.685 -8.307 -5.622 0    lsm_alt_7 -4.839 0.762 -6.333 -3.346 0"""
ANCHORED = """
trt_4 -0.092 0.695 -1.453 1.27 0.895      lsm_ref_4 -1.616 0.588 -2.767 -0.464 0.006
lsm_alt_4 -1.708 0.396 -2.484 -0.931 0    trt_5 1.305 0.944 -0.545 3.156 0.167
lsm_ref_5 -4.133 0.738 -5.579 -2.687 0    lsm_alt_5 -2.828 0.603 -4.01 -1.646 0
trt_6 1.929 0.993 -0.018 3.876 0.052      lsm_ref_6 -6.088 0.758 -7.574 -4.602 0
lsm_alt_6 -4.159 0.686 -5.504 -2.813 0    trt_7 2.126 1.123 -0.076 4.327 0.058
lsm_ref_7 -6.965 0.85 -8.63 -5.299 0      lsm_alt_7 -4.839 0.763 -6.335 -3.343 0"""


@cache
def trial():
    with (Path(__file__).parent / "data" / "antidepressant.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    change = [[float(row[f"change{visit}"] or "nan") for visit in (4, 5, 6, 7)] for row in rows]
    return np.array(change), [row["arm"] for row in rows], np.array([float(r["baseline"]) for r in rows])


@cache
def impute(strategy):
    change, arm, baseline = trial()
    return impute_reference(change, arm, "PLACEBO", covariates=[baseline], strategy=strategy)


def read_published(text):
    words = text.split()
    return [(words[i], *map(float, words[i + 1 : i + 6])) for i in range(0, len(words), 6)]


def find(result, name, variance="jackknife"):
    """The same parameter, with the sign of the published one."""
    kind, visit = name.rsplit("_", 1)
    place = int(visit) - 4
    if kind == "trt":
        one = result.difference("DRUG", place, variance=variance)
        return -one.estimate, one.se, -one.high, -one.low, one.p
    arm = {"lsm_ref": "DRUG", "lsm_alt": "PLACEBO"}[kind]
    one = result.mean(arm, place, variance=variance)
    return one.estimate, one.se, one.low, one.high, one.p


def test_data_are_those_of_rbmi():
    """608 of 688 values, 172 patients; 0, 8, 13 and 25 % missing (section 3.2); one gap, of patient 3618."""
    change, arm, _ = trial()
    assert change.shape == (172, 4)
    assert np.sum(~np.isnan(change)) == 608
    assert np.round(100 * np.isnan(change).mean(axis=0)).tolist() == [0, 8, 13, 25]
    # "24% (20/84) of the active drug and 26% (23/88) of placebo" stopped (CAMIS, R/tipping_point).
    dropped = np.isnan(change[:, 3])
    drug = np.array(arm) == "DRUG"
    assert [(int(dropped[g].sum()), int(g.sum())) for g in (drug, ~drug)] == [(20, 84), (23, 88)]
    assert np.sum(np.isnan(change).any(axis=1) & ~dropped) == 1


@pytest.mark.parametrize(("text", "variance"), [(JACKKNIFE, "jackknife"), (ANCHORED, "information-anchored")])
def test_jump_to_reference(text, variance):
    """All 120 numbers to the last digit printed, but one limit: -6.33245 here, -6.333 there (lsm_alt_7)."""
    result = impute("JR")
    for name, *printed in read_published(text):
        assert find(result, name, variance) == pytest.approx(printed, abs=0.00056), name


def test_bayesian_multiple_imputation_is_near():
    """rbmi quickstart: 150 random draws and Rubin's rules; its noise is about 0.1."""
    published = {
        "trt_4": (-0.092, 0.683), "trt_5": (1.329, 0.921), "trt_6": (1.945, 0.995), "trt_7": (2.156, 1.113),
        "lsm_ref_7": (-6.965, None), "lsm_alt_7": (-4.809, None),
    }  # fmt: skip
    for name, (estimate, se) in published.items():
        found = find(impute("JR"), name, "information-anchored")
        assert found[0] == pytest.approx(estimate, abs=0.1)
        assert se is None or found[1] == pytest.approx(se, abs=0.1)


def test_tipping_point_makes_the_limit_zero():
    """The 2.126 (0.444 to 3.807) above is lost when all values imputed for drug are raised by 1.668."""
    result = impute("JR")
    tip = result.tip("DRUG", 3)
    assert tip.significant
    assert f"{tip.nearest:.3f}" == "1.668"
    at = result.difference("DRUG", 3, delta=result.shift({"DRUG": tip.nearest}))
    assert at.high == pytest.approx(0.0, abs=1e-9)
    assert not impute("JR").tip("DRUG", 3, variance="information-anchored").significant


def test_missing_at_random_agrees_with_the_model_itself():
    """Completed at random and analysed, as the least-squares means of the repeated-measures model: the same.

    Generalised least squares with all effects by visit is least squares of the conditional means, at every
    visit (the equations of the EM algorithm). The two standard errors are different estimates of one thing.
    """
    change, arm, baseline = trial()
    subject, visit = np.nonzero(~np.isnan(change))
    design = build_visit_design(np.array(arm)[subject], visit, covariates=[baseline[subject]])
    fit = fit_mmrm(change[subject, visit], subject, visit, design.matrix)
    for k in range(4):
        (direct,) = compare_arms(fit, design, [("DRUG", "PLACEBO")], k)
        found = impute("MAR").difference("DRUG", k)
        assert found.estimate == pytest.approx(direct.contrast.estimate, abs=1e-9)
        assert found.se == pytest.approx(direct.contrast.se, rel=0.05)


def test_strategies_lie_in_their_order():
    """Wolbers et al. 2022: the effect shrinks from MAR over CIR and CR to JR, and so does its error."""
    found = [impute(name).difference("DRUG", 3) for name in ("MAR", "CIR", "CR", "JR")]
    assert [one.estimate for one in found] == sorted(one.estimate for one in found)
    assert [one.se for one in found] == sorted((one.se for one in found), reverse=True)


R_CODE = """
d <- read.csv("{path}"); long <- reshape(d, direction="long", varying=paste0("change", 4:7), v.names="y",
  timevar="k", times=1:4, idvar="patient"); long$visit <- factor(long$k)
long <- long[order(long$patient, long$k), ]
m <- gls(y ~ 0 + visit:arm + visit:baseline, long[!is.na(long$y), ], correlation=corSymm(form=~k|patient),
  weights=varIdent(form=~1|visit), control=glsControl(msTol=1e-12, tolerance=1e-10, msMaxIter=500))
co <- coef(m); arms <- c("DRUG", "PLACEBO")
mu <- sapply(arms, function(a) co[paste0("visit", 1:4, ":arm", a)])
slope <- co[paste0("visit", 1:4, ":baseline")]
full <- names(which(table(long$patient[!is.na(long$y)]) == 4))[1]
S <- matrix(getVarCov(m, individual=full), 4)
y <- as.matrix(d[, paste0("change", 4:7)])
for (s in c("MAR", "JR", "CR", "CIR", "LMCF")) {{
  z <- y
  for (i in which(rowSums(is.na(y)) > 0)) {{
    o <- !is.na(y[i, ]); own <- mu[, d$arm[i]] + slope * d$baseline[i]
    ref <- mu[, "PLACEBO"] + slope * d$baseline[i]; l <- max(which(o)); after <- seq_len(4) > l; me <- own
    if (s == "JR") me[after] <- ref[after]
    if (s == "CR" && l < 4) me <- ref
    if (s == "CIR") me[after] <- own[l] + ref[after] - ref[l]
    if (s == "LMCF") me[after] <- own[l]
    z[i, !o] <- me[!o] + S[!o, o, drop=FALSE] %*% solve(S[o, o, drop=FALSE], y[i, o] - me[o])
  }}
  for (k in 1:4) cat(coef(lm(z[, k] ~ I(d$arm == "DRUG") + d$baseline))[2], "")
}}
"""


def test_every_strategy_agrees_with_r(rscript):
    """R 4.2.2, nlme: the model by gls, the conditional means and the ANCOVA written out."""
    path = Path(__file__).parent / "data" / "antidepressant.csv"
    values = rscript("suppressMessages(library(nlme));" + R_CODE.format(path=path), "nlme")
    names = ("MAR", "JR", "CR", "CIR", "LMCF")
    found = [impute(name).difference("DRUG", visit).estimate for name in names for visit in range(4)]
    assert found == pytest.approx(values, abs=2e-4)
