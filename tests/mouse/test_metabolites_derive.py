"""Energy charge, ratios and pathway scores: values by hand, and laws."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.mouse.animals import Animal, Colony, Group
from mitograft.mouse.metabolites.analyse import analyse_metabolites
from mitograft.mouse.metabolites.contract import Level, load_metabolites, load_ratios, metabolite_id
from mitograft.mouse.metabolites.derive import (
    Sample,
    are_amounts,
    derive_energy,
    derive_pathway,
    derive_pool,
    derive_ratio,
    energy_charge,
    latest_samples,
)
from mitograft.tables.contract import RawTable

AMOUNT = st.floats(1e-6, 1e6)
RATIOS = {ratio.id: ratio for ratio in load_ratios()}


def sample(unit="nmol/g", units=None, below=(), **levels):
    units = units or {}
    held = {
        name: Level("M1", 21, "", name, math.nan, units.get(name, unit), limit=value)
        if name in below
        else Level("M1", 21, "", name, value, units.get(name, unit))
        for name, value in levels.items()
    }
    return Sample("M1", "", 21, held)


# Atkinson, Biochemistry 1968;7:4030: 1 where all is ATP, 1/2 where all is ADP, 0 where all is AMP.
@pytest.mark.parametrize(
    ("amounts", "charge"),
    [
        ((7.0, 0.0, 0.0), 1.0),
        ((0.0, 3.0, 0.0), 0.5),
        ((0.0, 0.0, 2.0), 0.0),
        ((1.0, 1.0, 1.0), 0.5),
        ((6.0, 0.8, 0.1), 6.4 / 6.9),  # by hand: muscle frozen at once, 0.93
        ((1.0, 1.0, 3.0), 0.3),  # by hand
    ],
)
def test_energy_charge_by_hand(amounts, charge):
    assert energy_charge(*amounts) == pytest.approx(charge, rel=1e-15)


@given(AMOUNT, AMOUNT, AMOUNT, st.floats(1e-3, 1e3))
def test_energy_charge_is_bounded_symmetric_and_free_of_units(atp, adp, amp, scale):
    charge = energy_charge(atp, adp, amp)
    assert 0.0 <= charge <= 1.0
    assert charge + energy_charge(amp, adp, atp) == pytest.approx(1.0)
    assert energy_charge(scale * atp, scale * adp, scale * amp) == pytest.approx(charge)


@given(AMOUNT, AMOUNT, AMOUNT)
def test_adenylate_kinase_keeps_the_energy_charge(atp, adp, amp):
    # 2 ADP -> ATP + AMP moves phosphate between adenylates and changes neither charge nor pool.
    moved = energy_charge(atp + adp / 2, 0.0, amp + adp / 2)
    assert moved == pytest.approx(energy_charge(atp, adp, amp))


def test_energy_charge_of_nothing_is_refused():
    for amounts in ((0.0, 0.0, 0.0), (-1.0, 1.0, 1.0), (math.nan, 1.0, 1.0), (math.inf, 1.0, 1.0)):
        with pytest.raises(UsageError, match="one above 0"):
            energy_charge(*amounts)


@given(AMOUNT, AMOUNT, st.sampled_from(["nmol/g", "umol/g", "pmol/mg", "uM", "nM"]))
def test_a_ratio_does_not_depend_on_the_unit(lactate, pyruvate, unit):
    found = derive_ratio(sample(unit, lactate=lactate, pyruvate=pyruvate), RATIOS["lactate_pyruvate"])
    assert found.value == pytest.approx(lactate / pyruvate)


def test_units_of_numerator_and_denominator_are_brought_together():
    levels = {"lactate": 12.0, "pyruvate": 600.0}
    mixed = sample(units={"lactate": "umol/g", "pyruvate": "nmol/g"}, **levels)
    assert derive_ratio(mixed, RATIOS["lactate_pyruvate"]).value == pytest.approx(20.0)
    apart = sample(units={"lactate": "umol/g", "pyruvate": "uM"}, **levels)
    assert derive_ratio(apart, RATIOS["lactate_pyruvate"]).reason.startswith("units")
    adenylates = sample(
        units={"atp": "umol/g", "adp": "nmol/g", "amp": "nmol/g"}, atp=6.0, adp=800.0, amp=100.0
    )
    assert derive_energy(adenylates).value == pytest.approx(6.4 / 6.9)
    assert derive_pool(adenylates).value == pytest.approx(6.9)


def test_values_below_a_limit_bound_a_ratio_or_leave_it_out():
    low = sample(below=("succinate",), succinate=0.02, fumarate=0.1)
    assert derive_ratio(low, RATIOS["succinate_fumarate"]).below == pytest.approx(0.2)
    under = sample(below=("fumarate",), succinate=0.4, fumarate=0.01)
    assert derive_ratio(under, RATIOS["succinate_fumarate"]).reason == "denominator below its limit"
    part = sample(below=("c18",), c16=0.006, c18=0.001, c0=0.6)
    assert derive_ratio(part, RATIOS["long_acyl_c0"]).reason.startswith("part")
    whole = sample(c16=0.006, c18=0.003, c0=0.6)
    assert derive_ratio(whole, RATIOS["long_acyl_c0"]).value == pytest.approx(0.015)
    assert derive_energy(sample(below=("amp",), atp=6.0, adp=0.8, amp=0.02)).reason.startswith("an adenylate")


def test_peak_areas_have_no_energy_charge_but_ratios():
    areas = sample("area", atp=1e6, adp=2e5, amp=1e4)
    assert derive_energy(areas).reason == "no amounts of substance"
    assert derive_ratio(areas, RATIOS["atp_adp"]).value == pytest.approx(5.0)
    assert [are_amounts(unit) for unit in ("nmol/g", "uM", "nmol", "ng/mg", "area")] == [True] * 3 + [
        False
    ] * 2


def test_names_find_their_metabolite():
    assert metabolite_id("α-Ketoglutarate") == metabolite_id("2-oxoglutarate") == "oxoglutarate"
    assert metabolite_id("NAD+") != metabolite_id("NADH")
    assert metabolite_id("NAD(H)") not in load_metabolites()
    assert all(metabolite_id(m.label) == m.id for m in load_metabolites().values())


def test_the_last_sample_counts():
    levels = [Level("M1", day, "", "lactate", float(day), "uM") for day in (7, 21, 14)]
    assert [s.levels["lactate"].value for s in latest_samples(levels)] == [21.0]


def tca(values, factor=1.0):
    return [
        Sample(f"M{k}", "", 21, {
            name: Level(f"M{k}", 21, "", name, factor * value * scale, "nmol/g")
            for name, scale in (("citrate", 1.0), ("malate", 3.0))
        })
        for k, value in enumerate(values)
    ]  # fmt: skip


def test_a_pathway_score_is_the_mean_z_on_the_healthy():
    # Logarithms of healthy mice -1, 0, 1: mean 0, standard deviation 1; the ill mouse lies at +2.
    values = [math.exp(-1.0), 1.0, math.exp(1.0), math.exp(2.0)]
    healthy = {"M0", "M1", "M2"}
    found = derive_pathway(tca(values), "tca", ("citrate", "malate"), healthy, 3)
    assert [found.scores[f"M{k}"] for k in range(4)] == pytest.approx([-1.0, 0.0, 1.0, 2.0])
    other = derive_pathway(tca(values, 1e-3), "tca", ("citrate", "malate"), healthy, 3)
    assert other.scores == pytest.approx(found.scores)
    few = derive_pathway(tca(values), "tca", ("citrate", "malate"), {"M0", "M1"}, 3)
    assert few.reason == "2 healthy mice; 3 are needed"


def test_a_metabolite_unknown_in_one_mouse_leaves_the_pathway():
    samples = tca([1.0, 2.0, 3.0, 4.0])
    extra = {"fumarate": 1.0, "succinate": 2.0}
    held = [
        Sample(s.animal, "", 21, {**s.levels, **{
            name: Level(s.animal, 21, "", name, value + k, "nmol/g", 0.5 * (k == 3 and name == "fumarate"))
            for name, value in extra.items()
        }})
        for k, s in enumerate(samples)
    ]  # fmt: skip
    found = derive_pathway(held, "tca", ("citrate", "malate", "fumarate", "succinate"), {"M0", "M1", "M2"}, 3)
    assert found.used == ("citrate", "malate", "succinate")
    assert found.left_out == ("fumarate",)


def make_colony():
    groups = {"healthy": Group("healthy", "healthy", "none", 0.0, "ug")}
    mouse = Animal("M1", "healthy", "F", "C57BL/6", date(2026, 1, 5), date(2026, 3, 2))
    return Colony(groups, {"M1": mouse}, "animals.csv")


@given(st.sampled_from([("nmol/g", 1000.0), ("umol/g", 1.0), ("pmol/mg", 1000.0)]))
def test_a_change_of_unit_throughout_changes_no_ratio_nor_charge(unit):
    name, factor = unit
    levels = {"ATP": 6.0, "ADP": 0.8, "AMP": 0.1, "lactate": 12.0, "pyruvate": 0.6}
    columns = {
        "animal": ["M1"] * 5, "date": ["2026-03-23"] * 5, "metabolite": list(levels),
        "value": [factor * value for value in levels.values()], "unit": [name] * 5,
    }  # fmt: skip
    result = analyse_metabolites(RawTable("metabolites.csv", columns, range(2, 7)), make_colony())
    found = {outcome.name: outcome for outcome in result.outcomes}
    assert found["metabolite.energy_charge"].values["M1"] == pytest.approx(6.4 / 6.9)
    assert found["metabolite.energy_charge"].scale == "interval"
    assert found["metabolite.lactate_pyruvate"].values["M1"] == pytest.approx(20.0)
    assert found["metabolite.lactate_pyruvate"].scale == "log"
    assert found["metabolite.adenylate_pool"].unit == name
