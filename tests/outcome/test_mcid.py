import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.outcome.mcid import defaults, exceeds_mcid

# Almackenzie 2026, n=105, SF-36 anchor; then second-hand values.
PUBLISHED = {
    "physician_global": 1.1,
    "patient_global": 1.84,
    "extramuscular": 0.85,
    "haq": 0.65,
    "mmt8_150": 3.7,
    "tis": 23.7,
    "haq_rheumatoid_arthritis": 0.22,
    "cdasi_activity": 5,
    "cdasi_activity_lenient": 4,
}


def test_published_values():
    assert {p.id: p.number for p in defaults()} == PUBLISHED
    secondary = {p.id for p in defaults() if p.flagged}
    assert secondary == {"haq_rheumatoid_arthritis", "cdasi_activity", "cdasi_activity_lenient"}


@pytest.mark.parametrize(("measure", "value"), PUBLISHED.items())
def test_reached_exactly_at_the_value_and_only_in_the_better_direction(measure, value):
    changes = np.array([value, value - 1e-6, -value, 0, np.nan])
    result = exceeds_mcid(measure, changes)
    assert result.reached.tolist() == [True, False, False, False, False]
    assert result.missing.tolist() == [False] * 4 + [True]
    assert result.parameter.id == measure


def test_differences_of_decimals_are_not_decided_by_binary_rounding():
    baseline = np.arange(11, 101) / 10
    change = baseline - np.arange(0, 90) / 10
    assert (change < 1.1).any()
    assert exceeds_mcid("physician_global", change).reached.all()


def test_unknown_measure_and_text():
    with pytest.raises(UsageError, match="Found measure 'mmt8', expected one of physician_global"):
        exceeds_mcid("mmt8", 4)
    with pytest.raises(UsageError, match="not numbers"):
        exceeds_mcid("haq", "a lot")


def test_an_overridden_value_is_used_and_flagged():
    result = exceeds_mcid("haq", 0.5, parameters=defaults().override({"haq": "0.5"}))
    assert result.reached
    assert result.parameter.flagged


def test_a_missing_change_never_reaches_even_a_difference_of_nothing():
    result = exceeds_mcid("haq", [np.nan, 0.0], parameters=defaults().override({"haq": "0"}))
    assert result.reached.tolist() == [False, True]
