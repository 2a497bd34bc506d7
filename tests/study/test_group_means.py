import math

import pytest

from mitograft.study.assay_files import overlay_names
from mitograft.study.group_means import group_means


def test_donors_count_not_wells():
    # Donor means 2, 4 and 9: mean 5, standard error sqrt(13/3), t(0.975, 2) = 4.302653.
    values = [1.0, 3.0, math.nan, 4.0, 9.0, 9.0, 9.0]
    donors = ["P1", "P1", "P1", "P2", "P3", "P3", "P3"]
    (found,) = group_means(values, donors, ["IIM"] * 7)
    assert found.donors == {"P1": 2.0, "P2": 4.0, "P3": 9.0}
    assert found.estimate == 5
    assert found.high - 5 == pytest.approx(4.302653 * math.sqrt(13 / 3), rel=1e-6)
    assert 5 - found.low == pytest.approx(found.high - 5)


def test_one_donor_has_no_interval():
    found = group_means([1.0, 2.0, 3.0], ["P1", "P1", "H1"], ["IIM", "IIM", "healthy"])
    assert [group.group for group in found] == ["IIM", "healthy"]
    assert math.isnan(found[0].low)


@pytest.mark.parametrize(
    "names", [("a.tif", "A.png"), ("a.ome.tif", "a.tif", "a.png"), ("x.y.tif", "x.z.tif")]
)
def test_no_overlay_takes_the_name_of_another(names):
    found = overlay_names(names)
    assert list(found) == list(names)
    assert len({name.casefold() for name in found.values()}) == len(names)
