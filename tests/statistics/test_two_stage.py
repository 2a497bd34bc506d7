"""Simon's two-stage designs against the published tables, listing of outcomes and laws."""

import itertools

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.statistics.two_stage import TwoStageDesign, simon_two_stage

# Simon, Control Clin Trials 1989;10:1, tables 1 and 2: p0, p1, alpha, beta; optimal and minimax design, each
# with EN(p0).
PUBLISHED = [
    (0.05, 0.25, 0.10, 0.10, "0/9 2/24", 14.5, "0/13 2/20", 16.4),
    (0.05, 0.25, 0.05, 0.20, "0/9 2/17", 12.0, "0/12 2/16", 13.8),
    (0.05, 0.25, 0.05, 0.10, "0/9 3/30", 16.8, "0/15 3/25", 20.4),
    (0.10, 0.30, 0.10, 0.10, "1/12 5/35", 19.8, "1/16 4/25", 20.4),
    (0.10, 0.30, 0.05, 0.20, "1/10 5/29", 15.0, "1/15 5/25", 19.5),
    (0.10, 0.30, 0.05, 0.10, "2/18 6/35", 22.5, "2/22 6/33", 26.2),
    (0.05, 0.20, 0.05, 0.10, "1/21 4/41", 26.7, "1/29 4/38", 32.9),
    (0.20, 0.40, 0.05, 0.20, "3/13 12/43", 20.6, "4/18 10/33", 22.3),
    (0.30, 0.50, 0.05, 0.20, "5/15 18/46", 23.6, "6/19 16/39", 25.7),
    (0.40, 0.60, 0.05, 0.10, "11/25 32/66", 36.0, "12/29 27/54", 38.1),
    (0.70, 0.85, 0.05, 0.20, "14/19 46/59", 30.3, "16/23 39/49", 34.4),
]


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: f"{row[0]}-{row[1]}-{row[2]}-{row[3]}")
def test_designs_of_the_published_tables(row):
    p0, p1, alpha, beta, *designs = row
    for criterion, (text, mean) in zip(("optimal", "minimax"), (designs[:2], designs[2:]), strict=True):
        design = simon_two_stage(p0, p1, alpha=alpha, beta=beta, criterion=criterion)
        assert str(design) == text
        found = design.at(p0)
        assert round(found.expected_n, 1) == mean
        assert found.accept <= alpha
        assert design.at(p1).accept >= 1 - beta


def test_early_stopping_of_the_published_design():
    # Simon 1989, p0 0.1, p1 0.3, alpha 0.05, beta 0.2: the optimal design stops early with probability 0.74.
    assert round(simon_two_stage(0.1, 0.3).at(0.1).stop_early, 2) == 0.74


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.55, 1.0])
def test_characteristics_are_sums_over_all_outcomes(rate):
    design = TwoStageDesign(1, 4, 3, 9)
    stop = accept = patients = 0.0
    for outcome in itertools.product((0, 1), repeat=9):
        chance = rate ** sum(outcome) * (1 - rate) ** (9 - sum(outcome))
        stopped = sum(outcome[:4]) <= 1
        stop += chance * stopped
        accept += chance * (not stopped and sum(outcome) > 3)
        patients += chance * (4 if stopped else 9)
    found = design.at(rate)
    assert (found.stop_early, found.accept, found.expected_n) == pytest.approx((stop, accept, patients))


def test_the_search_is_complete():
    # every design of up to 16 patients with r below n1: none that is admitted is better than the one found
    p0, p1, alpha, beta = 0.2, 0.6, 0.05, 0.2
    best, least = (
        simon_two_stage(p0, p1, alpha=alpha, beta=beta),
        simon_two_stage(p0, p1, criterion="minimax"),
    )
    for n, n1 in itertools.combinations(range(16, 0, -1), 2):
        for r1, r in itertools.combinations_with_replacement(range(n1), 2):
            design = TwoStageDesign(r1, n1, r, n)
            if n < least.n or design.at(p0).expected_n < best.at(p0).expected_n - 1e-9:
                assert design.at(p0).accept > alpha or design.at(p1).accept < 1 - beta


def test_acceptance_grows_with_the_rate():
    design = simon_two_stage(0.1, 0.3)
    rows = [design.at(float(rate)) for rate in np.linspace(0, 1, 21)]
    assert np.all(np.diff([row.accept for row in rows]) >= -1e-12)
    assert np.all(np.diff([row.stop_early for row in rows]) <= 1e-12)
    assert (rows[0].stop_early, rows[0].accept, rows[0].expected_n) == (1.0, 0.0, 10.0)
    assert (rows[-1].accept, rows[-1].expected_n) == (1.0, 29.0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"p0": 0.3, "p1": 0.3}, "0 < p0 < p1 < 1"),
        ({"p0": 0.0, "p1": 0.3}, "0 < p0 < p1 < 1"),
        ({"p0": 0.1, "p1": 0.3, "alpha": 0.0}, "found errors"),
        ({"p0": 0.1, "p1": 0.3, "criterion": "best"}, "'optimal' or 'minimax'"),
        ({"p0": 0.1, "p1": 0.3, "most": 20}, "found none with at most 20"),
        ({"p0": 0.1, "p1": 0.3, "most": 26}, "not shown to be the best"),
    ],
)
def test_unusable_arguments_are_refused(arguments, words):
    with pytest.raises(UsageError, match=words):
        simon_two_stage(**arguments)


def test_unusable_designs_and_rates_are_refused():
    with pytest.raises(UsageError, match="0 <= r1 < n1 < n"):
        TwoStageDesign(5, 5, 6, 10)
    with pytest.raises(UsageError, match="Response rate"):
        TwoStageDesign(1, 10, 5, 29).at(1.1)
