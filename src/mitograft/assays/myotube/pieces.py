"""Pieces of nuclei: which of those that touch are one nucleus.

A flood from every peak breaks some nuclei up. Two pieces are one nucleus where together they have the form of
an ellipse, where form and light do not sink between their middles, and where they are not too large together.
None of the three tells alone: a waist is shallow in few photons, overlapping nuclei can be small, and a bent
nucleus is no ellipse.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.assays.myotube.filters import Image, Labels
from mitograft.tables.parameters import Parameters

__all__ = ["ellipse_excess", "join_pieces"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_ROUNDS = 8
_PIXEL_VARIANCE = 1 / 12


@dataclass(frozen=True)
class _Borders:
    """Pieces that touch: their numbers in pairs, and the lowest place between their peaks (share)."""

    first: Whole
    second: Whole
    waist: Floats


def join_pieces(pieces: Labels, surface: Image, peaks: Whole, typical: float, rules: Parameters) -> Labels:
    """Give pieces of one nucleus one label.

    Parameters
    ----------
    pieces
        Label image, 0 outside; label k was flooded from ``peaks[k - 1]``.
    surface
        What was flooded: one mound a nucleus.
    peaks
        Row and column of the peak of each piece.
    typical
        Area of the typical nucleus in pixels.
    rules
        Parameters ``nucleus_waist``, ``nucleus_excess`` and ``nucleus_surplus``.

    Returns
    -------
    labels
        Label image with the pieces of one nucleus joined.
    """
    count = len(peaks)
    moments = _moments(pieces, count)
    borders = _touching(pieces, surface, peaks)
    group = np.arange(count + 1)
    for _ in range(_ROUNDS):
        joined = _join_once(group, borders, moments, typical, rules)
        if np.array_equal(joined, group):
            break
        group = joined
    return np.asarray(group.astype(np.int32)[pieces])


def _join_once(group: Whole, borders: _Borders, moments: Floats, typical: float, rules: Parameters) -> Whole:
    """Join the groups that are each other's best partner."""
    one, other = group[borders.first], group[borders.second]
    apart = one != other
    if not apart.any():
        return group
    low, high = np.minimum(one, other)[apart], np.maximum(one, other)[apart]
    count = len(group)
    pair, place = np.unique(low * count + high, return_inverse=True)
    low, high = pair // count, pair % count
    waist = np.zeros(len(pair))
    np.maximum.at(waist, place, borders.waist[apart])
    whole = np.stack([np.bincount(group, weights=row, minlength=count) for row in moments])
    together = np.asarray(whole[:, low] + whole[:, high], float)
    cost = (
        (1 - waist) / rules["nucleus_waist"].number
        + (ellipse_excess(together) - 1) / rules["nucleus_excess"].number
        + np.maximum(together[0] / typical - 1, 0) / rules["nucleus_surplus"].number
    )
    best = np.full(count, np.inf)
    np.minimum.at(best, low, cost)
    np.minimum.at(best, high, cost)
    join = (cost < 1) & (cost <= best[low]) & (cost <= best[high])
    into = np.arange(count)
    into[high[join]] = low[join]
    return into[group]


def _moments(pieces: Labels, count: int) -> Floats:
    """Area and sums of row, column, row squared, column squared, row times column by label."""
    at = np.flatnonzero(pieces)
    label = pieces.ravel()[at]
    row, column = (axis.astype(float) for axis in np.divmod(at, pieces.shape[1]))
    weights = (None, row, column, row * row, column * column, row * column)
    return np.stack([np.bincount(label, weights=w, minlength=count + 1) for w in weights])


def ellipse_excess(moments: Floats) -> Floats:
    """Area of the ellipse with these second moments as a multiple of the area itself: 1 for every ellipse.

    An ellipse has the area 4 pi times the root of the determinant of its covariance; two discs side by side
    reach 1.12, and a shape with a bay or a tail lies above 1 as well.

    Parameters
    ----------
    moments
        Rows: area, sums of row, column, row squared, column squared, row times column.

    Returns
    -------
    excess
        One value a column.
    """
    area = np.maximum(moments[0], 1)
    row, column, row_2, column_2, both = moments[1:] / area
    # A pixel is a small square, not a point.
    variance = (row_2 - row**2 + _PIXEL_VARIANCE) * (column_2 - column**2 + _PIXEL_VARIANCE)
    return np.asarray(4 * np.pi * np.sqrt(np.maximum(variance - (both - row * column) ** 2, 0)) / area)


def _touching(pieces: Labels, surface: Image, peaks: Whole) -> _Borders:
    """Find the pairs of pieces with a common border."""
    count = len(peaks) + 1
    keys = []
    for one, other in ((pieces[:, :-1], pieces[:, 1:]), (pieces[:-1], pieces[1:])):
        at = np.flatnonzero((one != other) & (one > 0) & (other > 0))
        a, b = one.ravel()[at].astype(np.int64), other.ravel()[at].astype(np.int64)
        keys.append(np.minimum(a, b) * count + np.maximum(a, b))
    pair = np.unique(np.concatenate(keys))
    first, second = pair // count, pair % count
    return _Borders(first, second, _waist(surface, peaks[first - 1], peaks[second - 1]))


def _waist(surface: Image, first: Whole, second: Whole) -> Floats:
    """Lowest point on the line between two peaks, as a share of the smaller peak."""
    share = np.linspace(0, 1, 15)[None, :, None]
    line = np.rint(first[:, None, :] + (second - first)[:, None, :] * share).astype(int)
    along = surface[line[..., 0], line[..., 1]]
    return np.asarray(along.min(axis=1) / np.minimum(along[:, 0], along[:, -1]), float)
