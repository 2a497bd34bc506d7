r"""Integrals of smooth functions that vanish at both ends, over all nodes of an even grid or beyond a cut.

With nodes ``x_j`` at distance ``h`` the trapezoidal rule ``h sum f(x_j)`` is exact but for an error that
falls faster than any power of ``h`` (Trefethen and Weideman, SIAM Rev 2014;56:385). The part beyond a cut
``c`` is nearly as good, without a node at ``c``, if ``f`` is written as its sinc series and each term
integrated:

``int_c^oo f = h sum f(x_j) (1/2 + Si(pi (x_j - c) / h) / pi)``, ``Si`` the sine integral
(Stenger, Numerical Methods Based on Sinc and Analytic Functions, 1993).
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["even_nodes", "tail_weights"]


def even_nodes(centre: float, half_width: float, largest_step: float) -> "tuple[Array, float]":
    """Return evenly spaced nodes around a centre, and their distance (at most ``largest_step``)."""
    steps = int(np.ceil(half_width / largest_step))
    step = half_width / steps
    nodes: Array = centre + step * np.arange(-steps, steps + 1, dtype=np.float64)
    return nodes, step


def tail_weights(nodes: "Array", step: float, cuts: "Array") -> "Array":
    """Return the weights of the integral above each cut.

    Parameters
    ----------
    nodes
        Evenly spaced nodes, shape ``(k,)``.
    step
        Distance of the nodes.
    cuts
        Lower ends of the integrals, any shape; a cut beyond the nodes gives weights near 0 or near ``step``.

    Returns
    -------
    Array
        Weights, shape ``cuts.shape + (k,)``.
    """
    from scipy.special import sici

    sine_integral, _ = sici(np.pi / step * (nodes - cuts[..., None]))
    weights: Array = step * (0.5 + sine_integral / np.pi)
    return weights
