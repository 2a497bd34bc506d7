"""Comparisons on donors: which method, which laws, how often the interval covers, and when it is refused."""

import math
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.statistics.blocked import paired_t
from mitograft.statistics.donor_comparison import compare_donors, compare_dunnett
from mitograft.statistics.equivalence import two_one_sided

RUNS = int(os.environ.get("MITOGRAFT_SLOW_RUNS", "300"))  # simulated experiments in the slow tests
WORDS = {"first": "dose", "second": "none"}


def plate(donors, wells=3, groups=("dose", "none"), seed=0):
    """Wells of donors: values, donors, groups."""
    rng = stream(seed, "plate")
    rows = [(d, g) for d in donors for g in groups for _ in range(wells)]
    values = rng.normal(30, 4, len(rows)) + [5.0 * (g == "dose") + 2 * (hash_of(d) % 7) for d, g in rows]
    return [float(v) for v in values], [d for d, _ in rows], [g for _, g in rows]


def hash_of(donor):
    return sum(map(ord, donor))


def join(*tables):
    return tuple([cell for table in tables for cell in table[i]] for i in range(3))


def numbers(result):
    return (result.estimate, result.low, result.high, result.se, result.df, result.p)


def test_donors_in_both_groups_are_paired_and_the_others_counted():
    table = join(plate("abc"), plate("d", groups=("dose",)))
    result = compare_donors(*table, **WORDS)
    assert result.paired
    assert result.method == "paired t test on donor means"
    assert (result.n_first, result.n_second, result.df) == (3, 3, 2)
    assert "21 wells of 4 donors" in result.unit_note
    assert "1 donor in one group only left out" in result.unit_note
    assert len(result.donor_means) == 7


def test_different_donors_are_compared_by_welch():
    table = join(plate("abc", groups=("dose",)), plate("defg", groups=("none",), seed=1))
    result = compare_donors(*table, **WORDS)
    assert not result.paired
    assert result.method == "Welch's t test on donor means"
    assert (result.n_first, result.n_second) == (3, 4)
    assert math.isnan(result.p_permutation)


def test_two_donors_in_both_groups_are_paired_on_one_degree_of_freedom():
    result = compare_donors(*plate("ab"), **WORDS)
    assert (result.paired, result.df, result.n_first) == (True, 1, 2)


def test_donors_partly_shared_are_compared_by_a_mixed_model():
    table = join(plate("ab"), plate("cde", groups=("dose",), seed=1), plate("fgh", groups=("none",), seed=2))
    result = compare_donors(*table, **WORDS)
    assert result.method == "mixed model of donor means, Satterthwaite df"
    assert (result.n_first, result.n_second) == (5, 5)
    assert 0 < result.df <= 9
    swapped = compare_donors(*table, first="none", second="dose")
    assert swapped.estimate == pytest.approx(-result.estimate)
    assert swapped.p == pytest.approx(result.p)


def test_a_single_donor_in_both_groups_is_left_out():
    alone = plate("bcd", groups=("dose",), seed=1), plate("efg", groups=("none",), seed=2)
    result = compare_donors(*join(plate("a"), *alone), **WORDS)
    assert numbers(result) == numbers(compare_donors(*join(*alone), **WORDS))
    assert result.method == "Welch's t test on donor means"
    assert result.unit_note.endswith("The one donor in both groups is left out.")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            plate("a", wells=40),
            "Found a single donor: more wells of one donor say nothing about other donors",
        ),
        (plate("abc", groups=("dose",)), "No donor has a value in the group 'none'"),
        (
            join(plate("a", groups=("dose",)), plate("bcd", groups=("none",))),
            "The group 'dose' has a single donor, and no donor is in both groups",
        ),
        (
            join(plate("a"), plate("b", groups=("none",))),
            "A single donor is in both groups, and only 0 and 1 others in one of them: too few",
        ),
        (
            join(
                ([5.0, 4.0] * 2, list("aabb"), ["dose", "none"] * 2),
                ([7.0, 8.0], list("cd"), ["dose", "none"]),
            ),
            "explain the data without remainder",
        ),
        (([2.0, 1.0] * 3, list("aabbcc"), ["dose", "none"] * 3), "The donors do not vary at all"),
    ],
)
def test_what_is_no_evidence_is_an_outcome_with_a_sentence(table, message):
    result = compare_donors(*table, **WORDS)
    assert message in result.refused
    assert all(math.isnan(number) for number in numbers(result))


def test_missing_wells_are_left_out_and_a_donor_without_wells_is_no_donor():
    values, donors, groups = plate("abcd")
    values = [math.nan if donor == "d" else value for value, donor in zip(values, donors, strict=True)]
    values[0] = math.nan
    result = compare_donors(values, donors, groups, **WORDS)
    assert result.n_first == 3
    assert "17 wells of 3 donors" in result.unit_note


