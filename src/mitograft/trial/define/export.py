"""The folder of a trial: data sets as transport files and Dataset-JSON, their definitions, the guide."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mitograft.errors import InputError, Violation
from mitograft.evidence import DataKind
from mitograft.provenance import atomic_write_bytes, new_directory
from mitograft.provenance.faults import fault_of
from mitograft.trial.adam import Adam
from mitograft.trial.dataset import Dataset, Datasets
from mitograft.trial.define.guide import reviewers_guide
from mitograft.trial.define.measures import measure_column
from mitograft.trial.define.xml import DefineOptions, define_xml
from mitograft.trial.formats import encode_dataset
from mitograft.trial.protocol import Protocol

if TYPE_CHECKING:
    from mitograft.trial.conformance.findings import Finding
    from mitograft.trial.define.content import Standard

__all__ = ["export_files", "export_trial"]

_GUIDE = "reviewers-guide"
_FORMATS = {"xpt": ".xpt", "json": ".json"}
_DEFINITION = "define.xml"
_LABEL = 40  # bytes of a label in a transport file of version 5


def export_files(
    sdtm: Datasets,
    adam: Adam | Datasets,
    protocol: Protocol,
    *,
    findings: "Sequence[Finding] | None" = None,
    data_kind: DataKind = "measured",
    options: DefineOptions | None = None,
) -> Mapping[str, bytes]:
    """Return every file of the folder by its path within it; nothing is written.

    ``sdtm/`` and ``adam/`` hold each data set as a SAS transport file (version 5) and as Dataset-JSON, with
    ``define.xml``; beside them stands the draft of a reviewer's guide. Lengths of text are those of the
    longest value, in the files as in the definitions.

    Parameters
    ----------
    sdtm, adam, protocol, findings, data_kind
        As for ``reviewers_guide``.
    options
        As for ``define_xml``.

    Raises
    ------
    UsageError
        If there are no data sets.
    InputError
        If a data set breaks a limit of the transport format; lists every violation of all data sets.
    """
    asked = options or DefineOptions()
    guide = {f"../{_GUIDE}.docx": "Reviewer's guide (DRAFT)"}
    asked = replace(asked, documents={**guide, **asked.documents})
    datasets = adam.datasets if isinstance(adam, Adam) else adam
    specification = adam.specification if isinstance(adam, Adam) else None
    written = reviewers_guide(sdtm, adam, protocol, findings=findings, data_kind=data_kind)
    files = {f"{_GUIDE}.docx": written.docx, f"{_GUIDE}.md": written.markdown.encode()}
    violations: list[Violation] = []
    parts: tuple[tuple[Standard, Datasets], ...] = (("SDTM", sdtm), ("ADaM", datasets))
    for standard, part in parts:
        files[f"{standard.lower()}/{_DEFINITION}"] = define_xml(
            part, protocol, standard, specification=specification, data_kind=data_kind, options=asked
        )
        for dataset in part.values():
            for kind, ending in _FORMATS.items():
                path = f"{standard.lower()}/{dataset.name.lower()}{ending}"
                try:
                    files[path] = encode_dataset(
                        _marked(_fitted(dataset), data_kind), kind, created=asked.created
                    )
                except InputError as error:
                    violations += [v for v in error.violations if v not in violations]
    if violations:
        raise InputError("Export of the trial", violations)
    return files


def _marked(dataset: Dataset, data_kind: DataKind) -> Dataset:
    """Return the data set with a label that says so where the data are simulated."""
    if data_kind != "simulated":
        return dataset
    return replace(dataset, label=f"SIMULATED {dataset.label}"[:_LABEL])


def export_trial(
    sdtm: Datasets,
    adam: Adam | Datasets,
    protocol: Protocol,
    folder: Path,
    *,
    findings: "Sequence[Finding] | None" = None,
    data_kind: DataKind = "measured",
    options: DefineOptions | None = None,
) -> tuple[Path, ...]:
    """Write the folder of a trial as one: whole, or not at all.

    Parameters
    ----------
    sdtm, adam, protocol, findings, data_kind, options
        As for ``export_files``.
    folder
        New or empty; the folder it lies in must exist.

    Returns
    -------
    paths
        The files, in the order of their names.

    Raises
    ------
    UsageError
        If there are no data sets, or the folder holds something already.
    InputError
        If a data set breaks a limit of the transport format; nothing is written then.
    EnvironmentFault
        If the machine refuses.
    """
    folder = Path(folder)
    files = export_files(sdtm, adam, protocol, findings=findings, data_kind=data_kind, options=options)
    with new_directory(folder) as build:
        for path, content in files.items():
            target = build / path
            try:
                target.parent.mkdir(exist_ok=True)
            except OSError as error:
                raise fault_of(error, "write", folder) from error
            atomic_write_bytes(target, content)
    return tuple(folder / path for path in sorted(files))


def _fitted(dataset: Dataset) -> Dataset:
    """Return the data set with lengths of text as long as its longest value."""
    variables = tuple(
        replace(v, length=measure_column(dataset.frame[v.name]).length) if v.type == "text" else v
        for v in dataset.variables
    )
    return replace(dataset, variables=variables)
