"""Which row is a subject's baseline, and which rows are compared with it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import Violation
from mitograft.tables.check import parse_number
from mitograft.tables.contract import Table

__all__ = ["Pairs", "pair_visits"]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows to compare: ``final[i]`` is a later visit of the subject whose baseline is ``baseline[i]``.

    ``alone`` holds the baseline rows of subjects without a later visit, ``earlier`` the rows before the
    chosen baseline; neither is scored.
    """

    baseline: npt.NDArray[np.intp]
    final: npt.NDArray[np.intp]
    alone: npt.NDArray[np.intp]
    earlier: npt.NDArray[np.intp]


def pair_visits(table: Table, baseline: str | None = None) -> tuple[Pairs, list[Violation]]:
    """Pair every later visit with its subject's baseline.

    Parameters
    ----------
    table
        A checked core set table.
    baseline
        Name of the baseline visit; by default the first visit of each subject in numeric order.

    Returns
    -------
    pairs, violations
        The pairs in file order, and a violation for each subject without the named baseline, or for each
        visit that is no number when no baseline was named.
    """
    subjects, visits = table.texts["subject"], table.texts["visit"]
    order = [parse_number(visit) for visit in visits]
    numeric = all(number is not None for number in order)
    if baseline is None and not numeric:
        return _empty(), _not_numeric(table, order)
    rows: dict[str | None, list[int]] = {}
    for i, subject in enumerate(subjects):
        rows.setdefault(subject, []).append(i)
    start = None if baseline is None else parse_number(baseline)
    chosen, violations = {}, []
    for subject, own in rows.items():
        if baseline is None:
            chosen[subject] = min(own, key=lambda i: order[i] or 0.0)
        else:
            found = [i for i in own if visits[i] == baseline or (start is not None and order[i] == start)]
            if found:
                chosen[subject] = found[0]
            else:
                violations.append(_no_baseline(table, own[0], baseline))
    return _collect(rows, chosen, order if numeric else None), violations


def _collect(
    rows: dict[str | None, list[int]], chosen: dict[str | None, int], order: list[float | None] | None
) -> Pairs:
    base, final, alone, earlier = [], [], [], []
    for subject, first in chosen.items():
        others = [i for i in rows[subject] if i != first]
        later = others if order is None else [i for i in others if (order[i] or 0.0) > (order[first] or 0.0)]
        earlier += [i for i in others if i not in set(later)]
        base += [first] * len(later)
        final += later
        alone += [] if later else [first]
    sort = np.argsort(np.array(final, dtype=np.intp), kind="stable")
    return Pairs(
        np.array(base, dtype=np.intp)[sort],
        np.array(final, dtype=np.intp)[sort],
        np.array(sorted(alone), dtype=np.intp),
        np.array(sorted(earlier), dtype=np.intp),
    )


def _empty() -> Pairs:
    none = np.array([], dtype=np.intp)
    return Pairs(none, none, none, none)


def _no_baseline(table: Table, row: int, baseline: str) -> Violation:
    return Violation(
        "no-baseline",
        found=f"a subject without visit '{baseline}'",
        expected="the baseline visit of every subject",
        remedy="Add the row, or name another visit with --baseline.",
        file=table.source,
        row=int(table.rows[row]),
        column="visit",
    )


def _not_numeric(table: Table, order: list[float | None]) -> list[Violation]:
    return [
        Violation(
            "visit-not-numeric",
            found="a visit that is not a number",
            expected="numbers such as the week, or a named baseline",
            remedy="Say which visit is the baseline with --baseline VISIT.",
            file=table.source,
            row=int(table.rows[i]),
            column="visit",
        )
        for i, number in enumerate(order)
        if number is None
    ]
