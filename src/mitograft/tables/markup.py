"""Walk through one XML part of a workbook, refusing document types and entities."""

import re
from collections.abc import Callable
from xml.parsers import expat

from mitograft.tables.problems import library_faults, refuse, refuse_damaged

__all__ = ["Attributes", "walk"]

Attributes = dict[str, str]
_PREFIX = re.compile(rb"<[^\s<>/!?]+:")


def _ignore(_: str) -> None:
    return None


def walk(
    content: bytes,
    file: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] = _ignore,
    text: Callable[[str], None] = _ignore,
) -> None:
    """Call back for every element and text of ``content``, which must be well-formed UTF-8.

    Parameters
    ----------
    content, file
        The part, and the file name for messages.
    start, end, text
        Called with the element name (without namespace prefix) and its attributes (likewise), with the
        name, and with the text.

    Raises
    ------
    InputError
        If the part is not well-formed UTF-8 or declares a document type.
    """
    if b"\x00" in content:  # UTF-16, in which a search of the bytes for declarations finds nothing
        refuse_damaged(file, "workbook")

    def doctype(*_: object) -> None:
        refuse(
            file,
            "entities",
            found="a part with a document type declaration",
            expected="plain spreadsheet XML",
            remedy="Open the workbook in a spreadsheet and save it anew as .xlsx.",
        )

    def started(name: str, attributes: Attributes) -> None:
        if ":" in name:
            name = name.rpartition(":")[2]
        start(name, attributes)

    def ended(name: str) -> None:
        end(name.rpartition(":")[2] if ":" in name else name)

    # The encoding is fixed here: a declaration inside the part must not smuggle in another reading of it.
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = doctype
    prefixed = _PREFIX.search(content) is not None  # most parts need no second look at each name
    parser.StartElementHandler = started if prefixed else start
    parser.EndElementHandler = ended if prefixed else end
    parser.CharacterDataHandler = text
    with library_faults(file, "workbook"):
        parser.Parse(content, True)  # noqa: FBT003  # the standard library's own signature
