from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.outcome.haq import DEVICES, ITEMS, SECTIONS, aided_sections, defaults, haq_alternative, haq_di
from mitograft.tables.parameters import load_rows

NONE = np.zeros(8)
SECTION = {row["item"]: row["section"] for row in load_rows("mitograft.outcome", "haq_items.csv")}


def answers(default=0, **items):
    return np.array([items.get(item, default) for item in ITEMS], dtype=float)


def aids(**sections):
    return np.array([sections.get(section, 0) for section in SECTIONS], dtype=float)


def without_section(values, *sections):
    return np.where([SECTION[item] in sections for item in ITEMS], np.nan, values)


def test_twenty_items_in_eight_sections_of_two_or_three():
    # IMACS trial document: 8 sections, 2-3 items each, 20 items.
    counts = [list(SECTION.values()).count(section) for section in SECTIONS]
    assert SECTIONS == (
        "dressing", "arising", "eating", "walking", "hygiene", "reach", "grip", "activities",
    )  # fmt: skip
    assert counts == [2, 2, 3, 2, 3, 2, 3, 3]
    assert sum(counts) == len(ITEMS) == 20


def test_a_section_is_its_worst_item():
    result = haq_di(answers(cut_meat=1, open_carton=3, jars=2), NONE)
    assert result.sections.tolist() == [0, 0, 3, 0, 0, 0, 2, 0]
    assert result.score == 5 / 8


def test_an_aid_or_help_lifts_its_section_to_two():
    result = haq_di(answers(climb_steps=1, dress=3), aids(walking=1, dressing=1, grip=1))
    assert dict(zip(SECTIONS, result.sections, strict=True)) == {
        **dict.fromkeys(SECTIONS, 0), "walking": 2, "dressing": 3, "grip": 2,
    }  # fmt: skip
    assert result.score == 7 / 8
    alternative = haq_alternative(answers(climb_steps=1, dress=3))
    assert alternative.score == 4 / 8
    assert "alternative_ignores_aids" in {p.id for p in alternative.flagged}


@pytest.mark.parametrize(
    ("device", "section"),
    [
        ("dressing_aids", "dressing"), ("built_up_chair", "arising"), ("special_utensils", "eating"),
        ("cane", "walking"), ("walker", "walking"), ("crutches", "walking"), ("wheelchair", "walking"),
        ("bath_bar", "hygiene"), ("bathroom_long_handles", "hygiene"), ("raised_toilet_seat", "hygiene"),
        ("reach_long_handles", "reach"), ("jar_opener", "grip"),
    ],
)  # fmt: skip
def test_companion_device_of_each_section(device, section):
    used = np.array([name == device for name in DEVICES])
    aided = aided_sections(used, NONE)
    assert [name for name, mark in zip(SECTIONS, aided, strict=True) if mark] == [section]


def test_help_counts_like_a_device_and_the_unrecorded_stays_unknown():
    assert aided_sections(np.zeros(12), aids(activities=1)).tolist() == aids(activities=1).tolist()
    unknown = np.full(12, np.nan)
    aided = aided_sections(unknown, aids(walking=1))
    assert aided[SECTIONS.index("walking")] == 1
    assert np.isnan(aided[SECTIONS.index("grip")])
    assert aided[SECTIONS.index("activities")] == 0
    assert aided_sections(np.zeros((5, 12)), NONE).shape == (5, 8)


def test_missing_sections_divide_by_those_answered():
    full = answers(1, dress=2)
    assert haq_di(without_section(full, "grip"), NONE).score == pytest.approx(8 / 7, rel=1e-15)
    six = haq_di(without_section(full, "grip", "reach"), NONE)
    assert (six.answered, six.score) == (6, 7 / 6)
    five = haq_di(without_section(full, "grip", "reach", "eating"), NONE)
    assert five.answered == 5
    assert np.isnan(five.score)
    assert (five.low, five.high) == (6 / 8, 15 / 8)
    relaxed = defaults().override({"sections_needed": "5"})
    assert haq_di(without_section(full, "grip", "reach", "eating"), NONE, parameters=relaxed).score == 6 / 5


def test_nothing_answered_is_missing_even_when_nothing_is_needed():
    rules = defaults().override({"sections_needed": "0"})
    result = haq_di(np.full(20, np.nan), NONE, parameters=rules)
    assert np.isnan(result.score)
    assert (result.low, result.high, result.missing) == (0, 3, 20)


def test_an_unanswered_section_with_an_aid_is_not_scored_but_bounded():
    result = haq_di(without_section(answers(), "walking"), aids(walking=1))
    assert (result.score, result.low, result.high) == (0, 2 / 8, 3 / 8)


def test_an_unrecorded_aid_matters_only_below_two():
    aided = aids(walking=np.nan)
    assert haq_di(answers(climb_steps=2), aided).score == 2 / 8
    result = haq_di(answers(climb_steps=1), aided)
    assert np.isnan(result.sections[SECTIONS.index("walking")])
    assert (result.answered, result.score, result.low, result.high) == (7, 0, 1 / 8, 2 / 8)


item_values = st.lists(st.integers(0, 3), min_size=20, max_size=20)
flags = st.lists(st.booleans(), min_size=8, max_size=8)


@given(item_values, flags)
def test_complete_answers_move_in_exact_eighths(items, aided):
    worst = dict.fromkeys(SECTIONS, 0)
    for item, value in zip(ITEMS, items, strict=True):
        worst[SECTION[item]] = max(worst[SECTION[item]], value)
    sections = [max(w, 2) if a else w for w, a in zip(worst.values(), aided, strict=True)]
    result = haq_di(items, aided)
    assert Fraction(float(result.score)) == Fraction(sum(sections), 8)
    assert result.score == result.low == result.high
    assert haq_alternative(items).score <= result.score


@given(item_values, flags, st.lists(st.booleans(), min_size=20, max_size=20))
def test_bounds_contain_the_full_answers_and_without_aids_the_index(items, aided, hidden):
    seen = np.where(hidden, np.nan, items)
    full, partial = haq_di(items, aided), haq_di(seen, aided)
    assert partial.low <= full.score <= partial.high
    plain = haq_alternative(seen)
    assert np.isnan(plain.score) or plain.low <= plain.score <= plain.high


def test_unconfirmed_rules_are_flagged():
    flagged = {p.id for p in haq_di(answers(), NONE).flagged}
    assert flagged == {"sections_needed", "item_allocation"}
    changed = haq_di(answers(), aids(grip=1), parameters=defaults().override({"aided_minimum": "1"}))
    assert changed.score == 1 / 8
    assert "aided_minimum" in {p.id for p in changed.flagged}


def test_mistakes_are_explained():
    with pytest.raises(UsageError, match=r"HAQ-DI: 1 value off the scale(.|\n)*bend: found '4'"):
        haq_di(answers(bend=4), NONE)
    with pytest.raises(UsageError, match="HAQ-DI aided sections"):
        haq_di(answers(), aids(grip=2))
    with pytest.raises(UsageError, match=r"do not fit together \(items \(2,\), aided \(3,\)\)"):
        haq_di(np.zeros((2, 20)), np.zeros((3, 8)))
    with pytest.raises(UsageError, match="override of divide_by"):
        haq_di(answers(), NONE, parameters=defaults().override({"divide_by": "8"}))
