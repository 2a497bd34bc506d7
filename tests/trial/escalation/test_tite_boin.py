"""TITE-BOIN against both printed decision tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.trial.escalation import Boin, tite_boin_decision, tite_boin_follow_up

# Yuan et al., Clin Cancer Res 2018;24:4921, table 1 (target .2) and table S1 (target .3), as transcribed in
# the tests of the R package simFastBOIN; table 1 up to nine patients also in PMC9260438, table 1. A row:
# patients, DLT from-to, pending from-to (--: as many as there can be), decision; for E/S the total follow-up
# from which the dose goes up, for S/D that up to which it goes down.
TABLE_1 = """
3 0-0 0-1 E | 3 0-0 2-- W | 3 1-1 0-2 D | 3 2-- 0-1 U
6 0-0 0-3 E | 6 0-0 4-- W | 6 1-1 0-3 S | 6 1-1 4-- W | 6 2-2 0-4 D | 6 3-- 0-3 U
9 0-0 0-4 E | 9 0-0 5-- W | 9 1-1 0-2 E | 9 1-1 3-3 E/S .77 | 9 1-1 4-4 E/S 2.15 | 9 1-1 5-- W
9 2-2 0-0 S | 9 2-2 1-1 S/D .52 | 9 2-2 2-2 S/D 1.59 | 9 2-2 3-3 S/D 2.66 | 9 2-2 4-4 S/D 3.73 | 9 2-2 5-- W
9 3-3 0-6 D | 9 4-- 0-5 U
12 0-0 0-6 E | 12 0-0 7-- W | 12 1-1 0-5 E | 12 1-1 6-6 E/S 1.24 | 12 1-1 7-- W | 12 2-2 0-6 S | 12 2-2 7-- W
12 3-4 0-9 D | 12 5-- 0-7 U
15 0-0 0-7 E | 15 0-0 8-- W | 15 1-1 0-7 E | 15 1-1 8-- W | 15 2-2 0-2 E | 15 2-2 3-3 E/S 1.14
15 2-2 4-4 E/S 2.31 | 15 2-2 5-5 E/S 3.48 | 15 2-2 6-6 E/S 4.65 | 15 2-2 7-7 E/S 5.82 | 15 2-2 8-- W
15 3-3 0-2 S | 15 3-3 3-3 S/D 1.16 | 15 3-3 4-4 S/D 2.34 | 15 3-3 5-5 S/D 3.53 | 15 3-3 6-6 S/D 4.72
15 3-3 7-7 S/D 5.90 | 15 3-3 8-- W | 15 4-5 0-11 D | 15 6-- 0-9 U
"""
TABLE_S1 = """
3 0-0 0-1 E | 3 0-0 2-- W | 3 1-1 0-0 S | 3 1-1 1-1 S/D .88 | 3 1-1 2-- W | 3 2-2 0-1 D | 3 3-3 0-0 U
6 0-0 0-3 E | 6 0-0 4-- W | 6 1-1 0-1 E | 6 1-1 2-2 E/S .60 | 6 1-1 3-3 E/S 1.96 | 6 1-1 4-- W
6 2-2 0-0 S | 6 2-2 1-1 S/D .73 | 6 2-2 2-2 S/D 1.80 | 6 2-2 3-3 S/D 2.87 | 6 2-2 4-- W
6 3-3 0-3 D | 6 4-- 0-2 U
9 0-0 0-4 E | 9 0-0 5-- W | 9 1-1 0-4 E | 9 1-1 5-- W | 9 2-2 0-0 E | 9 2-2 1-1 E/S .59 | 9 2-2 2-2 E/S 1.65
9 2-2 3-3 E/S 2.71 | 9 2-2 4-4 E/S 3.77 | 9 2-2 5-- W | 9 3-3 0-0 S | 9 3-3 1-1 S/D .58 | 9 3-3 2-2 S/D 1.65
9 3-3 3-3 S/D 2.72 | 9 3-3 4-4 S/D 3.79 | 9 3-3 5-- W | 9 4-4 0-5 D | 9 5-- 0-4 U
12 0-0 0-6 E | 12 0-0 7-- W | 12 1-1 0-6 E | 12 1-1 7-- W | 12 2-2 0-3 E | 12 2-2 4-4 E/S 1.33
12 2-2 5-5 E/S 2.72 | 12 2-2 6-6 E/S 4.11 | 12 2-2 7-- W | 12 3-3 0-6 S | 12 3-3 7-- W | 12 4-4 0-0 S
12 4-4 1-1 S/D .43 | 12 4-4 2-2 S/D 1.50 | 12 4-4 3-3 S/D 2.57 | 12 4-4 4-4 S/D 3.65 | 12 4-4 5-5 S/D 4.72
12 4-4 6-6 S/D 5.79 | 12 4-4 7-- W | 12 5-6 0-7 D | 12 7-- 0-5 U
15 0-0 0-7 E | 15 0-0 8-- W | 15 1-1 0-7 E | 15 1-1 8-- W | 15 2-2 0-5 E | 15 2-2 6-6 E/S .35
15 2-2 7-7 E/S 2.07 | 15 2-2 8-- W | 15 3-3 0-1 E | 15 3-3 2-2 E/S .11 | 15 3-3 3-3 E/S 1.29
15 3-3 4-4 E/S 2.46 | 15 3-3 5-5 E/S 3.64 | 15 3-3 6-6 E/S 4.81 | 15 3-3 7-7 E/S 5.98 | 15 3-3 8-- W
15 4-4 0-7 S | 15 4-4 8-- W | 15 5-5 0-0 S | 15 5-5 1-1 S/D .28 | 15 5-5 2-2 S/D 1.35 | 15 5-5 3-3 S/D 2.42
15 5-5 4-4 S/D 3.50 | 15 5-5 5-5 S/D 4.57 | 15 5-5 6-6 S/D 5.64 | 15 5-5 7-7 S/D 6.72 | 15 5-5 8-- W
15 6-7 0-9 D | 15 8-- 0-7 U
"""
LETTERS = {"up": "E", "stay": "S", "down": "D", "eliminate": "U", "suspend": "W"}


def cells(table: str):
    """Yield patients, DLT, pending, decision and bound of every state a table covers."""
    for row in table.replace("\n", "|").split("|"):
        if not row.strip():
            continue
        n, toxic, pending, decision, *bound = row.split()
        n = int(n)
        first, last = (toxic[:-2], n) if toxic.endswith("--") else toxic.split("-")
        for y in range(int(first), int(last) + 1):
            low, high = (pending[:-2], n) if pending.endswith("--") else pending.split("-")
            for c in range(int(low), min(int(high), n - y) + 1):
                yield n, y, c, decision, float(bound[0]) if bound else None


def letter(design: Boin, n: int, y: int, c: int, follow_up: float) -> str:
    return LETTERS[tite_boin_decision(design, n, y, [follow_up / c] * c if c else []).move]


@pytest.mark.parametrize(("table", "target", "bounds"), [(TABLE_1, 0.2, 17), (TABLE_S1, 0.3, 38)])
def test_every_state_of_the_printed_tables(table, target, bounds):
    design = Boin(5, target)
    states = list(cells(table))
    assert len(states) == 320  # every state at 3, 6, 9, 12 and 15 patients, each once
    assert len({state[:3] for state in states}) == 320
    assert sum(bound is not None for *_, bound in states) == bounds
    for n, y, c, decision, bound in states:
        if bound is None:
            assert letter(design, n, y, c, 0.0) == decision, (n, y, c)
            assert letter(design, n, y, c, 0.999 * c) == decision, (n, y, c)
        elif decision == "E/S":
            assert tite_boin_follow_up(design, n, y, c)[0] == pytest.approx(bound, abs=0.005)
            assert letter(design, n, y, c, bound - 0.006) == "S"
            assert letter(design, n, y, c, bound + 0.006) == "E"
        else:
            assert tite_boin_follow_up(design, n, y, c)[1] == pytest.approx(bound, abs=0.005)
            assert letter(design, n, y, c, bound - 0.006) == "D"
            assert letter(design, n, y, c, bound + 0.006) == "S"


@given(st.integers(1, 20), st.data(), st.sampled_from([0.15, 0.2, 0.25, 0.3, 0.4]))
def test_with_nobody_pending_it_is_boin(n, data, target):
    y = data.draw(st.integers(0, n))
    design = Boin(3, target)
    limits = design.limits(n)
    expected = "E" if y <= limits.escalate else "D" if y >= limits.de_escalate else "S"
    if limits.eliminate is not None and y >= limits.eliminate:
        expected = "U"
    assert LETTERS[tite_boin_decision(design, n, y, []).move] == expected


@given(st.integers(2, 15), st.data())
def test_more_follow_up_without_a_dlt_never_lowers_the_step(n, data):
    y = data.draw(st.integers(0, n - 1))
    c = data.draw(st.integers(1, n - y))
    first, second = sorted(data.draw(st.lists(st.floats(0, 0.99), min_size=2, max_size=2)))
    design = Boin(3, 0.25)
    order = ["eliminate", "down", "suspend", "stay", "up"]
    early, late = (tite_boin_decision(design, n, y, [share] * c) for share in (first, second))
    assert order.index(early.move) <= order.index(late.move)
    assert early.estimate >= late.estimate >= y / n - 1e-12


def test_reason_and_refusals():
    said = tite_boin_decision(Boin(5, 0.2), 9, 1, [0.5, 0.6, 0.5, 0.6])
    assert said.reason == "1 DLT in 9, 4 pending with 2.20 windows of follow-up: estimated rate 0.156, up."
    for wrong in ((0, 0, []), (3, 2, [0.1, 0.2]), (3, 0, [1.0]), (3, -1, [])):
        with pytest.raises(UsageError, match="expected"):
            tite_boin_decision(Boin(3), *wrong)
    for wrong in ((0, 0, 1), (3, 0, 0), (3, 2, 2), (3, -1, 1)):
        with pytest.raises(UsageError, match="expected"):
            tite_boin_follow_up(Boin(3), *wrong)