def test_log_ratio_compares_means_of_donors_as_percent():
    table = ([4.0, 2.0, 9.0, 3.0, 8.0, 2.0], list("aabbcc"), ["dose", "none"] * 3)
    result = compare_donors(*table, **WORDS, scale="log ratio")
    assert result.estimate == pytest.approx(math.log(2 * 3 * 4) / 3)
    assert result.percent[0] == pytest.approx(100 * (24 ** (1 / 3) - 1))
    assert result.percent[1] < result.percent[0] < result.percent[2]
    below = compare_donors([-1.0, *table[0][1:]], *table[1:], **WORDS, scale="log ratio")
    assert below.refused == "1 donor mean(s) of 0 or below have no logarithm; use the scale 'difference'."
    with pytest.raises(UsageError, match="found the scale 'difference'"):
        _ = compare_donors(*table, **WORDS).percent


def test_other_levels_are_those_of_the_method():
    values, donors, groups = plate("abcd")
    result = compare_donors(values, donors, groups, **WORDS).at_level(0.8)
    means = {(m.donor, m.group): m.mean for m in result.donor_means}
    paired = paired_t([means[d, "dose"] for d in "abcd"], [means[d, "none"] for d in "abcd"], level=0.8)
    assert (result.low, result.high, result.level) == pytest.approx((paired.low, paired.high, 0.8))
    refused = compare_donors(*plate("a"), **WORDS).at_level(0.8)
    assert refused.refused
    assert math.isnan(refused.low)


def test_a_comparison_feeds_the_equivalence_test():
    result = compare_donors(*plate("abcdef"), **WORDS)
    assert two_one_sided(result.result, -50, 50).equivalent


def test_arguments_are_checked():
    table = plate("abc")
    with pytest.raises(UsageError, match="found group 'dose' twice"):
        compare_donors(*table, first="dose", second="dose")
    with pytest.raises(UsageError, match="expected 'difference' or 'log ratio'"):
        compare_donors(*table, **WORDS, scale="ratio")
    with pytest.raises(UsageError, match="Level of an interval"):
        compare_donors(*table, **WORDS).at_level(95)
    with pytest.raises(UsageError, match="Level of an interval"):
        compare_dunnett(*table, control="none", level=95)


SHARED = st.sampled_from(["abc", "abcd", "ab", "a", ""])
ORDERS = st.randoms(use_true_random=False)


def mixed_table(shared, seed):
    alone = ("xyz", "uvw") if len(shared) < 3 else ("", "")
    return join(
        plate(shared, seed=seed),
        plate(alone[0], groups=("dose",), seed=seed + 1),
        plate(alone[1], groups=("none",), seed=seed + 2),
    )


@settings(max_examples=30)
@given(SHARED, st.integers(0, 500), ORDERS)
def test_neither_order_nor_doubled_replicates_change_anything(shared, seed, order):
    table = mixed_table(shared, seed)
    rows = list(zip(*table, strict=True))
    expected = numbers(compare_donors(*table, **WORDS))
    order.shuffle(rows)
    assert numbers(compare_donors(*zip(*rows, strict=True), **WORDS)) == expected
    doubled = join(table, table)
    assert numbers(compare_donors(*doubled, **WORDS)) == expected


@settings(max_examples=30)
@given(SHARED, st.integers(0, 500))
def test_swapping_groups_turns_the_sign_and_nothing_else(shared, seed):
    table = mixed_table(shared, seed)
    one = compare_donors(*table, **WORDS)
    other = compare_donors(*table, first="none", second="dose")
    turned = (-other.estimate, -other.high, -other.low, other.se, other.df, other.p)
    # Where the mixed model's likelihood is flat its maximum is known to about 1e-6.
    assert numbers(one) == pytest.approx(turned, rel=1e-4)


@settings(max_examples=30)
@given(SHARED, st.integers(0, 500), st.floats(1e-3, 1e3), st.floats(-100, 100))
def test_units_scale_the_estimate_and_leave_the_evidence(shared, seed, scale, shift):
    values, donors, groups = mixed_table(shared, seed)
    one = compare_donors(values, donors, groups, **WORDS)
    other = compare_donors([scale * value + shift for value in values], donors, groups, **WORDS)
    assert other.estimate == pytest.approx(scale * one.estimate, rel=1e-4, abs=1e-6 * scale)
    assert other.p == pytest.approx(one.p, rel=1e-3, abs=1e-9)
    assert other.df == pytest.approx(one.df, rel=1e-3)


@settings(max_examples=30)
@given(SHARED, st.integers(0, 500), ORDERS)
def test_names_of_donors_mean_nothing(shared, seed, order):
    values, donors, groups = mixed_table(shared, seed)
    names = sorted(set(donors))
    new = [f"P{i}" for i in range(len(names))]
    order.shuffle(new)
    renamed = [dict(zip(names, new, strict=True))[donor] for donor in donors]
    one, other = (compare_donors(values, who, groups, **WORDS) for who in (donors, renamed))
    assert numbers(other) == pytest.approx(numbers(one), rel=1e-4 if shared == "ab" else 1e-12)


