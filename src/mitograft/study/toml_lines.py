"""Where a key stands in a TOML text: the parser of the standard library does not say."""

import re
from collections.abc import Iterator, Sequence

__all__ = ["line_of"]

_HEADING = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*([A-Za-z0-9_.'"-]+?)\s*=""")


def line_of(text: str, keys: Sequence[str | int]) -> int | None:
    r"""Find the line of a key path, or of the nearest part of it that stands in the text.

    >>> line_of('[study]\nid = "x"\n[[claims.own]]\nid = "P1"\n', ("claims", "own", 0, "id"))
    4
    >>> line_of('[study]\nid = "x"\n', ("study", "title"))
    1
    """
    places = dict(_places(text))
    path = tuple(keys)
    while path:
        if path in places:
            return places[path]
        path = path[:-1]
    return None


def _places(text: str) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Yield every heading and key with its line; array tables carry their index."""
    prefix: tuple[str | int, ...] = ()
    counts: dict[tuple[str | int, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        heading = _HEADING.match(line)
        if heading:
            prefix = _parts(heading[2])
            if heading[1] == "[[":
                index = counts.get(prefix, 0)
                counts[prefix] = index + 1
                yield prefix, number
                prefix = (*prefix, index)
            yield prefix, number
            continue
        key = _KEY.match(line)
        if key:
            yield (*prefix, *_parts(key[1])), number


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("'\"") for part in dotted.split("."))
