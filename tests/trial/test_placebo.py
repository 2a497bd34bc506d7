"""Placebo arms: the shipped rows keep their own contract; a user's mistakes are all named at once."""

import pytest

from mitograft.errors import InputError
from mitograft.tables.contract import RawTable
from mitograft.trial.placebo import PLACEBO_ARMS, load_placebo_arms, read_placebo_arms

GOOD = {
    "trial": ["T1", "T1"],
    "arm": ["placebo", "placebo"],
    "population": ["PM/DM", "PM/DM"],
    "week": [12, "12"],
    "threshold": [20.0, "40"],
    "responders": [4, "1"],
    "n": [12, "12"],
    "pool": ["yes", "yes"],
    "status": ["source", "source"],
    "citation": ["own trial", "own trial"],
}


def raw(**changes):
    columns = {**GOOD, **changes}
    return RawTable("arms.csv", columns, range(2, 2 + len(columns["trial"])))


def test_shipped_arms():
    arms = load_placebo_arms()
    assert [(arm.threshold, arm.responders, arm.n) for arm in arms if arm.pool] == [
        (20, 21, 48),
        (40, 11, 48),
        (60, 4, 48),
    ]
    assert all(arm.citation and arm.note for arm in arms)
    assert all("not 12" in arm.note and arm.week == 16 for arm in arms if arm.pool)
    assert {arm.trial: arm.status for arm in arms if not arm.pool} == {
        "Endurance exercise RCT (Alemo Munters 2013)": "derived",
        "ALKIVIA phase 2": "secondary",
    }
    # What is unconfirmed is not pooled by default.
    assert not any(arm.flagged for arm in arms if arm.pool)
    assert {arm.trial for arm in arms if arm.flagged} == {"ALKIVIA phase 2"}


def test_users_rows_come_through_the_same_door():
    arms = read_placebo_arms(raw())
    assert [(arm.threshold, arm.responders, arm.undetermined, arm.nct) for arm in arms] == [
        (20, 4, 0, ""),
        (40, 1, 0, ""),
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"responders": [13, 1]},
            r"row 2, column responders: found 13; expected at most the 12 patients of the arm.*\[too-many",
        ),
        (
            {"responders": [2.5, 1]},
            r"row 2, column responders: found 2\.5; expected a whole number.*\[not-whole\]",
        ),
        ({"n": [0, 12]}, r"row 2, column n: found '0'; expected .* of at least 1 patients.*\[off-scale\]"),
        (
            {"threshold": ["25", "40"]},
            r"column threshold: found '25'; expected one of 20, 30, 40, 45, 60, 70.*\[unknown-value\]",
        ),
        (
            {"threshold": ["20", "20"]},
            r"row 3, column threshold: found the same trial and arm and threshold as in row 2.*\[duplicate\]",
        ),
        ({"pool": ["maybe", "yes"]}, r"column pool: found text of 5 characters; expected one of yes, no"),
        ({"citation": ["", "x"]}, r"row 2, column citation: found an empty cell"),
        ({"extra": ["1", "2"]}, r"found a column this table does not have"),
    ],
)
def test_broken_rules_are_named(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        read_placebo_arms(raw(**changes))


def test_all_violations_at_once():
    with pytest.raises(InputError) as caught:
        read_placebo_arms(raw(responders=[13, "many"], status=["source", "hearsay"]))
    assert {violation.rule for violation in caught.value.violations} == {
        "too-many",
        "not-a-number",
        "unknown-value",
    }


def test_the_contract_counts_patients_once():
    assert "week" not in PLACEBO_ARMS.key
