"""Degenerate trials are answered, not crashed: every registered analysis on every kind of odd data.

Answered means a p value or an interval (its limits may be infinite), or none with a reason, or a refusal in
words. Any other exception, and any warning, fails the test.
"""

import math
import re

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.statistics.error_rates.designs import Arms, Counts, Times, Visits
from mitograft.statistics.error_rates.registry import ANALYSES, analyses_of

NAN = math.nan


def _counts(arms):
    n = {1: (9,), 2: (5, 4), 3: (3, 3, 3)}[arms]
    rest = (0,) * (arms - 1)
    data = {
        "everyone responds": (n, n),
        "nobody responds": ((0,) * arms, n),
        "separation": ((n[0], *rest), n),
        "one subject in an arm": ((1, *rest), (1, *n[1:])),
        "one subject in every arm": ((0,) * arms, (1,) * arms),
        "one subject in every arm, all respond": ((1,) * arms, (1,) * arms),
        "two subjects in every arm": ((1,) * arms, (2,) * arms),
        "an empty arm": ((0, *rest), (0, *n[1:])),
        "nobody at all": ((0,) * arms, (0,) * arms),
        "one patient more than can be": ((n[0] + 1, *rest), n),
    }
    return {name: Counts(*pair) for name, pair in data.items()}


def _arms(arms, top):
    sizes = {1: (9,), 2: (5, 4), 3: (3, 3, 3)}[arms]

    def make(values, sizes=sizes):
        parts = tuple([float(values(arm, i)) for i in range(size)] for arm, size in enumerate(sizes))
        return Arms(
            parts, tuple([float((7 * arm + 3 * i) % 5) for i in range(len(p))] for arm, p in enumerate(parts))
        )

    plain = make(lambda arm, i: min(top, arm + i % 2))
    return {
        "everyone at the top": make(lambda _, __: top),
        "nobody improves": make(lambda _, __: 0),
        "constant, a third": make(lambda _, __: 1 if top < 10 else 1 / 3),
        "separation": make(lambda arm, i: top - (i % 2) if arm == 0 else i % 2),
        "separation without spread": make(lambda arm, _: top if arm == 0 else 0),
        "one subject in an arm": make(lambda arm, i: min(top, arm + i), (1, *sizes[1:])),
        "one subject in every arm": make(lambda arm, _: arm, (1,) * arms),
        "two subjects in every arm": make(lambda arm, i: min(top, arm + i), (2,) * arms),
        "two tied subjects in every arm": make(lambda _, __: 1, (2,) * arms),
        "an empty arm": make(lambda arm, i: min(top, arm + i), (0, *sizes[1:])),
        "nobody at all": make(lambda _, __: 0, (0,) * arms),
        "one differs": make(lambda arm, i: float(arm == 0 and i == 0)),
        "baseline constant": Arms(plain.values, tuple([1.0] * len(b) for b in plain.baseline)),
        "baseline tells the arm": Arms(
            plain.values, tuple([float(a)] * len(b) for a, b in enumerate(plain.baseline))
        ),
        "baseline is the outcome": Arms(plain.values, plain.values),
    } | (
        {}
        if top < 10
        else {
            "a missing value": Arms(({0: [NAN, *plain.values[0][1:]]}[0], *plain.values[1:]), plain.baseline)
        }
    )


def _visits():
    rng = np.random.default_rng(5)  # fixed, as any odd table would be
    subject, visit = (part.ravel() for part in np.mgrid[0:9, 0:4])
    noise = rng.normal(size=36)

    def make(response, keep=None, first=5):
        keep = np.ones(36, bool) if keep is None else keep
        values = np.asarray(response, dtype=float)
        arm = (subject < first).astype(np.int64)
        return Visits(values[keep], subject[keep], visit[keep], arm[keep], 3)

    copied = noise.reshape(9, 4).copy()
    copied[:, 2] = copied[:, 1]
    line = np.add.outer(noise[:9], np.arange(4.0)).ravel()
    treated = subject < 5
    return {
        "everyone at the top": make(np.full(36, 100.0)),
        "nobody improves": make(np.zeros(36)),
        "constant, a third": make(np.full(36, 1 / 3)),
        "a visit without data": make(noise, visit != 2),
        "the last visit without data": make(noise, visit != 3),
        "an arm without the last visit": make(noise, ~(treated & (visit == 3))),
        "one subject at the last visit of an arm": make(noise, ~treated | (visit < 3) | (subject == 0)),
        "one visit only": make(noise, visit == 3),
        "one visit a subject": make(noise, visit == subject % 4),
        "one subject in an arm": make(noise, first=1),
        "two subjects": make(noise, (subject == 0) | (subject == 8)),
        "one subject": make(noise, subject == 0),
        "three subjects": make(noise, np.isin(subject, (0, 1, 8))),
        "an empty arm": make(noise, first=0),
        "nobody at all": make(noise, np.zeros(36, bool)),
        "separation without spread": make(np.where(treated, 100.0, 0.0)),
        "separation": make(np.where(treated, 100.0, 0.0) + noise),
        "singular covariance, a visit copied": make(copied.ravel()),
        "singular covariance, parallel subjects": make(line),
        "no variance at one visit": make(np.where(visit == 0, 0.0, noise)),
        "one differs": make(np.eye(1, 36, 3).ravel()),
        "missing responses": make(np.where(visit == 1, NAN, noise)),
        "all responses missing": make(np.full(36, NAN)),
    }  # fmt: skip


