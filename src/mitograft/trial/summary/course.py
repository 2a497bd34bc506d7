"""What became of the subjects and what they were given: disposition, exposure, other medication."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.trial.dataset import Dataset
from mitograft.trial.summary.baseline import Measurement, describe_cells
from mitograft.trial.summary.criteria import Criterion, summarise_criteria
from mitograft.trial.summary.events import Events, summarise_events
from mitograft.trial.summary.population import Population, equal_to, members_of, require_variables
from mitograft.trial.summary.result import Records, Result, Row, heading
from mitograft.trial.summary.tally import NOBODY, count_cell, group_columns, sources_of, tally

__all__ = ["Disposition", "summarise_disposition", "summarise_exposure", "summarise_medication"]


@dataclass(frozen=True)
class Disposition:
    """Variables of the subject-level data set that say how a subject ended.

    Two definitions of "discontinued" can live side by side in one data set (completing the last visit, or
    the status at the end of the study): the caller names the one that is meant.

    Parameters
    ----------
    status, completed, stopped
        Variable and its values for subjects who completed and who did not.
    reason
        Variable with the reason of those who did not.
    ongoing
        Value of ``status`` for subjects still in the study; empty where there is none.
    flags
        Flags shown first, each with its words (treated, evaluable).
    """

    status: str = "EOSSTT"
    completed: str = "COMPLETED"
    stopped: str = "DISCONTINUED"
    reason: str = "DCSREAS"
    ongoing: str = "ONGOING"
    flags: Mapping[str, str] = field(default_factory=dict)


def summarise_disposition(
    population: Population,
    disposition: Disposition,
    *,
    titles: tuple[str, str] = ("disposition", "Disposition of subjects"),
    tests: bool = False,
    data_kind: DataKind = "measured",
) -> Result:
    """Count subjects who completed and who did not, with reasons as found, most frequent first.

    Parameters
    ----------
    population, disposition
        Whose, by which variables.
    titles
        Id and title of the table.
    tests
        Whether the groups are compared by Fisher's exact test.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    d, subjects = disposition, population.subjects
    require_variables(subjects, (d.status, d.reason, *d.flags))
    stopped = {d.status: (d.stopped,)}
    found = members_of(population, subjects, equal_to({d.status: d.stopped}))[d.reason].drop_nulls()
    counts = {reason: found.to_list().count(reason) for reason in found.unique().to_list()}
    reasons = sorted(counts, key=lambda reason: (-counts[reason], reason))
    criteria = [Criterion(words, {flag: ("Y",)}, tested=False) for flag, words in d.flags.items()]
    criteria.append(Criterion("Completed", {d.status: (d.completed,)}))
    if d.ongoing and (subjects.frame[d.status] == d.ongoing).any():
        criteria.append(Criterion("Ongoing", {d.status: (d.ongoing,)}, tested=False))
    criteria.append(Criterion("Discontinued", stopped, tested=False))
    criteria += [Criterion(reason, {**stopped, d.reason: (reason,)}, indent=1) for reason in reasons]
    result = summarise_criteria(
        population, subjects, criteria, titles=titles, tests=tests, data_kind=data_kind
    )
    outside = subjects.frame.height - population.frame.height
    note = f"Subjects in {subjects.name} who are not in this population: {outside}."
    return replace(result, footnotes=(*result.footnotes, note))


def summarise_exposure(
    population: Population,
    exposure: Dataset,
    amounts: Sequence[Measurement],
    *,
    where: Mapping[str, str] | None = None,
    titles: tuple[str, str] = ("exposure", "Exposure"),
    data_kind: DataKind = "measured",
) -> Result:
    """Describe what each subject was given: number of records and sum of each amount.

    Parameters
    ----------
    population
        Whose exposure.
    exposure
        Records of doses, one row a dose (ADEX of one parameter, or EX).
    amounts
        Variables that are added within the subject, with label, unit and decimals.
    where
        Variables with the value a counted record has; all records unless said otherwise.
    titles
        Id and title of the table.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking.
    UsageError
        If there is no amount.
    """
    import polars as pl

    if not amounts:
        raise UsageError("Exposure: found no amount to describe; expected at least one variable.")
    require_variables(exposure, [*(amount.variable for amount in amounts), *(where or {})])
    members = members_of(population, exposure, equal_to(where or {}))
    by_subject = members.group_by("_group", "_person").agg(
        pl.len().cast(pl.Float64).alias("_doses"),
        *(pl.col(amount.variable).sum().alias(amount.variable) for amount in amounts),
    )
    dosed = tally(members)
    rows = [
        Row(
            "Subjects dosed",
            tuple(
                count_cell(dosed.get(((), i), NOBODY), group, exposure.name, ("exposure", "dosed"))
                for i, group in enumerate(population.groups)
            ),
        )
    ]
    for amount in (Measurement("_doses", "Number of doses"), *amounts):
        rows.append(heading(f"{amount.label} ({amount.unit})" if amount.unit else amount.label))
        mine = [
            by_subject.filter(pl.col("_group") == i).sort("_person") for i in range(len(population.groups))
        ]
        records = [
            (Records(exposure.name, members.filter(pl.col("_group") == i)["_row"]),) if part.height else ()
            for i, part in enumerate(mine)
        ]
        rows += describe_cells(
            [part[amount.variable].to_numpy() for part in mine], population.groups, amount, records
        )
    notes = ("Amounts are added within each subject. SD: standard deviation.",)
    return Result(
        *titles, population.label, "", group_columns(population), tuple(rows), notes, data_kind,
        sources_of([population.subjects, exposure]),
    )  # fmt: skip


def summarise_medication(
    population: Population,
    medication: Dataset,
    *,
    by: tuple[str, str] = ("CMCAT", "CMTRT"),
    titles: tuple[str, str] = ("medication", "Other medication by class and name"),
    data_kind: DataKind = "measured",
) -> Result:
    """Count subjects with each medication, within its class.

    Parameters
    ----------
    population, medication
        Whose records.
    by
        Variables with class and name.
    titles
        Id and title of the table.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    events = Events(medication, {}, *by)
    return summarise_events(
        population,
        events,
        titles=titles,
        words=("Any medication", "Class / medication"),
        data_kind=data_kind,
    )
