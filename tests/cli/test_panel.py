"""``mitograft panel``: a table of perturbations judged by simulated mice."""

import json

HEAD = "id,kind,perturbation,target,expected_effect,affected_quantity\n"


def test_rows_are_judged_and_marked_as_simulated(tmp_path, mitograft):
    table = tmp_path / "rows.csv"
    table.write_text(
        HEAD + "A,depletion,CD8 T-cell depletion,CD8 T cells,lower,severity\n"
        "B,depletion,CD8 T-cell depletion,CD8 T cells,higher,severity\n"
        "C,knock-out,unheard-of null,unheard-of,lower,severity\n",
        encoding="utf-8",
    )
    done = mitograft("panel", table, "--members", 8, "--json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["simulated"] is True
    assert [row["verdict"] for row in document["rows"]] == ["right", "wrong", "cannot be asked"]
    first, second, third = document["rows"]
    assert first["effect"] == second["effect"]  # the expected effect never changes the experiment
    assert first["effect"]["high"] < 1.0
    assert third["effect"] is None
    assert third["reason"]
    words = mitograft("panel", table, "--members", 8)
    assert "A  right: CD8 T-cell depletion, expected lower" in words.out
    assert "Simulated mice: 1 right, 1 wrong, 1 cannot be asked, of 3." in words.out


def test_a_table_without_its_columns_or_rows_is_refused(tmp_path, mitograft):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n", encoding="utf-8")
    done = mitograft("panel", wrong)
    assert done.code == 2
    assert "expected_effect" in done.err
    empty = tmp_path / "empty.csv"
    empty.write_text(HEAD, encoding="utf-8")
    done = mitograft("panel", empty)
    assert done.code == 2
    assert "no row" in done.err
