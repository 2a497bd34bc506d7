# ruff: noqa: F821, RUF059
# mypy: ignore-errors
"""The explicit kernel: individuals in lanes, each with its own time, step size and error.

A group of ``W`` individuals advances together so that the processor computes several at once; each lane has
its own clock. A lane whose individual has ended takes the next of the queue. No lane's arithmetic depends on
another lane, so an individual's numbers do not depend on who is beside it.

The text below the mark is compiled by numba together with the code generated from the equations
(``rhs_lanes``, ``prepare``, ``apply_event`` and the sizes ``S`` states, ``Q`` parameters with constants,
``W`` lanes).
"""

import numpy as np

__all__ = [
    "advance",
    "arrive",
    "attempt",
    "judge",
    "keep_memory",
    "leave",
    "load_lane",
    "refresh",
    "run_explicit",
    "stage",
    "write_inside",
]

S, Q, W, NP = 1, 1, 1, 1  # for reading alone; the generated head says what they are

# --- kernel ---
SW = S * W
Y, YN, HH, SQ, K1, K2, K3, K4, K5, K6, K7 = (SW * i for i in range(11))
T, STOP, H, ERR, USED = range(5)  # rows of the clock: time, next stop, step, last error, step in use
WHO, EVENT, OUT, STEPS, STALE, ACCEPT = range(6)  # rows of the book
SAFETY, ALPHA, BETA, LEAST, MOST = 0.9, 0.18, 0.03, 0.2, 8.0  # PI control of the step (Hairer and Wanner)


def run_explicit(individuals, schedule, settings, result):
    """Solve a batch: fills ``result`` = (states, memory, status, steps)."""
    clock, book = np.zeros((5, W)), np.zeros((6, W), np.int64)
    lanes = (np.zeros(11 * SW), np.ones(Q * W), clock, book)
    scratch = (np.zeros(S), np.zeros(Q))
    status = result[2]
    queue = 0
    book[WHO, :] = -1
    while True:
        active = 0
        for lane in range(W):
            while book[WHO, lane] < 0 and queue < status.size:
                if status[queue] == 0:
                    load_lane(queue, lane, lanes, scratch, individuals, schedule, result)
                queue += 1
            if book[WHO, lane] >= 0:
                active += 1
        if active == 0:
            return
        refresh(lanes, settings)
        attempt(lanes, settings)
        for lane in range(W):
            book[ACCEPT, lane] = 0
            if book[WHO, lane] >= 0:
                judge(lane, lanes, schedule, settings, result)
        advance(lanes, scratch, schedule, settings, result)


def load_lane(who, lane, lanes, scratch, individuals, schedule, result):
    """Put an individual into a lane and take it past its start."""
    buffer, p, clock, book = lanes
    y0, p0, start = individuals
    y, q = scratch
    for i in range(S):
        buffer[Y + i * W + lane] = y0[who, i]
    for i in range(p0.shape[1]):
        q[i] = p0[who, i]
    prepare(q)
    for i in range(Q):
        p[i * W + lane] = q[i]
    clock[T, lane], clock[H, lane], clock[ERR, lane] = start, np.inf, 1e-4
    book[WHO, lane], book[EVENT, lane], book[OUT, lane] = who, schedule[1][who], 0
    book[STEPS, lane] = 0
    keep_memory(lane, lanes, result)
    arrive(start, lane, lanes, scratch, schedule, result)


def keep_memory(lane, lanes, result):
    """Write the memory quantities as they are from now on, for the quantities that need them."""
    buffer, p, clock, book = lanes
    memory = result[1]
    row = book[EVENT, lane] + book[WHO, lane]
    for i in range(memory.shape[1]):
        memory[row, i] = p[(NP + i) * W + lane]


