"""What every reader offers: a name, the endings it reads, how to recognise a file, and reading it."""

from collections.abc import Callable
from dataclasses import dataclass

from mitograft.assays.plate.document import Document
from mitograft.assays.plate.wells import PlateFile

__all__ = ["Format"]


@dataclass(frozen=True, slots=True)
class Format:
    """One format of plate files.

    Parameters
    ----------
    display_name
        Instrument software or layout, as a person would name it.
    extensions
        Endings of its files.
    reads
        What is read, in one phrase for the table of formats.
    detect
        Tells from the beginning of a document whether it is of this format; never raises on text.
    read
        Reads a document; raises ``InputError`` with every violation.
    """

    display_name: str
    extensions: tuple[str, ...]
    reads: str
    detect: Callable[[Document], bool]
    read: Callable[[Document], PlateFile]
