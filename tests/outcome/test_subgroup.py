import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.outcome.classification import FINDINGS, UNDETERMINED
from mitograft.outcome.subgroup import subgroup_iim

NAN = float("nan")
POLYMYOSITIS = "polymyositis (including immune-mediated necrotising myopathy)"


def signs(**values):
    return np.array([values.get(name, 0) for name in FINDINGS], dtype=float)


@pytest.mark.parametrize(
    ("age", "found", "finger", "poor", "name"),
    [
        (12, {"heliotrope": 1}, 0, 0, "juvenile dermatomyositis"),
        (17.9, {"anti_jo_1": 1}, 0, 0, "juvenile myositis without rash"),
        (18, {"gottron_sign": 1, "proximal_legs_weaker": 1}, 0, 0, "dermatomyositis"),
        (50, {"gottron_papules": 1}, 0, 0, "amyopathic dermatomyositis"),
        (60, {"proximal_upper_weakness": 1}, 0, 0, POLYMYOSITIS),
        (60, {}, 1, 0, POLYMYOSITIS),
        (60, {}, 1, 1, "inclusion body myositis"),
        (60, {"rimmed_vacuoles": 1}, 0, 0, "inclusion body myositis"),
        (60, {"rimmed_vacuoles": 1, "heliotrope": 1}, 0, 0, "amyopathic dermatomyositis"),
        # not recorded, and decisive or not
        (NAN, {"heliotrope": 1}, 0, 0, UNDETERMINED),
        (60, {"rimmed_vacuoles": NAN}, 0, 1, UNDETERMINED),
        (60, {"rimmed_vacuoles": NAN}, 1, 1, "inclusion body myositis"),
        (60, {"heliotrope": NAN, "gottron_sign": 1, "neck_flexors_weaker": 1}, NAN, NAN, "dermatomyositis"),
        (60, {"heliotrope": NAN}, 0, 0, UNDETERMINED),
    ],
)
def test_branches_of_the_recalled_tree(age, found, finger, poor, name):
    assert subgroup_iim(age, signs(**found), finger, poor).name == name


def test_the_tree_is_flagged_and_works_on_arrays():
    result = subgroup_iim([12, 60], [signs(heliotrope=1)] * 2, [0, 0], 0)
    assert result.name.tolist() == ["juvenile dermatomyositis", "amyopathic dermatomyositis"]
    assert len(result.flagged) == 6
    assert all(p.status == "recall" for p in result.flagged)


def test_mistakes_are_explained():
    with pytest.raises(UsageError, match="Finger flexor weakness: 1 value off the scale"):
        subgroup_iim(60, signs(), 2, 0)
    with pytest.raises(UsageError, match="poor_treatment_response"):
        subgroup_iim([60, 60], [signs(), signs()], 0, [0, 0, 1])