def arrive(now, lane, lanes, scratch, schedule, result):
    """Apply the events of this moment, then write the outputs of it: an output at an event is after it."""
    buffer, p, clock, book = lanes
    times, first, day, kind, amount = schedule
    y, q = scratch
    who = book[WHO, lane]
    clock[T, lane] = now
    book[STALE, lane] = 1
    while book[EVENT, lane] < first[who + 1] and day[book[EVENT, lane]] == now:
        e = book[EVENT, lane]
        for i in range(S):
            y[i] = buffer[Y + i * W + lane]
        for i in range(Q):
            q[i] = p[i * W + lane]
        apply_event(kind[e], now, amount[e], y, q)
        prepare(q)
        for i in range(S):
            buffer[Y + i * W + lane] = y[i]
        for i in range(Q):
            p[i * W + lane] = q[i]
        book[EVENT, lane] += 1
        keep_memory(lane, lanes, result)
    j = book[OUT, lane]
    while j < times.shape[1] and times[who, j] == now:
        for i in range(S):
            result[0][who, j, i] = buffer[Y + i * W + lane]
        j += 1
    book[OUT, lane] = j
    clock[STOP, lane] = times[who, times.shape[1] - 1]
    if j == times.shape[1]:
        leave(lane, 0, lanes, result)
    elif book[EVENT, lane] < first[who + 1] and day[book[EVENT, lane]] < clock[STOP, lane]:
        clock[STOP, lane] = day[book[EVENT, lane]]


def leave(lane, code, lanes, result):
    """End an individual; a failure leaves no numbers behind."""
    buffer, p, clock, book = lanes
    who = book[WHO, lane]
    result[2][who] = code
    result[3][who] = book[STEPS, lane]
    if code != 0:
        result[0][who] = np.nan
    book[WHO, lane] = -1
    clock[H, lane] = 0.0
    clock[USED, lane] = 0.0


def refresh(lanes, settings):
    """Compute the first slope and a first step for lanes that have just started or met an event."""
    buffer, p, clock, book = lanes
    rtol, atol, most, ceiling = settings
    if book[STALE].max() == 0:
        return
    rhs_lanes(clock[T], buffer[Y : Y + SW], p, buffer[K2 : K2 + SW])
    for lane in range(W):
        if book[STALE, lane] == 1:
            book[STALE, lane] = 0
            size, slope = 0.0, 0.0
            for i in range(S):
                a = i * W + lane
                buffer[K1 + a] = buffer[K2 + a]
                scale = atol + rtol * abs(buffer[Y + a])
                size += (buffer[Y + a] / scale) ** 2
                slope += (buffer[K2 + a] / scale) ** 2
            if book[WHO, lane] >= 0:
                first = 0.05 * np.sqrt(size / slope) if size > 1e-10 and slope > 1e-10 else 1e-3
                clock[H, lane] = min(clock[H, lane], first, ceiling)


def attempt(lanes, settings):
    """Compute the stages and the error of one step in every lane."""
    buffer, p, clock, book = lanes
    rtol, atol, most, ceiling = settings
    now = np.empty(W)
    b = buffer
    for lane in range(W):
        h, left = clock[H, lane], clock[STOP, lane] - clock[T, lane]
        clock[USED, lane] = left if 1.01 * h >= left and book[WHO, lane] >= 0 else h
    for i in range(S):
        for lane in range(W):
            b[HH + i * W + lane] = clock[USED, lane]
    for a in range(SW):
        b[YN + a] = b[Y + a] + b[HH + a] * (A21 * b[K1 + a])
    stage(C2, now, lanes, K2)
    for a in range(SW):
        b[YN + a] = b[Y + a] + b[HH + a] * (A31 * b[K1 + a] + A32 * b[K2 + a])
    stage(C3, now, lanes, K3)
    for a in range(SW):
        b[YN + a] = b[Y + a] + b[HH + a] * (A41 * b[K1 + a] + A42 * b[K2 + a] + A43 * b[K3 + a])
    stage(C4, now, lanes, K4)
    for a in range(SW):
        slope = A51 * b[K1 + a] + A52 * b[K2 + a] + A53 * b[K3 + a] + A54 * b[K4 + a]
        b[YN + a] = b[Y + a] + b[HH + a] * slope
    stage(C5, now, lanes, K5)
    for a in range(SW):
        slope = A61 * b[K1 + a] + A62 * b[K2 + a] + A63 * b[K3 + a] + A64 * b[K4 + a] + A65 * b[K5 + a]
        b[YN + a] = b[Y + a] + b[HH + a] * slope
    stage(1.0, now, lanes, K6)
    for a in range(SW):
        slope = B1 * b[K1 + a] + B3 * b[K3 + a] + B4 * b[K4 + a] + B5 * b[K5 + a] + B6 * b[K6 + a]
        b[YN + a] = b[Y + a] + b[HH + a] * slope
    stage(1.0, now, lanes, K7)
    for a in range(SW):
        error = E1 * b[K1 + a] + E3 * b[K3 + a] + E4 * b[K4 + a] + E5 * b[K5 + a]
        error = b[HH + a] * (error + E6 * b[K6 + a] + E7 * b[K7 + a])
        error /= atol + rtol * max(abs(b[Y + a]), abs(b[YN + a]))
        b[SQ + a] = error * error


