"""Conversions to standard units: definitions, and that they can be undone exactly."""

from fractions import Fraction

import pytest

from mitograft.trial.sdtm.units import UnitConversion, find_conversion, load_conversions, standard_unit

F = Fraction


@pytest.mark.parametrize(
    ("test", "value", "unit", "standard", "expected"),
    [
        ("CK", 1, "ukat/L", "U/L", F(60)),  # 1 kat = 1 mol/s, 1 U = 1 umol/min
        ("TEMP", F("98.6"), "F", "C", F(37)),
        ("TEMP", F(-40), "F", "C", F(-40)),
        ("TEMP", F("273.15"), "K", "C", F(0)),
        ("HEIGHT", 1, "in", "cm", F("2.54")),
        ("WEIGHT", 1, "LB", "kg", F("0.45359237")),
        ("SYSBP", F("101.325"), "kPa", "mmHg", F(101325) / F("133.322387415")),
        ("PATGLOB", 55, "mm", "cm", F("5.5")),
        ("ALB", F("3.9"), "g/dL", "g/L", F(39)),
    ],
)
def test_conversions_by_definition(test, value, unit, standard, expected):
    assert find_conversion(test, unit, standard).apply(F(value)) == expected


@pytest.mark.parametrize("item", load_conversions(), ids=lambda item: f"{item.testcd} {item.unit}")
def test_conversions_can_be_undone_and_keep_order(item):
    for value in (F(0), F(1), F("37.3"), F(-5)):
        assert item.invert(item.apply(value)) == value
    assert item.factor > 0


def test_molar_factors_agree_with_molar_masses():
    # Creatinine C4H7N3O 113.12 g/mol, bilirubin C33H36N4O6 584.67 g/mol (IUPAC atomic weights).
    for test, mass in (("CREAT", 113.12), ("BILI", 584.67)):
        assert float(find_conversion(test, "mg/dL", "umol/L").factor) == pytest.approx(1e4 / mass, rel=1e-3)


def test_the_own_conversion_comes_first():
    own = UnitConversion("CREAT", "mg/dL", "umol/L", F("88.42"))
    assert find_conversion("CREAT", "mg/dL", "umol/L", (own,)) is own
    assert find_conversion("BILI", "mg/dL", "umol/L", (own,)).factor == F("17.104")
    assert find_conversion("CK", "mg/dL", "umol/L") is None
    assert find_conversion("CK", "furlong", "furlong").factor == 1


def test_standards():
    assert standard_unit("LB", "HGB") == "g/L"
    assert standard_unit("LB", "UNHEARD") is None
