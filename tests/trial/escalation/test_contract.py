"""What every escalation design keeps to, over all paths it can lead to."""

from dataclasses import dataclass

import pytest

from mitograft.errors import UsageError
from mitograft.trial.escalation import (
    Backfill,
    Boin,
    Cohort,
    Design,
    EnoughPatients,
    I3Plus3,
    IntervalDesign,
    LowestTooToxic,
    MostPatients,
    Mtpi2,
    PreciseEnough,
    Recommendation,
    Stopping,
    ThreePlusThree,
    conduct_table,
    exact_characteristics,
)
from mitograft.trial.escalation.characteristics import Characteristics
from mitograft.trial.escalation.crm import Crm
from mitograft.trial.escalation.crm_model import LogisticModel, PowerModel
from mitograft.trial.escalation.crm_rules import CrmRules, overdose_control
from mitograft.trial.escalation.crm_two_parameter import TwoParameterModel
from mitograft.trial.escalation.design import Counts, count_path, last_dose
from mitograft.trial.escalation.simulate import simulate_characteristics

RATES = (0.10, 0.25, 0.45)
TWO = TwoParameterModel((10, 20, 40), 40, mean=(-0.8, 0.2), sd=(1.0, 0.7), correlation=0.3)
CRMS: list[Design] = [
    Crm(PowerModel((0.10, 0.25, 0.45)), 0.30, max_patients=15),
    Crm(PowerModel((0.10, 0.25, 0.45)), 0.30, "posterior", max_patients=12, start=2),
    Crm(LogisticModel((0.10, 0.25, 0.45)), 0.25, rules=CrmRules("tried"), cohort=1, max_patients=9),
    Crm(PowerModel((0.05, 0.20, 0.40)), 0.20, rules=CrmRules("tried", enough=6), max_patients=13, start=2),
    Crm(TWO, 0.30, "posterior", CrmRules(overdose=overdose_control()), max_patients=12),
]
DESIGNS: list[Design] = [
    *CRMS,
    ThreePlusThree(3, "nct04976140"),
    ThreePlusThree(3, "escalate_only"),
    ThreePlusThree(3, "de_escalating"),
    ThreePlusThree(3, "six_at_mtd"),
    ThreePlusThree(3, "six_at_mtd", start=2),
    Boin(3, 0.30, max_patients=15),
    Boin(3, 0.25, cohort=1, max_patients=9),
    Boin(3, 0.20, max_patients=13, enough=6, start=2),
    Mtpi2(3, 0.30, max_patients=15),
    Mtpi2(3, 0.25, cohort=1, max_patients=9),
    Mtpi2(3, 0.20, max_patients=13, enough=6, start=2),
    I3Plus3(3, 0.30, max_patients=15),
    I3Plus3(3, 0.25, cohort=1, max_patients=9),
    I3Plus3(3, 0.20, max_patients=13, enough=6, start=2),
    Stopping(ThreePlusThree(3, "nct04976140"), (MostPatients(9),)),
    Stopping(Boin(3, 0.30), (LowestTooToxic(0.8), EnoughPatients(9), PreciseEnough(0.6), MostPatients(14))),
    Stopping(CRMS[0], (EnoughPatients(6), MostPatients(12))),
    Backfill(CRMS[1], size=1),
    Stopping(Mtpi2(3, 0.25, cohort=1), (LowestTooToxic(0.7), EnoughPatients(4), MostPatients(9))),
    Backfill(ThreePlusThree(3, "de_escalating"), size=2, counted=False),
    Backfill(Boin(3, 0.30, max_patients=12), size=2),
    Backfill(I3Plus3(3, 0.25, cohort=2, max_patients=10), size=1, cap=6),
    Backfill(Mtpi2(3, 0.30, max_patients=12), size=2, counted=False),
    Stopping(Backfill(Boin(3, 0.25, max_patients=12), size=3), (EnoughPatients(9), MostPatients(15))),
    Stopping(
        Crm(PowerModel((0.10, 0.25, 0.45)), 0.30), (LowestTooToxic(0.8), EnoughPatients(6), MostPatients(10))
    ),
    Backfill(Crm(PowerModel((0.10, 0.25, 0.45)), 0.30, max_patients=9), size=2),
]
every_design = pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)


def reachable(design: Design) -> list[tuple[tuple[Cohort, ...], Recommendation]]:
    """Return one path for each state the design can lead to, with its recommendation."""
    found, open_paths, seen = [], [()], {design.digest(())}
    while open_paths:
        path = open_paths.pop()
        said = design.recommend(path)
        found.append((path, said))
        if said.action != "treat":
            continue
        for toxic in range(said.patients + 1):
            longer = (*path, Cohort(said.dose, said.patients, toxic, said.backfill))
            if design.digest(longer) not in seen:
                seen.add(design.digest(longer))
                open_paths.append(longer)
    return found


