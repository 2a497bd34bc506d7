"""Write site data as SDTM, as a programmer would who works from the forms; independent of ``trial.edc``.

The summary of the trial (TS) has the parameter DATAKIND with the value SIMULATED, and every subject has it as
a supplemental qualifier of DM.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mitograft.trial.dataset import Dataset, Datasets
from mitograft.trial.sdtm import domain_variables, make_dataset, sequence_name, trial_design
from mitograft.trial.sdtm.design import SummaryFact, study_facts
from mitograft.trial.simulate.sdtm_index import Index, Records
from mitograft.trial.simulate.sdtm_results import tabulate_results
from mitograft.trial.simulate.sdtm_subjects import tabulate_records
from mitograft.trial.simulate.site import SiteData

if TYPE_CHECKING:
    from mitograft.trial.coding import Dictionary

__all__ = ["is_simulated", "tabulate_sdtm", "write_sdtm"]

_KIND, _SIMULATED = "DATAKIND", "SIMULATED"
_QUALIFIERS = (
    ("AE", "AEDLT", "Dose-Limiting Toxicity", "INVESTIGATOR"),
    ("DM", _KIND, "Kind of Data", None),
)
_ORDER = ("DM", "EX", "AE", "MH", "CM", "DS", "SV")


def tabulate_sdtm(site: SiteData, dictionary: "Dictionary | None" = None) -> Datasets:
    """Return site data as SDTM data sets, with the design of the trial.

    Parameters
    ----------
    site
        From ``simulate_trial``.
    dictionary
        Codes the adverse events; without one they stay uncoded, as in an export of the sites.
    """
    index = Index.of(site)
    records = {name: _by_subject(name, rows) for name, rows in tabulate_records(site, index).items()}
    found = {name: _dataset(name, records[name]) for name in _ORDER}
    found |= {name: _dataset(name, rows) for name, rows in tabulate_results(site, index).items()}
    for domain, name, label, evaluator in _QUALIFIERS:
        found[domain], supplement = _split(found[domain], name, label, evaluator)
        if supplement is not None:
            found[supplement.name] = supplement
    if dictionary is not None:
        from mitograft.trial.coding import code_events

        found["AE"], _ = code_events(found["AE"], dictionary)
    simulated = SummaryFact(_KIND, "Kind of Data", _SIMULATED)
    design = trial_design(site.protocol, facts=(*study_facts(site.protocol.study), simulated))
    return Datasets([*found.values(), *design.values()])


def write_sdtm(
    site: SiteData,
    folder: Path,
    format: str = "xpt",  # noqa: A002  the word of trial.formats
    dictionary: "Dictionary | None" = None,
) -> None:
    """Write site data as SDTM files into a folder.

    Parameters
    ----------
    site, dictionary
        As for ``tabulate_sdtm``.
    folder
        Where the files go.
    format
        One of ``trial.formats.FORMATS``.
    """
    from mitograft.trial.formats import write_datasets

    write_datasets(tabulate_sdtm(site, dictionary), folder, format)


def is_simulated(datasets: Datasets) -> bool:
    """Return whether data sets say that they are simulated (DATAKIND in TS or SUPPDM)."""
    for name, code, value in (("TS", "TSPARMCD", "TSVAL"), ("SUPPDM", "QNAM", "QVAL")):
        frame = datasets[name].frame if name in datasets else None
        if frame is not None and {code, value} <= set(frame.columns):
            pairs = zip(frame[code].to_list(), frame[value].to_list(), strict=True)
            if (_KIND, _SIMULATED) in pairs:
                return True
    return False


def _by_subject(name: str, rows: Records) -> Records:
    """Sort DM by subject and SV by subject and visit; the others are sorted when they are numbered."""
    if name == "DM":
        return sorted(rows, key=lambda row: str(row["USUBJID"]))
    if name == "SV":
        return sorted(rows, key=lambda row: (str(row["USUBJID"]), float(row["VISITNUM"] or 0)))
    return rows


def _dataset(name: str, rows: Records) -> Dataset:
    import polars as pl

    kinds = {item.name: item.type for item in domain_variables(name)}
    columns = list(dict.fromkeys(column for row in rows for column in row)) or ["STUDYID", "USUBJID"]
    schema = {column: pl.Float64 if kinds.get(column) == "number" else pl.String for column in columns}
    cells = [[row.get(column) for column in columns] for row in rows]
    return make_dataset(name, pl.DataFrame(cells, schema=schema, orient="row"))


def _split(parent: Dataset, name: str, label: str, evaluator: str | None) -> tuple[Dataset, Dataset | None]:
    """Take a column out of a data set and return it as supplemental qualifiers, None where all are empty."""
    import polars as pl

    if name not in parent.frame.columns:
        return parent, None
    sequence = sequence_name(parent.name)
    rows: Records = [
        {
            "STUDYID": row["STUDYID"],
            "RDOMAIN": parent.name,
            "USUBJID": row["USUBJID"],
            "IDVAR": sequence or None,
            "IDVARVAL": f"{row[sequence]:g}" if sequence else None,
            "QNAM": name,
            "QLABEL": label,
            "QVAL": row[name],
            "QORIG": "CRF",
            "QEVAL": evaluator,
        }
        for row in parent.frame.filter(pl.col(name).is_not_null()).iter_rows(named=True)
    ]
    variables = tuple(variable for variable in parent.variables if variable.name != name)
    left = replace(parent, frame=parent.frame.drop(name), variables=variables)
    return left, _dataset(f"SUPP{parent.name}", rows) if rows else None
