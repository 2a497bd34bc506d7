import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.statistics.none_seen import none_seen, patients_to_exclude
from mitograft.statistics.proportions import clopper_pearson

LEVELS = (0.8, 0.9, 0.95, 0.975)


def test_published_limits_at_no_event():
    # Clopper-Pearson 0/3 (0, .7076), 0/6 (0, .4593), two-sided 95 %, as R binom.test; Hanley and
    # Lippman-Hand, JAMA 1983;249:1743: about 3 / n at one-sided 95 %.
    assert [round(none_seen(n, levels=[0.975]).upper[0], 4) for n in (3, 6)] == [0.7076, 0.4593]
    assert none_seen(300, levels=[0.95]).upper[0] == pytest.approx(3 / 300, rel=0.01)
    # The closed form at nine patients: 1 - 0.05 ** (1 / 9).
    assert none_seen(9, levels=[0.95]).upper[0] == pytest.approx(1 - 0.05 ** (1 / 9), rel=1e-14)


def test_patients_needed_known_values():
    # 59 without an event exclude 5 % with 95 % confidence, 29 exclude 10 %, as in acceptance sampling.
    assert [patients_to_exclude(rate, 0.95) for rate in (0.05, 0.1)] == [59, 29]
    # Met exactly: three patients and one half leave exactly one eighth.
    assert patients_to_exclude(0.5, 0.875) == 3


@given(st.integers(1, 2000), st.floats(0.51, 0.999))
def test_limit_is_that_of_clopper_pearson_and_would_have_shown(n, level):
    upper = none_seen(n, levels=[level]).upper[0]
    two_sided = clopper_pearson(0, n, level=2 * level - 1)[1]
    assert upper == pytest.approx(float(two_sided))
    assert 1 - (1 - upper) ** n == pytest.approx(level)


@given(st.floats(0.001, 0.999), st.floats(0.5, 0.999))
def test_number_needed_is_the_smallest(rate, level):
    n = patients_to_exclude(rate, level)
    assert (1 - rate) ** n <= (1 - level) * (1 + 1e-6)
    assert n == 1 or (1 - rate) ** (n - 1) > (1 - level) * (1 - 1e-6)


def test_table_is_rates_by_levels_and_more_patients_say_more():
    found = [none_seen(n, levels=LEVELS, rates=(0.1, 1 / 3)) for n in (3, 6, 9, 12, 18, 36)]
    assert all(a.upper > b.upper for a, b in itertools.pairwise(found))
    assert all(list(one.upper) == sorted(one.upper) for one in found)
    assert found[0].needed == ((16, 22, 29, 36), (4, 6, 8, 10))
    assert {one.kind for one in found} == {"exact"}


def test_nobody_is_answered():
    found = none_seen(0, levels=LEVELS)
    assert found.upper == (1.0,) * 4
    assert "every rate" in found.note


@pytest.mark.parametrize(
    ("n", "levels", "rates"),
    [(-1, [0.9], []), (2.5, [0.9], []), (3, [1.0], []), (3, [0.9], [0.0]), (3, [0.9], [math.nan])],
)
def test_questions_without_sense(n, levels, rates):
    with pytest.raises(UsageError, match="found"):
        none_seen(n, levels=levels, rates=rates)
