"""An EDC export with its mapping file to SDTM data sets."""

from pathlib import Path
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.trial.dataset import Datasets
from mitograft.trial.edc.assemble import assemble
from mitograft.trial.edc.build import Builder
from mitograft.trial.edc.check import check_mapping
from mitograft.trial.edc.complaints import Complaints
from mitograft.trial.edc.forms import Forms
from mitograft.trial.edc.mapping import EdcMapping
from mitograft.trial.edc.read_mapping import read_mapping
from mitograft.trial.edc.report import MappingReport, make_report
from mitograft.trial.edc.subjects import build_subjects
from mitograft.trial.sdtm.design import trial_design

if TYPE_CHECKING:
    from mitograft.trial.protocol import Protocol

__all__ = ["MAPPING_NAME", "read_edc", "read_edc_with_report"]

MAPPING_NAME = "mapping.toml"


def read_edc(folder: Path, protocol: "Protocol") -> Datasets:
    """Return the SDTM data sets of an export (see ``read_edc_with_report``)."""
    return read_edc_with_report(folder, protocol)[0]


def read_edc_with_report(folder: Path, protocol: "Protocol") -> tuple[Datasets, MappingReport]:
    """Read an export of REDCap or ODM-XML and map it to SDTM.

    Parameters
    ----------
    folder
        Holds ``mapping.toml`` and the files it names.
    protocol
        Visits, arms and STUDYID.

    Returns
    -------
    datasets, report
        Data sets whose rows know the file, row (ODM: line) and fields they come from, with the trial design
        (TA, TE, TV, TI, TS) from the protocol; what the mapping did.

    Raises
    ------
    UsageError
        If folder, mapping or a file of the export is not there.
    InputError
        If the mapping or the export is wrong; lists every violation found in all files.
    EnvironmentFault
        If the machine cannot read a file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UsageError(f"{folder}: found no such folder; expected one with {MAPPING_NAME} and the export.")
    complaints = Complaints(MAPPING_NAME)
    mapping = read_mapping(folder / MAPPING_NAME, complaints)
    complaints.raise_any()
    complaints.lines = mapping.export.kind == "odm"
    forms = _read_forms(folder, mapping, complaints)
    check_mapping(mapping, forms, protocol, complaints)
    complaints.raise_any()
    builder = Builder(mapping, forms, protocol, complaints)
    builder.run()
    subjects = build_subjects(builder, protocol)
    complaints.raise_any()
    made = assemble(protocol.study, subjects, builder.rows)
    design = trial_design(protocol)
    counts = {dataset.name: dataset.frame.height for dataset in made}
    return Datasets([*made, *design.values()]), make_report(mapping, forms, builder, counts)


def _read_forms(folder: Path, mapping: EdcMapping, complaints: Complaints) -> Forms:
    if mapping.export.kind == "odm":
        from mitograft.trial.edc.odm import read_odm

        return read_odm(folder, mapping.export, complaints)
    from mitograft.trial.edc.redcap import read_redcap

    return read_redcap(folder, mapping.export, complaints)
