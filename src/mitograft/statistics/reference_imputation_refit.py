r"""The imputation model fitted anew without each subject in turn, all at once, from that of all subjects.

Mean ``B x_i`` (visits x columns) and unstructured ``Sigma``, by REML. As all visits share the columns, every
sum over subjects depends on ``sum x x'``, ``sum x y'`` and ``sum y y'`` of those with the same visits seen (a
pattern ``p`` with ``n_p`` subjects), from which one subject is taken away. The equations of the EM algorithm
for REML are iterated, ``b`` integrated out with ``C`` its covariance::

    G_p   = Sigma W_p,   W_p = inverse of Sigma at the visits seen, 0 elsewhere
    Sigma = 1/n sum_p [ G_p (R_p + sum_i X_i C X_i') G_p' + n_p (Sigma - Sigma W_p Sigma) ]

with ``R_p`` the sum of squares and products of residuals. Started next to the solution, this takes few steps;
two steps at a time are extrapolated (SQUAREM) where that brings the equations closer to being satisfied.

A sample is *trusted* only if it converged, no visit nearly follows from the others, every column is
determined at each visit and every two visits were both seen of enough subjects. All others are to be fitted
with ``mmrm.py``, whose verdicts on what data determine are then valid.

Sources: Dempster, Laird and Rubin, J R Stat Soc B 1977;39:1; Laird and Ware, Biometrics 1982;38:963 (REML);
Varadhan and Roland, Scand J Stat 2008;35:335 (SQUAREM).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.statistics.counts import Array

__all__ = ["Refits", "refit_without_each"]

_CONVERGED = 1e-10
_STEPS = 150
_SMALLEST_ROOT = 1e-4
_DETERMINED = 1e-8


@dataclass(frozen=True, eq=False)
class Refits:
    """Fits without subject 0, 1, ...

    Parameters
    ----------
    coefficients
        Sample x visit x column.
    covariance
        Sample x visit x visit.
    trusted
        Whether the fit of a sample can be relied on; if not, its numbers mean nothing.
    """

    coefficients: Array
    covariance: Array
    trusted: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums over subjects, sample x pattern (x ...): ``n``, ``x x'``, ``x y'``, ``y y'``; visits seen."""

    n: Array
    xx: Array
    xy: Array
    yy: Array
    seen: npt.NDArray[np.bool_]

    def take(self, samples: npt.NDArray[np.intp]) -> "_Sums":
        return _Sums(self.n[samples], self.xx[samples], self.xy[samples], self.yy[samples], self.seen)


def refit_without_each(x: Array, y: Array, covariance: Array) -> Refits:
    """Fit the model without each subject in turn.

    Parameters
    ----------
    x
        Subjects x columns.
    y
        Subjects x visits, NaN where missing; every subject and every visit has data.
    covariance
        Covariance of the model of all subjects.
    """
    sums = _leave_each_out(x, y)
    n, k = y.shape
    scale = np.sqrt(np.diag(covariance))
    unit = np.outer(scale, scale)
    sigma = np.repeat((covariance / unit)[None], n, axis=0)
    sums = _Sums(sums.n, sums.xx, sums.xy / scale, sums.yy / unit, sums.seen)
    trusted = _is_determined(sums)
    coefficients = np.zeros((n, k, x.shape[1]))
    active = np.flatnonzero(trusted)
    trusted[:] = False
    for _ in range(_STEPS):
        if not active.size:
            break
        part = sums.take(active)
        first = _step(part, sigma[active])[0]
        second, b = _step(part, first)
        moved = np.abs(second - first).max(axis=(1, 2))
        sigma[active] = _extrapolate(part, sigma[active], first, second)
        done = moved <= _CONVERGED
        sigma[active[done]], coefficients[active[done]] = second[done], b[done]
        trusted[active[done]] = _smallest_roots(second[done]) > _SMALLEST_ROOT
        active = active[~done & np.isfinite(moved)]
    return Refits(coefficients * scale[:, None], sigma * unit, trusted)


def _leave_each_out(x: Array, y: Array) -> _Sums:
    present = ~np.isnan(y)
    filled = np.where(present, y, 0.0)
    seen, pattern = np.unique(present, axis=0, return_inverse=True)
    member = (pattern.reshape(-1, 1) == np.arange(len(seen))).astype(float)

    def total(one: Array) -> Array:
        each = np.einsum("np,n...->np...", member, one)
        found: Array = each.sum(axis=0) - each
        return found

    xx, xy = (x[:, :, None] * other[:, None, :] for other in (x, filled))
    yy = filled[:, :, None] * filled[:, None, :]
    return _Sums(total(np.ones(len(x))), total(xx), total(xy), total(yy), seen)


