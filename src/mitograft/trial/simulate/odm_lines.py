"""Lines of an ODM file: elements, attributes, escaped text."""

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

__all__ = ["Lines", "element", "leaf", "open_element", "translated"]

Lines = Iterator[str]


def open_element(indent: int, name: str, attributes: Mapping[str, str], *, closed: bool = False) -> str:
    """Return the line that opens an element, and closes it where it is empty."""
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"{' ' * indent}<{name}{written}{'/' if closed else ''}>"


def leaf(indent: int, name: str, **attributes: str) -> str:
    """Return the line of an empty element."""
    return open_element(indent, name, attributes, closed=True)


def element(indent: int, name: str, text: str) -> str:
    """Return the line of an element of text."""
    return f"{' ' * indent}<{name}>{escape(text)}</{name}>"


def translated(name: str, text: str, indent: int = 4) -> Lines:
    """Return the lines of an element with one English text."""
    yield f"{' ' * indent}<{name}>"
    yield f'{" " * (indent + 1)}<TranslatedText xml:lang="en">{escape(text)}</TranslatedText>'
    yield f"{' ' * indent}</{name}>"
