import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.outcome.cmas import CARD, ITEMS, TIMED_ITEMS, cmas, defaults, points_from_seconds

# medicalalgorithms.com, childhood myositis assessment scale; the last seven maxima are recalled.
MAXIMA = [5, 2, 5, 3, 6, 3, 3, 4, 3, 4, 4, 4, 3, 3]


def test_fourteen_manoeuvres_add_to_52():
    assert len(ITEMS) == 14
    assert cmas(MAXIMA).score == CARD.high == 52
    assert cmas(np.zeros(14)).score == 0


@pytest.mark.parametrize("position", range(14))
def test_each_item_ends_at_its_maximum(position):
    items = np.array(MAXIMA)
    items[position] += 1
    with pytest.raises(UsageError, match=f"{ITEMS[position]}: found '{items[position]}'"):
        cmas(items)


@pytest.mark.parametrize(
    ("seconds", "points"),
    [
        (0, 0), (0.5, 0), (0.999999, 0), (1, 1), (9, 1), (9.5, 1), (9.999999, 1), (10, 2), (29, 2), (29.9, 2),
        (30, 3), (59, 3), (59.5, 3), (60, 4), (119, 4), (119.99, 4), (120, 5), (600, 5),
    ],
)  # fmt: skip
def test_seconds_to_points_at_the_edges(seconds, points):
    assert points_from_seconds(seconds, "head_lift") == points
    assert points_from_seconds(seconds, "straight_leg_lift") == points
    assert points_from_seconds(seconds, "arm_raise_duration") == min(points, 4)


def test_missing_times_stay_missing_and_points_fit_the_items():
    assert np.isnan(points_from_seconds([np.nan], "head_lift")).all()
    for item in TIMED_ITEMS:
        assert points_from_seconds(1e4, item) == MAXIMA[ITEMS.index(item)]


def test_a_missing_item_gives_bounds():
    result = cmas([np.nan, *MAXIMA[1:]])
    assert np.isnan(result.score)
    assert (result.low, result.high, result.missing) == (47, 52, 1)


def test_recalled_maxima_are_flagged():
    assert {p.id for p in cmas(MAXIMA).flagged} == {f"item/{item}" for item in ITEMS[7:]}


def test_healthy_children_are_on_file():
    # 10.1002/acr.22041: healthy 4-year-olds 46.6 (SD 2.3)
    assert defaults()["healthy_age_4_mean"].number == 46.6
    assert defaults()["healthy_age_4_sd"].number == 2.3


def test_mistakes_are_explained():
    with pytest.raises(UsageError, match=r"found 2 times below 0 s or infinite at index 1; 2;"):
        points_from_seconds([1, -1, np.inf], "head_lift")
    with pytest.raises(UsageError, match="found item 'sit_ups', expected a timed one"):
        points_from_seconds([1], "sit_ups")
    with pytest.raises(UsageError, match="expected an increasing series"):
        points_from_seconds([1], "head_lift", parameters=defaults().override({"timed/2": "40"}))
    with pytest.raises(UsageError, match="override of between_seconds"):
        points_from_seconds([1], "head_lift", parameters=defaults().override({"between_seconds": "round"}))
    # A form in circulation says 53.
    with pytest.raises(UsageError, match="add to 53, expected 52"):
        cmas(MAXIMA, parameters=defaults().override({"item/pick_up": "4"}))
