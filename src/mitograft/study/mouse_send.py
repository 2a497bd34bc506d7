"""SEND-shaped files of the mouse arm: mice that come as transport files, and tables that leave as such."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

from mitograft.errors import UsageError
from mitograft.evidence.finding import Finding
from mitograft.mouse.histology.analyse import HistologyResult
from mitograft.mouse.send.read import import_send
from mitograft.mouse.send.write import SEND_TABLES, write_send
from mitograft.study.config_mouse import MousePart
from mitograft.tables.contract import RawTable
from mitograft.tables.read import read_table
from mitograft.tables.write import format_csv

__all__ = ["export_send", "mouse_folder", "send_tables"]

_SEND = "send"
_KEPT = ("expression", "histology", "plates")


@contextmanager
def mouse_folder(folder: Path, part: MousePart) -> Iterator[tuple[Path, tuple[Finding, ...]]]:
    """Yield the folder whose tables are analysed: itself, or one made from the SEND files in it.

    Raises
    ------
    UsageError
        If the folder holds tables of mice and SEND files, which could contradict each other.
    InputError
        With everything that keeps the SEND files from being read.
    """
    source = folder / _SEND
    if not source.is_dir():
        yield folder, ()
        return
    both = [f"{name}.csv" for name in SEND_TABLES if (folder / f"{name}.csv").is_file()]
    if both:
        raise UsageError(
            f"{folder.name}: found the folder {_SEND} and {', '.join(both)}; expected one of the two. "
            "Take the other out."
        )
    read = import_send(source, roles=part.roles)
    with TemporaryDirectory() as made:
        for name, table in read.tables.items():
            text = format_csv({column: list(cells) for column, cells in table.columns.items()})
            (Path(made) / f"{name}.csv").write_text(text, encoding="utf-8")
        for name in _KEPT:
            if (folder / name).is_dir():
                copytree(folder / name, Path(made) / name)
        yield Path(made), read.findings


def send_tables(folder: Path) -> dict[str, RawTable]:
    """Read the tables of a folder that have a place in SEND."""
    files = {name: folder / f"{name}.csv" for name in SEND_TABLES}
    return {name: read_table(path) for name, path in files.items() if path.is_file()}


def export_send(
    tables: Mapping[str, RawTable], folder: Path, study_id: str, histology: HistologyResult | None
) -> tuple[Finding, ...]:
    """Write transport files; grades keep the words of their scheme.

    Raises
    ------
    InputError
        With everything that keeps the domains from conforming.
    """
    words = {} if histology is None else {level.grade: level.text for level in histology.scheme.levels}
    return write_send(tables, folder, study_id, severity=words).findings
