r"""The Gaussian likelihood of a linear mixed model, its exact derivatives and its maximum.

With ``V = sum_k v_k G_k``, ``P = V^-1 - V^-1 X (X' V^-1 X)^-1 X' V^-1`` and ``M`` either ``P`` (REML) or
``V^-1`` (ML)::

    l      = -1/2 (log |V| + [log |X' V^-1 X|] + y' P y) + constant
    l_k    = -1/2 tr(M G_k) + 1/2 y' P G_k P y
    l_kj   =  1/2 tr(M G_k M G_j) - y' P G_k P G_j P y

(Searle, Casella and McCulloch, Variance Components, 1992, chapters 6 and 8). The variance parameters are
quadratic forms of the Cholesky entries ``phi``, ``v_k = phi' A_k phi``, so derivatives in ``phi`` follow by
the chain rule. Two devices keep this small and exact: all matrices are rotated into the space spanned by
``X`` and ``Z``, in which ``V`` is a small matrix, while the rest contributes only its sum of squares; and
outcome and columns are scaled to size 1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mitograft.statistics.counts import Array
from mitograft.statistics.random_terms import Component

__all__ = ["Likelihood", "Maximum", "maximise"]

_RANK = 1e-11
_ROUNDING = 1e-13  # of the largest value: no variation, only rounding
_STARTS = (1.0, 0.1, 3.0)  # ratio of the random to the residual standard deviation
_STEPS = 200
_HALVINGS = 40
_LONGEST = 1.0
_SETTLED = 1e-15
_NEARLY = 1e-9
_NEGLIGIBLE = 1e-4  # standard deviation of a random effect, relative to the residual
_TIE = 1e-9
_FLAT = 1e-9


@dataclass(frozen=True, eq=False)
class Maximum:
    """A maximum of the likelihood: Cholesky entries, which of them are not at 0, whether it was reached."""

    phi: Array
    free: np.ndarray
    value: float
    converged: bool


@dataclass(frozen=True, eq=False)
class _State:
    """Everything that depends on the variance parameters at one point."""

    phi: Array
    value: float
    inverse: Array
    projector: Array
    projected: Array
    covariance: Array
    residual_variance: float


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The (restricted) likelihood of one data set, rotated and scaled.

    Parameters
    ----------
    y, x
        Outcome and fixed design within the space of all effects.
    matrices
        ``G_k`` (k x r x r), the identity for the residual last.
    forms
        ``A_k`` (k x m x m) with ``v_k = phi' A_k phi``.
    names, scales
        Name of each ``v_k``, and what it is multiplied by on the scale of the data.
    remainder, residual_df
        Sum of squares and dimension of the part that no effect reaches.
    y_scale, x_scales
        What outcome and columns were divided by.
    offset
        Fixed effects by ordinary least squares, subtracted from the outcome beforehand.
    restricted
        REML rather than ML.
    """

    y: Array
    x: Array
    matrices: Array
    forms: Array
    names: tuple[str, ...]
    scales: Array
    remainder: float
    residual_df: int
    y_scale: float
    x_scales: Array
    offset: Array
    restricted: bool

    @classmethod
    def of(cls, y: Array, x: Array, components: Sequence[Component], *, restricted: bool) -> "Likelihood":
        """Rotate and scale the data."""
        x_scales = np.linalg.norm(x, axis=0)
        x = x / x_scales
        # Residuals from ordinary least squares have the same likelihood, without a large mean to cancel.
        offset = np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], dtype=float)
        beyond = y - x @ offset
        y_scale = float(np.sqrt(np.mean(beyond**2)))
        if y_scale <= _ROUNDING * float(np.max(np.abs(y))):
            beyond, y_scale = np.zeros_like(y), 1.0
        y = beyond / y_scale
        blocks = [block for c in components for block in (c.first, c.second) if block is not None]
        basis, sizes, _ = np.linalg.svd(np.hstack([x, *blocks]), full_matrices=False)
        basis = basis[:, sizes > _RANK * sizes[0] * max(len(y), 1)]
        inside = basis.T @ y
        # Twice removed, so that rounding leaves nothing of the part inside.
        outside = y - basis @ inside
        outside -= basis @ (basis.T @ outside)
        names, scales, matrices, forms = _parameters(components, basis)
        return cls(
            y=inside,
            x=basis.T @ x,
            matrices=matrices,
            forms=forms,
            names=names,
            scales=scales * y_scale**2,
            remainder=float(outside @ outside) / len(y),
            residual_df=len(y) - basis.shape[1],
            y_scale=y_scale,
            x_scales=x_scales,
            offset=offset / y_scale,
            restricted=restricted,
        )

    @property
    def n(self) -> int:
        """Number of observations."""
        return len(self.y) + self.residual_df

    @property
    def degrees(self) -> int:
        """Observations, less the fixed effects for REML."""
        return self.n - (self.x.shape[1] if self.restricted else 0)

    def at(self, phi: Array) -> _State:
        """Evaluate the log-likelihood (scaled, without constants) at Cholesky entries."""
        v = np.einsum("i,kij,j->k", phi, self.forms, phi)
        residual = float(v[-1])
        whole = np.tensordot(v, self.matrices, axes=1)
        values, vectors = np.linalg.eigh(whole)
        values = np.maximum(values, residual)  # exact: every other part is positive semidefinite
        inverse = (vectors / values) @ vectors.T
        solved = inverse @ self.x
        information = self.x.T @ solved
        covariance = np.linalg.inv(information)
        projector = inverse - solved @ covariance @ solved.T
        projected = projector @ self.y
        rest = self.remainder * self.n
        total = np.sum(np.log(values)) + self.residual_df * math.log(residual)
        total += float(self.y @ projected) + rest / residual
        if self.restricted:
            total += np.linalg.slogdet(information)[1]
        return _State(phi, -0.5 * float(total), inverse, projector, projected, covariance, residual)

    def derivatives(self, state: _State) -> tuple[Array, Array]:
        """Return gradient and Hessian of the log-likelihood in the Cholesky entries."""
        m = state.projector if self.restricted else state.inverse
        weighted = m @ self.matrices
        pushed = self.matrices @ state.projected
        gradient = 0.5 * (pushed @ state.projected - np.einsum("kii->k", weighted))
        hessian = 0.5 * np.einsum("kij,lji->kl", weighted, weighted) - pushed @ state.projector @ pushed.T
        s, rest = state.residual_variance, self.remainder * self.n
        gradient[-1] += 0.5 * (rest / s - self.residual_df) / s
        hessian[-1, -1] += (0.5 * self.residual_df - rest / s) / s**2
        jacobian = 2.0 * self.forms @ state.phi
        curved = jacobian.T @ hessian @ jacobian + 2.0 * np.tensordot(gradient, self.forms, axes=1)
        return jacobian.T @ gradient, curved

    def fixed_effects(self, maximum: Maximum) -> tuple[Array, Array]:
        """Return the fixed effects and their covariance matrix, on the scale of the data."""
        state = self.at(maximum.phi)
        b = state.covariance @ (self.x.T @ (state.inverse @ self.y))
        scale = self.y_scale / self.x_scales
        return (b + self.offset) * scale, state.covariance * np.outer(scale, scale)

    def named_variances(self, maximum: Maximum) -> list[tuple[str, float, bool]]:
        """Return name, value and whether it is 0 of every variance and covariance."""
        v = np.einsum("i,kij,j->k", maximum.phi, self.forms, maximum.phi) * self.scales
        return [
            (name, float(value), bool(value == 0.0 and "covariance" not in name))
            for name, value in zip(self.names, v, strict=True)
        ]

    def log_likelihood(self, maximum: Maximum) -> float:
        """Return the log-likelihood with all constants, on the scale of the data."""
        constant = self.degrees * (math.log(2.0 * math.pi) + 2.0 * math.log(self.y_scale))
        if self.restricted:
            constant += 2.0 * float(np.sum(np.log(self.x_scales)))
        return maximum.value - 0.5 * constant

    def satterthwaite(self, maximum: Maximum, weights: Array) -> float:
        """Return the degrees of freedom of a contrast of the fixed effects."""
        state = self.at(maximum.phi)
        scaled = weights / self.x_scales
        variance = float(scaled @ state.covariance @ scaled)
        direction = state.inverse @ (self.x @ (state.covariance @ scaled))
        by_variance = np.einsum("i,kij,j->k", direction, self.matrices, direction)
        gradient = (by_variance @ (2.0 * self.forms @ state.phi))[maximum.free]
        information = -self.derivatives(state)[1][np.ix_(maximum.free, maximum.free)]
        sizes, axes = np.linalg.eigh(information)
        known = sizes > _FLAT * sizes[-1]
        spread = float(np.sum((axes.T @ gradient)[known] ** 2 / sizes[known]))
        return math.inf if spread == 0.0 else 2.0 * variance**2 / spread


