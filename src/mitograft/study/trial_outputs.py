"""What a trial leaves as files: tables in every format, results data, listings, data sets and definitions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mitograft.evidence import DataKind
from mitograft.provenance import atomic_write_bytes
from mitograft.study.trial import Trial
from mitograft.tables.contract import Cell
from mitograft.tables.write import encode_table
from mitograft.trial.conformance import findings_table, outcomes_table
from mitograft.trial.define import export_files
from mitograft.trial.summary.result import Result
from mitograft.trial.summary.standard import safety_population
from mitograft.trial.tables.listings import Listing, list_findings, list_records
from mitograft.trial.tables.results_data import records_of, to_ard
from mitograft.trial.tables.rich_text import to_rtf
from mitograft.trial.tables.separated import dataset_csv, to_csv
from mitograft.trial.tables.word import to_docx

if TYPE_CHECKING:
    import polars as pl

__all__ = ["trial_files", "trial_listings", "write_trial"]

_EVENTS = {
    "AETERM": "Reported term", "AEDECOD": "Preferred term", "AEBODSYS": "Class", "ASTDY": "Start day",
    "AENDY": "End day", "ATOXGRN": "Grade", "AREL": "Relation", "AESER": "Serious", "AEACN": "Action",
    "AEOUT": "Outcome", "TRTEMFL": "After dosing", "DLTFL": "Dose-limiting",
}  # fmt: skip
_DOSES = {
    "EXTRT": "Treatment",
    "AVAL": "Dose",
    "AVALU": "Unit",
    "ADY": "Day",
    "EXLOT": "Lot",
    "EXROUTE": "Route",
}


def write_trial(trial: Trial, folder: Path, *, kind: DataKind, export: bool) -> None:
    """Write every file of a trial into a folder.

    Raises
    ------
    InputError
        If a data set breaks a limit of the transport format; lists every violation.
    EnvironmentFault
        If the machine refuses.
    """
    for name, data in trial_files(trial, kind=kind, export=export).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write_bytes(path, data)


def trial_files(trial: Trial, *, kind: DataKind, export: bool) -> Mapping[str, bytes]:
    """Return the files by their path within the folder of the trial.

    ``tables/`` and ``listings/`` hold each table as RTF, DOCX and CSV; ``ard.csv`` its numbers with the hash
    of the records behind each, ``ard_records.csv`` these records; ``trace.csv`` the rule and the sources of
    every record of the analysis data sets; ``checks.csv`` and ``rules.csv`` what the checks found; with
    ``export`` the data sets as SAS transport files and Dataset-JSON with Define-XML.
    """
    files: dict[str, bytes] = {}
    for place, results in (("tables", trial.tables), ("listings", trial_listings(trial, kind))):
        for result in results:
            files |= {f"{place}/{result.id}{ending}": data for ending, data in _formats(result).items()}
    files["ard.csv"] = dataset_csv(to_ard(trial.tables)).encode()
    files["ard_records.csv"] = _marked(_columns(records_of(trial.tables).frame), kind)
    files["trace.csv"] = _marked(_columns(trial.adam.trace), kind)
    if trial.checked.findings:
        files["checks.csv"] = _marked(findings_table(trial.checked.findings), kind)
    files["rules.csv"] = _marked(outcomes_table(trial.checked.outcomes), kind)
    if export:
        files |= export_files(
            trial.collected, trial.adam, trial.protocol, findings=trial.checked.findings, data_kind=kind
        )
    return files


def trial_listings(trial: Trial, kind: DataKind) -> tuple[Result, ...]:
    """Return the listings of adverse events, serious events, doses and findings of the checks."""
    data = trial.adam.datasets
    safety = safety_population(data["ADSL"], trial.protocol)
    events = Listing("listing-events", "Adverse events", _EVENTS, sort=("ASTDT", "AESEQ"))
    serious = Listing(
        "listing-serious", "Serious adverse events", _EVENTS, {"AESER": "Y"}, ("ASTDT", "AESEQ")
    )
    doses = Listing("listing-doses", "Doses given", _DOSES, {"PARAMCD": "DOSE"}, ("ADT", "ASEQ"))
    lists = [(data["ADAE"], events), (data["ADAE"], serious), (data["ADEX"], doses)]
    made = [list_records(safety, dataset, listing, data_kind=kind) for dataset, listing in lists]
    return (*made, list_findings(trial.checked.findings, data_kind=kind))


def _columns(frame: "pl.DataFrame") -> Mapping[str, Sequence[Cell]]:
    return {name: frame[name].to_list() for name in frame.columns}


def _marked(columns: Mapping[str, Sequence[Cell]], kind: DataKind) -> bytes:
    """Return a table as CSV, each row marked with the kind of its data."""
    count = len(next(iter(columns.values()), ()))
    return encode_table(".csv", {**columns, "data_kind": [kind] * count})


def _formats(result: Result) -> Mapping[str, bytes]:
    return {".rtf": to_rtf(result), ".docx": to_docx(result), ".csv": to_csv(result).encode()}
