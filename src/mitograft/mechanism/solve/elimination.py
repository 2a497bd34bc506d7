"""Sparse elimination with a fixed pattern: the order, the fill and the operations are planned once.

The matrix is I/(h gamma) - J. Pivots are taken on the diagonal in the order of least fill (Markowitz); its
values decide nothing, so the same operations serve every individual and step.
"""

from collections.abc import Sequence

__all__ = ["plan_elimination"]


def plan_elimination(rows: Sequence[int], columns: Sequence[int], size: int) -> dict[str, list[int]]:
    """Return the lists that the stiff kernel runs through.

    Parameters
    ----------
    rows, columns
        Places of the entries of the Jacobian.
    size
        Number of states.

    Returns
    -------
    dict
        ``SLOT`` and ``DIAG``: where entries and the diagonal are stored; ``EL_*``: multipliers in order, with
        the updates each makes (``UP_*``); ``BK_*``: the way back; ``SLOTS``: how many values are stored.
    """
    places = {(i, j) for i, j in zip(rows, columns, strict=True)} | {(i, i) for i in range(size)}
    order = _eliminate(places, size)
    slot = {place: k for k, place in enumerate(sorted(places))}
    plan: dict[str, list[int]] = {name: [] for name in ("EL_SLOT", "EL_PIVOT", "EL_ROW", "EL_COL")}
    plan |= {"EL_FIRST": [0], "UP_TARGET": [], "UP_SOURCE": [], "BK_STATE": [], "BK_FIRST": [0]}
    plan |= {"BK_SLOT": [], "BK_COL": [], "SLOTS": [len(slot)]}
    plan["SLOT"] = [slot[place] for place in zip(rows, columns, strict=True)]
    plan["DIAG"] = [slot[i, i] for i in range(size)]
    place = {state: k for k, state in enumerate(order)}
    for k in order:
        later = [j for j in range(size) if place[j] > place[k] and (k, j) in slot]
        for i in (i for i in range(size) if place[i] > place[k] and (i, k) in slot):
            for name, value in (("SLOT", slot[i, k]), ("PIVOT", slot[k, k]), ("ROW", i), ("COL", k)):
                plan[f"EL_{name}"].append(value)
            plan["UP_TARGET"] += [slot[i, j] for j in later]
            plan["UP_SOURCE"] += [slot[k, j] for j in later]
            plan["EL_FIRST"].append(len(plan["UP_TARGET"]))
    for k in reversed(order):
        later = [j for j in range(size) if place[j] > place[k] and (k, j) in slot]
        plan["BK_STATE"].append(k)
        plan["BK_SLOT"] += [slot[k, j] for j in later]
        plan["BK_COL"] += later
        plan["BK_FIRST"].append(len(plan["BK_SLOT"]))
    return plan


def _eliminate(places: set[tuple[int, int]], size: int) -> list[int]:
    """Return the order of least fill; what fills up is added to ``places``."""
    left, order = set(range(size)), list[int]()
    while left:
        above = {k: [j for j in left if j != k and (k, j) in places] for k in left}
        below = {k: [i for i in left if i != k and (i, k) in places] for k in left}
        best = min(sorted(left), key=lambda k: len(above[k]) * len(below[k]))
        places |= {(i, j) for i in below[best] for j in above[best]}
        left.remove(best)
        order.append(best)
    return order
