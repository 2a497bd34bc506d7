"""The mixed model of replicates: equal to donor means in balanced data, refused where wells would decide."""

import numpy as np
import pytest
from scipy.stats import ttest_ind, ttest_rel

from mitograft.seeds import stream
from mitograft.statistics.donor_mixed import compare_mixed


def make_wells(seed, *, shared=True, response=2.0, donors=5, wells=4):
    rng = stream(seed, "donor-mixed")
    values, names, groups = [], [], []
    for donor in range(donors):
        level = rng.normal(50, 6)
        for group, effect in (("dose", 8.0), ("none", 0.0)):
            if not shared:
                level = rng.normal(50, 6)
            mean = level + effect + rng.normal(0, response)
            values += (mean + rng.normal(0, 1, wells)).tolist()
            names += [f"D{donor}" if shared else f"{group}{donor}"] * wells
            groups += [group] * wells
    return values, names, groups


def means_of(values, names, groups, group):
    return [
        np.mean([v for v, n, g in zip(values, names, groups, strict=True) if n == donor and g == group])
        for donor in sorted({n for n, g in zip(names, groups, strict=True) if g == group})
    ]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shared", [True, False])
def test_balanced_data_give_the_t_test_on_donor_means(seed, shared):
    data = make_wells(seed, shared=shared)
    found = compare_mixed(*data, first="dose", second="none")
    test = (ttest_rel if shared else ttest_ind)(means_of(*data, "dose"), means_of(*data, "none"))
    assert found.refused == ""
    assert found.p == pytest.approx(test.pvalue, rel=1e-4)
    assert found.df == pytest.approx(test.df, rel=1e-3)


def test_donors_in_one_group_only_count_too():
    values, names, groups = make_wells(4)
    found = compare_mixed(values[:-4], names[:-4], groups[:-4], first="dose", second="none")
    assert (found.n_first, found.n_second) == (5, 4)
    assert "nested in donors" in found.unit_note


def test_wells_never_stand_for_donors():
    # The same mean for every donor: the variation of the effect between donors is 0.
    values = [10.0, 12.0, 20.0, 22.0] * 4
    names = [name for name in "abcd" for _ in range(4)]
    groups = ["none", "none", "dose", "dose"] * 4
    rng = stream(3, "noise")
    noisy = [v + e for v, e in zip(values, rng.normal(0, 0.3, 16), strict=True)]
    found = compare_mixed(noisy, names, groups, first="dose", second="none")
    assert "is estimated as 0, so that the model would count wells as donors" in found.refused
    assert np.isnan(found.p)


def test_refusals():
    values, names, groups = make_wells(1)
    one = compare_mixed(values[:8], names[:8], groups[:8], first="dose", second="none")
    assert "Found a single donor" in one.refused
    low = [v - 49.0 for v in values]
    assert "no logarithm" in compare_mixed(low, names, groups, first="dose", second="none",
                                           scale="log ratio").refused  # fmt: skip


@pytest.mark.parametrize("scale", ["difference", "log ratio"])
def test_order_does_not_matter(scale):
    values, names, groups = make_wells(2)
    order = stream(9, "order").permutation(len(values)).tolist()
    turned = compare_mixed(
        *([column[i] for i in order] for column in (values, names, groups)),
        first="dose", second="none", scale=scale,
    )  # fmt: skip
    plain = compare_mixed(values, names, groups, first="dose", second="none", scale=scale)
    assert (turned.estimate, turned.low, turned.p) == (plain.estimate, plain.low, plain.p)
