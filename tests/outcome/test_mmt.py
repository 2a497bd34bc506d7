import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.outcome.mmt import (
    CARD_BILATERAL,
    CARD_MMT8,
    CARD_MMT24,
    defaults,
    mmt8,
    mmt8_bilateral,
    mmt24,
    muscles,
    points_from_grades,
)


@pytest.mark.parametrize(
    ("score", "form", "card", "items"),
    [
        # IMACS form 04: eight groups on one side.
        (mmt8, "mmt8", CARD_MMT8, 8),
        # Seven pairs and the neck flexors once; /150 as in NCT04976140.
        (mmt8_bilateral, "mmt8_bilateral", CARD_BILATERAL, 15),
        # Axial 2, proximal 8 x 2, distal 4 x 2.
        (mmt24, "mmt24", CARD_MMT24, 26),
    ],
)
def test_published_maxima(score, form, card, items):
    assert len(muscles(form)) == items
    assert score(np.full(items, 10)).score == card.high
    assert score(np.zeros(items)).score == 0


def test_regions_of_mmt24():
    regions = [name.split("_")[0] for name in muscles("mmt24")]
    assert [10 * regions.count(region) for region in ("axial", "proximal", "distal")] == [20, 160, 80]


def test_neck_flexors_are_tested_once():
    assert sum(name.startswith("neck") for name in muscles("mmt8_bilateral")) == 1
    assert all(f"{name}_left" in muscles("mmt8_bilateral") for name in muscles("mmt8")[1:])


def test_a_missing_group_gives_bounds_only():
    result = mmt8([[10, 10, 10, 10, 10, 10, 10, np.nan]])
    assert np.isnan(result.score[0])
    assert (result.low[0], result.high[0], result.missing[0]) == (70, 80, 1)


def test_grades_are_translated_as_published():
    # Kendall 0-10 against 0-5 grades, https://id.scribd.com/document/239058219
    published = {
        "0": 0,
        "2-": 1,
        "2": 2,
        "2+": 3,
        "3-": 4,
        "3": 5,
        "3+": 6,
        "4-": 7,
        "4": 8,
        "4+": 9,
        "5": 10,
    }
    assert points_from_grades(list(published)).tolist() == list(published.values())


def test_a_trace_has_no_points_of_its_own():
    with pytest.raises(UsageError, match=r"2 cells without points(.|\n)*index 1: found 'T'(.|\n)*index 2"):
        points_from_grades(["5", "T", "1"])
    assert points_from_grades(["5", "T", "1"], trace=0.5).tolist() == [10, 0.5, 0.5]
    grades = points_from_grades(["T", *["5"] * 7], trace=0.5)
    assert mmt8(grades, trace=0.5).score == 70.5
    with pytest.raises(UsageError, match=r"neck_flexors: found '0\.5', expected a whole number"):
        mmt8(grades)
    with pytest.raises(UsageError, match="expected a number from 0 to 1"):
        mmt8(grades, trace=2)


def test_unknown_grades_and_forms():
    with pytest.raises(UsageError, match=r"found '6'(.|\n)*Expected one of 0, 2-"):
        points_from_grades("6")
    with pytest.raises(UsageError, match="Found form 'mmt12', expected one of mmt8, mmt8_bilateral, mmt24"):
        muscles("mmt12")


def test_error_of_measurement_is_on_file():
    assert defaults()["sem_single_group"].number == 0.5