def _times(arms):
    sizes = {1: (9,), 2: (5, 4)}[arms]

    def make(times, events, sizes=sizes):
        return Times(
            tuple(
                ([float(times(a, i)) for i in range(n)], [events(a, i) for i in range(n)])
                for a, n in enumerate(sizes)
            )
        )

    return {
        "everyone responds at once": make(lambda _, __: 8, lambda _, __: 1),
        "everyone responds at day 0": make(lambda _, __: 0, lambda _, __: 1),
        "everyone responds": make(lambda _, i: 2 + i, lambda _, __: 1),
        "nobody responds": make(lambda _, __: 24, lambda _, __: 0),
        "everyone leaves at day 0": make(lambda _, __: 0, lambda _, __: 0),
        "separation": make(lambda a, i: 20 * a + i + 1, lambda _, __: 1),
        "only one arm responds": make(lambda _, i: 3 + i, lambda a, _: 1 - a),
        "everyone leaves before the week": make(lambda _, i: 4 + i % 3, lambda _, i: i % 2),
        "one subject in an arm": make(lambda _, i: 4 + i, lambda _, __: 1, (1, *sizes[1:])),
        "one subject in every arm": make(lambda _, __: 4, lambda _, __: 1, (1,) * arms),
        "one subject in every arm, censored": make(lambda _, __: 4, lambda _, __: 0, (1,) * arms),
        "two subjects in every arm": make(lambda _, i: 4 + i, lambda _, i: i, (2,) * arms),
        "an empty arm": make(lambda _, i: 4 + i, lambda _, __: 1, (0, *sizes[1:])),
        "nobody at all": make(lambda _, __: 4, lambda _, __: 1, (0,) * arms),
    }


DATA = {
    "responders, one arm": _counts(1),
    "responders, two arms": _counts(2),
    "responders, three arms": _counts(3),
    "events, one arm": _counts(1),
    "events, two arms": _counts(2),
    "values, one arm": _arms(1, 100),
    "values, two arms": _arms(2, 100),
    "values, three arms": _arms(3, 100),
    "categories, two arms": _arms(2, 3),
    "categories, three arms": _arms(3, 3),
    "visits, two arms": _visits(),
    "times, one arm": _times(1),
    "times, two arms": _times(2),
}
# An interval without width claims certainty. The median of tied values may; Kaplan-Meier limits do so before
# the first event, which the page on error rates warns of.
NO_WIDTH = ("Median between order statistics", "Kaplan-Meier interval, log(-log)")
CASES = [(design, name) for design, sets in DATA.items() for name in sets]


def test_every_analysis_meets_degenerate_data():
    assert {analysis.design for analysis in ANALYSES} == set(DATA)


def _ask(analysis, data):
    """Return the answer, or the words in which the question was refused."""
    try:
        return analysis.analyse(data, 0.95)
    except UsageError as refusal:
        return str(refusal)


@pytest.mark.parametrize(("design", "name"), CASES, ids=[f"{d}: {n}" for d, n in CASES])
def test_degenerate_data_are_answered(design, name):
    for analysis in analyses_of(design):
        found = _ask(analysis, DATA[design][name])
        if isinstance(found, str):
            assert re.search("found .*(expected|cannot|leave)", found), analysis.name
            continue
        assert found.p is None or 0.0 <= found.p <= 1.0, analysis.name
        assert (found.low is None) == (found.high is None), analysis.name
        if found.low is not None:
            assert found.low < found.high or (found.low == found.high and analysis.name in NO_WIDTH), (
                analysis.name
            )
        assert found.p is not None or found.low is not None or found.note, analysis.name
