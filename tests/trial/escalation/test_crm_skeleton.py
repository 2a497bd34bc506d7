"""Skeletons from indifference intervals: printed values and the law that defines them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from mitograft.errors import UsageError
from mitograft.trial.escalation.crm_grid import rates_at
from mitograft.trial.escalation.crm_model import LogisticModel, PowerModel
from mitograft.trial.escalation.crm_skeleton import indifference_skeleton


def test_printed_skeleton():
    # R package trialr 0.1.5, vignette A300, "obtained using dfcrm::getprior(0.05, 0.3, 5, 10)".
    found = indifference_skeleton(0.30, 0.05, dose=5, doses=10)
    printed = (0.03, 0.06, 0.12, 0.20, 0.30, 0.40, 0.50, 0.59, 0.67, 0.74)
    assert found == pytest.approx(printed, abs=5e-3)


@given(
    target=st.floats(0.1, 0.5),
    share=st.floats(0.05, 0.6),
    dose=st.integers(1, 5),
    intercept=st.sampled_from([None, 3.0, 4.0]),
)
def test_at_each_change_of_dose_the_rates_lie_half_a_width_from_the_target(target, share, dose, intercept):
    width = target * share
    skeleton = indifference_skeleton(target, width, dose, 5, intercept=intercept)
    assert skeleton[dose - 1] == pytest.approx(target)
    model = PowerModel(skeleton) if intercept is None else LogisticModel(skeleton, intercept)
    for lower in range(4):
        # Where the lower dose has rate target - width, the model is indifferent between it and the next.
        beta = brentq(
            lambda b, lower=lower: rates_at(model, (b,))[lower] - (target - width), -30, 30, xtol=1e-13
        )
        pair = rates_at(model, (beta,))[lower : lower + 2]
        assert pair == pytest.approx((target - width, target + width), abs=1e-9)


def test_one_dose():
    assert indifference_skeleton(0.2, 0.05, 1, 1) == pytest.approx((0.2,))


@pytest.mark.parametrize(
    ("values", "intercept", "message"),
    [
        ((0.2, 0.2, 1, 3), None, "half width"),
        ((0.2, 0.0, 1, 3), None, "half width"),
        ((0.9, 0.1, 1, 3), None, "half width"),
        ((0.2, math.nan, 1, 3), None, "half width"),
        ((0.2, 0.05, 4, 3), None, "dose 4 of 3"),
        ((0.2, 0.05, 0, 3), None, "dose 0 of 3"),
        ((0.2, 0.05, 1, 3), -2.0, "intercept"),
    ],
)
def test_what_cannot_be_is_refused(values, intercept, message):
    with pytest.raises(UsageError, match=message):
        indifference_skeleton(*values, intercept=intercept)
