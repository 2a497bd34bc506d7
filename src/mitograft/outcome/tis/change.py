"""Changes of one measure and the band they fall into, exactly.

Exactness. A value of a scale is the decimal somebody wrote down. Differences of such decimals are computed in
float64 and compared with ``edge + 0.5e-9``: two decimals with at most nine places differ from an edge either
not at all or by at least 1e-9, while the rounding error of the difference stays below 1e-12 for values below
10,000. No binary rounding can therefore put a change into the wrong band.

An enzyme is a ratio of two decimals, value over its own upper limit of normal (ULN). Its change is decided in
float64 wherever it is at least 1e-9 ULN away from an edge; the few rows nearer than that are decided in exact
integer or rational arithmetic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

__all__ = ["BLOCK", "Change", "EnzymeChange", "ScaleChange", "Work"]

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.intp]

BLOCK = 65_536  # rows per pass: the working arrays stay in the second-level cache
_HALF = 0.5e-9
_NEAR = 1e-9
_GRID = 10_000  # enzyme values with up to four decimals are decided in int64
_SAFE = 2.0**62


class Work:
    """Scratch arrays of one block, made once and used for every block."""

    def __init__(self, size: int = BLOCK) -> None:
        self.change = np.empty(size)
        self.other = np.empty(size)
        self.edge = np.empty(size)
        self.mask = np.empty(size, dtype=np.bool_)
        self.near = np.empty(size, dtype=np.bool_)
        self.points = np.empty(size, dtype=np.uint8)
        self.step = np.empty(size, dtype=np.uint8)


@dataclass(frozen=True)
class ScaleChange:
    """Change on a scale with a known range.

    Parameters
    ----------
    baseline, final
        Values, shape (n,), NaN where missing.
    size
        Range of the scale: one number, or shape (n,).
    up
        True where a higher value is better.
    edges
        Band edges as fractions of the range.
    steps
        Quanta of points added above each edge.
    """

    baseline: Floats
    final: Floats
    size: float | Floats
    up: bool
    edges: tuple[Fraction, ...]
    steps: tuple[int, ...]

    @cached_property
    def _bands(self) -> tuple[tuple[float, int], ...]:
        """Edge (absolute for one range, else as a fraction of it) and step, where the step is not 0."""
        scale = Fraction(str(self.size)) if isinstance(self.size, float) else Fraction(1)
        pairs = zip(self.edges, self.steps, strict=True)
        return tuple((float(edge * scale), step) for edge, step in pairs if step)

    def improvement(self, rows: slice, work: Work) -> Floats:
        """Improvement in the unit of the scale for a block of rows."""
        out = work.change[: rows.stop - rows.start]
        first, second = (self.final, self.baseline) if self.up else (self.baseline, self.final)
        return np.subtract(first[rows], second[rows], out=out)

    def limit(self, rows: slice) -> float:
        """Largest change the scale allows in a block."""
        return self.size if isinstance(self.size, float) else float(np.max(self.size[rows]))

    def points(self, improvement: Floats, rows: slice, work: Work) -> Bytes:
        """Quanta of points of a block (missing changes give 0)."""
        points, mask = _cleared(work, len(improvement))
        for edge, step in self._bands:
            np.greater(improvement, self._edge(edge, rows, work), out=mask)
            _add(points, mask, step, work)
        return points

    def _edge(self, edge: float, rows: slice, work: Work) -> float | Floats:
        if isinstance(self.size, float):
            return edge + _HALF
        out = work.edge[: rows.stop - rows.start]
        np.multiply(self.size[rows], edge, out=out)
        return np.add(out, _HALF, out=out)

    def _best(self, index: Rows) -> Floats:
        """Largest improvement a completion of the missing values can reach."""
        size = np.broadcast_to(np.asarray(self.size, dtype=float), self.baseline.shape)[index]
        worst, ideal = (np.zeros_like(size), size) if self.up else (size, np.zeros_like(size))
        base = np.where(np.isnan(self.baseline[index]), worst, self.baseline[index])
        final = np.where(np.isnan(self.final[index]), ideal, self.final[index])
        return final - base if self.up else base - final

    def best_points(self, index: Rows) -> Bytes:
        """Quanta of points of the best completion of the rows ``index``."""
        best = self._best(index)
        size = self.size if isinstance(self.size, float) else self.size[index]
        part = ScaleChange(best, best, size, self.up, self.edges, self.steps)
        return part.points(best, slice(0, len(index)), Work(len(index)))

    def percent(self) -> Floats:
        """Absolute percent change, shape (n,)."""
        difference = self.final - self.baseline if self.up else self.baseline - self.final
        return np.asarray(100 * difference / self.size)


@dataclass(frozen=True)
class EnzymeChange:
    """Change of an enzyme in multiples of the upper limit of normal.

    ``baseline``, ``final`` in any unit, ``baseline_uln``, ``final_uln`` in the same unit; shape (n,).
    ``size`` is the range as a multiple of the ULN: one number, or shape (n,) where enzymes differ.
    """

    baseline: Floats
    baseline_uln: Floats
    final: Floats
    final_uln: Floats
    size: float | Floats
    edges: tuple[Fraction, ...]
    steps: tuple[int, ...]

    @cached_property
    def _bands(self) -> tuple[tuple[float, Fraction, int], ...]:
        scale = Fraction(str(self.size)) if isinstance(self.size, float) else Fraction(1)
        pairs = zip(self.edges, self.steps, strict=True)
        return tuple((float(edge * scale), edge, step) for edge, step in pairs if step)

    def improvement(self, rows: slice, work: Work) -> Floats:
        """Fall in multiples of the ULN for a block of rows."""
        out, other = work.change[: rows.stop - rows.start], work.other[: rows.stop - rows.start]
        np.divide(self.baseline[rows], self.baseline_uln[rows], out=out)
        np.divide(self.final[rows], self.final_uln[rows], out=other)
        return np.subtract(out, other, out=out)

    def limit(self, rows: slice) -> float:  # noqa: ARG002  one interface; an enzyme has no upper end
        """Return the largest multiple for which the float filter is proved (see the module text)."""
        return 1e6

    def points(self, improvement: Floats, rows: slice, work: Work) -> Bytes:
        """Quanta of points of a block (missing changes give 0)."""
        points, mask = _cleared(work, len(improvement))
        near = work.near[: len(improvement)]
        doubtful: list[tuple[Rows, int]] = []
        for band, (value, _, step) in enumerate(self._bands):
            limit = value if isinstance(self.size, float) else self.size[rows] * value
            np.greater(improvement, limit - _NEAR, out=near)
            np.greater(improvement, limit + _NEAR, out=mask)
            if np.count_nonzero(near) != np.count_nonzero(mask):
                doubtful.append((np.flatnonzero(near ^ mask), band))
            _add(points, mask, step, work)
        if doubtful:
            self._settle(doubtful, rows.start, points)
        return points

    def _settle(self, doubtful: Sequence[tuple[Rows, int]], start: int, points: Bytes) -> None:
        """Add the steps of rows next to an edge that exactly exceed it."""
        index = np.concatenate([rows for rows, _ in doubtful])
        bands = np.repeat([band for _, band in doubtful], [len(rows) for rows, _ in doubtful])
        exceeds = self._exceeds(index + start, bands)
        steps = np.array([step for _, _, step in self._bands], dtype=np.uint8)[bands]
        np.add.at(points, index[exceeds], steps[exceeds])

    def _exceeds(self, index: Rows, bands: Rows) -> npt.NDArray[np.bool_]:
        """Decide rows next to an edge exactly: ``v0/u0 - v1/u1 > edge * size``."""
        parts = np.stack([a[index] for a in (self.baseline, self.baseline_uln, self.final, self.final_uln)])
        sizes = np.full(len(index), self.size) if isinstance(self.size, float) else self.size[index]
        distinct, which = np.unique(sizes, return_inverse=True)
        limits = [edge * Fraction(str(size)) for size in distinct.tolist() for _, edge, _ in self._bands]
        codes = which * len(self._bands) + bands
        decided = _exceeds_integer(parts, limits, codes)
        if decided is not None:
            return decided
        rows = zip(*parts.tolist(), codes.tolist(), strict=True)
        return np.array([_exceeds_rational(row[:4], limits[row[4]]) for row in rows])

    def best_points(self, index: Rows) -> Bytes:
        """Quanta of points of the best completion of the rows ``index``."""
        size = self.size if isinstance(self.size, float) else self.size[index]
        known = ~np.isnan(self.baseline[index])
        base = np.where(known, self.baseline[index], 1.0)
        limit = np.where(known, self.baseline_uln[index], 1.0)
        fallen = EnzymeChange(base, limit, np.zeros(len(index)), limit, size, self.edges, self.steps)
        work, rows = Work(len(index)), slice(0, len(index))
        points = fallen.points(fallen.improvement(rows, work), rows, work)
        points[~known] = sum(self.steps)
        return points

    def percent(self) -> Floats:
        """Absolute percent change, shape (n,)."""
        fall = self.baseline / self.baseline_uln - self.final / self.final_uln
        return np.asarray(100 * fall / self.size)


Change = ScaleChange | EnzymeChange


def _cleared(work: Work, count: int) -> tuple[Bytes, npt.NDArray[np.bool_]]:
    points = work.points[:count]
    points[:] = 0
    return points, work.mask[:count]


def _add(points: Bytes, mask: npt.NDArray[np.bool_], step: int, work: Work) -> None:
    ones = mask.view(np.uint8)
    if step != 1:
        ones = np.multiply(ones, np.uint8(step), out=work.step[: len(points)])
    np.add(points, ones, out=points)


def _exceeds_integer(parts: Floats, limits: Sequence[Fraction], codes: Rows) -> npt.NDArray[np.bool_] | None:
    """Decide in int64, or return None where a value has more decimals or is too large for it."""
    whole = np.rint(parts * _GRID)
    if np.max(np.abs(parts * _GRID - whole)) > _HALF * _GRID:
        return None
    terms = np.array([(limit.numerator, limit.denominator) for limit in limits], dtype=np.int64).T
    if 2 * float(np.max(np.abs(whole))) ** 2 * float(np.max(terms)) >= _SAFE:
        return None
    v0, u0, v1, u1 = whole.astype(np.int64)
    above, below = terms[:, codes]
    return np.asarray((v0 * u1 - v1 * u0) * below > above * (u0 * u1))


def _exceeds_rational(row: tuple[float, ...], limit: Fraction) -> bool:
    v0, u0, v1, u1 = (Fraction(str(value)) for value in row)
    return v0 / u0 - v1 / u1 > limit
