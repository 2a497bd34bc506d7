"""Judge a panel: each row a simulated experiment over the ensemble, right, wrong or cannot be asked."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mitograft.errors import UsageError
from mitograft.mechanism.panel.animals import Request, read_group
from mitograft.mechanism.panel.design import Arm, Experiment, plan_experiment
from mitograft.mechanism.panel.ensemble import Ensemble
from mitograft.mechanism.panel.verdict import Effect, holds, measure_effect, obeys, tends
from mitograft.mechanism.panel.vocabulary import Quantity, find_effect, find_quantities, panel_settings

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["COLUMNS", "PanelRow", "judge_panel", "kept_rows"]

COLUMNS = ("kind", "perturbation", "target", "expected_effect")
RIGHT, WRONG, UNASKED = "right", "wrong", "cannot be asked"


@dataclass(frozen=True)
class PanelRow:
    """The answer to one row.

    Attributes
    ----------
    id, perturbation, expected
        Of the row; ``expected`` as understood (lower, higher, unchanged, remits, persists).
    experiment
        What was simulated, in words.
    effect
        Of the quantity judged by its interval; None where the row cannot be asked.
    others
        Effects of the other quantities the row names; they must not point the other way.
    verdict
        right, wrong or cannot be asked.
    reason
        Why, in words.
    cause
        Whether the stated cause of the effect is also the model's: holds, does not hold, or empty.
    kept
        For each parameter set whether its own experiment shows the effect.
    """

    id: str
    perturbation: str
    expected: str
    experiment: str
    effect: Effect | None
    others: tuple[Effect, ...]
    verdict: str
    reason: str
    cause: str
    kept: tuple[bool, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for machine-readable output; ``kept`` as a share."""
        share = sum(self.kept) / len(self.kept) if self.kept else None
        return {**asdict(self), "kept": share, "simulated": True}


@dataclass(frozen=True)
class _Plan:
    row: Mapping[str, str]
    expected: str
    experiment: Experiment | None
    quantities: tuple[Quantity, ...]
    reason: str


def judge_panel(
    table: Iterable[Mapping[str, str]], ensemble: Ensemble, seed: int, *, members: int | None = None
) -> tuple[PanelRow, ...]:
    """Judge every row of a table of perturbations by simulated experiments over the ensemble.

    Parameters
    ----------
    table
        Rows with ``kind``, ``perturbation``, ``target`` and ``expected_effect``, and where they are there
        ``id`` and ``affected_quantity``; as ``csv.DictReader`` gives them.
    ensemble
        Parameter sets; see ``load_ensemble``.
    seed
        The study's seed. A row's answer depends on its words, the ensemble and the seed, not on other rows.
    members
        Parameter sets to ask (default: the row ``members`` of ``panel.csv``).

    Returns
    -------
    rows
        One answer a row, in order.

    Raises
    ------
    UsageError
        If a needed column is missing.
    """
    rows = [dict(row) for row in table]
    missing = [name for name in COLUMNS if any(row.get(name) is None for row in rows)]
    if missing:
        raise UsageError(
            f"Panel: found no column {', '.join(missing)}, expected {', '.join(COLUMNS)}. "
            "Add what is missing."
        )
    asked = ensemble.thinned(int(panel_settings()["members"].number) if members is None else members)
    plans = [_plan(row) for row in rows]
    groups = _read(plans, asked, seed)
    return tuple(_answer(plan, i, groups) for i, plan in enumerate(plans, start=1))


