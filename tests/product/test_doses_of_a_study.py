"""Doses as a table of the study, and the lots as evidence."""

import math

import pytest

from mitograft.errors import InputError
from mitograft.product import analyse_product, dose_table, product_evidence, read_doses
from mitograft.product.simulate import DoseTruth, LotTruth, ProductTruth, StabilityTruth, simulate_product
from mitograft.seeds import stream

TRUTH = ProductTruth(
    lots=(LotTruth("REF-0"), LotTruth("L-1", potency=0.8), LotTruth("L-2", sterility="growth")),
    stability=(StabilityTruth("atp_synthesis", "2-8 C", "day", (0, 1, 2, 4, 7), 150, 0.05),),
    doses_planned=(DoseTruth("L-1", 300, 6.8, on_ice=True), DoseTruth("L-2", 600, 0)),
)
NAMES = ("lot", "dose", "unit", "hours", "on_ice", "note")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("product")
    simulate_product(TRUTH, folder, stream(3, "product"))
    assert "SIMULATED" in (folder / "doses.csv").read_text(encoding="utf-8")
    return analyse_product(folder)


def test_a_dose_in_mg_is_one_in_ug(raw_table):
    (plan,) = read_doses(raw_table(NAMES, (("L-1", "0.3", "mg", "2", "yes", ""),)), {"L-1"})
    assert (plan.dose_ug, plan.hours, plan.on_ice) == (300, 2, True)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("L-9", "300", "ug", "2", "", ""), "expected a lot of lots.csv"),
        (("L-1", "0", "ug", "2", "", ""), "expected a dose above 0"),
        (("L-1", "300", "mL", "2", "", ""), "expected a mass such as ug or mg"),
        (("L-1", "300", "ug", "-1", "", ""), "hours"),
        (("L-1", "300", "ug", "2", "perhaps", ""), "on_ice"),
    ],
)
def test_a_wrong_dose_is_refused_with_its_place(raw_table, row, words):
    with pytest.raises(InputError) as refused:
        read_doses(raw_table(NAMES, (row,), "doses.csv"), {"L-1"})
    assert words in str(refused.value)
    assert "doses.csv" in str(refused.value)


def test_doses_are_prepared_from_their_own_lots(found):
    table = dose_table(found.doses)
    assert table["release"] == ["pass", "fail"]
    assert table["left"] == [pytest.approx(2 ** (-6.8 / 13.5)), 1.0]
    assert table["left_low"][0] == 0.5  # the lower end of the half-life's interval is 6.8 h
    protein = [r.value for r in found.results if (r.lot, r.attribute) == ("L-1", "protein")]
    assert table["volume_ul"][0] == pytest.approx(300 / (sum(protein) / len(protein)))
    assert "longer" in table["remarks"][0]
    assert table["remarks"][1].startswith("The lot is not released: fail.")
    assert {"half_life", "ice_loss_noticed"} <= {parameter.id for parameter in found.flagged}
    assert len({parameter.id for parameter in found.flagged}) == len(found.flagged)


def test_release_potency_and_shelf_life_become_evidence(found):
    rows = {(e.quantity, e.contrast): e for e in product_evidence(found, "simulated")}
    release = [rows["lot passes release (1 yes, 0 no)", lot].estimate for lot in ("REF-0", "L-1", "L-2")]
    assert release == [1, 1, 0]
    potency = rows["relative potency, SIMULATED ATP in C2C12", "L-1 vs REF-0"]
    assert potency.low < potency.estimate < potency.high
    assert potency.n == 3
    (life,) = (e for e in rows.values() if e.quantity.startswith("shelf life"))
    (stability,) = found.stability
    # The truth, 150 (1 - 0.05 t), meets the limit of 80 at 9.33 days.
    assert life.low == stability.shelf_life < life.estimate == pytest.approx(9.33, abs=0.8)
    assert (life.high, life.n, life.unit, life.level) == (math.inf, 3, "day", 0.95)
    assert "extrapolated" in life.note
    assert {e.data_kind for e in rows.values()} == {"simulated"}
