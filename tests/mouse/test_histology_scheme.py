"""Grading schemes: the two that ship, and what a user's own file is told."""

from pathlib import Path

import pytest

from mitograft.errors import InputError, UsageError
from mitograft.mouse.histology.read_scheme import find_scheme, list_schemes, load_scheme, read_scheme
from mitograft.tables.parameters import STATUSES

OWN = """
name = "ours"
version = "2"
title = "Three grades"
status = "source"
citation = "our protocol"
muscles = ["gastrocnemius"]
features = ["inflammation", "necrosis"]
maximum = 2
aggregation = {sections = "mean", blocks = "max", muscles = "mean"}
levels = [{grade = 0, text = "none"}, {grade = 1, text = "some"}, {grade = 2, text = "much"}]
"""


def own(tmp_path: Path, text: str = OWN) -> Path:
    path = tmp_path / "ours.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_six_grades_with_a_bonus_of_a_half():
    # Sugihara 2007 as remembered: six grades by fibres, half a point for several lesions of one grade.
    scheme = load_scheme("sugihara-2007")
    assert scheme.grades == (0, 1, 2, 3, 4, 5, 6)
    assert scheme.scale == (0, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5)
    assert scheme.points(2, bonus=True) == 2.5
    assert scheme.points(0, bonus=True) == 0.0


def test_four_grades_end_at_four():
    scheme = load_scheme("cim-four-grades")
    assert scheme.scale == (0, 1, 1.5, 2, 2.5, 3, 3.5, 4)
    assert scheme.points(4, bonus=True) == 4.0


@pytest.mark.parametrize("name", list_schemes())
def test_shipped_schemes_say_where_they_come_from_and_are_flagged(name):
    scheme = load_scheme(name)
    assert scheme.name == name
    assert scheme.citation
    assert scheme.status in STATUSES
    (row,) = scheme.flagged
    assert (row.status, row.value) == ("recall", scheme.version)


def test_a_scheme_of_ones_own(tmp_path):
    scheme = read_scheme(own(tmp_path))
    assert scheme.flagged == ()
    assert scheme.scale == (0, 1, 2)
    assert scheme.aggregation.blocks == "max"
    assert find_scheme("ours.toml", tmp_path) == scheme
    assert find_scheme("sugihara-2007", tmp_path).name == "sugihara-2007"


def test_everything_wrong_with_a_scheme_is_in_one_message(tmp_path):
    text = (
        OWN.replace('version = "2"\n', "")
        .replace('"source"', '"sure"')
        .replace("maximum = 2", "maximum = 1")
        .replace('"max"', '"median"')
        .replace('["gastrocnemius"]', "[]")
        .replace('"necrosis"', '"severity"')
        + 'colour = "red"\n[bonus]\npoints = 1\ntext = "many"\n'
    )
    with pytest.raises(InputError) as caught:
        read_scheme(own(tmp_path, text))
    places = sorted((v.rule, v.column) for v in caught.value.violations)
    assert places == [
        ("bad-value", "aggregation.blocks"),
        ("bad-value", "bonus.points"),
        ("bad-value", "features"),
        ("bad-value", "maximum"),
        ("bad-value", "muscles"),
        ("bad-value", "status"),
        ("missing-key", "version"),
        ("unknown-key", "colour"),
    ]


@pytest.mark.parametrize(
    "levels",
    [
        "[]",
        "[{grade = 0, text = 'none'}]",
        "[{grade = 1, text = 'some'}, {grade = 2, text = 'much'}]",
        "[{grade = 0, text = 'none'}, {grade = 2, text = 'much'}, {grade = 1, text = 'some'}]",
        "[{grade = 0, text = 'none'}, {grade = nan, text = 'much'}]",
        "[{grade = 0, text = 'none'}, {grade = 1}]",
        "3",
    ],
)
def test_levels_begin_with_zero_and_ascend(tmp_path, levels):
    text = OWN[: OWN.index("levels")] + f"levels = {levels}\n"
    with pytest.raises(InputError, match="the first 0, ascending"):
        read_scheme(own(tmp_path, text))


def test_a_file_that_is_no_scheme(tmp_path):
    with pytest.raises(InputError, match="no TOML"):
        read_scheme(own(tmp_path, "name = "))
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    with pytest.raises(InputError, match="UTF-8"):
        read_scheme(tmp_path / "latin.toml")
    with pytest.raises(UsageError, match=r"no file other\.toml"):
        find_scheme("other.toml", tmp_path)
    with pytest.raises(UsageError, match="expected one of cim-four-grades"):
        load_scheme("sugihara")
