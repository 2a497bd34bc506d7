"""From a row of a panel to an experiment: what is done to which mice, against which, and when it is read.

Nothing here looks at the effect a row expects: the same words always give the same experiment.
"""

from dataclasses import dataclass, replace

from mitograft.errors import UsageError
from mitograft.mechanism.interventions import Kind, Target, find_kind, find_targets
from mitograft.mechanism.panel.vocabulary import panel_settings, start_day, words_in

__all__ = ["Arm", "Experiment", "plan_experiment"]

Pairs = tuple[tuple[str, float], ...]
Events = tuple[tuple[float, str, float], ...]

_CIM = ("cim",)
_TRANSFER = ("transfer", "conditioned")
_GIVEN = ("recombinant", "injection", "injected", "agonist", "overexpression", "transgenic", "administration")
_LASTING = ("sustained", "repeated", "persistent", "continuous", "prolonged")
_NOT_LIVING = ("heat killed", "killed", "inactivated", "oligomycin", "dead")
_CELLS = {"CD4 T cells": "transfer_CD4", "CD8 T cells": "transfer_CD8", "regulatory T cells": "transfer_TREG"}


@dataclass(frozen=True)
class Arm:
    """One group of mice: settings of the host, and what is done beside them.

    ``memory`` holds from day 0, ``events`` happen on their day, ``parameters`` and ``initial`` are factors.
    """

    settings: tuple[str, ...]
    memory: Pairs = ()
    events: Events = ()
    parameters: Pairs = ()
    initial: Pairs = ()


@dataclass(frozen=True)
class Experiment:
    """Two groups and the days on which each is read; ``cause`` is the experiment that tests the stated cause.

    Where the groups are the same, the same mice are read twice.
    """

    reference: Arm
    perturbed: Arm
    window: tuple[float, float]
    reference_window: tuple[float, float]
    words: str
    cause: "Experiment | None" = None


class _CannotBeAskedError(Exception):
    """The model cannot be asked; the message is the reason."""


def plan_experiment(kind: str, perturbation: str, target: str) -> Experiment | str:
    """Return the experiment a row describes, or the sentence that says why the model cannot be asked.

    Parameters
    ----------
    kind, perturbation, target
        Cells of the row, free text.

    >>> plan_experiment("knock-out", "IL-33 null", "IL-33")
    'The model has no IL-33.'
    """
    try:
        sort = find_kind(f"{kind}") if kind.strip() else find_kind(perturbation)
        found = _named(perturbation, target)
        return _PLANS[sort.mode](sort, found, f"{kind} {perturbation} {target}")
    except _CannotBeAskedError as reason:
        return str(reason)
    except UsageError as problem:
        return str(problem)


def _named(perturbation: str, target: str) -> tuple[Target, ...]:
    said = find_targets(perturbation)
    found = find_targets(target) or said
    # "beta2-microglobulin null" with the target MHC-I: what is missing says more than what it stands for.
    found = tuple(next((s for s in said if set(s.acts_on) > set(t.acts_on) > set()), t) for t in found)
    missing = [t for t in found if t.role == "unknown"]
    if missing:
        raise _CannotBeAskedError(f"{missing[0].note[:1].upper()}{missing[0].note[1:]}.")
    return found


def _number(name: str) -> float:
    return panel_settings()[name].number


def _window(first: str, last: str) -> tuple[float, float]:
    return _number(first), _number(last)


def _need(found: tuple[Target, ...]) -> None:
    if not found:
        raise _CannotBeAskedError(
            "The row names no cell type, cytokine, receptor or molecule the model knows."
        )


def _plan_change(kind: Kind, found: tuple[Target, ...], text: str) -> Experiment:
    """Compare mice in which something is missing, blocked or given in excess with mice in which it is not."""
    _need(found)
    transfer = words_in(text, "transfer", "transferred")
    settings = _TRANSFER if transfer else _CIM
    # A mutant lacks its gene from birth, whatever else the words say about days.
    day = 0.0 if kind.name in ("knock-out", "heterozygous") else start_day(text)
    window = _window("transfer_start", "transfer_end") if transfer else _window("window_start", "window_end")
    shift = max(0.0, day + _number("late_margin") - window[0])
    window = (window[0] + shift, window[1] + shift)
    control = Arm(settings)
    treated = control
    for target in found:
        treated = _changed(treated, target, kind, text, day)
    where = "after transfer of T cells into mice given local adjuvant" if transfer else "in CIM"
    named = " and ".join(target.name for target in found)
    return Experiment(
        control,
        treated,
        window,
        window,
        f"{kind.name} of {named} from day {day:g} {where}, against untreated mice",
    )


def _changed(arm: Arm, target: Target, kind: Kind, text: str, day: float) -> Arm:
    if target.role == "stimulus":
        return _stimulated(arm, target, text, day)
    if target.role == "product":
        return _dosed(arm, target, text, day)
    given = kind.mode == "excess" or words_in(text, *_GIVEN)
    residual = kind.residual if kind.mode == "block" else find_kind("treatment").residual
    if target.role == "drug":
        residual = kind.residual if target.residual is None else target.residual
    elif target.role == "inhibitor":
        # The loss of a natural inhibitor frees what it holds down; giving it blocks.
        lost = kind.name in ("depletion", "knock-out", "heterozygous", "antibody")
        residual = find_kind("excess").residual if lost else find_kind("treatment").residual
    elif given:
        residual = find_kind("excess").residual
    elif target.residual is not None and kind.mode == "block":
        residual = target.residual
    for place in target.acts_on:
        arm = _acted(arm, place, residual, day)
    return arm