def parts(design: Design, path: tuple[Cohort, ...]) -> tuple[Design, bool, Counts]:
    """Return the design inside, whether backfill may lower its step, and the counts it decides on."""
    mixed = False
    while isinstance(design, Stopping | Backfill):
        if isinstance(design, Backfill):
            mixed = design.counted
            path = path if mixed else tuple(cohort for cohort in path if not cohort.backfill)
        design = design.design
    return design, mixed, count_path(path, design.doses)


def too_toxic(design: Design, path: tuple[Cohort, ...]) -> int:
    """Return the lowest dose that must not be given or declared any more; one above the highest if none."""
    design, _, counts = parts(design, path)
    if isinstance(design, IntervalDesign | Crm):
        return design.allowed(counts) + 1
    return next((place + 1 for place, y in enumerate(counts.toxic) if y >= 2), design.doses + 1)


@every_design
def test_never_skips_an_untried_dose(design):
    for path, said in reachable(design):
        if path and said.action == "treat":
            assert said.dose <= max(cohort.dose for cohort in path) + 1
            inner, mixed, _ = parts(design, path)
            # A model may send down by more than one dose, and up over doses that were tried if so allowed.
            model = isinstance(inner, Crm)
            assert said.dose <= last_dose(path) + 1 or (model and inner.rules.skip == "tried")
            assert said.dose >= last_dose(path) - 1 or said.backfill or mixed or model


@every_design
def test_backfill_goes_below_the_current_dose_to_doses_that_were_explored(design):
    for path, said in reachable(design):
        if said.backfill:
            assert said.dose < last_dose(path)
            assert said.dose in {cohort.dose for cohort in path if not cohort.backfill}
            assert not path[-1].backfill
            # Opened beside the last cohort, before its outcome was known.
            assert said.dose < too_toxic(design, path[:-1])


@every_design
def test_coherent(design):
    # Long-memory coherence (Liu and Yuan 2015): never up from a dose whose observed rate is above the target,
    # never down from one whose observed rate is below it.
    for path, said in reachable(design):
        if path and said.action == "treat" and not said.backfill:
            inner, mixed, counts = parts(design, path)
            rate = counts.toxic[counts.last - 1] / counts.treated[counts.last - 1]
            assert said.dose <= counts.last or rate <= design.target
            # Backfill that counts may bring the dose down: then a dose below is at the target or above.
            below = zip(counts.treated[: counts.last], counts.toxic[: counts.last], strict=True)
            rates = [toxic / treated for treated, toxic in below if treated] if mixed else [rate]
            # A model may go down for DLT at other doses, but not after a cohort without DLT (see below).
            assert said.dose >= counts.last or max(rates) >= design.target or isinstance(inner, Crm)


@pytest.mark.parametrize("design", CRMS, ids=lambda design: design.name)
def test_the_last_cohort_never_moves_the_dose_of_a_model_against_its_outcome(design):
    # Cheung, Biometrika 2005;92:863: never up after a rate above the target, never down after no DLT.
    moves = set()
    for path, said in reachable(design):
        if path and said.action == "treat":
            last = path[-1]
            assert said.dose <= last.dose or last.toxic / last.treated <= design.target
            assert said.dose >= last.dose or last.toxic > 0
            moves.add((said.dose > last.dose) - (said.dose < last.dose))
    assert moves == {-1, 0, 1}


@every_design
def test_respects_elimination(design):
    for path, said in reachable(design):
        if said.dose is not None and not said.backfill:
            assert said.dose < too_toxic(design, path)


@every_design
def test_declares_only_doses_that_were_treated_and_gives_reasons(design):
    for path, said in reachable(design):
        assert said.reason.endswith(".")
        assert (said.dose is None) == (said.action == "stop")
        assert (said.patients > 0) == (said.action == "treat")
        assert bool(said.ending) == (said.action != "treat")
        if said.action == "declare":
            assert said.dose in {cohort.dose for cohort in path}


