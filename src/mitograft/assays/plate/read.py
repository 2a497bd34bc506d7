"""Read a plate file of any known format: the format is recognised from the content."""

from pathlib import Path

from mitograft.assays.plate.document import open_document
from mitograft.assays.plate.formats.envision import ENVISION
from mitograft.assays.plate.formats.format import Format
from mitograft.assays.plate.formats.gen5 import GEN5
from mitograft.assays.plate.formats.magellan import MAGELLAN
from mitograft.assays.plate.formats.mars import MARS
from mitograft.assays.plate.formats.nucleoview import NUCLEOVIEW
from mitograft.assays.plate.formats.plain_grid import PLAIN_GRID
from mitograft.assays.plate.formats.skanit import SKANIT
from mitograft.assays.plate.formats.softmax import SOFTMAX
from mitograft.assays.plate.formats.tidy import TIDY
from mitograft.assays.plate.formats.xponent import XPONENT
from mitograft.assays.plate.wells import PlateFile
from mitograft.tables.content import describe_content
from mitograft.tables.problems import refuse

__all__ = ["FORMATS", "read_plate_file", "support_table"]

# The first format that recognises a file reads it; the plain grid, which many files resemble, comes last.
FORMATS: tuple[Format, ...] = (
    SOFTMAX,
    ENVISION,
    MARS,
    XPONENT,
    NUCLEOVIEW,
    GEN5,
    MAGELLAN,
    SKANIT,
    TIDY,
    PLAIN_GRID,
)


def read_plate_file(path: Path, *, source: str | None = None) -> PlateFile:
    """Read a plate file.

    Parameters
    ----------
    path
        The file.
    source
        Name for messages and results; None takes the file's own.

    Raises
    ------
    UsageError
        If there is no such file.
    InputError
        If no format fits, or the content breaks a rule of its format; lists every violation.
    """
    document = open_document(Path(path), source)
    for known in FORMATS:
        if document.ending in known.extensions and known.detect(document):
            found = known.read(document)
            if not found.signals:
                refuse(
                    document.source,
                    "no-signals",
                    found=f"a file of {known.display_name} without a measured value",
                    expected="at least one well with a value",
                    remedy="Export the plate again with its results.",
                )
            return found
    kind = None if document.is_workbook else describe_content(document.data)
    if kind:
        refuse(
            document.source,
            "wrong-content",
            found=kind,
            expected=f"text, as the ending '{document.ending}' says",
            remedy="Export the plate again, or give the file the ending of what it holds.",
        )
    return refuse(
        document.source,
        "unknown-format",
        found=f"a file ending in '{document.ending}' of no format known here",
        expected=f"one of {', '.join(known.display_name for known in FORMATS)}",
        remedy="Save the values as a table with the columns plate, well and signal.",
    )


def support_table() -> list[tuple[str, str, str]]:
    """Return name, endings and content of every format, for the documentation.

    >>> support_table()[0]
    ('SoftMax Pro', '.txt', 'endpoint plates; standards and samples from the groups')
    """
    return [(known.display_name, ", ".join(known.extensions), known.reads) for known in FORMATS]
