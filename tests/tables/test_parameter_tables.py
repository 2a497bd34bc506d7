"""Parameter tables: exact values, flags for the unconfirmed, overrides that stay visible."""

import sys
from fractions import Fraction

import pytest

from mitograft.errors import InternalError, UsageError
from mitograft.tables.parameters import load_parameters, load_rows

HEADER = "id,value,unit,kind,status,citation,note\n"
GOOD = HEADER + (
    'edge,1/3,%,rule,source,"Aggarwal 2017, Table 3",\n'
    "range,15,x ULN,literature,recall,nobody,an enzyme range\n"
    "size,0.1,cm,assumed,secondary,somebody,\n"
)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Make a package with one data file and return a function that fills it."""
    name = f"shipped_{tmp_path.name}"
    folder = tmp_path / name / "data"
    folder.mkdir(parents=True)
    (tmp_path / name / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))

    def fill(text: str) -> str:
        (folder / "p.csv").write_text(text, encoding="utf-8", newline="")
        return name

    yield fill
    sys.modules.pop(name, None)


def test_values_are_exact_and_unconfirmed_rows_flagged(package):
    parameters = load_parameters(package(GOOD), "p.csv")
    assert parameters["edge"].fraction == Fraction(1, 3)
    assert parameters["size"].fraction == Fraction(1, 10)
    assert parameters["size"].number == 0.1
    assert [p.id for p in parameters] == ["edge", "range", "size"]
    assert [p.id for p in parameters.flagged()] == ["range", "size"]
    assert [p.id for p in parameters.flagged(["edge", "size"])] == ["size"]


def test_an_override_is_flagged_and_remembers_the_default(package):
    parameters = load_parameters(package(GOOD), "p.csv")
    changed = parameters.override({"size": "0.25"})
    assert changed["size"].fraction == Fraction(1, 4)
    assert changed["size"].flagged
    assert "default 0.1 (secondary)" in changed["size"].note
    assert parameters["size"].value == "0.1"


@pytest.mark.parametrize("text", ["ten", "1/0", ""])
def test_an_override_that_is_no_number(package, text):
    with pytest.raises(UsageError, match=f"Parameter size: found '{text}', expected a number"):
        load_parameters(package(GOOD), "p.csv").override({"size": text})


def test_an_override_of_an_unknown_parameter(package):
    with pytest.raises(UsageError, match="Unknown parameter weight; expected one of edge, range, size"):
        load_parameters(package(GOOD), "p.csv").override({"weight": "1"})


@pytest.mark.parametrize(
    "row",
    ["edge,2,,rule,source,again,\n", "new,2,,rule,source,,\n", "new,2,,rule,guessed,someone,\n"],
    ids=["duplicate id", "no citation", "unknown status"],
)
def test_a_bad_shipped_row_is_our_own_fault(package, row):
    with pytest.raises(InternalError, match="bad row"):
        load_parameters(package(GOOD + row), "p.csv")


@pytest.mark.parametrize("row", ["new,2,,rule,source,someone\n", "new,2,,rule,source,someone,note,more\n"])
def test_a_shipped_row_of_another_length_is_our_own_fault(package, row):
    with pytest.raises(InternalError, match="a row with too many or too few cells"):
        load_rows(package(GOOD + row), "p.csv")


def test_a_quoted_cell_may_hold_line_ends(package):
    text = 'id,note\na,"two\nlines"\nb,one\u2028line\n'
    assert [row["note"] for row in load_rows(package(text), "p.csv")] == ["two\nlines", "one\u2028line"]
