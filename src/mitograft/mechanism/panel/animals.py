"""Simulated mice of one group: each with its own parameters, graded block by block as a histologist would.

A mouse of a parameter set has the values of that set times log-normal factors of its own, and what an
injection achieves differs too. Its grade is the mean of several blocks, each a rounded grade of a patchy
muscle; other read-outs carry an assay error. Mice of two groups are different mice.
"""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mitograft.mechanism.hosts import load_host
from mitograft.mechanism.panel.design import Arm
from mitograft.mechanism.panel.ensemble import Ensemble
from mitograft.mechanism.panel.vocabulary import panel_settings
from mitograft.seeds import stream

if TYPE_CHECKING:
    import numpy as np

    from mitograft.mechanism.solve import Solution

    Array = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["Request", "grade_of_index", "read_group"]

Request = tuple[str, tuple[float, float]]

_QUANTITIES = ("eff_8", "eff_4")
_STIMULI = ("immunise", "adjuvant", "transfer_CD4", "transfer_CD8", "transfer_TREG", "dose")


def grade_of_index(index: "Array") -> "Array":
    """Return the histology grade of an inflammation index: ``top I^p/(I^p + I50^p)``; any shape."""
    import numpy as np

    rows = panel_settings()
    power, half = rows["grade_power"].number, rows["grade_half"].number
    raised = np.maximum(index, 0.0) ** power
    graded: Array = rows["grade_top"].number * raised / (raised + half**power)
    return graded


def read_group(
    arm: Arm, requests: Iterable[Request], ensemble: Ensemble, *, seed: int
) -> dict[Request, "Array"]:
    """Simulate the mice of one group for every parameter set and read them.

    Parameters
    ----------
    arm
        The group.
    requests
        What is read in which window of days, as (measure, (first, last)).
    ensemble
        The parameter sets.
    seed
        Seed of the study; the mice depend on it and on the group only.

    Returns
    -------
    readings
        For each request an array (sets, animals); nan for a mouse that could not be solved.
    """
    wanted = tuple(dict.fromkeys(requests))
    last = max(window[1] for _, window in wanted)
    animals = int(panel_settings()["animals"].number)
    solution = _solve(arm, ensemble, animals, math.ceil(last), seed)
    shape = (len(ensemble), animals)
    return {
        request: _observe(
            _latent(request, solution), request, stream(seed, "panel", "read", repr(arm), repr(request))
        ).reshape(shape)
        for request in wanted
    }


def _solve(arm: Arm, ensemble: Ensemble, animals: int, last: int, seed: int) -> "Solution":
    import numpy as np

    from mitograft.mechanism.equations import load_model
    from mitograft.mechanism.solve import Event, solve

    model, host = load_model(), load_host("mouse", *arm.settings)
    n = len(ensemble) * animals
    draw = stream(seed, "panel", "mice", repr(arm))
    rows = panel_settings()
    spread = draw.normal(0.0, rows["animal_sd"].number, (n, len(ensemble.names)))
    values = np.repeat(ensemble.values, animals, axis=0) * np.exp(spread)
    achieved = np.exp(draw.normal(0.0, rows["stimulus_sd"].number, n))
    parameters: dict[str, Any] = {**dict(zip(ensemble.names, values.T, strict=True)), **host.parameters}
    # A share cannot exceed 1, however far a draw moves it.
    for name, limit in model.upper.items():
        if name in parameters:
            parameters[name] = np.minimum(parameters[name], limit)
    for name, factor in arm.parameters:
        parameters[name] = parameters.get(name, model.parameters[name].number) * factor
    initial = dict(host.initial)
    for name, factor in arm.initial:
        initial[name] = initial.get(name, _initial(name)) * factor
    return solve(
        model,
        n=n,
        parameters={**parameters, **host.memory, **dict(arm.memory)},
        initial=initial,
        events=[
            [Event(*_achieved(e, share)) for e in (*host.events, *arm.events)] for share in achieved.tolist()
        ],
        times=np.arange(last + 1.0),
    )


def _initial(name: str) -> float:
    from mitograft.mechanism.equations import load_model

    model = load_model()
    written = next(state.initial for state in model.states if state.name == name)
    return model.parameters[written].number if written in model.parameter_names else float(written)


def _achieved(event: tuple[float, str, float], share: float) -> tuple[float, str, float]:
    day, kind, amount = event
    if kind not in _STIMULI:
        return event
    amount *= share
    return day, kind, min(amount, 1.0) if kind in ("transfer_CD4", "transfer_CD8") else amount


def _mean(values: "Array", window: tuple[float, float]) -> "Array":
    first, last = round(window[0]), round(window[1])
    mean: Array = values[:, first : last + 1].mean(axis=1)
    return mean


def _latent(request: Request, solution: "Solution") -> "Array":
    """Return the true value of each mouse, (mice,)."""
    measure, window = request
    what, _, name = measure.rpartition(":")
    if what:
        return _mean(solution.state(name) if what == "state" else solution.quantity(name), window)
    if measure == "injury":
        death = solution.quantity("death")[:, : round(window[1]) + 1]
        summed: Array = (death[:, 1:] + death[:, :-1]).sum(axis=1) / 2
        return summed
    if measure == "weakness":
        return 1.0 - _mean(solution.state("FIBRE"), window)
    if measure == "creatine_kinase":
        return _mean(solution.state("CK"), window) - 1.0
    rows = panel_settings()
    index = sum(rows[f"index_{name}"].number * solution.quantity(name) for name in _QUANTITIES)
    index = index + rows["index_M1"].number * solution.state("M1")
    if measure == "inflammation":
        return _mean(index, window)
    return _mean(grade_of_index(index + rows["index_NEC"].number * solution.state("NEC")), window)


def _observe(latent: "Array", request: Request, draw: "np.random.Generator") -> "Array":
    """Add what the read-out adds: rounded grades of blocks, or a log-normal error of an assay."""
    import numpy as np

    rows = panel_settings()
    if request[0] not in ("severity", "incidence"):
        return latent * np.exp(draw.normal(0.0, rows["assay_sd"].number, len(latent)))
    sd, step = rows["block_sd"].number, rows["grade_step"].number
    patchy = np.exp(draw.normal(-sd * sd / 2, sd, (len(latent), int(rows["blocks"].number))))
    blocks = np.clip(np.round(latent[:, None] * patchy / step) * step, 0.0, rows["grade_top"].number)
    grade: Array = blocks.mean(axis=1)
    if request[0] == "severity":
        return grade
    return np.where(np.isnan(grade), np.nan, grade >= rows["affected"].number)
