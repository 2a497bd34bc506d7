"""Units: exact factors, refusals, and the rule that one module only knows the unit library."""

import ast
import itertools
import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mitograft
from mitograft.errors import UsageError
from mitograft.units import ENZYME_UNITS, FIELD_UNITS, check_unit, conversion_factor, convert

SOURCES = Path(mitograft.__file__).parent


# 1 U = 1 umol/min (International Union of Biochemistry, Eur J Biochem 1979;97:319-320); 1 kat = 1 mol/s
# (21st General Conference on Weights and Measures, 1999, Resolution 12). Hence 1 ukat = 1 umol/s = 60 U.
@pytest.mark.parametrize(
    ("source", "target", "factor"),
    [
        ("ukat/L", "U/L", Fraction(60)),
        ("U/L", "ukat/L", Fraction(1, 60)),
        ("\u00b5kat/L", "U/L", Fraction(60)),
        ("\u03bckat/L", "U/L", Fraction(60)),
        ("microkat/L", "IU/L", Fraction(60)),
        ("nkat/L", "U/L", Fraction(3, 50)),
        ("U/mL", "U/L", Fraction(1000)),
        ("mU", "U", Fraction(1, 1000)),
        ("mU/mg", "nmol/min/mg", Fraction(1)),
        ("nmol/min/mg", "U/g", Fraction(1)),
        ("pmol/min", "nmol/h", Fraction(3, 50)),
        ("cm", "mm", Fraction(10)),
        ("ug/mL", "ng/mL", Fraction(1000)),
        ("pg/mL", "ug/mL", Fraction(1, 10**6)),
        ("\u00b5g", "ug", Fraction(1)),
        ("%", "1", Fraction(1, 100)),
        ("min", "s", Fraction(60)),
        ("week", "day", Fraction(7)),
        ("day", "h", Fraction(24)),
        ("nM", "pmol/mL", Fraction(1)),
        ("RFU/ug", "RFU/mg", Fraction(1000)),
    ],
)
def test_factor_is_exact(source, target, factor):
    assert conversion_factor(source, target) == factor
    assert conversion_factor(target, source) == 1 / factor


def test_the_enzyme_table_agrees_with_the_unit_library():
    # "U" and "kat" by way of the library: the table must not be a second truth.
    plain = {"U/L": "umol/min/L", "U/mL": "umol/min/mL", "mU/mL": "nmol/min/mL"}
    plain |= {"ukat/L": "umol/s/L", "nkat/L": "nmol/s/L"}
    assert set(plain) == set(ENZYME_UNITS.values())
    for one, other in itertools.product(plain, repeat=2):
        assert conversion_factor(one, other) == conversion_factor(plain[one], plain[other])


@pytest.mark.parametrize("unit", FIELD_UNITS)
def test_units_of_the_field_are_known_as_they_are_written(unit):
    assert check_unit(unit) == unit
    assert conversion_factor(unit, unit) == 1


@pytest.mark.parametrize(("spelling", "name"), [*ENZYME_UNITS.items(), ("\u03bcg/mL", "ug/mL")])
def test_spellings_lead_to_one_name(spelling, name):
    assert check_unit(spelling) == name


@pytest.mark.parametrize(
    "unit",
    ["", " ", "1/", "2 m", "m + s", "m**999999999", "ULN", "foo", "U/L; x", "()", "__import__", "m" * 500],
)
def test_what_is_not_a_unit_is_refused(unit):
    with pytest.raises(UsageError, match=r"found '.*', expected a unit such as U/L, .* Check the spelling"):
        check_unit(unit)


def test_the_hint_names_the_unit_that_was_meant():
    with pytest.raises(UsageError, match="Did you mean 'RFU'"):
        check_unit("rfu")


@pytest.mark.parametrize(
    ("source", "target"),
    [("nM", "nm"), ("u/L", "U/L"), ("RFU", "RLU"), ("RFU", "%"), ("points", "cm"), ("U", "U/L"), ("%", "cm")],
)
def test_units_of_different_things_are_refused(source, target):
    with pytest.raises(UsageError, match=f"found '{source}', expected a unit that measures .* '{target}'"):
        conversion_factor(source, target)


def test_units_with_different_zeros_have_no_factor():
    with pytest.raises(
        UsageError, match="found 'degC' and 'kelvin', expected two units that share their zero"
    ):
        conversion_factor("degC", "kelvin")


@settings(deadline=None)
@given(st.floats(min_value=0, max_value=1e12), st.sampled_from([("ukat/L", "U/L"), ("cm", "mm")]))
def test_conversion_costs_one_rounding(value, pair):
    exact = Fraction(value) * conversion_factor(*pair)
    assert convert(value, *pair) == float(exact)
    exact = Fraction(value) * conversion_factor(*pair[::-1])
    assert convert(value, *pair[::-1]) == float(exact)


def test_conversion_keeps_shape_and_missing_values():
    given_values = np.array([[2.5, math.nan], [0.0, -1.0]])
    result = convert(given_values, "microkat/L", "U/L")
    np.testing.assert_array_equal(result, [[150.0, math.nan], [0.0, -60.0]])
    assert given_values[0, 0] == 2.5
    unchanged = convert(given_values, "U/L", "U/L")
    unchanged[0, 0] = 99.0
    assert given_values[0, 0] == 2.5


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [n.name for node in ast.walk(tree) if isinstance(node, ast.Import) for n in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def test_only_this_module_imports_the_unit_library():
    users = {
        p.relative_to(SOURCES).as_posix() for p in sorted(SOURCES.rglob("*.py")) if "pint" in _imports(p)
    }
    assert users == {"units.py"}


def test_enzyme_units_need_neither_the_unit_library_nor_numpy():
    program = (
        "import sys; from mitograft.units import conversion_factor as f, check_unit as c\n"
        "f('ukat/L', 'U/L'), c('microkat/L'), c('%')\n"
        "print({'pint', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
