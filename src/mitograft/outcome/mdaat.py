"""Myositis Disease Activity Assessment Tool: MYOACT and MITAX, each 0-1, down is better.

MYOACT is the sum of six 10 cm visual analogue scales over the largest possible sum of the systems assessed.
MITAX turns a category A-E per system into points and divides their sum by the largest possible one; its
weights and systems are recalled and flagged. Neither is the *global* extramuscular scale (0-10 cm) of the
same tool, which enters the total improvement score.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.outcome.card import INSTRUMENTS
from mitograft.outcome.decimal_grid import to_steps
from mitograft.outcome.fixed_rules import refuse_overrides
from mitograft.outcome.items import ItemScale, Score, read_codes, score_sum
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = ["CARD_MITAX", "CARD_MYOACT", "MITAX_SYSTEMS", "MYOACT_SYSTEMS", "defaults", "mitax", "myoact"]

CARD_MYOACT = INSTRUMENTS["MYOACT"]
CARD_MITAX = INSTRUMENTS["MITAX"]


@cache
def defaults() -> Parameters:
    """Return systems, scales and weights with their citations."""
    return load_parameters("mitograft.outcome", "mdaat.csv")


MYOACT_SYSTEMS = ItemScale.of("MYOACT", defaults(), "myoact").names
MITAX_SYSTEMS = ItemScale.of("MITAX", defaults(), "mitax").names


def myoact(scales: npt.ArrayLike, *, parameters: Parameters | None = None) -> Score:
    """Score MYOACT: sum of the scales / (10 cm times the systems assessed).

    Parameters
    ----------
    scales
        Shape (..., 6), cm on a 10 cm scale, in the order of ``MYOACT_SYSTEMS``; NaN = not assessed.
    parameters
        ``defaults()``, possibly overridden.

    Returns
    -------
    Score
        ``score`` over the systems assessed (NaN if none was); ``low`` and ``high`` if the others had been
        assessed too.

    Raises
    ------
    UsageError
        If a scale is off 0-10 cm.

    Examples
    --------
    >>> myoact([6, 0, 3, 0, np.nan, 0]).score.item()
    0.18
    """
    rules = defaults() if parameters is None else parameters
    refuse_overrides(rules, ("myoact_divide_by",))
    scale = ItemScale.of("MYOACT", rules, "myoact", whole=False)
    items = scale.read(scales)
    full = to_steps(np.array(scale.highs))
    assessed = (~np.isnan(items) * full).sum(axis=-1)
    steps = to_steps(items).sum(axis=-1)
    score = np.where(assessed > 0, steps / np.maximum(assessed, 1), np.nan)
    high = (steps + full.sum() - assessed) / full.sum()
    flagged = rules.flagged([f"myoact/{system}" for system in scale.names])
    return Score(score, steps / full.sum(), high, np.isnan(items).sum(axis=-1), flagged)


def mitax(categories: npt.ArrayLike, *, parameters: Parameters | None = None) -> Score:
    """Score MITAX from the category of each system: sum of weights / 63.

    Parameters
    ----------
    categories
        Text of shape (..., 7), "A" (most active) to "E" (never involved), in the order of
        ``MITAX_SYSTEMS``; empty text or None = not assessed.
    parameters
        ``defaults()``, possibly overridden. A=9, B=3, C=1, D=E=0 and the 63 are recalled.

    Raises
    ------
    UsageError
        If a category is unknown (all are listed), or the denominator is not the largest possible sum.
    """
    rules = defaults() if parameters is None else parameters
    weights = {p.id[-1]: p.number for p in rules if p.id.startswith("mitax_weight/")}
    total = rules["mitax_total"].number
    scale = ItemScale.of("MITAX", rules, "mitax", whole=False)
    if sum(scale.highs) != total or max(weights.values()) != max(scale.highs):
        raise UsageError(
            f"MITAX: found a denominator of {total:g} for item maxima that add to {sum(scale.highs):g} and a "
            f"largest weight of {max(weights.values()):g}; expected them to agree. Override all of them."
        )
    items = read_codes("MITAX", weights, categories, "Leave a system that was not assessed empty.")
    points = score_sum(scale, scale.read(items))
    used = [p.id for p in rules if p.id.startswith("mitax") and p.id != "mitax_item_high"]
    return Score(
        points.score / total, points.low / total, points.high / total, points.missing, rules.flagged(used)
    )
