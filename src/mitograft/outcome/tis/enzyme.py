"""The muscle enzyme of the core set: the most abnormal one at baseline, followed afterwards.

Most abnormal means the largest multiple of its own upper limit of normal (ULN). Equal multiples are settled
by the order of the rule ``enzyme_order``. An enzyme chosen at baseline that is not measured later is missing
then; another enzyme never stands in.
"""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.outcome.tis.change import EnzymeChange
from mitograft.outcome.tis.rules import TisRules

__all__ = ["choose_enzyme", "enzyme_change"]

Floats = npt.NDArray[np.float64]
_TIE = 1e-9


def choose_enzyme(values: Mapping[str, Floats], order: tuple[str, ...]) -> npt.NDArray[np.int8]:
    """Choose the most abnormal enzyme of each row.

    Parameters
    ----------
    values
        ``ck, ck_uln`` and so on, each shape (n,), NaN where missing.
    order
        Enzyme names; the earlier one wins a tie.

    Returns
    -------
    int8, shape (n,)
        Position in ``order``, -1 where no enzyme was measured.

    >>> values = {"ck": np.array([300.0]), "ck_uln": np.array([200.0]),
    ...           "ldh": np.array([375.0]), "ldh_uln": np.array([250.0])}
    >>> int(choose_enzyme(values, ("ck", "aldolase", "ast", "alt", "ldh"))[0])
    0
    """
    count = max((len(column) for column in values.values()), default=0)
    best = np.full(count, -np.inf)
    choice = np.full(count, -1, dtype=np.int8)
    for position, name in enumerate(order):
        if name not in values:
            continue
        multiple = values[name] / values[f"{name}_uln"]
        larger = multiple > best * (1 + _TIE)
        near = ~larger & (multiple >= best * (1 - _TIE)) & (choice >= 0)
        for row in np.flatnonzero(near).tolist():
            larger[row] = _multiple(values, name, row) > _multiple(values, order[choice[row]], row)
        best[larger], choice[larger] = multiple[larger], position
    return choice


def _multiple(values: Mapping[str, Floats], name: str, row: int) -> Fraction:
    return Fraction(str(values[name][row])) / Fraction(str(values[f"{name}_uln"][row]))


def enzyme_change(
    base: Mapping[str, Floats],
    final: Mapping[str, Floats],
    count: int,
    rules: TisRules,
    bands: tuple[tuple[Fraction, ...], tuple[int, ...]],
) -> EnzymeChange:
    """Pair the enzyme chosen at baseline with its later value.

    Raises
    ------
    UsageError
        If an enzyme is given without its upper limit of normal.
    """
    present = [e for e in rules.enzyme_order if e in base or e in final]
    for side in (base, final):
        _check_limits(side, present)
    if len(present) == 1:
        name = present[0]
        v0, u0, v1, u1 = (
            _column(side, key, count) for side in (base, final) for key in (name, f"{name}_uln")
        )
        return EnzymeChange(v0, u0, v1, u1, float(rules.multiple(name)), *bands)
    order = tuple(present)
    choice = choose_enzyme({k: base[k] for e in order if e in base for k in (e, f"{e}_uln")}, order)
    if not present or not len(choice):
        choice = np.full(count, -1, dtype=np.int8)
    v0, u0, v1, u1 = (
        _picked(side, order, suffix, choice) for side in (base, final) for suffix in ("", "_uln")
    )
    sizes = np.array([float(rules.multiple(name)) for name in order] or [1.0])
    return EnzymeChange(v0, u0, v1, u1, sizes[choice], *bands)


def _picked(
    side: Mapping[str, Floats], order: tuple[str, ...], suffix: str, choice: npt.NDArray[np.int8]
) -> Floats:
    out = np.full(len(choice), np.nan)
    for position, name in enumerate(order):
        if f"{name}{suffix}" in side:
            rows = choice == position
            out[rows] = side[f"{name}{suffix}"][rows]
    return out


def _column(side: Mapping[str, Floats], key: str, count: int) -> Floats:
    return side[key] if key in side else np.full(count, np.nan)


def _check_limits(side: Mapping[str, Floats], names: list[str]) -> None:
    for name in names:
        if name not in side:
            continue
        limit = side.get(f"{name}_uln")
        if limit is None:
            raise UsageError(f"Found {name} without {name}_uln; expected its upper limit in the same unit.")
        if limit.strides == (0,):
            limit = limit[:1]
        if np.min(limit) > 0:
            continue  # neither missing nor out of range
        if np.any(np.isnan(limit) & ~np.isnan(side[name])):
            raise UsageError(f"Found {name} without {name}_uln; expected its upper limit in the same unit.")
        if np.any(limit <= 0):
            raise UsageError(f"Found {name}_uln of 0 or less; expected a positive upper limit of normal.")
