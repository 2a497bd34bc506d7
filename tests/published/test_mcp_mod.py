"""MCP-Mod: the published example and R agree.

Data: ``biom`` of the R package DoseFinding, the example of Bretz, Pinheiro and Branson, Biometrics
2005;61:738: 100 patients, 20 at each of five doses. Numbers "R" are from R 4.2.2 with DoseFinding 1.0.3 and
mvtnorm.
"""

from functools import cache

import numpy as np
import pytest

from mitograft.statistics.mcp_mod.choice import average_fits
from mitograft.statistics.mcp_mod.contrast_test import multiple_contrast_test
from mitograft.statistics.mcp_mod.fit import fit_shape
from mitograft.statistics.mcp_mod.means import dose_means, given_means
from mitograft.statistics.mcp_mod.power import contrast_power
from mitograft.statistics.mcp_mod.procedure import mcp_mod
from mitograft.statistics.mcp_mod.shapes import SHAPES, Candidate, DoseRange
from mitograft.statistics.mcp_mod.target import effective_dose, target_dose

RESPONSES = {
    0.0: """0.3546216437 0.136528014 -0.017221273 0.3674835632 0.3951276179 0.3579659107 0.3129364585
        -0.044915902 0.6230913868 0.0395121796 -0.30840357 -0.452964305 -0.201709236 1.5608690907 0.5612862925
        0.336241137 -0.159375068 0.9926047282 0.8069870078 1.2374422527""",
    0.05: """1.3538009793 0.1549802387 -0.070838037 0.5837409094 0.9625985272 0.381388876 -0.004695991
        0.5193049353 -0.36332213 0.3389033364 0.1456207172 0.4428034057 -0.021949664 0.3725982403 1.5289760718
        0.1494712982 0.3740633622 1.0116781996 0.2813062674 0.9946561552""",
    0.2: """1.1980818192 1.5676839396 -0.155607279 0.2065877697 1.8534652416 0.9956828728 2.4522341569
        -0.52039887 0.0488562374 0.633128014 0.528413238 0.4229020234 1.2333258245 1.8678257039 1.0578350569
        0.3453489395 0.4048513712 0.4842033095 0.5711998779 1.0106961846""",
    0.6: """1.1722210044 0.6675581023 1.7776816169 0.3097357953 0.0564619101 0.900065687 0.7383029489
        0.2278790485 1.3851060656 0.9123905817 0.2993001259 0.2789173036 0.2700438072 0.5696251728
        1.6043280055
        1.5769445306 2.9245089617 0.1715323755 2.1605237378 0.6856117438""",
    1.0: """2.2484458413 2.1736887992 1.2545092646 1.864626603 -1.113082058 1.1984150914 1.9748582903
        0.6253341502 1.3302581371 0.149454689 0.887139996 0.5630640881 0.7308631258 -0.771473861 0.4947783578
        0.3031102509 0.4252313312 2.5577737836 1.1288965796 0.9483358712""",
}
# The guesses that give the published t statistics.
CANDIDATES = (
    Candidate("linear"),
    Candidate("emax", (0.05,)),
    Candidate("logistic", (0.5, 0.1)),
    Candidate("exponential", (0.1,)),
)
CONSTANTS = DoseRange(highest=1.0, offset=0.1, scale=1.2)


@cache
def biom():
    pairs = [(dose, float(word)) for dose, text in RESPONSES.items() for word in text.split()]
    return dose_means(*zip(*pairs, strict=True))


@cache
def contrasts_of_biom():
    return multiple_contrast_test(biom(), CANDIDATES)


def test_published_t_statistics():
    found = {result.candidate.shape: result.t for result in contrasts_of_biom().results}
    expected = {"emax": 3.339, "linear": 2.972, "logistic": 2.808, "exponential": 1.791}
    assert {name: round(t, 3) for name, t in found.items()} == expected


def test_p_values_are_those_of_a_precise_integration():
    """P from mvtnorm pmvt with abseps 1e-8 (its errors: 1.4e-6 to 1.9e-6).

    DoseFinding prints p values from pmvt at an error of 0.001: 60 runs gave 0.00139 to 0.00193 for the
    clearest contrast. A printed 0.00149 is one such run; the precise value is 0.00163.
    """
    found = {result.candidate.shape: result.p for result in contrasts_of_biom().results}
    precise = {"emax": 1.63371e-3, "linear": 4.89671e-3, "logistic": 7.72657e-3, "exponential": 8.298935e-2}
    for name, p in precise.items():
        assert found[name] == pytest.approx(p, abs=1e-5)
    assert contrasts_of_biom().p == found["emax"]
    assert abs(found["emax"] - 0.00149) < 0.001
    assert contrasts_of_biom().accuracy < 1e-5


