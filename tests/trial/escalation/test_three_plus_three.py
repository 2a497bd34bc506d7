"""3+3: the registered rule of NCT04976140, the variants, and exact characteristics in closed form."""

import pytest

from mitograft.errors import UsageError
from mitograft.trial.escalation import Cohort, ThreePlusThree, exact_characteristics

RATES = (0.12, 0.27, 0.44, 0.53, 0.57)


def trial(*outcomes: str) -> list[Cohort]:
    """Read "2NTN" as a cohort of three at dose 2 with one DLT."""
    return [Cohort(int(text[0]), len(text) - 1, text.count("T")) for text in outcomes]


def answer(design: ThreePlusThree, *outcomes: str) -> tuple[str, int | None, int]:
    said = design.recommend(trial(*outcomes))
    return said.action, said.dose, said.patients


# NCT04976140, registry: every branch of the rule, low (1), intermediate (2), high (3).
@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], ("treat", 1, 3)),
        (["1NNN"], ("treat", 2, 3)),
        (["1TNN"], ("treat", 1, 3)),
        (["1TNN", "1NNN"], ("treat", 2, 3)),
        (["1TNN", "1TNN"], ("stop", None, 0)),
        (["1TTN"], ("stop", None, 0)),
        (["1NNN", "2NNN"], ("treat", 3, 3)),
        (["1NNN", "2TNN"], ("treat", 2, 3)),
        (["1NNN", "2TNN", "2NNN"], ("treat", 3, 3)),
        (["1NNN", "2TNN", "2TTN"], ("declare", 1, 0)),
        (["1NNN", "2TTT"], ("declare", 1, 0)),
        (["1NNN", "2NNN", "3NNN"], ("declare", 3, 0)),
        (["1NNN", "2NNN", "3TNN"], ("treat", 3, 3)),
        (["1NNN", "2NNN", "3TNN", "3NNN"], ("declare", 3, 0)),
        (["1NNN", "2NNN", "3TNN", "3TNN"], ("declare", 2, 0)),
        (["1NNN", "2NNN", "3TTN"], ("declare", 2, 0)),
    ],
)
def test_rule_of_the_registered_trial(outcomes, expected):
    assert answer(ThreePlusThree(3, "nct04976140"), *outcomes) == expected


def test_reason_says_where_the_registry_is_silent():
    design = ThreePlusThree(3, "nct04976140")
    assert "registry names 2 of 6 only" in design.recommend(trial("1TTN")).reason
    assert "registry" not in design.recommend(trial("1TNN", "1TNN")).reason
    assert "registry" not in ThreePlusThree(3).recommend(trial("1TTN")).reason


def test_exact_characteristics_published():
    # Closed form of the escalate-only rule for these rates (R); the vignette of R package precautionary
    # simulated .11 .41 .36 .10 .02 .00 and 10.56 patients with 100 trials.
    exact = exact_characteristics(ThreePlusThree(5), RATES)
    assert round(exact.none, 4) == 0.1285
    assert [round(share, 4) for share in exact.selection] == [0.3861, 0.3648, 0.1036, 0.0151, 0.0018]
    assert [round(n, 3) for n in exact.patients] == [3.836, 3.743, 2.059, 0.489, 0.067]
    assert round(exact.sample_size, 3) == 10.193


def test_exact_characteristics_closed_form():
    # Storer 1989, design A: a dose is passed with probability q^3 + 3 p q^5, if reached.
    up = [(1 - p) ** 3 + 3 * p * (1 - p) ** 5 for p in RATES]
    exact = exact_characteristics(ThreePlusThree(5), RATES)
    reach = 1.0
    for place, p in enumerate(RATES):
        assert exact.patients[place] == pytest.approx(reach * (3 + 3 * 3 * p * (1 - p) ** 2), rel=1e-12)
        reach *= up[place]
        stays = (1 - up[place + 1]) if place < 4 else 1.0
        assert exact.selection[place] == pytest.approx(reach * stays, rel=1e-12)
    assert exact.none == pytest.approx(1 - up[0], rel=1e-12)


def test_registered_rule_behaves_as_escalate_only():
    rates = (0.05, 0.15, 0.35)
    registered = exact_characteristics(ThreePlusThree(3, "nct04976140"), rates)
    assert registered == exact_characteristics(ThreePlusThree(3), rates)


def test_variants_differ_only_in_what_they_confirm():
    path = ["1NNN", "2TTN"]
    assert answer(ThreePlusThree(3), *path) == ("declare", 1, 0)
    for variant in ("de_escalating", "six_at_mtd"):
        design = ThreePlusThree(3, variant)
        assert answer(design, *path) == ("treat", 1, 3)
        assert answer(design, *path, "1TNN") == ("declare", 1, 0)
        assert answer(design, *path, "1TTN") == ("stop", None, 0)
        assert answer(design, "1TNN", "1NNN", "2TTN") == ("declare", 1, 0)
    top = ["1NNN", "2NNN", "3NNN"]
    assert answer(ThreePlusThree(3, "de_escalating"), *top) == ("declare", 3, 0)
    assert answer(ThreePlusThree(3, "six_at_mtd"), *top) == ("treat", 3, 3)
    assert answer(ThreePlusThree(3, "six_at_mtd"), *top, "3NTN") == ("declare", 3, 0)
    assert answer(ThreePlusThree(3, "six_at_mtd"), *top, "3TTN") == ("treat", 2, 3)
    assert answer(ThreePlusThree(3, "six_at_mtd"), *top, "3TTN", "2TTN") == ("treat", 1, 3)


def test_confirming_six_lowers_the_dose_and_costs_patients():
    simple = exact_characteristics(ThreePlusThree(5), RATES)
    below = exact_characteristics(ThreePlusThree(5, "de_escalating"), RATES)
    six = exact_characteristics(ThreePlusThree(5, "six_at_mtd"), RATES)
    assert simple.none < below.none
    assert simple.sample_size < below.sample_size < six.sample_size
    # Selection of the highest dose is the same where it is declared with three.
    assert below.selection[4] == pytest.approx(simple.selection[4], rel=1e-12)
    assert six.selection[4] < below.selection[4]


def test_cohorts_that_are_not_of_three():
    design = ThreePlusThree(3)
    assert answer(design, "1N") == ("treat", 1, 2)
    assert answer(design, "1TT") == ("stop", None, 0)
    assert answer(design, "1NTNN") == ("treat", 1, 2)
    assert answer(design, "1NNNN") == ("treat", 2, 3)


def test_start_above_the_lowest_dose():
    design = ThreePlusThree(3, start=2)
    assert answer(design) == ("treat", 2, 3)
    assert answer(design, "2TTN") == ("treat", 1, 3)
    assert answer(design, "2TTN", "1NNN") == ("declare", 1, 0)
    assert answer(design, "2TTN", "1TNN") == ("treat", 1, 3)


@pytest.mark.parametrize(
    ("doses", "variant", "start"),
    [(0, "escalate_only", 1), (3, "usual", 1), (3, "escalate_only", 4), (4, "nct04976140", 1)],
)
def test_impossible_designs_are_refused(doses, variant, start):
    with pytest.raises(UsageError, match="expected"):
        ThreePlusThree(doses, variant, start)
