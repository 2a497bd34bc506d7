"""Round numbers on a logarithmic axis."""

import math

__all__ = ["log_ticks"]

_STEPS = ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))


def log_ticks(low: float, high: float, *, most: int = 5) -> list[float]:
    """Return round values between ``10^low`` and ``10^high``: 1, 2, 5 of each power of ten, or fewer.

    >>> log_ticks(0.9, 2.1), log_ticks(-1.5, 3.5)
    ([10.0, 20.0, 50.0, 100.0], [0.1, 1.0, 10.0, 100.0, 1000.0])
    """
    first, last = math.floor(low), math.ceil(high)
    for steps in _STEPS:
        ticks = [
            float(f"{step}e{power}")
            for power in range(first, last + 1)
            for step in steps
            if low <= math.log10(step) + power <= high
        ]
        if len(ticks) <= most:
            return ticks
    powers = list(range(first, last + 1))
    every = -(-len(powers) // most)
    return [float(f"1e{power}") for power in powers if power % every == 0 and low <= power <= high]