def maximise(likelihood: Likelihood) -> Maximum:
    """Find the maximum by Newton steps from several starts; the best is returned."""
    found = [_climb(likelihood, _start(likelihood, ratio)) for ratio in _STARTS]
    best = max(maximum.value for maximum in found)
    near = [maximum for maximum in found if maximum.value >= best - _TIE * (1.0 + abs(best))]
    chosen = next((maximum for maximum in near if maximum.converged), near[0])
    return _tidy(likelihood, chosen)


def _start(likelihood: Likelihood, ratio: float) -> Array:
    """Start with uncorrelated random effects, ``ratio`` times as large as the residual."""
    diagonal = np.diagonal(likelihood.forms, axis1=1, axis2=2)
    phi = np.zeros(likelihood.forms.shape[1])
    for k, name in enumerate(likelihood.names):
        if "covariance" not in name:
            phi[int(np.flatnonzero(diagonal[k])[-1])] = ratio
    phi[-1] = 1.0
    return phi / math.sqrt(1.0 + ratio**2)


def _climb(likelihood: Likelihood, phi: Array) -> Maximum:
    """Climb by Newton steps, in directions of wrong curvature along the gradient, with backtracking."""
    state = likelihood.at(phi)
    free = np.ones(len(phi), dtype=bool)
    rise = math.inf
    for _ in range(_STEPS):
        gradient, hessian = likelihood.derivatives(state)
        sizes, axes = np.linalg.eigh(-hessian)
        sizes = np.maximum(np.abs(sizes), _FLAT * max(float(np.max(np.abs(sizes))), 1.0))
        step = axes @ ((axes.T @ gradient) / sizes)
        rise = float(gradient @ step)
        if rise <= _SETTLED * (1.0 + abs(state.value)):
            # The last step is below what the value can resolve, yet squares the error of the place.
            return Maximum(state.phi + step, free, state.value, converged=True)
        step *= min(1.0, _LONGEST / float(np.linalg.norm(step)))
        better = _backtrack(likelihood, state, step, float(gradient @ step))
        if better is None:
            break
        state = better
    return Maximum(state.phi, free, state.value, converged=rise <= _NEARLY * (1.0 + abs(state.value)))


