"""Random terms of a mixed model, taken apart into the components of the covariance matrix."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Component", "RandomTerm", "build_components"]


@dataclass(frozen=True, slots=True)
class RandomTerm:
    """A random term: effects of the levels of a grouping.

    Parameters
    ----------
    name
        Name of the grouping in results, for example ``donor``.
    groups
        Level of each observation.
    design
        Columns (n x c) whose slopes vary between levels; a single column of ones (a random intercept) if not
        given.
    columns
        Names of the columns; ``intercept`` and ``slope`` by default.
    correlated
        Whether the effects of a level are correlated (unstructured covariance); for two columns only.
        Otherwise each column has a variance of its own, independent of the others.
    """

    name: str
    groups: Sequence[Hashable]
    design: "ArrayLike | None" = None
    columns: tuple[str, ...] = ()
    correlated: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    """Random effects with independent columns, or with two correlated ones (``second`` given).

    ``first`` and ``second`` are n x levels matrices, each scaled to a mean square of 1 over observations;
    ``scales`` are the factors by which they were divided.
    """

    names: tuple[str, ...]
    first: Array
    scales: tuple[float, ...]
    second: Array | None = None


def build_components(terms: Sequence[RandomTerm], n: int) -> tuple[Component, ...]:
    """Return the components of all terms; each observation counts once in each."""
    if not terms:
        raise UsageError("Mixed model: found no random term; expected at least one.")
    repeated = {one.name for one, other in pairwise(sorted(terms, key=_name)) if one.name == other.name}
    if repeated or any(term.name == "residual" for term in terms):
        raise UsageError(
            "Mixed model: found random terms of the same name, or one named residual; expected different "
            "names."
        )
    return tuple(component for term in terms for component in _split(term, n))


def _name(term: RandomTerm) -> str:
    return term.name


def _split(term: RandomTerm, n: int) -> list[Component]:
    indicator = _indicator(term, n)
    columns = np.ones((n, 1)) if term.design is None else np.asarray(term.design, dtype=float)
    if columns.ndim == 1:
        columns = columns[:, np.newaxis]
    if columns.ndim != 2 or len(columns) != n or not np.all(np.isfinite(columns)):
        raise UsageError(
            f"Random term {term.name!r}: found a design of shape {columns.shape}; expected {n} rows of "
            "numbers."
        )
    scales = np.sqrt(np.mean(columns**2, axis=0))
    if not np.all(scales > 0):
        raise UsageError(f"Random term {term.name!r}: found a column of zeros; drop it.")
    blocks = [indicator * (columns[:, [c]] / scales[c]) for c in range(columns.shape[1])]
    names = _names(term, len(blocks))
    if not term.correlated:
        return [
            Component((name,), block, (float(scale),))
            for name, block, scale in zip(names, blocks, scales, strict=True)
        ]
    if len(blocks) != 2:
        raise UsageError(
            f"Random term {term.name!r}: found {len(blocks)} columns; correlated effects are offered for two."
        )
    both = (names[0], f"{term.name}: covariance", names[1])
    return [Component(both, blocks[0], (float(scales[0]), float(scales[1])), blocks[1])]


def _indicator(term: RandomTerm, n: int) -> Array:
    levels = {level: i for i, level in enumerate(dict.fromkeys(term.groups))}
    if len(term.groups) != n or len(levels) < 2:
        raise UsageError(
            f"Random term {term.name!r}: found {len(term.groups)} entries with {len(levels)} levels; "
            f"expected {n} entries with at least two levels."
        )
    indicator = np.zeros((n, len(levels)))
    indicator[np.arange(n), [levels[level] for level in term.groups]] = 1.0
    return indicator


def _names(term: RandomTerm, count: int) -> list[str]:
    if term.design is None:
        return [term.name]
    columns = term.columns or (
        ("intercept", "slope") if count == 2 else tuple(f"column {i + 1}" for i in range(count))
    )
    if len(columns) != count:
        raise UsageError(f"Random term {term.name!r}: found {len(columns)} column names; expected {count}.")
    return [f"{term.name}: {column}" for column in columns]
