"""Laws every scored instrument keeps, run over the registry of cards."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.outcome.card import INSTRUMENTS
from mitograft.outcome.cdasi import cdasi_activity, cdasi_damage
from mitograft.outcome.classification import classify_iim
from mitograft.outcome.cmas import cmas
from mitograft.outcome.das import das
from mitograft.outcome.haq import haq_alternative, haq_di
from mitograft.outcome.mdaat import mitax, myoact
from mitograft.outcome.mmt import mmt8, mmt8_bilateral, mmt24
from mitograft.tables.parameters import load_rows


@dataclass(frozen=True)
class Case:
    """How to score one instrument from items counted in whole steps (``steps`` a unit)."""

    score: Callable
    highs: tuple[int, ...]
    steps: int = 1


@dataclass(frozen=True)
class Bounds:
    score: np.ndarray
    low: np.ndarray
    high: np.ndarray


def haq_without_aids(items):
    return haq_di(items, np.zeros(8))


def mitax_of_ranks(ranks):
    letters = np.array(["E", "C", "B", "A"], dtype=object)
    known = np.where(np.isnan(ranks), 0, ranks).astype(int)
    return mitax(np.where(np.isnan(ranks), None, letters[known]))


def probability(items):
    result = classify_iim(50, items, biopsied=True)
    return Bounds(result.probability, result.probability_low, result.probability_high)


CASES = {
    "MMT-8": Case(mmt8, (10,) * 8),
    "MMT-8 bilateral": Case(mmt8_bilateral, (10,) * 15),
    "MMT-24": Case(mmt24, (10,) * 26),
    "HAQ-DI": Case(haq_without_aids, (3,) * 20),
    "HAQ-DI alternative": Case(haq_alternative, (3,) * 20),
    "MYOACT": Case(myoact, (100,) * 6, steps=10),
    "MITAX": Case(mitax_of_ranks, (3,) * 7),
    "CDASI-A": Case(cdasi_activity, (3,) * 15 + (2,) * 15 + (1,) * 15 + (3, 1, 2, 1)),
    "CDASI-D": Case(cdasi_damage, (1,) * 30 + (2,)),
    "CMAS": Case(cmas, (5, 2, 5, 3, 6, 3, 3, 4, 3, 4, 4, 4, 3, 3)),
    "DAS": Case(das, (9, 11)),
    "IIM-2017": Case(probability, (1,) * 14),
}

everywhere = pytest.mark.parametrize("name", INSTRUMENTS)


def draw_items(data, case, gaps=False):
    items = np.array(data.draw(st.tuples(*(st.integers(0, high) for high in case.highs))), dtype=float)
    if gaps:
        n = len(case.highs)
        items[np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))] = np.nan
    return items / case.steps


def test_every_card_has_a_case_and_every_row_a_card():
    assert set(CASES) == set(INSTRUMENTS)
    assert len(load_rows("mitograft.outcome", "instruments.csv")) == len(INSTRUMENTS)
    for card in INSTRUMENTS.values():
        assert card.citation
        assert card.unit
        assert card.low < card.high
        assert card.status in {"source", "derived", "secondary", "recall"}


@everywhere
def test_the_ends_of_the_card_are_the_ends_of_the_score(name):
    card, case = INSTRUMENTS[name], CASES[name]
    lowest = case.score(np.zeros(len(case.highs))).score
    highest = case.score(np.array(case.highs) / case.steps).score
    if card.unit == "probability":
        assert card.low < lowest < highest < card.high
    else:
        assert (lowest, highest) == (card.low, card.high)


@everywhere
@settings(max_examples=30)
@given(data=st.data())
def test_monotone_in_each_item(name, data):
    case = CASES[name]
    items = draw_items(data, case)
    more = items.copy()
    column = data.draw(st.integers(0, len(items) - 1))
    more[column] = data.draw(st.integers(round(items[column] * case.steps), case.highs[column])) / case.steps
    assert case.score(more).score >= case.score(items).score


@everywhere
@settings(max_examples=30)
@given(data=st.data())
def test_bounds_contain_every_completion(name, data):
    card, case = INSTRUMENTS[name], CASES[name]
    seen = draw_items(data, case, gaps=True)
    part = case.score(seen)
    full = case.score(np.where(np.isnan(seen), draw_items(data, case), seen)).score
    assert card.low <= part.low <= full <= part.high <= card.high
    assert np.isnan(part.score) or part.low <= part.score <= part.high


@everywhere
@settings(max_examples=30)
@given(data=st.data())
def test_bounds_are_attained(name, data):
    case = CASES[name]
    seen = draw_items(data, case, gaps=True)
    part = case.score(seen)
    top = np.array(case.highs) / case.steps
    assert case.score(np.where(np.isnan(seen), 0, seen)).score == part.low
    assert case.score(np.where(np.isnan(seen), top, seen)).score == part.high


@everywhere
@settings(max_examples=20)
@given(data=st.data())
def test_each_patient_is_scored_alone(name, data):
    case = CASES[name]
    rows = np.array([draw_items(data, case, gaps=True) for _ in range(data.draw(st.integers(1, 4)))])
    order = data.draw(st.permutations(range(len(rows))))
    together = case.score(rows[list(order)][None])
    for place, row in enumerate(order):
        single = case.score(rows[row])
        for field in ("score", "low", "high"):
            np.testing.assert_array_equal(getattr(together, field)[0, place], getattr(single, field))


# MITAX takes letters; its unknown letter is tested with the instrument.
@pytest.mark.parametrize("name", sorted(set(INSTRUMENTS) - {"MITAX"}))
def test_off_scale_is_refused(name):
    case = CASES[name]
    items = np.array(case.highs, dtype=float) / case.steps
    items[-1] += 1
    with pytest.raises(UsageError, match=r"1 value off the scale"):
        case.score(items)
