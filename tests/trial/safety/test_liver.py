import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mitograft.trial.safety import assess_liver, list_liver_peaks, load_safety_settings, summarise_liver
from mitograft.trial.summary.standard import safety_population

DOSE = "2022-03-01"


def day(n):
    return f"2022-03-{n:02d}"


def assess(sketch, settings, *results, subjects=None):
    _, adam = sketch.study(subjects or [sketch.Subject("A", results=list(results))])
    population = safety_population(adam.datasets["ADSL"], adam.protocol)
    return assess_liver(population, adam.datasets["ADLB"], settings), population, adam.datasets["ADLB"]


def verdict(found):
    return found.subjects[0].case.verdict if found.subjects and found.subjects[0].case else "none"


CASE = "potential Hy's law case"
OPEN = "alkaline phosphatase not measured"


# Upper limits: ALT and AST 40, BILI 20, ALP 100.
@pytest.mark.parametrize(
    ("alt", "bilirubin", "apart", "phosphatase", "expected"),
    [
        (121, 41, 0, 150, CASE),
        (120, 41, 0, 150, "none"),  # three times is not above three times
        (121, 40, 0, 150, "none"),
        (121, 41, 0, 199, CASE),
        (121, 41, 0, 200, "cholestatic"),  # twice is not below twice
        (121, 41, 0, None, OPEN),
        (121, 41, 30, 150, CASE),
        (121, 41, 31, 150, "none"),
        (121, 41, -5, 150, CASE),  # bilirubin first
        (4000, 19, 0, 150, "none"),
        (39, 400, 0, 150, "none"),
    ],
)
def test_the_rule_at_its_limits(sketch, settings, alt, bilirubin, apart, phosphatase, expected):
    at = "2022-03-20"
    results = [
        sketch.result("ALT", alt, at),
        sketch.result("BILI", bilirubin, sketch.later(at, apart), 20.0),
    ]
    results += [sketch.result("ALP", phosphatase, at, 100.0)] if phosphatase else []
    assert verdict(assess(sketch, settings, *results)[0]) == expected


@pytest.mark.parametrize("high", [0.1, 0.3, 0.7, 1.1, 13.3])
def test_limits_are_compared_exactly(sketch, settings, high):
    # 3 x 0.1 is 0.30000000000000004 among floats; a result of 0.3 is not above three times 0.1.
    from fractions import Fraction

    limit = Fraction(str(high))
    at, below = float(3 * limit), sketch.result("BILI", 99.0, day(5), 1.0)
    assert verdict(assess(sketch, settings, sketch.result("AST", at, day(5), high), below)[0]) == "none"
    more = float(3 * limit + Fraction(1, 10**6))
    assert verdict(assess(sketch, settings, sketch.result("AST", more, day(5), high), below)[0]) == OPEN


def test_baseline_and_results_before_the_dose_do_not_count(sketch, settings):
    before = [sketch.result("ALT", 999, "2022-02-27"), sketch.result("BILI", 99, "2022-02-27", 20.0)]
    found, _, _ = assess(sketch, settings, *before)
    assert found.subjects == ()
    found, _, _ = assess(sketch, settings, *before, sketch.result("BILI", 99, day(4), 20.0))
    assert verdict(found) == "none"  # a pair of before and after the dose is none


def test_settings_move_the_limits(sketch):
    pair = [sketch.result("ALT", 100, day(5)), sketch.result("BILI", 35, day(9), 20.0)]
    strict = load_safety_settings({"hy_aminotransferase": "2", "hy_bilirubin": "3/2", "hy_days": "4"})
    assert verdict(assess(sketch, strict, *pair)[0]) == OPEN
    assert verdict(assess(sketch, load_safety_settings(), *pair)[0]) == "none"


def test_muscle_stands_beside(sketch, settings):
    pair = [sketch.result("AST", 200, day(5)), sketch.result("BILI", 50, day(5), 20.0)]
    for ck, answer, words in (
        (150, False, "not raised"),
        (2000, True, "raised"),
        (None, None, "not measured"),
    ):
        results = pair + ([sketch.result("CK", ck, day(6), 190.0)] if ck else [])
        found, population, adlb = assess(sketch, settings, *results, sketch.result("GGT", 30, day(5), 60.0))
        case = found.subjects[0].case
        assert case.of_muscle is answer
        assert float(case.ggt.multiple) == 0.5
        assert list_liver_peaks(population, adlb, found).find("S01")[-1].text == words
        table = summarise_liver(population, adlb, found, settings)
        label = "Creatine kinase raised beside (may be of muscle)"
        assert table.find(label)[0].value == (1 if answer else 0)


def test_peaks_and_quadrants(sketch, settings):
    results = [
        [("ALT", 130, 5), ("AST", 200, 20), ("BILI", 10, 5)],
        [("ALT", 20, 5), ("BILI", 50, 5)],
        [("ALT", 20, 5), ("ALT", 500, 9), ("BILI", 50, 28)],
        [("ALT", 20, 5), ("BILI", 15, 5)],
        [("ALT", 300, 5)],
    ]
    high = {"ALT": 40.0, "AST": 40.0, "BILI": 20.0}
    subjects = [
        sketch.Subject("A", results=[sketch.result(c, v, day(d), high[c]) for c, v, d in one])
        for one in results
    ]
    found, population, adlb = assess(sketch, settings, subjects=subjects)
    assert [one.quadrant for one in found.subjects] == [
        "Temple's corollary", "hyperbilirubinaemia", "Hy's law", "normal or near normal", "",
    ]  # fmt: skip
    assert float(found.subjects[0].aminotransferase().multiple) == 5.0
    table = summarise_liver(population, adlb, found, settings)
    # Four of the five have both tests; two of them, and the third subject's pair 19 days apart, are raised.
    assert table.find("ALT or AST > 3 x ULN")[0].text.startswith("2/4")
    assert table.find("Bilirubin > 2 x ULN")[0].text.startswith("2/4")
    assert table.find("Alkaline phosphatase not measured")[0].text.startswith("1/4")
    listed = list_liver_peaks(population, adlb, found)
    assert [row.label for row in listed.rows] == ["S01", "S02", "S03"]
    cell = listed.find("S01")[2]
    assert (cell.text, adlb.frame["AVAL"][int(cell.records[0].rows[0])]) == ("5.0", 200.0)


def test_results_without_a_limit_are_counted_and_left_out(sketch, settings):
    results = [sketch.result("ALT", 999, day(5), None), sketch.result("BILI", 99, day(5), 0.0)]
    found, population, adlb = assess(sketch, settings, *results)
    assert (found.subjects, found.without_limit) == ((), 2)
    assert summarise_liver(population, adlb, found, settings).find("Bilirubin > 2 x ULN")[0].text == "0/0"


RESULT = st.tuples(st.sampled_from(["ALT", "BILI", "ALP"]), st.integers(1, 400), st.integers(2, 28))


@hypothesis_settings(max_examples=20)
@given(values=st.lists(RESULT, max_size=8))
def test_a_case_is_a_pair_that_any_reader_finds(sketch, settings, values):
    results = [sketch.result(code, value, day(at), 40.0) for code, value, at in values]
    found, _, _ = assess(sketch, settings, *results)
    expected = any(
        a[0] == "ALT" and b[0] == "BILI" and a[1] > 120 and b[1] > 80 and abs(a[2] - b[2]) <= 30
        for a in values
        for b in values
    )
    assert (verdict(found) != "none") == expected
