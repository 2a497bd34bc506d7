"""Text that a spreadsheet would run as a formula, and the apostrophe that stops it.

A text cell that begins with ``= + - @``, a tab, a line end or NUL (also in full width, as East Asian
keyboards type it) is a formula to a spreadsheet that opens a CSV file (CWE-1236; OWASP, "CSV Injection").
The writer puts an apostrophe before it and the reader takes it away again. Text that already begins with
apostrophes before such a sign gets one more, so that writing and reading are exact inverses.
"""

import re

__all__ = ["escape", "holds_escapes", "restore"]

_SIGNS = "=+\\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20"
_DANGEROUS = re.compile(f"'*[{_SIGNS}]")
_ESCAPED = re.compile(f"'+[{_SIGNS}]")
_ESCAPED_BYTES = re.compile(b"'(?:[=+\\-@\t\r\n\x00]|\xef\xbc[\x9d\x8b\x8d\xa0])")


def escape(text: str) -> str:
    """Return ``text`` so that no spreadsheet runs it.

    >>> escape("=1+1"), escape("'=1+1"), escape("'abc"), escape("week 4")
    ("'=1+1", "''=1+1", "'abc", 'week 4')
    """
    return f"'{text}" if _DANGEROUS.match(text) else text


def restore(text: str) -> str:
    """Undo ``escape``.

    >>> restore("'=1+1"), restore("''=1+1"), restore("'abc")
    ('=1+1', "'=1+1", "'abc")
    """
    return text[1:] if _ESCAPED.match(text) else text


def holds_escapes(data: bytes) -> bool:
    """Tell whether UTF-8 text may hold escaped cells; most files do not, and then need no second look."""
    return _ESCAPED_BYTES.search(data) is not None