def _acted(arm: Arm, place: str, value: float, day: float) -> Arm:
    what, _, name = place.rpartition(":")
    if what == "parameter":
        return replace(arm, parameters=(*arm.parameters, (name, value)))
    if what == "initial":
        return replace(arm, initial=(*arm.initial, (name, value)))
    if day > 0:
        return replace(arm, events=(*arm.events, (day, f"set {name}", value)))
    return replace(arm, memory=(*arm.memory, (name, value)))


def _stimulated(arm: Arm, target: Target, text: str, day: float) -> Arm:
    if words_in(text, *_LASTING) and target.acts_on == ("event:adjuvant",):
        return replace(arm, settings=(*arm.settings, "sustained_cfa"))
    if words_in(text, "depletion", "without", "omitted", "null", "withdrawal"):
        raise _CannotBeAskedError(f"CIM without {target.name} is not CIM: no mouse is left to compare.")
    return replace(arm, events=(*arm.events, (day, target.acts_on[0].removeprefix("event:"), 1.0)))


def _dosed(arm: Arm, target: Target, text: str, day: float) -> Arm:
    at = day if day > 0 else _number("dose_day")
    living = () if not words_in(text, *_NOT_LIVING) else (("viable", 0.0),)
    events = (*arm.events, (at, "dose", float(target.residual or 0.0)))
    return replace(arm, events=events, parameters=(*arm.parameters, *living))


def _plan_transfer(kind: Kind, found: tuple[Target, ...], text: str) -> Experiment:
    """Give cells to mice, or compare two kinds of cells; what is no cell is blocked in that setting."""
    _need(found)
    cells = [target for target in found if target.name in {*_CELLS, "T cells"}]
    others = [target for target in found if target not in cells]
    if others:
        if any(
            t.name in ("B cells", "macrophages", "neutrophils", "antigen-presenting cells") for t in others
        ):
            raise _CannotBeAskedError(f"The model cannot be given {others[0].name}: it only makes its own.")
        return _plan_change(find_kind("antagonist"), tuple(others), f"{text} transfer")
    window = _window("transfer_start", "transfer_end")
    if any(target.name == "regulatory T cells" for target in cells):
        window, base = _window("window_start", "window_end"), Arm(_CIM)
    else:
        base = Arm(("conditioned",) if words_in(text, "cfa", "conditioned", "adjuvant") else ())
    first = _given(base, cells[:1], kind)
    if len(cells) > 1 and words_in(text, "vs", "versus", "than", "compared"):
        words = f"{cells[0].name} transferred, against {cells[1].name} transferred"
        return Experiment(_given(base, cells[1:2], kind), first, window, window, words)
    words = f"{' and '.join(c.name for c in cells)} transferred, against mice without transfer"
    return Experiment(base, _given(base, cells, kind), window, window, words)


def _given(arm: Arm, cells: list[Target], kind: Kind) -> Arm:
    names = [event for cell in cells for event in _events_of(cell)]
    return replace(arm, events=(*arm.events, *((0.0, name, kind.residual) for name in dict.fromkeys(names))))


def _events_of(cell: Target) -> tuple[str, ...]:
    return ("transfer_CD4", "transfer_CD8") if cell.name == "T cells" else (_CELLS[cell.name],)


def _plan_remission(_: Kind, found: tuple[Target, ...], text: str) -> Experiment:
    """Look at the same mice late and at the peak; the stated cause is tested with an adjuvant that stays."""
    late, peak = _window("remission_start", "remission_end"), _window("window_start", "window_end")
    drugs = tuple(target for target in found if target.role != "stimulus")
    if drugs:
        changed = _plan_change(find_kind("treatment"), drugs, text)
        return replace(changed, window=late, reference_window=late, words=f"{changed.words}, in remission")
    lasting = words_in(text, *_LASTING)
    mice, held = Arm(_CIM), Arm((*_CIM, "sustained_cfa"))
    cause = Experiment(held, held, late, peak, "the same with an adjuvant that does not fade")
    shown = held if lasting else mice
    words = f"CIM{' with an adjuvant that does not fade' if lasting else ''}: weeks 7 to 8 against the peak"
    named = any(target.name == "local conditioning" for target in found)
    return Experiment(shown, shown, late, peak, words, cause if named and not lasting else None)


def _plan_rechallenge(kind: Kind, found: tuple[Target, ...], text: str) -> Experiment:
    """Give the stimulus again after remission, against mice left alone; a blocker is tested within that."""
    day = _number("rechallenge_day")
    window = (day + _number("rechallenge_look"), day + _number("rechallenge_end"))
    stimuli = [target for target in found if target.role == "stimulus"]
    blockers = [target for target in found if target.role != "stimulus"]
    event = stimuli[0].acts_on[0].removeprefix("event:") if stimuli else "adjuvant"
    left = Arm(_CIM)
    again = replace(left, events=((day, event, kind.residual),))
    if not blockers:
        return Experiment(
            left, again, window, window, f"{event} again on day {day:g}, against mice left alone"
        )
    treated = again
    for target in blockers:
        treated = _changed(treated, target, find_kind("antagonist"), text, day)
    named = " and ".join(target.name for target in blockers)
    return Experiment(again, treated, window, window, f"{event} again on day {day:g}: {named} blocked or not")


def _plan_dose(kind: Kind, found: tuple[Target, ...], text: str) -> Experiment:
    """Give PN-101; a cell therapy of anything else cannot be asked."""
    if not any(target.role == "product" for target in found):
        raise _CannotBeAskedError("The row is a dose, but not of PN-101: the model holds no other product.")
    return _plan_change(kind, tuple(t for t in found if t.role == "product"), text)


_PLANS = {
    "block": _plan_change,
    "excess": _plan_change,
    "transfer": _plan_transfer,
    "remission": _plan_remission,
    "rechallenge": _plan_rechallenge,
    "dose": _plan_dose,
}
