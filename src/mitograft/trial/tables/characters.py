"""Characters that no XML or HTML file may hold."""

import re

__all__ = ["printable"]

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    r"""Return text with one kind of line end and without characters that markup cannot hold.

    >>> printable("a\x00b\r\nc")
    'ab\nc'
    """
    return _FORBIDDEN.sub("", _LINE_ENDS.sub("\n", text))