def stage(share, now, lanes, target):
    """Compute the slopes at a share of the step, of all lanes, into a part of the buffer."""
    buffer, p, clock, book = lanes
    for lane in range(W):
        now[lane] = clock[T, lane] + share * clock[USED, lane]
    rhs_lanes(now, buffer[YN : YN + SW], p, buffer[target : target + SW])


def judge(lane, lanes, schedule, settings, result):
    """Accept or refuse a step, write outputs inside it, and choose the next step."""
    buffer, p, clock, book = lanes
    rtol, atol, most, ceiling = settings
    total = 0.0
    for i in range(S):
        total += buffer[SQ + i * W + lane]
    error = np.sqrt(total / S)
    used = clock[USED, lane]
    book[STEPS, lane] += 1
    finite = error < np.inf
    if finite and error <= 1.0:
        book[ACCEPT, lane] = 1
        write_inside(lane, lanes, schedule, result)
        error = max(error, 1e-10)
        factor = SAFETY * error**-ALPHA * clock[ERR, lane] ** BETA
        clock[ERR, lane] = max(error, 1e-4)
        proposal = used * min(MOST, max(LEAST, factor))
        # A step cut short by a stop says little about the next one.
        clock[H, lane] = min(ceiling, max(proposal, clock[H, lane]) if used < clock[H, lane] else proposal)
        return
    clock[H, lane] = used * (max(LEAST, SAFETY * error**-0.2) if finite else 0.1)
    if book[STEPS, lane] >= most:
        leave(lane, 1, lanes, result)
    elif clock[H, lane] < 1e-13 * max(1.0, abs(clock[T, lane])):
        leave(lane, 2 if finite else 3, lanes, result)


def write_inside(lane, lanes, schedule, result):
    """Write the outputs between the ends of an accepted step, from its polynomial of order 4."""
    buffer, p, clock, book = lanes
    times, who, j = schedule[0], book[WHO, lane], book[OUT, lane]
    h, start = clock[USED, lane], clock[T, lane]
    stop = clock[STOP, lane]
    end = stop if h == stop - start else start + h
    b = buffer
    while j < times.shape[1] and times[who, j] < end:
        s = (times[who, j] - start) / h
        r = 1.0 - s
        for i in range(S):
            a = i * W + lane
            change = b[YN + a] - b[Y + a]
            bend = h * b[K1 + a] - change
            last = D1 * b[K1 + a] + D3 * b[K3 + a] + D4 * b[K4 + a] + D5 * b[K5 + a]
            last = h * (last + D6 * b[K6 + a] + D7 * b[K7 + a])
            inner = bend + s * (change - h * b[K7 + a] - bend + r * last)
            result[0][who, j, i] = b[Y + a] + s * (change + r * inner)
        j += 1
    book[OUT, lane] = j


def advance(lanes, scratch, schedule, settings, result):
    """Move the lanes that accepted their step; those that reached a stop meet what happens there."""
    buffer, p, clock, book = lanes
    take = book[ACCEPT]
    for i in range(S):
        for lane in range(W):
            a = i * W + lane
            buffer[Y + a] = buffer[YN + a] if take[lane] == 1 else buffer[Y + a]
            buffer[K1 + a] = buffer[K7 + a] if take[lane] == 1 else buffer[K1 + a]
    for lane in range(W):
        if take[lane] == 1 and book[WHO, lane] >= 0:
            stop = clock[STOP, lane]
            if clock[USED, lane] == stop - clock[T, lane]:
                arrive(stop, lane, lanes, scratch, schedule, result)
            else:
                clock[T, lane] += clock[USED, lane]
                if book[STEPS, lane] >= settings[2]:
                    leave(lane, 1, lanes, result)
