"""Childhood Myositis Assessment Scale: fourteen manoeuvres, 0-52, up is better.

The score is the sum of the items. Timed items give points by whole seconds held: 1-9 s 1, 10-29 s 2,
30-59 s 3, 60-119 s 4, from 120 s 5. A time between whole seconds counts the seconds completed: 9.5 s is
1 point, and less than one second is none.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.outcome.card import INSTRUMENTS
from mitograft.outcome.fixed_rules import refuse_overrides
from mitograft.outcome.items import ItemScale, Score, read_numbers, score_sum
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = ["CARD", "ITEMS", "TIMED_ITEMS", "cmas", "defaults", "points_from_seconds"]

FloatArray = npt.NDArray[np.float64]

CARD = INSTRUMENTS["CMAS"]


@cache
def defaults() -> Parameters:
    """Return item maxima and timed bands with their citations."""
    return load_parameters("mitograft.outcome", "cmas.csv")


ITEMS = ItemScale.of("CMAS", defaults(), "item").names
TIMED_ITEMS = tuple(p.id.removeprefix("timed_item/") for p in defaults() if p.id.startswith("timed_item/"))


def cmas(items: npt.ArrayLike, *, parameters: Parameters | None = None) -> Score:
    """Score the scale: sum of fourteen items, 0-52.

    Parameters
    ----------
    items
        Shape (..., 14), in the order of ``ITEMS``; NaN = not performed for a reason other than weakness
        (a child unable to do it scores 0).
    parameters
        ``defaults()``, possibly overridden.

    Raises
    ------
    UsageError
        If an item is off its scale, or overridden maxima no longer add to the total.
    """
    rules = defaults() if parameters is None else parameters
    scale = ItemScale.of("CMAS", rules, "item")
    total = rules["total"].number
    if sum(scale.highs) != total:
        raise UsageError(
            f"CMAS: found item maxima that add to {sum(scale.highs):g}, expected {total:g}. "
            "Override total and the maxima together."
        )
    used = [p.id for p in rules if p.id.startswith("item/")]
    return score_sum(scale, scale.read(items), flagged=rules.flagged(used))


def points_from_seconds(
    seconds: npt.ArrayLike, item: str, *, parameters: Parameters | None = None
) -> FloatArray:
    """Translate the seconds a position was held into the points of a timed item.

    Parameters
    ----------
    seconds
        Any shape, 0 for unable; NaN stays missing.
    item
        One of ``TIMED_ITEMS``; the arm raise ends at 4 points (recalled).
    parameters
        ``defaults()``, possibly overridden.

    Raises
    ------
    UsageError
        If ``item`` is not timed, a time is negative or infinite, or overridden bands overlap.

    Examples
    --------
    >>> points_from_seconds([0, 9.5, 10, 120], "head_lift")
    array([0., 1., 2., 5.])
    """
    rules = defaults() if parameters is None else parameters
    refuse_overrides(rules, ("between_seconds",))
    if item not in TIMED_ITEMS:
        raise UsageError(f"CMAS: found item {item!r}, expected a timed one: {', '.join(TIMED_ITEMS)}.")
    held = read_numbers(f"CMAS {item}", seconds)
    bad = (held < 0) | np.isinf(held)
    if bad.any():
        places = "; ".join(", ".join(str(int(i)) for i in at) or "0" for at in np.argwhere(bad))
        raise UsageError(
            f"CMAS {item}: found {int(bad.sum())} times below 0 s or infinite at index {places}; expected "
            "seconds of at least 0. Write 0 for unable."
        )
    edges = [p.number for p in rules if p.id.startswith("timed/")]
    if edges != sorted(set(edges)):
        raise UsageError(f"CMAS: found seconds {edges} for 1, 2, ... points, expected an increasing series.")
    points = np.minimum(np.searchsorted(edges, held, side="right"), rules[f"timed_item/{item}"].number)
    return np.where(np.isnan(held), np.nan, points)
