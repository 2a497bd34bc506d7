r"""Sums over subjects with the same visits seen, so that time does not grow with the number of subjects.

Every sum of the restricted likelihood over subjects is linear in the products ``Z_ia Z_ib'`` of the rows of
``Z = [X, y]`` at two visits a and b of a subject, and symmetric. They are summed once for each pattern of
visits seen and each pair ``a <= b``; of the symmetric matrix only the upper triangle is kept. Matrices over
visits are laid out for all ``K`` visits, with rows and columns of 0 for those not seen.

Source: Jennrich and Schluchter, Biometrics 1986;42:805 (the sums); the layout is ours.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mitograft.statistics.counts import Array

__all__ = ["Patterns", "group_patterns"]


@dataclass(frozen=True, eq=False)
class Patterns:
    """Subjects grouped by the visits seen.

    Parameters
    ----------
    seen
        Whether a visit (column) belongs to a pattern (row).
    n_subjects
        Number of subjects of each pattern.
    pairs
        Pattern, visit a and visit b >= a of each row of ``products``.
    products
        ``sum_i Z_ia Z_ib'`` (with its transpose added where a < b), the upper triangle laid flat.
    size
        Number of columns of ``Z``.
    """

    seen: npt.NDArray[np.bool_]
    n_subjects: Array
    pairs: tuple[npt.NDArray[np.int64], ...]
    products: Array
    size: int

    def invert(self, sigma: Array) -> tuple[Array, Array]:
        """Return for each pattern the inverse of its part of ``sigma``, and the logarithm of its determinant.

        Raises
        ------
        numpy.linalg.LinAlgError
            If a part is singular.
        """
        both = self.seen[:, :, None] & self.seen[:, None, :]
        absent = np.eye(sigma.shape[0]) * ~self.seen[:, None, :]
        full = np.where(both, sigma, absent)
        inverses: Array = np.linalg.inv(full) - absent
        logdet: Array = np.linalg.slogdet(full)[1]
        return inverses, logdet

    def sum_products(self, weights: Array) -> Array:
        """Return ``sum_i Z_i' W_i Z_i`` over all subjects, for symmetric weights of the visits.

        The last three axes of ``weights`` are pattern, visit, visit; axes before them are kept.
        """
        pattern, a, b = self.pairs
        sums = weights[..., pattern, a, b] @ self.products
        found = np.empty((*sums.shape[:-1], self.size, self.size))
        rows, columns = self._triangle
        found[..., rows, columns] = sums
        found[..., columns, rows] = sums
        return found

    def spread(self, weights: Array) -> Array:
        """Return ``sum_i Z_i W Z_i'`` of each pattern (pattern, visit, visit) for symmetric ``W``."""
        rows, columns = self._triangle
        sums = self.products @ (weights[rows, columns] * np.where(rows == columns, 1.0, 2.0))
        pattern, a, b = self.pairs
        sums[a != b] /= 2.0
        k = self.seen.shape[1]
        found = np.zeros((self.n_subjects.size, k, k))
        found[pattern, a, b] = sums
        found[pattern, b, a] = sums
        return found

    @cached_property
    def _triangle(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        rows, columns = np.triu_indices(self.size)
        return rows, columns


def group_patterns(
    subject: "npt.NDArray[np.int64]", visit: "npt.NDArray[np.int64]", z: Array, n_visits: int
) -> Patterns:
    """Group subjects by the visits seen and sum their products; ``z`` has a row for each measurement."""
    order = np.lexsort((visit, subject))
    subject, visit, z = subject[order], visit[order], z[order]
    starts = np.flatnonzero(np.diff(subject, prepend=subject[0] - 1))
    members: dict[tuple[int, ...], list[int]] = {}
    for start, stop in zip(starts, [*starts[1:], subject.size], strict=True):
        members.setdefault(tuple(visit[start:stop].tolist()), []).append(int(start))
    seen = np.zeros((len(members), n_visits), dtype=bool)
    pairs, products = [], []
    for p, (places, first) in enumerate(sorted(members.items())):
        at, k = np.array(places), len(places)
        seen[p, at] = True
        a, b = np.triu_indices(k)
        pairs.append(np.stack([np.full(a.size, p), at[a], at[b]]))
        products.append(_multiply(z[np.add.outer(first, np.arange(k))], a, b))
    counts = np.array([len(first) for _, first in sorted(members.items())], dtype=float)
    return Patterns(seen, counts, tuple(np.concatenate(pairs, axis=1)), np.concatenate(products), z.shape[1])


def _multiply(rows: Array, a: "npt.NDArray[np.intp]", b: "npt.NDArray[np.intp]") -> Array:
    """Return the sums of products over subjects; ``rows`` is subjects x visits x columns."""
    n, k, size = rows.shape
    flat = rows.reshape(n, k * size)
    blocks = (flat.T @ flat).reshape(k, size, k, size).swapaxes(1, 2)
    sums = blocks[a, b]
    both = sums + sums.swapaxes(1, 2)
    both[a == b] /= 2.0
    found: Array = both[(slice(None), *np.triu_indices(size))]
    return found