@every_design
def test_exact_and_simulated_agree(design):
    trials = 1500
    exact = exact_characteristics(design, RATES)
    drawn = simulate_characteristics(design, RATES, trials, seed=5)
    assert drawn.trials == trials
    assert exact.none + sum(exact.selection) == pytest.approx(1, abs=1e-12)
    assert drawn.none + sum(drawn.selection) == pytest.approx(1, abs=1e-12)
    assert sum(share for _, share in exact.stops) == pytest.approx(1, abs=1e-12)
    seen = dict(drawn.stops)
    assert set(seen) <= {cause for cause, _ in exact.stops}
    for cause, share in exact.stops:
        error = (max(share * (1 - share), 0.0) / trials) ** 0.5
        assert abs(share - seen.get(cause, 0.0)) <= 4.5 * error + 1e-12
    for share, seen in zip((*exact.selection, exact.none), (*drawn.selection, drawn.none), strict=True):
        assert abs(share - seen) <= 4.5 * (share * (1 - share) / trials) ** 0.5 + 1e-12
    # A dose has at most 15 patients here: their standard deviation is at most 7.5.
    assert drawn.patients == pytest.approx(exact.patients, abs=4.5 * 7.5 / trials**0.5)
    assert drawn.toxicities == pytest.approx(exact.toxicities, abs=4.5 * 7.5 / trials**0.5)


@dataclass(frozen=True)
class Unmerged:
    """A design whose paths are all different states: plain enumeration of paths."""

    inner: Design
    name = "unmerged"

    @property
    def doses(self) -> int:
        return self.inner.doses

    @property
    def target(self) -> float:
        return self.inner.target

    def recommend(self, path):
        return self.inner.recommend(path)

    def digest(self, path):
        return tuple(path)


def numbers(found: Characteristics) -> list[float]:
    return [found.none, *found.selection, *found.patients, *found.toxicities]


@every_design
def test_merged_states_and_all_paths_give_the_same(design):
    merged = exact_characteristics(design, RATES)
    apart = exact_characteristics(Unmerged(design), RATES)
    assert numbers(merged) == pytest.approx(numbers(apart), rel=1e-12, abs=1e-15)


@every_design
def test_harmless_and_certainly_toxic_doses(design):
    harmless = exact_characteristics(design, (0.0, 0.0, 0.0))
    assert harmless.selection == (0.0, 0.0, 1.0)
    assert harmless.toxic_patients == 0
    certain = exact_characteristics(design, (1.0, 1.0, 1.0))
    assert certain.none == pytest.approx(1)
    assert certain.toxic_patients == pytest.approx(certain.sample_size)


@every_design
def test_more_toxic_is_less_often_declared_highest(design):
    shares = [exact_characteristics(design, (0.1, 0.2, p)).selection[2] for p in (0.2, 0.4, 0.6, 0.8)]
    assert shares == sorted(shares, reverse=True)


@every_design
def test_same_seed_same_result(design):
    first = simulate_characteristics(design, RATES, 20, seed=3)
    assert first == simulate_characteristics(design, RATES, 20, seed=3)


@every_design
def test_wrong_rates_and_doses_are_refused(design):
    for rates in ((0.1, 0.2), (0.1, 0.2, 1.2), (0.1, 0.2, float("nan"))):
        with pytest.raises(UsageError, match="one per dose"):
            exact_characteristics(design, rates)
    with pytest.raises(UsageError, match="expected doses 1 to 3"):
        design.recommend([Cohort(4, 3, 0)])
    with pytest.raises(UsageError, match="at least 1"):
        simulate_characteristics(design, RATES, 0)


@pytest.mark.parametrize("numbers", [(0, 3, 0), (1, 0, 0), (1, 3, 4), (1, 3, -1)])
def test_impossible_cohorts_are_refused(numbers):
    with pytest.raises(UsageError, match="Cohort"):
        Cohort(*numbers)


def test_a_design_without_end_is_refused():
    class Endless(Unmerged):
        def recommend(self, path):  # noqa: ARG002
            return Recommendation("treat", 1, 1, "More.")

        def digest(self, path):
            return len(path)

    with pytest.raises(UsageError, match="no end"):
        exact_characteristics(Endless(DESIGNS[0]), RATES)


def test_conduct_table_shows_departures():
    design = ThreePlusThree(3, "nct04976140")
    path = [Cohort(1, 3, 0), Cohort(2, 2, 0), Cohort(3, 3, 2), Cohort(2, 4, 0)]
    rows = conduct_table(design, path)
    assert [row.number for row in rows] == [1, 2, 3, 4]
    assert [(row.treated, row.toxic) for row in rows] == [(3, 0), (2, 0), (3, 2), (6, 0)]
    assert [row.departure for row in rows] == [
        "",
        "2 patients instead of 3.",
        "Dose 3 instead of dose 2.",
        "4 patients instead of 1.",
    ]
    assert rows[3].recommendation.action == "declare"
    assert rows[3].recommendation.dose == 2
    late = conduct_table(design, [Cohort(1, 3, 2), Cohort(1, 3, 0)])
    assert late[1].departure == "The design had ended the trial."
    assert conduct_table(design, []) == ()
