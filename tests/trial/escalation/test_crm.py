"""The CRM as a design: a printed trial, each rule by itself, reasons, and exact characteristics."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from mitograft.errors import UsageError
from mitograft.trial.escalation.characteristics import exact_characteristics
from mitograft.trial.escalation.crm import Crm
from mitograft.trial.escalation.crm_model import LogisticModel, PowerModel
from mitograft.trial.escalation.crm_rules import CrmRules, ExcessRule, overdose_control
from mitograft.trial.escalation.crm_two_parameter import TwoParameterModel
from mitograft.trial.escalation.design import Cohort, count_path

SKELETON = (0.05, 0.12, 0.25, 0.40, 0.55)
FREE = CrmRules(skip="any", coherent=False, stop=None)
BLRM = TwoParameterModel((10, 20, 40, 60, 80), 40, (-1.1, 0.2), (1.0, 0.7), 0.3)


def trial(text: str) -> list[Cohort]:
    return [Cohort(int(word[0]), len(word) - 1, word.count("T")) for word in text.split()]


def test_trial_of_cheung_table_3_2():
    # Cheung, Dose Finding by the Continual Reassessment Method (2011), table 3.2: dose of each patient. The
    # method alone, without any rule, skips dose 4 after patient 1 and goes up right after a DLT nowhere.
    design = Crm(LogisticModel(SKELETON), 0.25, rules=FREE, cohort=1, max_patients=20, start=3)
    toxic_patients = {3, 9, 11, 12, 18}
    path: list[Cohort] = []
    for number in range(1, 21):
        said = design.recommend(path)
        path.append(Cohort(said.dose, said.patients, int(number in toxic_patients)))
    assert [cohort.dose for cohort in path] == [3, 5, 5, 3, 4, 4, 5, 5, 5, 5, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4]
    assert (design.recommend(path).action, design.recommend(path).dose) == ("declare", 4)


def test_printed_paths_of_two_cohorts():
    # R package escalation, vignette A600 ("Dose paths"), by dfcrm: skeleton .05 .1 .25 .4 .6, target .25, no
    # rule; then stopping where the rate of dose 1 is above .35 with probability .9.
    model = PowerModel((0.05, 0.1, 0.25, 0.4, 0.6))
    free = Crm(model, 0.25, rules=FREE)
    stopping = Crm(model, 0.25, rules=CrmRules("any", coherent=False, stop=ExcessRule(0.9, 0.35)))
    outcomes = ("NNN", "NNT", "NTT", "TTT")
    printed = {"NNN": (4, (5, 3, 2, 1)), "NNT": (1, (2, 1, 1, 1)), "NTT": (1, (1,) * 4), "TTT": (1, (1,) * 4)}
    for first, (second_dose, third) in printed.items():
        assert free.recommend(trial(f"1{first}")).dose == second_dose
        paths = [trial(f"1{first} {second_dose}{second}") for second in outcomes]
        assert tuple(free.recommend(path).dose for path in paths) == third
        if first != "TTT":
            stopped = [stopping.recommend(path).action == "stop" for path in paths]
            assert stopped == [False, False, False, first == "NTT"]
        assert (stopping.recommend(trial(f"1{first}")).action == "stop") == (first == "TTT")


def test_printed_stops():
    # R package escalation, vignette A205, by trialr: power model, prior SD 1, target .3.
    model = PowerModel(SKELETON, sd=1.0)
    enough = Crm(model, 0.30, "posterior", CrmRules("any", coherent=False, stop=None, enough=6))
    assert enough.recommend(trial("2NNN 3TTT 2NTN")).cause == "enough patients at a dose"
    assert enough.choose(trial("2NNN 3TTT 2NTN")) == 2
    toxic = Crm(model, 0.30, "posterior", CrmRules("any", coherent=False, stop=ExcessRule(0.8)))
    assert toxic.recommend(trial("1NTT 1TTN")).action == "stop"


def test_plug_in_and_posterior_can_differ():
    # 1NNN 2TNT: doses 1 and 2 have plug-in rates .226 and .350, posterior means .242 and .352. A target of
    # .2925 lies between the two middles.
    path = trial("1NNN 2TNT")
    plug_in, posterior = (Crm(PowerModel(SKELETON), 0.2925, kind, FREE) for kind in ("plug-in", "posterior"))
    assert plug_in.recommend(path).dose == 2
    assert posterior.recommend(path).dose == 1


@pytest.mark.parametrize(
    ("rules", "dose", "words"),
    [
        (FREE, 5, "; go up to dose 5."),
        (CrmRules(), 2, "; one level at a time, go up to dose 2."),
        (CrmRules(skip="tried"), 2, "; dose 2 is the next untried one, go up to dose 2."),
    ],
)
def test_escalation_is_limited(rules, dose, words):
    design = Crm(PowerModel((0.02, 0.04, 0.06, 0.08, 0.10)), 0.30, rules=rules)
    said = design.recommend(trial("1NNN"))
    assert (said.action, said.dose, said.patients) == ("treat", dose, 3)
    assert said.reason.startswith("Dose 1: 0 DLT in 3; dose 5 has the estimated rate nearest to 0.3 (")
    assert said.reason.endswith(words)


def test_tried_doses_may_be_passed_over():
    path = trial("1NNN 2NNN 3NNN 1NNNNNN")
    model = PowerModel((0.02, 0.04, 0.06, 0.08, 0.10))
    doses = {
        skip: Crm(model, 0.30, rules=CrmRules(skip=skip)).recommend(path).dose for skip in ("none", "tried")
    }
    assert doses == {"none": 2, "tried": 4}


def test_no_escalation_after_too_many_dlt_in_the_last_cohort():
    # 1 DLT in 9 at dose 1 is below the target, 1 in the last cohort of 2 is not.
    path = trial("1NNNNNNN 1TN")
    model = PowerModel((0.02, 0.04, 0.30))
    bound = Crm(model, 0.30).recommend(path)
    assert (bound.dose, bound.reason.split("; ")[-1]) == (
        1,
        "the rate in the last cohort is above the target, stay.",
    )
    assert Crm(model, 0.30, rules=CrmRules(coherent=False)).recommend(path).dose == 2
    # The state says so: the same counts in another order are another state, with another answer.
    other = trial("1TN 1NNNNNNN")
    design = Crm(model, 0.30)
    assert design.digest(path) != design.digest(other)
    assert design.recommend(other).dose == 2
    # A cohort of backfill is not the last one, and does not count towards the most patients.
    filled = [*trial("1NNNNNNN 2NNN"), Cohort(1, 1, 1, backfill=True)]
    assert design.recommend(filled).dose == 3
    full = Crm(model, 0.30, max_patients=11).recommend(filled)
    assert (full.action, full.patients) == ("treat", 1)


def test_no_escalation_from_a_dose_whose_rate_is_above_the_target():
    path = trial("1TTNN 1NN")
    model = PowerModel((0.01, 0.02, 0.03), sd=0.2)
    said = Crm(model, 0.30).recommend(path)
    assert (said.dose, said.reason.split("; ")[-1]) == (
        1,
        "the rate seen at dose 1 is above the target, stay.",
    )
    assert Crm(model, 0.30, rules=CrmRules(coherent=False)).recommend(path).dose == 2


def test_de_escalation_may_pass_over_doses():
    said = Crm(PowerModel(SKELETON), 0.10).recommend(trial("1NNN 2NNN 3NNN 4NTT"))
    assert said.dose < 3
    assert said.reason.endswith(f"go down to dose {said.dose}.")


def test_stops_when_the_lowest_dose_is_too_toxic():
    model, path = LogisticModel(SKELETON), trial("1TTN")

    def density(beta: float) -> float:
        odds = 3 + math.exp(beta) * model.labels[0]
        return math.exp(2 * odds - 3 * np.logaddexp(0, odds) - beta**2 / (2 * 1.34))

    cut = math.log((math.log(0.25 / 0.75) - 3) / model.labels[0])
    above = quad(density, -10, cut)[0] / quad(density, -10, 10, points=[-1, 0, cut])[0]
    for probability in (above - 1e-6, above + 1e-6):
        rules = CrmRules(stop=ExcessRule(probability))
        said = Crm(model, 0.25, rules=rules).recommend(path)
        assert said.action == ("stop" if probability < above else "treat")
    design = Crm(model, 0.25, rules=CrmRules(stop=ExcessRule(0.6)))
    assert design.recommend(path).reason == (
        f"Dose 1 has a DLT rate above 0.25 with probability {above:.3f}, more than 0.6: no MTD."
    )
    assert design.recommend(path).cause == "lowest dose too toxic"
    assert design.choose(path) is None
    assert Crm(model, 0.25, rules=CrmRules(stop=None)).recommend(path).action == "treat"


def test_overdose_control_keeps_lower():
    path = trial("1NNN 2NNN 3NNN")
    free, bound = (
        Crm(BLRM, 0.30, "posterior", CrmRules(overdose=rule)) for rule in (None, overdose_control())
    )
    assert free.recommend(path).dose == 4
    row = bound.posterior(count_path(path, 5)).excess[-1]
    assert row[2] < 0.25 < row[3]
    said = bound.recommend(path)
    assert said.dose == bound.allowed(count_path(path, 5)) == 3
    assert said.reason.endswith(
        f"dose 4 has a rate above 0.35 with probability {row[3]:.3f}, more than 0.25, stay."
    )


def test_overdose_control_sends_down_and_may_leave_no_mtd():
    # 2 DLT in 3 at the start dose 2: the model would stay, the control allows dose 1 only.
    path = trial("2TTN")
    rules = CrmRules(overdose=overdose_control())
    design = Crm(BLRM, 0.30, "posterior", rules, start=2)
    assert Crm(BLRM, 0.30, "posterior", start=2).recommend(path).dose == 2
    assert (design.recommend(path).action, design.recommend(path).dose) == ("treat", 1)
    # Full at that moment, no treated dose is allowed.
    full = Crm(BLRM, 0.30, "posterior", rules, max_patients=3, start=2).recommend(path)
    assert (full.action, full.cause) == ("stop", "no treated dose left")
    # Where dose 1 is not allowed either, the trial stops.
    said = design.recommend(trial("1TTT"))
    assert (said.action, said.cause) == ("stop", "lowest dose too toxic")
    assert said.reason.startswith("Dose 1 has a DLT rate above 0.35 with probability ")


def test_a_prior_that_forbids_the_first_dose_is_refused():
    with pytest.raises(UsageError, match="before anyone is treated"):
        Crm(LogisticModel(SKELETON), 0.25, rules=CrmRules(overdose=overdose_control()))


def test_ends_with_enough_patients_and_when_full():
    path = trial("1NNN 2NNT 2NNT")
    design = Crm(PowerModel(SKELETON), 0.25, rules=CrmRules(enough=6))
    said = design.recommend(path)
    assert (said.action, said.dose, said.cause) == ("declare", 2, "enough patients at a dose")
    assert said.reason.startswith("Dose 2 is next and has 6 patients; dose 2 has the estimated rate nearest")
    assert design.choose(path) == 2
    assert design.choose(()) is None
    full = Crm(PowerModel(SKELETON), 0.25, max_patients=9).recommend(path)
    assert (full.action, full.dose, full.cause) == ("declare", 2, "most patients treated")
    last = Crm(PowerModel(SKELETON), 0.25, max_patients=10).recommend(path)
    assert (last.action, last.patients) == ("treat", 1)


def test_an_untreated_dose_is_never_declared():
    # After no DLT at dose 1 the model wants a higher dose, which no patient has had.
    design = Crm(PowerModel(SKELETON), 0.25, rules=FREE, max_patients=3)
    said = design.recommend(trial("1NNN"))
    assert (said.action, said.dose) == ("declare", 1)
    # After 3 DLT in 3 at the start dose 3 the model wants a lower one; only dose 3 was treated.
    start = Crm(PowerModel(SKELETON), 0.25, rules=FREE, max_patients=3, start=3)
    assert start.recommend(trial("3TTT")).dose == 3


@pytest.mark.parametrize("toxic", [0, 3])
def test_nobody_and_everybody(toxic):
    path = [Cohort(1, 3, toxic)] * 10
    said = Crm(PowerModel(SKELETON), 0.25, rules=FREE).recommend(path)
    assert (said.action, said.dose) == ("declare", 1)
    assert Crm(PowerModel(SKELETON), 0.25).recommend(path).action == ("stop" if toxic else "declare")
    assert Crm(PowerModel((0.2,)), 0.25, max_patients=60).recommend(path).action == (
        "stop" if toxic else "treat"
    )


def test_exact_characteristics_of_a_free_trial_by_hand():
    # Two patients, one at a time, two doses: four outcomes, each decision found by plain integration.
    design = Crm(PowerModel((0.1, 0.3)), 0.25, rules=FREE, cohort=1, max_patients=2)
    rates = (0.2, 0.5)

    def mean_beta(pairs: list[tuple[float, int]]) -> float:
        def density(beta: float) -> float:
            value = math.exp(-(beta**2) / (2 * 1.34))
            for skeleton, toxic in pairs:
                rate = skeleton ** math.exp(beta)
                value *= rate if toxic else 1 - rate
            return value

        return quad(lambda b: b * density(b), -10, 10, limit=200)[0] / quad(density, -10, 10, limit=200)[0]

    def nearest(pairs: list[tuple[float, int]]) -> int:
        power = math.exp(mean_beta(pairs))
        return min((1, 2), key=lambda dose: abs((0.1, 0.3)[dose - 1] ** power - 0.25))

    selection = {1: 0.0, 2: 0.0}
    for first in (0, 1):
        dose = nearest([(0.1, first)])
        for second in (0, 1):
            share = math.prod(
                rate if toxic else 1 - rate for rate, toxic in ((rates[0], first), (rates[dose - 1], second))
            )
            chosen = nearest([(0.1, first), ((0.1, 0.3)[dose - 1], second)])
            selection[min(chosen, dose)] += share
    found = exact_characteristics(design, rates)
    assert found.selection == pytest.approx((selection[1], selection[2]), abs=1e-12)
    assert 0 < found.selection[1] < 1


def test_exact_characteristics_agree_with_paths_enumerated_in_r(rscript):
    # The same design written down a second time in R, every path of four cohorts by recursion, posterior by
    # integrate: one level up at most, coherent in last cohort and dose, stop at P(rate 1 > 0.25) > 0.9.
    code = """
    p0 <- c(.08,.25,.40); true <- c(.15,.35,.6); target <- .25; sd <- sqrt(1.34)
    chosen <- numeric(3); none <- 0; patients <- numeric(3); memo <- new.env()
    fit <- function(n, y) {
      key <- paste(c(n, y), collapse=' ')
      if (!is.null(memo[[key]])) return(memo[[key]])
      f <- function(b) sapply(b, function(v) { l <- log(p0) * exp(v)
        exp(sum(y * l + (n - y) * log(-expm1(l)))) * dnorm(v, 0, sd) })
      i <- function(g, to=8) integrate(g, -8, to, rel.tol=1e-10, abs.tol=0, subdivisions=1000)$value
      total <- i(f); b <- i(function(v) (v + 20) * f(v)) / total - 20
      cut <- log(log(target) / log(p0[1]))
      memo[[key]] <- c(p0^exp(b), i(f, cut) / total)
    }
    go <- function(n, y, last, toxic, share) {
      found <- fit(n, y); p <- found[1:3]
      if (found[4] > .9) { none <<- none + share; return(invisible()) }
      top <- if (toxic / 3 > target || y[last] / n[last] > target) last else min(3, last + 1)
      if (sum(n) == 12) {
        open <- which(n > 0 & 1:3 <= top); d <- open[which.min(abs(p[open] - target))]
        chosen[d] <<- chosen[d] + share; return(invisible())
      }
      treat(n, y, which.min(abs(p[1:top] - target)), share)
    }
    treat <- function(n, y, d, share) {
      patients[d] <<- patients[d] + 3 * share; n[d] <- n[d] + 3
      for (k in 0:3) { z <- y; z[d] <- z[d] + k; go(n, z, d, k, share * dbinom(k, 3, true[d])) }
    }
    treat(numeric(3), numeric(3), 1, 1)
    cat(chosen, none, patients)
    """
    found = exact_characteristics(
        Crm(PowerModel((0.08, 0.25, 0.40)), 0.25, max_patients=12), (0.15, 0.35, 0.6)
    )
    assert (*found.selection, found.none, *found.patients) == pytest.approx(rscript(code), abs=1e-10)
    assert found.none > 0.01
    assert {cause for cause, _ in found.stops} == {"lowest dose too toxic", "most patients treated"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Crm(PowerModel(SKELETON), 1.0), "target"),
        (lambda: Crm(PowerModel(SKELETON), 0.25, "mode"), "plug-in, posterior"),
        (lambda: Crm(PowerModel(SKELETON), 0.25, cohort=0), "at least 1 each"),
        (lambda: Crm(PowerModel(SKELETON), 0.25, max_patients=0), "at least 1 each"),
        (lambda: Crm(PowerModel(SKELETON), 0.25, start=6), "start at dose 6"),
        (lambda: CrmRules(skip="some"), "none, tried, any"),
        (lambda: CrmRules(enough=0), "enough 0"),
        (lambda: ExcessRule(1.0), "between 0 and 1"),
        (lambda: ExcessRule(0.9, 0.0), "between 0 and 1"),
    ],
)
def test_designs_that_cannot_be_are_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_name_tells_designs_apart():
    design = Crm(PowerModel(SKELETON), 0.25)
    assert design.name == "CRM (target 0.25, plug-in; power model, prior variance 1.34)"
    assert (design.cohort, design.max_patients) == (3, 30)
