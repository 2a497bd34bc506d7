"""Explain one value: from the analysis data set through every rule to the row of the file it came from."""

from collections.abc import Iterable

from mitograft.errors import UsageError
from mitograft.trial.adam.derive import Adam
from mitograft.trial.adam.follow import Follower, Record
from mitograft.trial.adam.trace import Trace
from mitograft.trial.dataset import Datasets

__all__ = ["explain"]

_ORDER = ("ADTIS", "ADQS", "ADLB", "ADTTE", "ADEX")


def explain(adam: Adam, sdtm: Datasets, subject: str, parameter: str, visit: str | None = None) -> Trace:
    """Explain a value.

    Parameters
    ----------
    adam, sdtm
        The derived data sets and the collected ones they were made of.
    subject
        USUBJID, or SUBJID where only one subject has it.
    parameter
        A parameter code (``TIS``, ``CK``), one with a variable (``CK.ATOXGR``; AVAL if none is named), a
        variable of ADSL (``FASFL``), or of ADAE (``TRTEMFL``) together with an event.
    visit
        Name of the analysis visit; ``AE:3`` for the adverse event with AESEQ 3. Not needed for ADSL, nor
        where the subject has one record of the parameter.

    Returns
    -------
    Trace
        ``lines()`` prints it.

    Raises
    ------
    UsageError
        If there is no such subject, parameter, visit or event; says which parameters and visits there are.
    """
    follower = Follower(adam, sdtm, _subject(adam, subject))
    dataset, record, variable = _locate(follower, parameter.upper(), visit)
    return Trace(follower.subject, follower.follow(dataset, record, variable))


def _subject(adam: Adam, subject: str) -> str:
    if "ADSL" not in adam.datasets:
        raise UsageError("Found no ADSL; expected it among the derived data sets.")
    frame = adam.datasets["ADSL"].frame
    for name in ("USUBJID", "SUBJID"):
        found = frame.filter(frame[name] == subject)["USUBJID"].to_list()
        if len(found) == 1:
            return str(found[0])
    raise UsageError("Found no such subject; expected a USUBJID of the study.")


def _locate(follower: Follower, parameter: str, visit: str | None) -> tuple[str, Record, str]:
    """Return data set, record and variable."""
    if visit is not None and visit.upper().startswith("AE:"):
        return "ADAE", _event(follower, visit), _variable_of(follower, "ADAE", parameter)
    code, _, variable = parameter.partition(".")
    specification = follower.adam.specification
    for dataset in _ORDER:
        if dataset in follower.adam.datasets and _has(follower, dataset, code):
            name = _variable_of(follower, dataset, variable or "AVAL")
            return dataset, _at_visit(follower, dataset, code, visit), name
    if specification["ADSL"].variable(parameter):
        return "ADSL", follower.person, parameter
    if specification["ADAE"].variable(parameter):
        raise UsageError(f"{parameter} belongs to an adverse event; expected which, such as AE:3.")
    raise UsageError(f"Found no parameter {parameter}; expected one of {', '.join(_known(follower))}.")


def _has(follower: Follower, dataset: str, code: str) -> bool:
    return bool((follower.adam.datasets[dataset].frame["PARAMCD"] == code).any())


def _known(follower: Follower) -> Iterable[str]:
    """Parameters of all data sets, and the variables of ADSL."""
    for dataset in _ORDER:
        if dataset in follower.adam.datasets:
            yield from follower.adam.datasets[dataset].frame["PARAMCD"].unique(maintain_order=True).to_list()
    yield from (variable.name for variable in follower.adam.specification["ADSL"].variables)


def _variable_of(follower: Follower, dataset: str, name: str) -> str:
    spec = follower.adam.specification[dataset]
    if spec.variable(name) is None:
        names = ", ".join(variable.name for variable in spec.variables)
        raise UsageError(f"Found no variable {name} in {dataset}; expected one of {names}.")
    return name


def _event(follower: Follower, visit: str) -> Record:
    number = visit[3:].strip()
    found = follower.find("ADAE", AESEQ=float(number)) if number.isdigit() else []
    if not found:
        there = ", ".join(f"AE:{record['AESEQ']:g}" for record in follower.records("ADAE"))
        raise UsageError(f"Found no event {visit}; expected one of {there or 'none: no events'}.")
    return found[0]


def _at_visit(follower: Follower, dataset: str, code: str, visit: str | None) -> Record:
    """Return the record at a visit; of several the analysed one."""
    records = follower.find(dataset, PARAMCD=code)
    visits = list(dict.fromkeys(str(record["AVISIT"]) for record in records if record.get("AVISIT")))
    if visit is not None and visits:
        records = [record for record in records if str(record["AVISIT"]).upper() == visit.upper()]
    if not records:
        there = ", ".join(visits) or "none: the subject has no such record"
        raise UsageError(f"Found no {code} at {visit}; expected one of {there}.")
    if visit is None and len(visits) > 1:
        raise UsageError(f"{code} has several visits; expected one of {', '.join(visits)}.")
    return next((record for record in records if record.get("ANL01FL") == "Y"), records[0])