def test_dunnett_blocks_by_donor_and_states_its_multiplicity():
    table = plate("abcd", groups=("dose", "none", "sham"))
    result = compare_dunnett(*table, control="none")
    assert result.blocked
    assert result.df == 6
    assert [row.group for row in result.comparisons] == ["dose", "sham"]
    assert "2 comparisons with 'none'" in result.multiplicity
    assert "donor as block" in result.method
    holm = compare_dunnett(*table, control="none", adjust="holm", scale="log ratio")
    assert "Holm" in holm.multiplicity


def test_dunnett_of_independent_donors_has_no_block():
    tables = (
        plate(names, groups=(group,)) for names, group in (("abc", "dose"), ("def", "none"), ("gh", "sham"))
    )
    result = compare_dunnett(*join(*tables), control="none")
    assert (result.blocked, result.n_donors, result.df) == (False, 8, 5)


def test_dunnett_of_one_pair_is_the_paired_t_test():
    table = plate("abcd")
    pair, result = compare_donors(*table, **WORDS), compare_dunnett(*table, control="none")
    (row,) = result.comparisons
    assert (row.estimate, row.low, row.high, row.p) == pytest.approx(
        (pair.estimate, pair.low, pair.high, pair.p)
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (plate("a", groups=("dose", "none", "sham")), "Found a single donor"),
        (
            plate("abc", groups=("dose", "sham")),
            "The control 'none' and at least one other group need donors",
        ),
        (
            join(plate("abc", groups=("dose", "sham")), plate("def", groups=("none",))),
            "The control 'none' shares no donor with another group",
        ),
        (join(plate("a", groups=("dose", "none")), plate("b", groups=("sham", "more"))), "do not connect"),
        (([2.0, 1.0] * 3, list("aabbcc"), ["dose", "none"] * 3), "no residual variation"),
    ],
)
def test_dunnett_refuses_with_a_sentence(table, message):
    result = compare_dunnett(*table, control="none")
    assert message in result.refused
    assert result.comparisons == ()


def test_dunnett_names_groups_without_shared_donors():
    table = join(plate("abc"), plate("def", groups=("healthy",)))
    result = compare_dunnett(*table, control="none")
    assert result.unit_note.endswith("Not compared, for want of shared donors: healthy.")


def simulate(rng, first, second, effect):
    """Wells of donors with a level and a response of their own (spread 2 and 1.5), four noisy wells each."""
    level, response = rng.normal(20, 2, 40), rng.normal(effect, 1.5, 40)
    values, donors, groups = [], [], []
    for group, members in (("dose", first), ("none", second)):
        for d in members:
            mean = level[d] + (response[d] if group == "dose" else 0.0)
            values += list(rng.normal(mean, 1.0, 4))
            donors += [f"d{d}"] * 4
            groups += [group] * 4
    return values, donors, groups


DESIGNS = {
    "paired 3": (range(3), range(3)),
    "paired 8": (range(8), range(8)),
    "unpaired 3 and 3": (range(3), range(10, 13)),
    "unpaired 8 and 5": (range(8), range(10, 15)),
    "2 of 6 shared": (range(4), range(2, 6)),
}


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS)
def test_intervals_cover_and_no_effect_is_seldom_claimed(design):
    rng = stream(41, "coverage", design)
    runs = RUNS if "shared" in design else 2000
    for effect in (0.0, 3.0):
        results = [compare_donors(*simulate(rng, *DESIGNS[design], effect), **WORDS) for _ in range(runs)]
        covered = np.mean([r.low <= effect <= r.high for r in results])
        assert covered == pytest.approx(0.95, abs=0.03)
        if effect == 0.0:
            assert np.mean([r.p < 0.05 for r in results]) <= 0.06


@pytest.mark.slow
def test_wells_as_n_would_claim_far_too_much():
    from scipy.stats import ttest_ind

    rng = stream(43, "pseudo-replication")
    claimed = []
    for _ in range(300):
        values, _, groups = simulate(rng, range(3), range(10, 13), 0.0)
        dose = np.array(groups) == "dose"
        claimed.append(ttest_ind(np.array(values)[dose], np.array(values)[~dose]).pvalue < 0.05)
    assert np.mean(claimed) > 0.25


@pytest.mark.slow
def test_dunnett_keeps_the_family_wise_error():
    rng = stream(47, "family")
    wrong = 0
    for _ in range(RUNS):
        level = rng.normal(0, 3, 4)
        rows = [(d, g) for d in range(4) for g in "ABC"]
        values = [float(level[d] + rng.normal()) for d, _ in rows]
        result = compare_dunnett(values, [f"d{d}" for d, _ in rows], [g for _, g in rows], control="A")
        wrong += any(row.p < 0.05 for row in result.comparisons)
    assert wrong / RUNS <= 0.075