def kept_rows(rows: Sequence[PanelRow]) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return for each parameter set how many rows its own experiments keep, (sets,)."""
    import numpy as np

    kept: np.ndarray[Any, np.dtype[np.int64]] = np.sum(
        [row.kept for row in rows if row.kept], axis=0, dtype=np.int64
    )
    return kept


def _plan(row: Mapping[str, str]) -> _Plan:
    expected = find_effect(row["expected_effect"] or "")
    quantities = find_quantities(row.get("affected_quantity") or "")
    design = plan_experiment(row["kind"] or "", row["perturbation"] or "", row["target"] or "")
    if isinstance(design, str):
        return _Plan(row, expected or "", None, (), design)
    if expected is None:
        reason = "The expected effect is none of lower, higher, unchanged, remits, persists."
        return _Plan(row, "", None, (), reason)
    if not quantities:
        reason = "The affected quantity is none that is read in simulated mice."
        return _Plan(row, expected, None, (), reason)
    # Severity is the steadiest read-out: it is judged by its interval wherever the row names it.
    ordered = sorted(quantities, key=lambda quantity: quantity.name != "severity")
    return _Plan(row, expected, design, tuple(ordered), "")


def _requests(experiment: Experiment, quantities: tuple[Quantity, ...]) -> list[tuple[Arm, Request]]:
    listed: list[tuple[Arm, Request]] = []
    for quantity in quantities:
        listed.append((experiment.reference, (quantity.measure, experiment.reference_window)))
        listed.append((experiment.perturbed, (quantity.measure, experiment.window)))
        listed.append((experiment.reference, ("severity", experiment.reference_window)))
    if experiment.cause is not None:
        listed += _requests(experiment.cause, quantities[:1])
    return listed


def _read(plans: list[_Plan], ensemble: Ensemble, seed: int) -> dict[tuple[Arm, Request], "Array"]:
    """Simulate each group once, whatever number of rows needs it."""
    wanted: dict[Arm, list[Request]] = {}
    for plan in plans:
        if plan.experiment is not None:
            for arm, request in _requests(plan.experiment, plan.quantities):
                wanted.setdefault(arm, []).append(request)
    return {
        (arm, request): values
        for arm, requests in wanted.items()
        for request, values in read_group(arm, requests, ensemble, seed=seed).items()
    }


def _effect(
    experiment: Experiment, quantity: Quantity, groups: Mapping[tuple[Arm, Request], "Array"]
) -> tuple[Effect, "Array"]:
    reference = groups[experiment.reference, (quantity.measure, experiment.reference_window)]
    perturbed = groups[experiment.perturbed, (quantity.measure, experiment.window)]
    healthy = groups[experiment.reference, ("severity", experiment.reference_window)]
    return measure_effect(quantity, perturbed, reference, healthy)


def _answer(plan: _Plan, place: int, groups: Mapping[tuple[Arm, Request], "Array"]) -> PanelRow:
    name = plan.row.get("id") or f"row {place}"
    said = plan.row["perturbation"]
    if plan.experiment is None:
        return PanelRow(name, said, plan.expected, "", None, (), UNASKED, plan.reason, "", ())
    read = [_effect(plan.experiment, quantity, groups) for quantity in plan.quantities]
    first, each = read[0]
    shown = holds(first, plan.expected, plan.quantities[0].sign)
    against = [
        e
        for (e, _), q in zip(read[1:], plan.quantities[1:], strict=True)
        if not tends(e, plan.expected, q.sign)
    ]
    cause = _cause(plan, groups)
    kept = obeys(first, each, plan.expected, plan.quantities[0].sign)
    for (effect, values), quantity in zip(read[1:], plan.quantities[1:], strict=True):
        kept &= tends(effect, plan.expected, quantity.sign, values)
    return PanelRow(
        name,
        said,
        plan.expected,
        plan.experiment.words,
        first,
        tuple(effect for effect, _ in read[1:]),
        RIGHT if shown and not against else WRONG,
        _reason(first, plan.expected, shown=shown, against=against, cause=cause),
        cause,
        tuple(bool(k) for k in kept),
    )


def _cause(plan: _Plan, groups: Mapping[tuple[Arm, Request], "Array"]) -> str:
    if plan.experiment is None or plan.experiment.cause is None:
        return ""
    effect, _ = _effect(plan.experiment.cause, plan.quantities[0], groups)
    return "holds" if effect.low > panel_settings()["sustained_share"].number else "does not hold"


def _reason(first: Effect, expected: str, *, shown: bool, against: list[Effect], cause: str) -> str:
    said = f"{first.quantity}: {first.words}"
    if math.isnan(first.value):
        return f"{said}; no mouse could be solved"
    if not shown:
        said += f"; not {expected} by the limits of panel.csv"
    if against:
        said += f"; the other way: {', '.join(f'{e.quantity} {e.words}' for e in against)}"
    if cause == "does not hold":
        said += "; the stated cause does not hold: with a stimulus that stays it happens too"
    return said