def _is_determined(sums: _Sums) -> npt.NDArray[np.bool_]:
    """Whether columns are determined at each visit, and two visits both seen of enough subjects."""
    seen = sums.seen.astype(float)
    k, q = seen.shape[1], sums.xx.shape[-1]
    pairs = np.einsum("sp,pk,pl->skl", sums.n, seen, seen)
    at_visit = np.einsum("spab,pk->skab", sums.xx, seen)
    size = np.sqrt(np.diagonal(at_visit, axis1=-2, axis2=-1))
    empty = np.any(size == 0.0, axis=(-2, -1))
    size = np.where(size == 0.0, 1.0, size)
    roots = np.linalg.eigvalsh(at_visit / (size[..., :, None] * size[..., None, :]))[..., 0]
    enough = np.all(pairs >= q + k, axis=(-2, -1))
    determined: npt.NDArray[np.bool_] = ~empty & np.all(roots > _DETERMINED, axis=-1) & enough
    return determined


def _step(sums: _Sums, sigma: Array) -> tuple[Array, Array]:
    """Return the next covariance of each sample, and the coefficients (visit x column) at this one."""
    m, q, k = len(sigma), sums.xx.shape[-1], sigma.shape[-1]
    both = sums.seen[:, :, None] & sums.seen[:, None, :]
    absent = np.eye(k) * ~sums.seen[:, None, :]
    w = np.linalg.inv(np.where(both, sigma[:, None], absent)) - absent
    information = np.einsum("spkl,spab->skalb", w, sums.xx, optimize=True).reshape(m, k * q, k * q)
    right = np.einsum("spkl,spal->ska", w, sums.xy, optimize=True).reshape(m, k * q, 1)
    c = np.linalg.inv(information)
    b = (c @ right).reshape(m, k, q)
    spread = c.reshape(m, k, q, k, q) + np.einsum("ska,slb->skalb", b, b)
    cross = np.einsum("ska,spal->spkl", b, sums.xy)
    squares = np.einsum("skalb,spab->spkl", spread, sums.xx, optimize=True)
    squares += sums.yy - cross - cross.swapaxes(-1, -2)
    g = sigma[:, None] @ w
    total = g @ squares @ g.swapaxes(-1, -2) + sums.n[..., None, None] * (sigma[:, None] - g @ sigma[:, None])
    found = total.sum(axis=1) / sums.n.sum(axis=1)[:, None, None]
    return (found + found.swapaxes(-1, -2)) / 2.0, b


def _extrapolate(sums: _Sums, start: Array, first: Array, second: Array) -> Array:
    """Return a point further along two steps where the next step is shorter there; else the second."""
    r, v = first - start, second - 2.0 * first + start
    size = np.sqrt(np.sum(v * v, axis=(1, 2)))
    length = np.sqrt(np.sum(r * r, axis=(1, 2))) / np.where(size > 0.0, size, 1.0)
    a = np.maximum(length, 1.0)[:, None, None]
    far = start + 2.0 * a * r + a * a * v
    usable = (size > 0.0) & (_smallest_roots(far) > _DETERMINED)
    tried = np.where(usable[:, None, None], far, second)
    after = _step(sums, tried)[0]
    shorter = np.abs(after - tried).max(axis=(1, 2)) <= np.abs(second - first).max(axis=(1, 2))
    return np.where((usable & shorter)[:, None, None], after, second)


def _smallest_roots(sigma: Array) -> Array:
    """Return the smallest eigenvalue of the correlations of each matrix; -1 without positive variances."""
    variance = np.diagonal(sigma, axis1=-2, axis2=-1)
    valid = np.all(variance > 0.0, axis=-1) & np.all(np.isfinite(sigma), axis=(-2, -1))
    spread = np.sqrt(np.where(valid[:, None], variance, 1.0))
    scaled = np.where(
        valid[:, None, None], sigma / (spread[:, :, None] * spread[:, None, :]), np.eye(sigma.shape[-1])
    )
    return np.where(valid, np.linalg.eigvalsh(scaled)[:, 0], -1.0)
