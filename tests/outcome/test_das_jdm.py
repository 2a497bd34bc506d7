import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.outcome.das import CARD, PARTS, das, defaults


def test_skin_and_muscle_add_to_twenty():
    assert PARTS == ("skin", "muscle")
    assert das([9, 11]).score == CARD.high == 20
    assert {p.id for p in das([0, 0]).flagged} == {"das/skin", "das/muscle"}


def test_bounds_and_scale():
    result = das([[np.nan, 5], [4, np.nan]])
    assert result.low.tolist() == [5, 4]
    assert result.high.tolist() == [14, 15]
    with pytest.raises(UsageError, match="skin: found '10', expected a whole number from 0 to 9"):
        das([10, 0])


def test_overridden_split_must_keep_the_total():
    with pytest.raises(UsageError, match="add to 21, expected 20"):
        das([0, 0], parameters=defaults().override({"das/skin": "10"}))
    other = defaults().override({"das/skin": "10", "das/muscle": "10"})
    assert das([10, 10], parameters=other).score == 20
