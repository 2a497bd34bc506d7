"""Characters that no HTML, XML or CSV file may hold."""

import re

__all__ = ["admitted"]

# Control characters but tab and line end, halves of surrogate pairs, and non-characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def admitted(text: str) -> str:
    r"""Replace each forbidden character by the replacement character.

    >>> admitted("a\x00b\n") == "a\N{REPLACEMENT CHARACTER}b\n"
    True
    """
    return _FORBIDDEN.sub("\ufffd", text)
