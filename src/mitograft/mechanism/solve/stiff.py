# ruff: noqa: F821, F841, RUF059
# mypy: ignore-errors
"""The stiff kernel: Rodas, one individual after the other, with the analytic sparse Jacobian.

A Rosenbrock method solves a linear system instead of iterating, so a step needs no starting guess and fails
only by its error. Steps end at every output and event. The text below the mark is compiled by numba together
with ``rhs``, ``jac``, ``dfdt``, ``prepare``, ``apply_event`` and the plan of ``elimination``.
"""

import numpy as np

__all__ = ["attempt", "factorise", "first_step", "follow", "reach", "run_stiff", "substitute"]

# --- kernel ---
NY, NEW, RIGHT, TIME, OLD = range(5)  # rows of the work space; the six stages follow


def run_stiff(individuals, schedule, settings, result):
    """Solve a batch: fills ``result`` = (states, memory, status, steps)."""
    work = (np.zeros((11, S)), np.zeros(Q), np.zeros(SLOT.size), np.zeros(SLOTS[0]))
    for who in range(result[2].size):
        if result[2][who] == 0:
            code = follow(who, work, individuals, schedule, settings, result)
            result[2][who] = code
            if code != 0:
                result[0][who] = np.nan


def follow(who, work, individuals, schedule, settings, result):
    """Take one individual from its start to its last output; return its status."""
    y0, p0, start = individuals
    times, first, day, kind, amount = schedule
    states, memory, status, steps = result
    y, q = work[0][NY], work[1]
    y[:] = y0[who]
    q[: p0.shape[1]] = p0[who]
    prepare(q)
    event, j, now, steps[who] = first[who], 0, start, 0
    memory[event + who] = q[NP : NP + memory.shape[1]]
    step = np.full(2, np.inf)
    while True:
        while event < first[who + 1] and day[event] == now:
            apply_event(kind[event], now, amount[event], y, q)
            prepare(q)
            event += 1
            memory[event + who] = q[NP : NP + memory.shape[1]]
            step[1] = 0.0
        while j < times.shape[1] and times[who, j] == now:
            states[who, j] = y
            j += 1
        if j == times.shape[1]:
            return 0
        stop = times[who, j]
        if event < first[who + 1]:
            stop = min(stop, day[event])
        code = reach(now, stop, work, settings, step, steps[who : who + 1])
        if code != 0:
            return code
        now = stop


def reach(now, stop, work, settings, step, count):
    """Integrate to a stop; return 0 or what went wrong. ``step`` keeps the step size between stops."""
    y, q = work[0][NY], work[1]
    rtol, atol, most, ceiling = settings
    if step[1] == 0.0 or step[0] == np.inf:
        step[0] = min(step[0], first_step(now, work, rtol, atol), ceiling)
        step[1] = 1.0
    while True:
        left = stop - now
        h = left if 1.01 * step[0] >= left else step[0]
        error = attempt(now, h, work, rtol, atol)
        count[0] += 1
        finite = error < np.inf
        factor = min(6.0, max(0.2, 0.9 * max(error, 1e-10) ** -0.25)) if finite else 0.1
        if finite and error <= 1.0:
            y[:] = work[0][NEW]
            now = now + h
            step[0] = min(ceiling, max(step[0], h * factor) if h < step[0] else h * factor)
            if h == left:
                return 0
        else:
            step[0] = h * min(factor, 0.9)
            if step[0] < 1e-13 * max(1.0, abs(now)):
                return 2 if finite else 3
        if count[0] >= most:
            return 1


def first_step(now, work, rtol, atol):
    """Return a cautious first step from the size of the states and of their rates."""
    rows, q, entries, slots = work
    rhs(now, rows[NY], q, rows[OLD])
    size, slope = 0.0, 0.0
    for i in range(S):
        scale = atol + rtol * abs(rows[NY, i])
        size += (rows[NY, i] / scale) ** 2
        slope += (rows[OLD, i] / scale) ** 2
    return 0.05 * np.sqrt(size / slope) if size > 1e-10 and slope > 1e-10 else 1e-3


def attempt(now, h, work, rtol, atol):
    """Compute one step into the row NEW; return its error relative to the tolerance."""
    rows, q, entries, slots = work
    jac(now, rows[NY], q, entries)
    slots[:] = 0.0
    for k in range(SLOT.size):
        slots[SLOT[k]] = -entries[k]
    for i in range(S):
        slots[DIAG[i]] += 1.0 / (h * R_GAMMA)
    factorise(slots)
    dfdt(now, rows[NY], q, rows[TIME])
    for s in range(6):
        rows[NEW] = rows[NY]
        for k in range(s):
            rows[NEW] += R_A[s][k] * rows[5 + k]
        rhs(now + R_T[s] * h, rows[NEW], q, rows[RIGHT])
        rows[RIGHT] += h * R_D[s] * rows[TIME]
        for k in range(s):
            rows[RIGHT] += R_C[s][k] / h * rows[5 + k]
        substitute(slots, rows[RIGHT])
        rows[5 + s] = rows[RIGHT]
    rows[NEW] += rows[10]
    total = 0.0
    for i in range(S):
        scale = atol + rtol * max(abs(rows[NY, i]), abs(rows[NEW, i]))
        total += (rows[10, i] / scale) ** 2
    return np.sqrt(total / S)


def factorise(slots):
    """Replace the matrix by its factors."""
    for e in range(EL_SLOT.size):
        multiplier = slots[EL_SLOT[e]] / slots[EL_PIVOT[e]]
        slots[EL_SLOT[e]] = multiplier
        for u in range(EL_FIRST[e], EL_FIRST[e + 1]):
            slots[UP_TARGET[u]] -= multiplier * slots[UP_SOURCE[u]]


def substitute(slots, b):
    """Replace the right-hand side by the solution."""
    for e in range(EL_SLOT.size):
        b[EL_ROW[e]] -= slots[EL_SLOT[e]] * b[EL_COL[e]]
    for k in range(BK_STATE.size):
        state = BK_STATE[k]
        value = b[state]
        for e in range(BK_FIRST[k], BK_FIRST[k + 1]):
            value -= slots[BK_SLOT[e]] * b[BK_COL[e]]
        b[state] = value / slots[DIAG[state]]
