"""Simulated files must not pass for measured ones: their marks are compared with what study.toml says."""

import mmap
from collections.abc import Iterator
from pathlib import Path

from mitograft.errors import UsageError
from mitograft.study.folder import Study, files_of
from mitograft.study.invitro import Invitro

__all__ = ["require_honest_kind"]

_MARK = b"SIMULATED"
_SHOWN = 5


def require_honest_kind(study: Study, invitro: Invitro | None) -> None:
    """Refuse a study that calls files measured or published which say they are simulated.

    Every simulator writes the word SIMULATED into its files. Workbooks are compressed: what their reader
    found is asked instead.

    Raises
    ------
    UsageError
        Naming the files.
    """
    kind = study.config.study.data_kind
    if kind == "simulated":
        return
    marked = sorted({*_marked(study), *_marked_workbooks(invitro)})
    if marked:
        shown = ", ".join(marked[:_SHOWN]) + (" and others" if len(marked) > _SHOWN else "")
        raise UsageError(
            f"study.toml: found data_kind = {kind!r}, but these files are marked as simulated: {shown}; "
            "expected data_kind = 'simulated'. Change it, or take the files out."
        )


def _marked(study: Study) -> Iterator[str]:
    data = (path for path in files_of(study) if path.suffix not in (".toml", ".xlsx"))
    yield from (path.name for path in data if _holds_mark(path))


def _holds_mark(path: Path) -> bool:
    if not path.is_file() or not path.stat().st_size:  # a missing file is reported by its own reader
        return False
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(_MARK) >= 0


def _marked_workbooks(invitro: Invitro | None) -> Iterator[str]:
    if invitro is not None:
        yield from (wave.source for wave in invitro.details.waves if wave.simulated)