def _backtrack(likelihood: Likelihood, state: _State, step: Array, rise: float) -> _State | None:
    share = 1.0
    for _ in range(_HALVINGS):
        phi = state.phi + share * step
        if phi[-1] > 0.1 * state.phi[-1]:
            tried = likelihood.at(phi)
            if tried.value > state.value + 1e-4 * share * rise:
                return tried
        share *= 0.5
    return None


def _tidy(likelihood: Likelihood, maximum: Maximum) -> Maximum:
    """Put negligible Cholesky entries to exactly 0 where the likelihood does not object."""
    phi = np.array(maximum.phi)
    value = maximum.value
    for i in range(len(phi) - 1):
        if 0.0 < abs(phi[i]) < _NEGLIGIBLE * abs(phi[-1]):
            tried = np.where(np.arange(len(phi)) == i, 0.0, phi)
            attempt = likelihood.at(tried).value
            if attempt >= value - _TIE * (1.0 + abs(value)):
                phi, value = tried, attempt
    return Maximum(phi, phi != 0.0, value, maximum.converged)


def _parameters(components: Sequence[Component], basis: Array) -> tuple[tuple[str, ...], Array, Array, Array]:
    """Return names, scales, matrices ``G_k`` and forms ``A_k`` of all variance parameters."""
    size = sum(1 if c.second is None else 3 for c in components) + 1
    names: list[str] = []
    scales: list[float] = []
    matrices: list[Array] = []
    forms: list[Array] = []

    def add(name: str, scale: float, matrix: Array, *pairs: tuple[int, int]) -> None:
        form = np.zeros((size, size))
        for i, j in pairs:
            form[i, j] += 0.5
            form[j, i] += 0.5
        names.append(name)
        scales.append(scale)
        matrices.append(matrix)
        forms.append(form)

    at = 0
    for c in components:
        first = basis.T @ c.first
        add(c.names[0], 1.0 / c.scales[0] ** 2, first @ first.T, (at, at))
        if c.second is None:
            at += 1
            continue
        second = basis.T @ c.second
        crossed = first @ second.T
        add(c.names[1], 1.0 / (c.scales[0] * c.scales[1]), crossed + crossed.T, (at, at + 1))
        add(c.names[2], 1.0 / c.scales[1] ** 2, second @ second.T, (at + 1, at + 1), (at + 2, at + 2))
        at += 3
    add("residual", 1.0, np.eye(basis.shape[1]), (at, at))
    return tuple(names), np.array(scales), np.array(matrices), np.array(forms)
