"""Study folders: open one, make a new one, find the embedded reference study."""

from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from mitograft.errors import UsageError
from mitograft.provenance import new_directory
from mitograft.study.config import FILE, StudyConfig, load_study

__all__ = ["REFERENCE", "Study", "files_of", "new_study", "open_reference", "open_study"]

REFERENCE = "mitograft-published"
_EMBEDDED = ("published",)


@dataclass(frozen=True, slots=True)
class Study:
    """A study folder whose study.toml has been checked."""

    folder: Path
    config: StudyConfig

    def path(self, name: str) -> Path:
        """Return the place of a file of the study."""
        return self.folder / name


def open_study(folder: Path) -> Study:
    """Open a study folder.

    Raises
    ------
    UsageError, StudyError
        If it is no study folder, or study.toml breaks a rule.
    """
    return Study(folder, load_study(folder))


def new_study(folder: Path) -> Study:
    """Make a study folder holding a copy of the embedded study, to be replaced by the user's own files.

    Raises
    ------
    UsageError
        If the folder exists and is not empty, or its parent does not exist.
    EnvironmentFault
        If the machine refuses.
    """
    with new_directory(folder) as build:
        for name, data in _embedded_files():
            (build / name).parent.mkdir(parents=True, exist_ok=True)
            (build / name).write_bytes(data)
    return open_study(folder)


def open_reference(folder: Path) -> Study:
    """Open the embedded reference study, copied to ``folder`` where it is not there yet.

    Raises
    ------
    UsageError
        If the folder holds something else, or a copy that was changed.
    """
    if not folder.exists():
        return new_study(folder)
    changed = [name for name, data in _embedded_files() if not _same(folder / name, data)]
    if changed:
        raise UsageError(
            f"{folder}: found a folder whose {', '.join(changed)} differs from the embedded study. "
            f"Run your own study with 'mitograft run {folder}', or start in another place."
        )
    return open_study(folder)


def _embedded_files() -> list[tuple[str, bytes]]:
    with as_file(files("mitograft.study").joinpath("reference", *_EMBEDDED)) as root:
        found = sorted(path for path in root.rglob("*") if path.is_file())
        return [(path.relative_to(root).as_posix(), path.read_bytes()) for path in found]


def _same(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def files_of(study: Study) -> list[Path]:
    """Return every file of the study that an analysis reads, study.toml first."""
    config = study.config
    trial = config.trial
    names = [FILE] + ([n for n in (trial.core_set, trial.subjects, trial.marks) if n] if trial else [])
    names += [config.history.arms] if config.history and config.history.arms else []
    parts = (config.product, config.invitro, config.mouse)
    folders = [part.folder for part in parts if part is not None]
    folders += [name for name in (trial.folder, trial.meddra) if name] if trial else []
    inside = [path for name in folders for path in _all_files(study.path(name))]
    return [*(study.path(name) for name in names), *inside]


def _all_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith((".", "~$")))