def test_contrasts():
    """R: optContr(Mods(linear=NULL, emax=0.05, logistic=c(0.5, 0.1), exponential=0.1, ...), w=1)."""
    expected = {
        "linear": [-0.436656070239, -0.377648493180, -0.200625762002, 0.271434854473, 0.743495470948],
        "emax": [-0.798624265224, -0.169876934488, 0.207371463954, 0.362140037674, 0.398989698083],
        "logistic": [-0.373728762616, -0.369159232278, -0.330382976431, 0.397100412729, 0.676170558596],
        "exponential": [-0.228791568998, -0.228758490682, -0.228465790844, -0.208271713272, 0.894287563796],
    }
    for result in contrasts_of_biom().results:
        assert result.contrast == pytest.approx(expected[result.candidate.shape], abs=1e-11)


# R: fitMod(dose, resp, biom, model, bnds=defBnds(1), addArgs=list(off=0.1, scal=1.2)): values, RSS, AIC, TD
# at Delta 0.4 and ED at 0.9. R searches to about eight digits of RSS, which is five to six of a dose.
R_FITS = {
    "linear": ([0.492340782153, 0.558605343242], 50.0128197498, 220.498624798, 0.716069054547, 0.9),
    "linlog": ([1.0000391939, 0.265677112724], 48.7505878328, 217.94241359, 0.350679822391, 0.765472786416),
    "emax": (
        [0.32161066409, 0.746298451103, 0.142187103673],
        48.3601358323, 219.138271494, 0.164236488174, 0.528386488649,
    ),
    "sigEmax": (
        [0.344897786841, 0.612497034441, 0.109494949247, 1.91173256697],
        48.2088435964, 220.824936175, 0.152436671141, 0.32183824873,
    ),
    "logistic": (
        [0.169088858363, 0.772832803633, 0.087207816563, 0.0712968438981],
        48.2107199468, 220.828828228, 0.163630234314, 0.264031705284,
    ),
    "exponential": (
        [0.510905251973, 0.833075664469, 1.99999994664],
        50.3298419216, 223.130506037, 0.784284770773, 0.919716102957,
    ),
    "quadratic": (
        [0.390222160814, 1.7684172167, -1.23177102261],
        48.6419205308, 219.71926019, 0.281312921724, 0.490835783877,
    ),
    "betaMod": (
        [0.329177279729, 0.668983563611, 0.573478953633, 0.321135431965],
        48.4458360816, 221.315327248, 0.195264251756, 0.480152623043,
    ),
}  # fmt: skip
R_SE = {
    "linear": [0.0998428215169, 0.188516953459],
    "linlog": [0.113238384768, 0.0781910216089],
    "emax": [0.152114170094, 0.235775756601, 0.180462079083],
    "sigEmax": [0.158320282027, 0.229729943164, 0.0887766288947, 2.01505356879],
    "logistic": [1.09794116911, 1.11675039007, 0.262303560737, 0.118533446967],
    "quadratic": [0.116661230192, 0.755188352891, 0.744983593259],
    "betaMod": [0.157179700789, 0.197859250818, 0.469716549183, 0.467562081675],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_models_fit_as_in_r(shape):
    values, rss, aic, td, ed = R_FITS[shape]
    fit = fit_shape(biom(), shape, within=CONSTANTS)
    assert fit.rss <= rss * (1 + 1e-11)
    assert fit.rss == pytest.approx(rss, rel=1e-9)
    assert fit.aic == pytest.approx(aic, abs=1e-6)
    assert fit.values == pytest.approx(values, rel=1e-6)
    assert target_dose(fit, 0.4).dose == pytest.approx(td, rel=2e-5)
    assert effective_dose(fit, 0.9).dose == pytest.approx(ed, rel=1e-4)
    if shape in R_SE:
        assert fit.se == pytest.approx(R_SE[shape], rel=1e-5)
    else:
        # R differentiates at the bound as if the parameter were free; here it has no standard error.
        assert fit.at_bound == ("delta",)
        assert np.isnan(fit.se[-1])


def test_given_covariance_fits_as_in_r():
    """R: gAIC of fitMod(..., type='general') with the means and covariance of lm(resp ~ factor(dose) - 1)."""
    data = biom()
    general = given_means(data.doses, data.estimates, data.unscaled * data.variance)
    expected = {
        "linear": 7.55490378301, "linlog": 5.06755862338, "emax": 6.29813671243, "sigEmax": 8.00000131769,
        "logistic": 8.00369884033, "exponential": 10.1796254003, "quadratic": 6.8534196176,
        "betaMod": 8.46701700891,
    }  # fmt: skip
    for shape, aic in expected.items():
        fit = fit_shape(general, shape, within=CONSTANTS)
        assert fit.aic == pytest.approx(aic, abs=1e-6)
        assert not fit.exact
    se = fit_shape(general, "emax", within=CONSTANTS).se
    assert se == pytest.approx([0.153466409788, 0.237871722235, 0.182066332622], rel=1e-6)


def test_the_whole_procedure():
    """R: MCPMod(dose, resp, biom, models, Delta=0.4) selects emax and gives these doses."""
    result = mcp_mod(biom(), CANDIDATES, 0.4)
    assert [fit.shape for fit in result.fits] == ["emax", "linear", "logistic"]
    assert result.choice.fit.shape == "emax"
    doses = {fit.shape: target_dose(fit, 0.4).dose for fit in result.fits}
    expected = {"linear": 0.716069054547, "emax": 0.164236488174, "logistic": 0.163630234314}
    assert doses == pytest.approx(expected, rel=1e-5)
    assert result.target.dose == doses["emax"]
    # The upper end is open: curves that stay below 0.4 above placebo fit nearly as well.
    assert result.target.low < result.target.dose
    assert result.target.high == np.inf
    assert sum(result.average.weights) == pytest.approx(1.0)
    assert min(doses.values()) < result.average_target.dose < max(doses.values())


def test_weights_of_the_average():
    fits = [fit_shape(biom(), shape, within=CONSTANTS) for shape in ("linear", "emax", "logistic")]
    aic = np.array([R_FITS[fit.shape][2] for fit in fits])
    weights = np.exp(-aic / 2) / np.sum(np.exp(-aic / 2))
    assert average_fits(fits).weights == pytest.approx(weights, rel=1e-6)


def test_power_as_in_r():
    """R: powMCT with 20 a dose, sigma 0.7, largest effect 0.7, alpha 0.05 (its own error about 1e-4)."""
    found = contrast_power(
        [0, 0.05, 0.2, 0.6, 1], [20] * 5, CANDIDATES, largest_effect=0.7, sigma=0.7, alpha=0.05
    )
    assert found.powers == pytest.approx([0.973022, 0.960784, 0.989844, 0.977735], abs=3e-4)


def test_r_on_the_spot(rscript):
    """Nine subjects at 0, 300, 600: t statistics, correlations and p values; the correlation is singular."""
    y = [5, 12.5, 20, 22.5, 30, 47.5, 27.5, 42.5, 55]
    code = f"""suppressMessages(library(DoseFinding))
    d <- data.frame(dose=rep(c(0,300,600),each=3), resp=c({",".join(map(str, y))}))
    m <- Mods(linear=NULL, emax=c(75,300), quadratic=-0.001, exponential=200, doses=c(0,300,600))
    t <- MCTtest(dose, resp, d, models=m)
    cat(t$tStat, t$corMat, "\n")
    for (x in t$tStat) cat(1-mvtnorm::pmvt(upper=rep(x,5), corr=t$corMat, df=6L,
      algorithm=mvtnorm::GenzBretz(maxpts=5e6, abseps=1e-6)), "\n")"""
    numbers = rscript(code, "DoseFinding", "mvtnorm")
    candidates = [
        Candidate("linear"), Candidate("emax", (75.0,)), Candidate("emax", (300.0,)),
        Candidate("quadratic", (-0.001,)), Candidate("exponential", (200.0,)),
    ]  # fmt: skip
    test = multiple_contrast_test(dose_means(np.repeat([0, 300, 600], 3), y), candidates)
    assert [r.t for r in test.results] == pytest.approx(numbers[:5], rel=1e-9)
    assert test.correlation.ravel() == pytest.approx(numbers[5:30], abs=1e-9)
    assert [r.p for r in test.results] == pytest.approx(numbers[30:], abs=1e-5)
