"""Write data sets as files of one format; the same data sets give the same bytes."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from mitograft.errors import InputError, UsageError, Violation
from mitograft.provenance import atomic_write_bytes
from mitograft.provenance.faults import fault_of
from mitograft.trial.dataset import Dataset, Datasets
from mitograft.trial.formats.dataset_json import FIXED_TIME, encode_json, encode_ndjson
from mitograft.trial.formats.parquet import encode_parquet
from mitograft.trial.formats.plain import DESCRIPTION, encode_description, encode_plain
from mitograft.trial.formats.transport import encode_xpt
from mitograft.trial.formats.writable import writable

__all__ = ["FORMATS", "encode_dataset", "write_datasets"]

_ENDINGS = {
    "xpt": ".xpt", "xpt8": ".xpt", "json": ".json", "ndjson": ".ndjson", "parquet": ".parquet", "csv": ".csv",
    "xlsx": ".xlsx",
}  # fmt: skip
FORMATS = tuple(_ENDINGS)
"""``xpt`` and ``xpt8`` (SAS transport 5 and 8), ``json`` and ``ndjson`` (Dataset-JSON), ``parquet``, ``csv``,
``xlsx``."""

_PLAIN = ("csv", "xlsx")
_ENCODERS: Mapping[str, Callable[[Dataset, str], bytes]] = {
    "xpt": lambda dataset, _: encode_xpt(dataset, 5),
    "xpt8": lambda dataset, _: encode_xpt(dataset, 8),
    "json": encode_json,
    "ndjson": encode_ndjson,
    "parquet": lambda dataset, _: encode_parquet(dataset),
    "csv": lambda dataset, _: encode_plain(dataset, ".csv"),
    "xlsx": lambda dataset, _: encode_plain(dataset, ".xlsx"),
}


def encode_dataset(dataset: Dataset, format: str, *, created: str = FIXED_TIME) -> bytes:  # noqa: A002
    """Return a data set as the bytes of a file.

    Parameters
    ----------
    dataset
        The data set.
    format
        One of ``FORMATS``.
    created
        Time of creation that Dataset-JSON asks for; fixed, so that the same data give the same bytes.

    Raises
    ------
    UsageError
        If the format is none of these, or cannot hold the table, or a column is not of its variable's type.
    InputError
        If the data set breaks a limit of the format, or a number is infinite; lists every violation.
    """
    encode = _ENCODERS.get(format)
    if encode is None:
        raise UsageError(f"Found the format {format!r}; expected one of {', '.join(FORMATS)}.")
    return encode(writable(dataset), created)


def write_datasets(
    datasets: Datasets | Iterable[Dataset],
    folder: Path,
    format: str = "xpt",  # noqa: A002
    *,
    created: str = FIXED_TIME,
) -> tuple[Path, ...]:
    """Write each data set to a file of its own, called as the data set in small letters.

    Parameters
    ----------
    datasets
        The data sets.
    folder
        Where to; made if it does not exist. Nothing is written if anything is wrong.
    format, created
        As for ``encode_dataset``. Plain formats (csv, xlsx) get ``_variables.csv`` beside them, with labels
        and types.

    Returns
    -------
    paths
        The files in the order of the data sets.

    Raises
    ------
    UsageError, InputError
        As ``encode_dataset``; the violations of all data sets at once.
    EnvironmentFault
        If the machine refuses to write.
    """
    folder = Path(folder)
    items = list(datasets.values() if isinstance(datasets, Mapping) else datasets)
    content: dict[Path, bytes] = {}
    violations: list[Violation] = []
    for item in items:
        try:
            content[folder / f"{item.name.lower()}{_ENDINGS.get(format, '')}"] = encode_dataset(
                item, format, created=created
            )
        except InputError as error:
            violations += error.violations
    if violations:
        raise InputError(str(folder), violations)
    described = {folder / DESCRIPTION: encode_description(items)} if format in _PLAIN and items else {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise fault_of(error, "write", folder) from error
    for path, data in (content | described).items():
        atomic_write_bytes(path, data)
    return tuple(content)
