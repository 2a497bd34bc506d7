r"""Colocalisation of donor and host mitochondria in two channels, with a null by rearrangement.

* Pearson's correlation of the two intensities.
* Manders' M1 and M2: the share of a channel's intensity that lies where the other is above its threshold
  (Manders, J Microsc 1993;169:375).
* Costes' thresholds: on the line of orthogonal regression, the highest pair below which the channels no
  longer correlate (Costes, Biophys J 2004;86:3993). "Below" is a pixel with either channel below its
  threshold.
* The null rearranges one channel by random shifts around the edges (keeps all structure within it) or by
  shuffling blocks (Costes). ``p = (1 + rearrangements at least as correlated) / (1 + rearrangements)``.

Colocalisation is overlap at the resolution of the image; it is not fusion or uptake, and a donor label that
bleeds into the host's channel makes it.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from mitograft.assays.uptake.estimates import load_uptake_parameters
from mitograft.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Colocalisation", "colocalise", "costes_thresholds", "manders", "pearson"]

Array = npt.NDArray[np.float64]
Null = Literal["shift", "blocks"]

_Draws = tuple[int, np.random.Generator]
_LEVELS = 256


@dataclass(frozen=True, slots=True)
class Colocalisation:
    """Coefficients of one field; ``donor_in_host`` is M1, ``host_in_donor`` is M2.

    ``null_mean`` and ``null_sd`` are Pearson's correlation after rearrangement, ``p`` its p-value.
    """

    pearson: float
    donor_in_host: float
    host_in_donor: float
    donor_threshold: float
    host_threshold: float
    null_mean: float
    null_sd: float
    p: float
    rearrangements: int


def pearson(first: "ArrayLike", second: "ArrayLike") -> float:
    """Return Pearson's correlation; NaN where a channel is constant.

    >>> pearson([1, 2, 3], [2, 4, 6])
    1.0
    """
    a, b = np.asarray(first, dtype=float).ravel(), np.asarray(second, dtype=float).ravel()
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    x, y = a - a.mean(), b - b.mean()
    return float(np.clip((x @ y) / math.sqrt(float(x @ x) * float(y @ y)), -1.0, 1.0))


def manders(first: Array, second: Array, first_cut: float, second_cut: float) -> tuple[float, float]:
    """Return M1 and M2: the share of the intensity above its own cut that lies above the other's.

    NaN where a channel has nothing above its cut.
    """
    above_first, above_second = first > first_cut, second > second_cut
    both = above_first & above_second
    shares = []
    for channel, above in ((first, above_first), (second, above_second)):
        total = float(channel[above].sum())
        shares.append(float(channel[both].sum()) / total if total > 0 else math.nan)
    return shares[0], shares[1]


def costes_thresholds(first: Array, second: Array) -> tuple[float, float]:
    """Return Costes' pair of thresholds.

    The channels' maxima where the regression line does not rise: then nothing colocalises.
    """
    x, y = first - first.mean(), second - second.mean()
    sxx, syy, sxy = float(np.mean(x * x)), float(np.mean(y * y)), float(np.mean(x * y))
    if sxy <= 0:
        return float(first.max()), float(second.max())
    slope = (syy - sxx + math.hypot(syy - sxx, 2 * sxy)) / (2 * sxy)
    offset = float(second.mean()) - slope * float(first.mean())
    cuts = np.linspace(float(first.min()), float(first.max()), _LEVELS)
    # A pixel is below a cut where either channel is: where the smaller of the two, on the first's scale, is.
    height = np.minimum(first, (second - offset) / slope).ravel()
    uncorrelated = np.flatnonzero(~(_correlations_below(x.ravel(), y.ravel(), height, cuts) > 0))
    cut = float(cuts[uncorrelated[-1]])
    return cut, slope * cut + offset


def _correlations_below(x: Array, y: Array, height: Array, cuts: Array) -> Array:
    """Return the correlation of the pixels whose height is below each cut; NaN where there is none."""
    place = np.searchsorted(cuts, height, side="right")

    def total(weights: Array | None) -> Array:
        sums = np.bincount(place, weights, minlength=len(cuts) + 1)
        return np.cumsum(sums)[: len(cuts)].astype(float)

    n, sx, sy = total(None), total(x), total(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        xx, yy, xy = (
            total(a * b) - p * q / n for a, b, p, q in ((x, x, sx, sx), (y, y, sy, sy), (x, y, sx, sy))
        )
        return np.asarray(xy / np.sqrt(xx * yy))


def colocalise(
    donor: "ArrayLike",
    host: "ArrayLike",
    rng: np.random.Generator,
    *,
    null: Null = "shift",
    block: int = 8,
    rearrangements: int | None = None,
) -> Colocalisation:
    """Return the coefficients of one field.

    Parameters
    ----------
    donor, host
        Two images of the same shape (rows, columns), intensities.
    rng
        Generator of the rearrangements.
    null
        ``shift`` moves the host channel around the edges by at least ``block`` pixels; ``blocks`` shuffles
        its squares of ``block`` pixels (about the width of the point-spread function).
    rearrangements
        How many; None takes the shipped number.

    Raises
    ------
    UsageError
        If the images differ in shape, are no images, or are smaller than four blocks.
    """
    a, b = np.asarray(donor, dtype=float), np.asarray(host, dtype=float)
    if a.shape != b.shape or a.ndim != 2 or min(a.shape) < 4 * block or block < 1:
        raise UsageError(
            f"colocalise: found images of shapes {a.shape} and {b.shape} and blocks of {block} pixels; "
            "expected two images of one shape, at least four blocks wide and high."
        )
    if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        raise UsageError("colocalise: found a pixel without a finite value; expected intensities only.")
    count = (
        int(load_uptake_parameters()["costes_shuffles"].number) if rearrangements is None else rearrangements
    )
    seen = pearson(a, b)
    others = _null(a, b, null, block, (count, rng))
    first_cut, second_cut = costes_thresholds(a, b)
    m1, m2 = manders(a, b, first_cut, second_cut)
    return Colocalisation(
        pearson=seen,
        donor_in_host=m1,
        host_in_donor=m2,
        donor_threshold=first_cut,
        host_threshold=second_cut,
        null_mean=float(others.mean()) if count else math.nan,
        null_sd=float(others.std(ddof=1)) if count > 1 else math.nan,
        p=math.nan if math.isnan(seen) else (1 + int(np.sum(others >= seen))) / (1 + count),
        rearrangements=count,
    )


def _null(first: Array, second: Array, null: Null, block: int, draws: _Draws) -> Array:
    """Return Pearson's correlations after rearrangement, which changes neither mean nor scatter."""
    count, rng = draws
    x, y = first - first.mean(), second - second.mean()
    scale = math.sqrt(float(np.vdot(x, x)) * float(np.vdot(y, y)))
    if scale == 0:
        return np.full(count, math.nan)
    if null == "blocks":
        return np.array([float(np.vdot(x, _shuffled(y, block, rng))) for _ in range(count)]) / scale
    return _shifted(x, y, block, draws) / scale


def _shifted(x: Array, y: Array, block: int, draws: _Draws) -> Array:
    """Return the products of one image with the other moved around its edges.

    It is moved far enough that no structure stays near its place. One Fourier transform has all moves.
    """
    from scipy.fft import irfft2, rfft2

    count, rng = draws
    every = irfft2(rfft2(x) * np.conj(rfft2(y)), s=x.shape)
    moves = [[int(rng.integers(block, size - block + 1)) % size for size in x.shape] for _ in range(count)]
    return np.array([every[row, column] for row, column in moves], float)


def _shuffled(image: Array, block: int, rng: np.random.Generator) -> Array:
    """Shuffle the whole blocks of an image; the remainder at the edges stays."""
    down, across = (size // block for size in image.shape)
    moved = image.copy()
    core = image[: down * block, : across * block]
    blocks = core.reshape(down, block, across, block).swapaxes(1, 2).reshape(-1, block, block)
    mixed = blocks[rng.permutation(len(blocks))].reshape(down, across, block, block).swapaxes(1, 2)
    moved[: down * block, : across * block] = mixed.reshape(core.shape)
    return moved
