"""De-identify the trial of a study into a new folder."""

from pathlib import Path

from mitograft.provenance import atomic_write_text, new_directory
from mitograft.provenance.faults import fault_of
from mitograft.study.folder import Study
from mitograft.study.trial import read_trial
from mitograft.trial.deidentify import Report, deidentify
from mitograft.trial.formats import write_datasets

__all__ = ["deidentify_study"]


def deidentify_study(study: Study, key_file: Path, out: Path, kind: str = "xpt") -> Report:
    """Write the SDTM data sets of a trial, de-identified, into a new folder.

    Parameters
    ----------
    study
        A study with a whole trial; site data are mapped first.
    key_file
        File with the secret (16 bytes at least).
    out
        The folder to be made.
    kind
        Format of the data sets (``trial.formats.FORMATS``).

    Raises
    ------
    UsageError
        If the study has no trial, the key is missing or too short, or the folder is not empty.
    InputError
        If the files of the trial cannot be read, or the result not be written.
    EnvironmentFault
        If the machine refuses.
    """
    try:
        key = key_file.read_bytes().strip()
    except OSError as error:
        raise fault_of(error, "read", key_file) from error
    data, _, _ = read_trial(study)
    made = deidentify(data, key)
    with new_directory(out) as folder:
        write_datasets(made.datasets, folder / "sdtm", kind)
        atomic_write_text(folder / "deidentification.txt", "\n".join(made.report.lines()) + "\n")
    return made.report
