"""From simulated files through the readers to the results."""

import math

import pytest

from mitograft.errors import InputError, UsageError
from mitograft.product import analyse_product, potency_table, stability_table
from mitograft.product.simulate import LotTruth, ProductTruth, StabilityTruth, simulate_product
from mitograft.seeds import stream

TRUTH = ProductTruth(
    lots=(
        LotTruth("REF-0"),
        LotTruth("L-1", potency=0.8),
        LotTruth("L-2", left_out=("respiration_state3",)),
        LotTruth("L-3", sterility="growth"),
        LotTruth("L-4", factors={"atp_synthesis": 0.2}),
    ),
    stability=(
        StabilityTruth("respiratory_control_ratio", "frozen", "month", (0, 3, 6, 9, 12, 18, 24), 5, 0.02),
    ),
    plates=2,
)


@pytest.fixture
def folder(tmp_path):
    simulate_product(TRUTH, tmp_path, stream(3, "product"))
    return tmp_path


def test_simulated_lots_are_read_and_judged_as_their_truth_says(folder):
    found = analyse_product(folder)
    assert {lot.lot: lot.verdict for lot in found.verdicts} == {
        "REF-0": "pass",
        "L-1": "pass",
        "L-2": "not tested",
        "L-3": "fail",
        "L-4": "fail",
    }
    assert found.example_specification
    assert found.notes[0].endswith("No verdict says anything of PN-101.")
    assert {parameter.id for parameter in found.flagged} >= {"poolability_level", "parallelism_level"}


def test_shelf_life_and_potency_are_those_of_the_truth(folder):
    found = analyse_product(folder)
    (stability,) = found.stability
    # 5 (1 - 0.02 t) meets the example limit of 2.5 at 25 months; the bound comes earlier.
    assert 22 < stability.shelf_life < 25
    assert stability_table(found.stability)["supported"] == [stability.shelf_life]
    table = potency_table(found.potencies)
    assert dict(zip(table["lot"], table["relative_potency"], strict=True))["L-1"] == pytest.approx(
        0.8, abs=0.12
    )


def test_simulated_files_say_so_and_are_the_same_again(folder, tmp_path):
    lots = (folder / "lots.csv").read_text(encoding="utf-8").splitlines()
    assert all("SIMULATED" in line for line in lots[1:])
    again = tmp_path / "again"
    simulate_product(TRUTH, again, stream(3, "product"))
    assert all((again / path.name).read_bytes() == path.read_bytes() for path in folder.glob("*.csv"))


def test_all_broken_tables_are_named_at_once(folder):
    for name, old, new in (("lots.csv", "mg/mL", "nm"), ("stability.csv", "month", "moon")):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=r"^lots.csv, stability.csv") as refused:
        analyse_product(folder)
    assert {violation.file for violation in refused.value.violations} == {"lots.csv", "stability.csv"}


def test_a_folder_without_lots_says_what_is_missing(tmp_path):
    with pytest.raises(UsageError, match=r"found no lots.csv"):
        analyse_product(tmp_path)


def test_only_the_lots_are_needed(folder):
    for name in ("specification.csv", "stability.csv", "potency.csv"):
        (folder / name).unlink()
    found = analyse_product(folder)
    assert found.example_specification
    assert found.potencies == found.stability == ()
    assert math.isnan(found.limits[0].high)
