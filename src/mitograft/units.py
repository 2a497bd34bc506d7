"""Units of measurement; the only module that knows the unit library.

A unit is written as the field writes it: ``U/L``, ``ukat/L``, ``pmol/min``, ``ug/mL``, ``nmol/min/mg``,
``%``, ``cm``, ``h``. Case matters: ``nM`` (nanomolar) is not ``nm`` (nanometre). A number without a unit has
the unit ``1``. The micro sign may be written ``u``, U+00B5 or U+03BC.

Conversion factors are exact fractions. Enzyme activity per volume has a small table of its own, so that
scoring a file never loads the unit library: 1 U is 1 umol/min and 1 kat is 1 mol/s, hence
1 ukat/L = 60 U/L exactly (International Union of Biochemistry, Units of Enzyme Activity, Eur J Biochem
1979;97:319-320; the katal: 21st General Conference on Weights and Measures, 1999, Resolution 12).

Instrument readings (``RFU``, ``RLU``, ``MFI``, ``OD``) and score ``points`` have no physical size. Each is a
kind of its own: it converts to its own multiples (``RFU/ug`` to ``RFU/mg``) and to nothing else.
"""

import difflib
import functools
import re
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING

from mitograft.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pint

__all__ = ["ENZYME_UNITS", "FIELD_UNITS", "check_unit", "conversion_factor", "convert"]

# Enzyme activity per volume, in U/L.
_ENZYME_SIZES = {
    "U/L": Fraction(1),
    "U/mL": Fraction(1000),
    "mU/mL": Fraction(1),
    "ukat/L": Fraction(60),
    "nkat/L": Fraction(60, 1000),
}

ENZYME_UNITS: Mapping[str, str] = MappingProxyType(
    {
        **{name: name for name in _ENZYME_SIZES},
        "U/l": "U/L",
        "IU/L": "U/L",
        "IU/l": "U/L",
        "ukat/l": "ukat/L",
        "\u00b5kat/L": "ukat/L",
        "\u00b5kat/l": "ukat/L",
        "\u03bckat/L": "ukat/L",
        "\u03bckat/l": "ukat/L",
        "microkat/L": "ukat/L",
        "microkat/l": "ukat/L",
    }
)
"""Accepted spelling of an enzyme activity to its name here. ``IU/L`` is read as the enzyme unit."""

FIELD_UNITS = (
    *("U/L", "ukat/L", "mU", "nmol/min/mg", "pmol/min", "cm", "mm", "ug", "ug/mL", "ng/mL", "pg/mL"),
    *("nM", "%", "RFU", "RLU", "MFI", "OD", "points", "s", "min", "h", "day", "week", "1"),
)
"""The units most used here, named in messages. Others that the unit library knows are accepted too."""

_READINGS = ("RFU", "RLU", "MFI", "OD", "points")
_TERM = r"(?:1|%|[A-Za-z][A-Za-z_]*)(?:(?:\^|\*\*)-?[1-9])?"
_PATTERN = re.compile(rf"{_TERM}(?:[*/]{_TERM}){{0,7}}")
_MICRO = str.maketrans({"\u00b5": "u", "\u03bc": "u"})
_SHOWN = 40
_EXACT_FLOAT = 2**53


def check_unit(unit: str) -> str:
    """Return the unit as it is written in files (micro as ``u``); refuse what is not a unit.

    Raises
    ------
    UsageError
        If the unit is unknown.

    >>> check_unit("\u00b5kat/L"), check_unit("pmol/min")
    ('ukat/L', 'pmol/min')
    """
    if unit in ENZYME_UNITS:
        return ENZYME_UNITS[unit]
    name = unit.strip().translate(_MICRO)
    if name in FIELD_UNITS:
        return name
    _parse(name)
    return name


@functools.lru_cache(maxsize=256)
def conversion_factor(from_unit: str, to_unit: str) -> Fraction:
    """Return the exact number of ``to_unit`` in one ``from_unit``.

    Factors that are irrational by definition (degree to radian) come from the unit library's own
    rounded constant.

    Raises
    ------
    UsageError
        If a unit is unknown, the two measure different things, or their zeros differ (degC and K).

    >>> conversion_factor("ukat/L", "U/L"), conversion_factor("U/L", "ukat/L")
    (Fraction(60, 1), Fraction(1, 60))
    """
    if from_unit in ENZYME_UNITS and to_unit in ENZYME_UNITS:
        return _ENZYME_SIZES[ENZYME_UNITS[from_unit]] / _ENZYME_SIZES[ENZYME_UNITS[to_unit]]
    source, target = check_unit(from_unit), check_unit(to_unit)
    return Fraction(1) if source == target else _library_factor(source, target)


def convert(values: "npt.ArrayLike", from_unit: str, to_unit: str) -> "npt.NDArray[np.float64]":
    """Convert numbers from one unit to another; missing values (NaN) stay missing.

    Whole factors and whole divisors cost one rounding, so 2.5 ukat/L is 150 U/L and back without a
    remainder.

    Raises
    ------
    UsageError
        As ``conversion_factor``.
    """
    import numpy as np

    factor = conversion_factor(from_unit, to_unit)
    numbers = np.asarray(values, dtype=np.float64)
    if max(factor.numerator, factor.denominator) > _EXACT_FLOAT:
        return np.asarray(numbers * float(factor))
    scaled = numbers * float(factor.numerator) if factor.numerator != 1 else numbers
    return np.array(scaled / float(factor.denominator))


@functools.cache
def _registry() -> "pint.UnitRegistry[Fraction]":
    import pint

    registry: pint.UnitRegistry[Fraction] = pint.UnitRegistry(non_int_type=Fraction, on_redefinition="raise")
    for name in _READINGS:
        registry.define(f"{name} = [{name}_reading]")
    return registry


def _parse(name: str) -> "pint.Unit":
    # The pattern comes first: the library would read "2 m", "m + s" and very large powers as well.
    if not _PATTERN.fullmatch(name):
        raise _unknown(name)
    import pint

    try:
        return _registry().parse_units(name)
    except (pint.errors.PintError, ValueError, TypeError):
        raise _unknown(name) from None


def _library_factor(source: str, target: str) -> Fraction:
    import pint

    registry = _registry()
    start, goal = _parse(source), _parse(target)
    try:
        none, one = (registry.Quantity(Fraction(k), start).to(goal).magnitude for k in (0, 1))
    except (pint.errors.PintError, TypeError, ValueError):
        raise UsageError(
            f"Cannot convert units: found {source!r}, expected a unit that measures the same as {target!r}. "
            "Correct the unit (capital and small letters differ), or convert the values before reading them."
        ) from None
    if none != 0:
        raise UsageError(
            f"Cannot convert units by a factor: found {source!r} and {target!r}, expected two units that "
            "share their zero. Convert the values before reading them."
        )
    return Fraction(one)


def _unknown(name: str) -> UsageError:
    known = (*FIELD_UNITS, *ENZYME_UNITS)
    near = [u for u in known if u.lower() == name.lower()] or difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return UsageError(
        f"Unknown unit: found {name[:_SHOWN]!r}, expected a unit such as {', '.join(FIELD_UNITS)}. "
        f"Check the spelling; capital and small letters differ (nM is not nm).{hint}"
    )
