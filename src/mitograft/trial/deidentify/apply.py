"""De-identify the data sets of a study with a secret key.

Safe harbour of the United States (45 CFR 164.514(b)(2)) is the model for identifiers and ages, the practice
of data sharing for dates (an offset for each subject); this module supports both and proves neither. What it
does to each variable is in ``data/rules.csv``; what no rule names is emptied.

All data sets of a study (SDTM and, where wanted, ADaM) go in one call: the shifts depend on the span of all
dates. Data sets about the trial (TA, TE, TV, TI, TS) stay as they are, with their public dates.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.tables.parameters import Parameters, load_parameters, load_rows
from mitograft.trial.dataset import Dataset, Datasets, Variable
from mitograft.trial.deidentify.codes import check_key, subject_code
from mitograft.trial.deidentify.columns import Study, change_column
from mitograft.trial.deidentify.dates import date_limits, make_shifts
from mitograft.trial.deidentify.places import Places, group_places
from mitograft.trial.deidentify.report import Dropped, Report, count_cells
from mitograft.trial.deidentify.rules import Rule, find_rule
from mitograft.trial.deidentify.sweep import find_traces

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Deidentified", "deidentify"]

_PACKAGE = "mitograft.trial.deidentify"
_TRIAL_DESIGN = frozenset({"TA", "TE", "TV", "TI", "TS", "TD", "TM"})
_RECODED = frozenset({"subject", "subject-number", "site", "code", "pointer"})
_SWEPT = frozenset({"keep", "coded", "result", "pointer", "qualifier", "country"})
_SHIFTED = frozenset({"date", "seconds"})
_FEWEST_IN_GROUP = 2


@dataclass(frozen=True)
class Deidentified:
    """The new data sets (subjects in the order of their codes, without origins) and what was done."""

    datasets: Datasets
    report: Report


def deidentify(
    datasets: Datasets,
    key: bytes,
    *,
    rules: Sequence[Rule] = (),
    qualifiers: Iterable[str] = (),
    smallest_group: int | None = None,
) -> Deidentified:
    """Return a copy of a study's data sets that names no one.

    Parameters
    ----------
    datasets
        All data sets of the study.
    key
        A secret of 16 bytes at least. The same data and key give the same result; without it no code leads
        back to a subject.
    rules
        Rules to try before those that ship.
    qualifiers
        QNAM of the supplemental qualifiers to keep besides those of ``data/qualifiers.csv``.
    smallest_group
        The least number of subjects of a site, country or cell; None takes the shipped parameter.

    Returns
    -------
    deidentified
        Data sets and report. Study days of complete dates, dose, results and coded terms are as before.

    Raises
    ------
    UsageError
        If the key is too short, a group would have fewer than 2 subjects, or there are no subjects.
    """
    check_key(key)
    parameters = load_parameters(_PACKAGE, "parameters.csv")
    smallest = int(parameters["smallest-group"].number) if smallest_group is None else smallest_group
    if smallest < _FEWEST_IN_GROUP:
        raise UsageError(
            f"De-identification: found groups of {smallest}; expected {_FEWEST_IN_GROUP} at least."
        )
    study = _study(datasets, key, rules, smallest, parameters)
    numbers = _old_numbers(datasets)
    listed = frozenset(qualifiers) | {row["qnam"] for row in load_rows(_PACKAGE, "qualifiers.csv")}
    made: list[Dataset] = []
    dropped: list[Dropped] = []
    counts: dict[str, int] = {}
    for dataset in datasets.values():
        changed = _change_dataset(dataset, study, listed, numbers, dropped)
        if changed is not None:
            made.append(changed)
            _count(dataset, changed, study, counts)
    done = Datasets(made)
    return Deidentified(done, _report(done, study, smallest, parameters, (counts, dropped)))


def _study(
    datasets: Datasets, key: bytes, rules: Sequence[Rule], smallest: int, parameters: Parameters
) -> Study:
    import polars as pl

    with_subjects = [dataset for dataset in datasets.values() if "USUBJID" in dataset.frame.columns]
    subjects = sorted({s for d in with_subjects for s in d.frame["USUBJID"].drop_nulls().unique().to_list()})
    if not subjects:
        raise UsageError("De-identification: found no subjects; expected data sets with USUBJID.")
    dates = (
        dataset.frame[v.name]
        for dataset in with_subjects
        for v in dataset.variables
        if find_rule(dataset.name, v.name, rules).action == "date"
        and dataset.frame.schema[v.name] in (pl.String, pl.Date)
    )
    shifts = make_shifts(key, subjects, date_limits(dates), int(parameters["jitter"].number))
    places = group_places(_subject_level(datasets), key, smallest)
    numbers = {subject: subject_code(key, subject) for subject in subjects}
    return Study(
        key=key,
        subjects=_new_subjects(with_subjects, numbers, places),
        numbers=numbers,
        shifts=shifts,
        places=places,
        rules=tuple(rules),
        oldest=parameters["oldest-age"].number,
        sharing=int(parameters["result-subjects"].number),
    )


def _subject_level(datasets: Datasets) -> Dataset | None:
    found = datasets.get("DM") or datasets.get("ADSL")
    return found if found is not None and "USUBJID" in found.frame.columns else None


def _new_subjects(datasets: Iterable[Dataset], numbers: Mapping[str, str], places: Places) -> dict[str, str]:
    """Return the new USUBJID by the old: study, site and number as the old one usually is."""
    studies: dict[str, str] = {}
    for dataset in datasets:
        if "STUDYID" in dataset.frame.columns:
            studies |= dict(dataset.frame.select("USUBJID", "STUDYID").drop_nulls().unique().rows())
    return {
        old: "-".join(part for part in (studies.get(old, ""), places.site_of.get(old, ""), number) if part)
        for old, number in numbers.items()
    }


def _old_numbers(datasets: Datasets) -> set[str]:
    return {
        number
        for dataset in datasets.values()
        if "SUBJID" in dataset.frame.columns and dataset.variable("SUBJID").type == "text"
        for number in dataset.frame["SUBJID"].drop_nulls().unique().to_list()
    }


def _change_dataset(
    dataset: Dataset, study: Study, qualifiers: frozenset[str], numbers: set[str], dropped: list[Dropped]
) -> Dataset | None:
    """Return a data set de-identified; None where it is left out."""
    import polars as pl

    name = dataset.name
    if "USUBJID" not in dataset.frame.columns:
        if name in _TRIAL_DESIGN:
            return replace(dataset, origins=None, source="")
        dropped.append(
            Dropped(name, "", dataset.frame.height, "a data set without subjects that is not known")
        )
        return None
    frame = _kept_qualifiers(dataset, study, qualifiers, dropped)
    columns, variables = [], []
    for variable in dataset.variables:
        rule = find_rule(name, variable.name, study.rules)
        old = frame[variable.name]
        new = change_column(rule.action, variable, frame, name, study).alias(variable.name)
        lost = old.count() if rule.action == "coded" else old.count() - new.count()
        _note(dropped, name, variable, lost, rule)
        if rule.action in _SWEPT and new.dtype == pl.String:
            traces = find_traces(new, study.subjects, numbers)
            new = new.set(traces, None)
            why = Rule(".*", ".*", "drop", "an identifier or a date stood in the text")
            _note(dropped, name, variable, int(traces.sum()), why)
        columns.append(new)
        variables.append(_variable(variable, rule))
    made = pl.DataFrame(columns)
    return Dataset(name, dataset.label, made.sort("USUBJID", maintain_order=True), tuple(variables))


def _kept_qualifiers(
    dataset: Dataset, study: Study, qualifiers: frozenset[str], dropped: list[Dropped]
) -> "pl.DataFrame":
    """Return the rows of a data set, of supplemental qualifiers only those that are listed."""
    frame = dataset.frame
    actions = {find_rule(dataset.name, v.name, study.rules).action for v in dataset.variables}
    if "qualifier" not in actions or "QNAM" not in frame.columns:
        return frame
    listed = frame["QNAM"].is_in(sorted(qualifiers)).fill_null(value=False)
    left_out = frame.filter(~listed).group_by("QNAM").len().sort("QNAM").rows()
    for qualifier, count in left_out:
        dropped.append(Dropped(dataset.name, qualifier or "", count, "a qualifier that is not listed"))
    return frame.filter(listed)


def _note(dropped: list[Dropped], dataset: str, variable: Variable, count: int, rule: Rule) -> None:
    if count > 0:
        dropped.append(Dropped(dataset, variable.name, count, rule.reason))


def _variable(variable: Variable, rule: Rule) -> Variable:
    return replace(variable, length=None) if rule.action in _RECODED else variable


def _count(old: Dataset, new: Dataset, study: Study, counts: dict[str, int]) -> None:
    """Add up shifted dates and grouped ages."""
    for variable in old.variables if "USUBJID" in old.frame.columns else ():
        action = find_rule(old.name, variable.name, study.rules).action
        column = new.frame[variable.name]
        if action in _SHIFTED:
            counts["dates"] = counts.get("dates", 0) + column.count()
            if variable.type == "text":
                partial = int((column.str.len_bytes() < len("2026-01-31")).sum())
                counts["partial"] = counts.get("partial", 0) + partial
        elif action == "age" and variable.type == "number":
            grouped = int((old.frame[variable.name].sort() != column.sort()).sum())
            counts["ages"] = counts.get("ages", 0) + grouped


def _report(
    done: Datasets,
    study: Study,
    smallest: int,
    parameters: Parameters,
    noted: tuple[Mapping[str, int], Sequence[Dropped]],
) -> Report:
    counts, dropped = noted
    bands = tuple(parameters[name].number for name in ("band-1", "band-2", "band-3"))
    subjects = _subject_level(done)
    cells, least = count_cells(subjects, bands, study.oldest) if subjects is not None else ((), 0)
    return Report(
        subjects=len(study.subjects),
        dates=counts.get("dates", 0),
        partial_dates=counts.get("partial", 0),
        ages=counts.get("ages", 0),
        sites=(len(study.places.sites), len(set(study.places.sites.values()))),
        dropped=tuple(dropped),
        smallest_group=smallest,
        smallest_cell=least,
        small_cells=tuple(cell for cell in cells if cell.subjects < smallest),
    )
