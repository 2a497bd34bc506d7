"""Weighted isotonic regression: the non-decreasing values nearest to those given.

It minimises ``sum w_i (x_i - m_i)^2`` over ``m_1 <= m_2 <= ...`` by pooling adjacent violators (Ayer et al.,
Ann Math Stat 1955;26:641).
"""

from collections.abc import Sequence

from mitograft.errors import UsageError

__all__ = ["pool_adjacent"]


def pool_adjacent(values: Sequence[float], weights: Sequence[float]) -> tuple[float, ...]:
    """Return the weighted non-decreasing fit; nothing for nothing.

    Raises
    ------
    UsageError
        If the lengths differ or a weight is not above 0.

    >>> pool_adjacent([1.0, 3.0, 2.0], [1.0, 1.0, 3.0])
    (1.0, 2.25, 2.25)
    """
    if len(values) != len(weights) or not all(weight > 0 for weight in weights):
        raise UsageError(
            f"Isotonic regression: found {len(values)} values and {len(weights)} weights; "
            "expected as many weights as values, all above 0."
        )
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        mean, total, size = value, weight, 1
        while blocks and blocks[-1][0] > mean:
            left, other, count = blocks.pop()
            mean = (left * other + mean * total) / (other + total)
            total, size = other + total, size + count
        blocks.append((mean, total, size))
    return tuple(mean for mean, _, size in blocks for _ in range(size))
