"""Derive the analysis data sets: the specification gives the steps, what they read gives their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from mitograft.errors import InternalError, UsageError
from mitograft.outcome.tis import TisRules, tis_rules
from mitograft.tables.parameters import Parameters, load_parameters
from mitograft.trial.adam.lineage import Derived, trace_records
from mitograft.trial.adam.rules import RULES
from mitograft.trial.adam.specification import (
    DatasetSpec,
    Source,
    Specification,
    VariableSpec,
    load_specification,
)
from mitograft.trial.adam.work import Work
from mitograft.trial.dataset import Dataset, Datasets
from mitograft.trial.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

    from mitograft.trial.coding import Dictionary

__all__ = ["Adam", "Step", "derive_adam", "load_settings", "plan_steps"]


@dataclass(frozen=True)
class Adam:
    """The analysis data sets of a trial with what they were made from.

    Parameters
    ----------
    datasets
        ADSL, ADAE, ADEX, ADLB, ADQS, ADTIS, ADTTE.
    specification, protocol, settings, rules
        What was applied.
    links
        For each data set, in the order of its records: ``_row``, the row of the collected data set a record
        stands for (from 0; null for a record that stands for several or none), ``_base``, the record of its
        baseline, and ``_from_X``, the row of the collected data set the variable X was taken from.
    notes
        What was left out, in words without identifiers.
    """

    datasets: Datasets
    specification: Specification
    protocol: Protocol
    settings: Parameters
    rules: TisRules
    links: "Mapping[str, pl.DataFrame]"
    notes: tuple[str, ...] = ()

    @property
    def trace(self) -> "pl.DataFrame":
        """One row for each record and source record (see ``trace_records``)."""
        return trace_records(Derived(self.datasets, self.specification, self.links))

    def flagged(self) -> tuple[str, ...]:
        """Name the unconfirmed settings and score parameters the data sets depend on."""
        return tuple(p.id for p in (*self.settings.flagged(), *self.rules.flagged()))


def load_settings(overrides: Mapping[str, str] | None = None) -> Parameters:
    """Read the choices a derivation depends on; ``overrides`` replaces some by id.

    Raises
    ------
    UsageError
        If an id is unknown or a value makes no sense.
    """
    settings = load_parameters("mitograft.trial.adam", "settings.csv").override(overrides or {})
    cuts = settings["age_cuts"].value.split()
    if not cuts or not all(cut.isdigit() for cut in cuts) or sorted(map(int, cuts)) != [*map(int, cuts)]:
        raise UsageError("Setting age_cuts: expected whole numbers in order, such as '18 65'.")
    for name, allowed in (
        ("baseline_rule", ("last", "visit")),
        ("missing_relation", ("RELATED", "NOT RELATED")),
    ):
        if settings[name].value not in allowed:
            raise UsageError(f"Setting {name}: expected {' or '.join(allowed)}.")
    return settings


def derive_adam(
    sdtm: Datasets,
    protocol: Protocol,
    *,
    dictionary: "Dictionary | None" = None,
    settings: Mapping[str, str] | None = None,
    rules: TisRules | None = None,
    datasets: Sequence[str] | None = None,
) -> Adam:
    """Derive the analysis data sets.

    Parameters
    ----------
    sdtm
        Collected data: DM, and what there is of EX, AE, SUPPAE, MH, DS, SV, VS, LB, QS, FT, RS. A data set or
        variable that is absent is empty.
    protocol
        Arms, visits, window for dose-limiting toxicity, places of the core set measures, cut-off.
    dictionary
        Fills the terms of AE that are empty.
    settings
        Choices by id (``data/settings.csv``).
    rules
        Rules of the Total Improvement Score; default adult, IMACS.
    datasets
        Names of those wanted; default all.

    Returns
    -------
    Adam
        Sorted by subject and key, whatever the order of the collected rows.

    Raises
    ------
    InputError
        If DM is missing, or a core set measure lies off its scale.
    UsageError
        For an unknown setting or data set.
    """
    specification = load_specification()
    wanted = tuple(specification.datasets) if datasets is None else tuple(datasets)
    unknown = sorted(set(wanted) - set(specification.datasets))
    if unknown:
        raise UsageError(
            f"Found data sets {', '.join(unknown)}; expected {', '.join(specification.datasets)}."
        )
    chosen = load_settings(settings)
    work = Work(_coded(sdtm, dictionary), protocol, specification, chosen, rules or tis_rules())
    for step in plan_steps(wanted):
        _take(step, work)
    made = [
        _finish(specification[name], work.frames[name]) for name in specification.datasets if name in wanted
    ]
    links = {name: _links(work.frames[name]) for name in specification.datasets if name in wanted}
    notes = tuple(work.notes)
    return Adam(Datasets(made), specification, protocol, chosen, work.rules, links, notes)


def _links(frame: "pl.DataFrame") -> "pl.DataFrame":
    kept = [name for name in frame.columns if name in ("_row", "_base") or name.startswith("_from_")]
    return frame.select(kept)


def _coded(sdtm: Datasets, dictionary: "Dictionary | None") -> Datasets:
    if dictionary is None or "AE" not in sdtm:
        return sdtm
    from mitograft.trial.coding import code_events

    return sdtm.with_items([code_events(sdtm["AE"], dictionary)[0]])


@dataclass(frozen=True, slots=True)
class Step:
    """One rule applied to one data set, making some of its variables."""

    dataset: str
    rule: str
    variables: tuple[VariableSpec, ...]
    rows: bool = False


@cache
def plan_steps(wanted: tuple[str, ...]) -> tuple[Step, ...]:
    """Order the steps so that each finds what it reads; only those that are needed.

    Raises
    ------
    InternalError
        If the specification goes round in a circle.
    """
    specification = load_specification()
    steps = [step for dataset in specification for step in _steps(dataset)]
    made = {(step.dataset, variable.name): step for step in steps for variable in step.variables}
    rows = {step.dataset: step for step in steps if step.rows}
    ordered: dict[Step, None] = {}
    open_steps: set[Step] = set()

    def visit(step: Step) -> None:
        if step in ordered:
            return
        if step in open_steps:
            raise InternalError(f"Specification: {step.dataset}.{step.rule} depends on itself.")
        open_steps.add(step)
        for needed in _needed(step, specification, made, rows):
            visit(needed)
        ordered[step] = None

    for step in steps:
        if step.dataset in wanted:
            visit(step)
    return tuple(ordered)


def _steps(dataset: DatasetSpec) -> list[Step]:
    """Return the rows rule, each copied variable by itself, and the other rules with all they make."""
    by_rule: dict[str, list[VariableSpec]] = {dataset.rule: []}
    for variable in dataset.variables:
        alone = variable.rule in ("copy", "subject")
        by_rule.setdefault(f"{variable.rule}:{variable.name}" if alone else variable.rule, []).append(
            variable
        )
    return [
        Step(dataset.name, name.partition(":")[0], tuple(variables), rows=name == dataset.rule)
        for name, variables in by_rule.items()
    ]


def _needed(
    step: Step, specification: Specification, made: Mapping[tuple[str, str], Step], rows: Mapping[str, Step]
) -> list[Step]:
    sources: list[Source] = [source for variable in step.variables for source in variable.sources]
    if step.rows:
        sources = list(specification[step.dataset].sources)
    found = [made[s.dataset, s.variable] for s in sources if s.dataset in specification.datasets]
    first = [] if step.rows and step.dataset == "ADSL" else [rows["ADSL"]]
    return [one for one in (*first, *([] if step.rows else [rows[step.dataset]]), *found) if one != step]


def _take(step: Step, work: Work) -> None:
    frame = work.frames.get(step.dataset)
    if step.rule == "copy" or step.rule == "subject":
        frame = _copied(step.variables[0], _made(frame, step), work)
    else:
        import polars as pl

        frame = RULES[step.rule](pl.DataFrame() if frame is None else frame, work)
    missing = [variable.name for variable in step.variables if variable.name not in frame.columns]
    if missing:
        raise InternalError(f"Rule {step.rule} of {step.dataset} did not make {', '.join(missing)}.")
    work.frames[step.dataset] = frame


def _made(frame: "pl.DataFrame | None", step: Step) -> "pl.DataFrame":
    if frame is None:
        raise InternalError(f"{step.dataset}: no rows before {step.rule}.")
    return frame


def _copied(variable: VariableSpec, frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    source = variable.sources[0]
    if source.dataset == "ADSL":
        return frame.with_columns(work.of_subject(frame, source.variable).alias(variable.name))
    number = variable.type == "number"
    values = work.collected(source.dataset, source.variable, frame["_row"], number=number)
    return frame.with_columns(values.alias(variable.name))


def _finish(spec: DatasetSpec, frame: "pl.DataFrame") -> Dataset:
    """Bring columns into the order and types of the specification."""
    import polars as pl

    types = {"text": pl.String, "number": pl.Float64, "date": pl.Date}
    columns = [pl.col(variable.name).cast(types[variable.type]) for variable in spec.variables]
    return Dataset(
        spec.name,
        spec.label,
        frame.select(columns),
        tuple(variable.variable() for variable in spec.variables),
        source=spec.name,
    )
