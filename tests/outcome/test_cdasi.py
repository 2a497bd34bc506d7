import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.outcome.cdasi import (
    ACTIVITY_ITEMS,
    AREAS,
    CARD_ACTIVITY,
    CARD_DAMAGE,
    DAMAGE_ITEMS,
    cdasi_activity,
    cdasi_damage,
    defaults,
)

ACTIVITY_MAXIMA = np.array([3] * 15 + [2] * 15 + [1] * 15 + [3, 1, 2, 1])
DAMAGE_MAXIMA = np.array([1] * 30 + [2])


def at(names, **values):
    return np.array([values.get(name, 0) for name in names])


def test_the_maxima_add_to_100_and_32():
    # NCT03181893 results record: activity 0-100 over 15 areas; damage 0-32.
    assert len(AREAS) == 15
    assert cdasi_activity(ACTIVITY_MAXIMA).score == CARD_ACTIVITY.high == 100
    assert cdasi_damage(DAMAGE_MAXIMA).score == CARD_DAMAGE.high == 32


@pytest.mark.parametrize(
    ("start", "stop", "published"),
    [(0, 15, 45), (15, 30, 30), (30, 45, 15), (45, 47, 7), (47, 48, 2), (48, 49, 1)],
)
def test_published_parts_of_the_activity_score(start, stop, published):
    part = np.zeros(49)
    part[start:stop] = ACTIVITY_MAXIMA[start:stop]
    assert cdasi_activity(part).score == published


def test_only_gottron_papules_are_doubled():
    assert cdasi_activity(at(ACTIVITY_ITEMS, gottron_papules=2)).score == 4
    assert cdasi_activity(at(ACTIVITY_ITEMS, gottron_ulceration=1, erythema_scalp=2)).score == 3
    flagged = {p.id for p in cdasi_activity(np.zeros(49)).flagged}
    assert flagged == {"activity_sign/gottron_papules", "gottron_papules_weight"}


def test_a_missing_item_gives_bounds_with_its_weight():
    items = at(ACTIVITY_ITEMS, erythema_arm=3).astype(float)
    items[ACTIVITY_ITEMS.index("gottron_papules")] = np.nan
    result = cdasi_activity(items)
    assert np.isnan(result.score)
    assert (result.low, result.high) == (3, 9)


def test_damage_items():
    assert cdasi_damage(at(DAMAGE_ITEMS, poikiloderma_arm=1, hand_damage=2)).score == 3
    # A public form scores poikiloderma 0-2, which contradicts the published total of 32.
    with pytest.raises(
        UsageError, match="poikiloderma_scalp: found '2', expected a whole number from 0 to 1"
    ):
        cdasi_damage(at(DAMAGE_ITEMS, poikiloderma_scalp=2))
    assert {p.id for p in cdasi_damage(np.zeros(31)).flagged} == {
        "damage/poikiloderma",
        "damage/calcinosis",
        "damage_sign/hand_damage",
    }


def test_overrides_must_keep_the_published_total():
    rules = defaults().override({"gottron_papules_weight": "1"})
    with pytest.raises(UsageError, match="add to 97, expected 100"):
        cdasi_activity(np.zeros(49), parameters=rules)
    rules = defaults().override({"gottron_papules_weight": "1", "activity_sign/gottron_papules": "6"})
    assert cdasi_activity(np.array([*[0] * 45, 6, 0, 0, 0]), parameters=rules).score == 6
