"""Disease Activity Score for juvenile dermatomyositis: skin 0-9 plus muscle 0-11, 0-20, down is better.

The total is published (10.1002/art.10924); the split into skin and muscle is recalled and flagged. Not to be
confused with the DAS28 of rheumatoid arthritis.
"""

from functools import cache

import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.outcome.card import INSTRUMENTS
from mitograft.outcome.items import ItemScale, Score, score_sum
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = ["CARD", "PARTS", "das", "defaults"]

CARD = INSTRUMENTS["DAS"]


@cache
def defaults() -> Parameters:
    """Return the maxima with their citations."""
    return load_parameters("mitograft.outcome", "das.csv")


PARTS = ItemScale.of("DAS", defaults(), "das").names


def das(parts: npt.ArrayLike, *, parameters: Parameters | None = None) -> Score:
    """Add the skin and muscle parts.

    Parameters
    ----------
    parts
        Shape (..., 2), skin 0-9 and muscle 0-11, whole numbers; NaN = not assessed.
    parameters
        ``defaults()``, possibly overridden.

    Raises
    ------
    UsageError
        If a part is off its scale, or overridden maxima no longer add to the total.

    Examples
    --------
    >>> das([4, 3]).score.item()
    7.0
    """
    rules = defaults() if parameters is None else parameters
    scale = ItemScale.of("DAS", rules, "das")
    if sum(scale.highs) != rules["total"].number:
        raise UsageError(
            f"DAS: found maxima that add to {sum(scale.highs):g}, expected {rules['total'].number:g}. "
            "Override total and both maxima together."
        )
    flagged = rules.flagged(["total", *(f"das/{part}" for part in scale.names)])
    return score_sum(scale, scale.read(parts), flagged=flagged)
