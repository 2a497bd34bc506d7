"""Record paths and command lines without giving away what may identify a person.

A path inside the study folder is recorded relative to it; of a path elsewhere only the last name is kept,
since the folders above it can name a person or a hospital. The names of files themselves are recorded as
they are: a study whose file names identify a patient gives that away in its manifest.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from mitograft.errors import describe_cell

__all__ = ["package_folder", "recorded_path", "redact_command"]

_OPTION = re.compile(r"--?[a-z][a-z0-9-]*")
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


def package_folder() -> Path:
    """Return the folder that holds the package's own files."""
    return Path(__file__).resolve().parents[1]


def recorded_path(path: Path, root: Path) -> tuple[str, str]:
    """Return the path as it is recorded, and the place it is relative to (see ``FileRecord``)."""
    for form in (os.path.abspath, os.path.realpath):
        full = Path(form(path))
        for place, base in (("study", Path(form(root))), ("mitograft", package_folder())):
            if full.is_relative_to(base):
                return full.relative_to(base).as_posix(), place
    return path.name, "outside"


def redact_command(command: Sequence[str], root: Path) -> tuple[str, ...]:
    """Return a command line in which only options, plain words, numbers and shortened paths are quoted.

    Anything else (column names, free text) is described by its kind and length.

    Parameters
    ----------
    command
        The arguments, the program first.
    root
        The study folder.

    >>> redact_command(["/usr/bin/mitograft", "score", "--map", "Jane Doe=subject", "--level=0.95"], Path())
    ('mitograft', 'score', '--map', 'text of 16 characters', '--level=0.95')
    """
    if not command:
        return ()
    return (Path(command[0]).name, *(_redact(argument, root) for argument in command[1:]))


def _redact(argument: str, root: Path) -> str:
    option, equals, value = argument.partition("=")
    if equals and _OPTION.fullmatch(option):
        return f"{option}={_redact_value(value, root)}"
    return argument if _OPTION.fullmatch(argument) else _redact_value(argument, root)


def _redact_value(value: str, root: Path) -> str:
    if _WORD.fullmatch(value):
        return value
    if value and (os.sep in value or os.path.lexists(value)):
        return recorded_path(Path(value), root)[0]
    # describe_cell quotes numbers and short codes; the quotes do not belong in a command line.
    return describe_cell(value).strip("'")
