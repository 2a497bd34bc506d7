"""What a file really holds, judged by its first bytes, whatever its name says."""

__all__ = ["describe_content"]

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an Office document"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file (.xls) or a workbook with a password"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PARE", "an encrypted Parquet file"),
)
_MARKUP: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML document"),
)
_PARQUET = b"PAR1"
_ENOUGH = 64


def describe_content(data: bytes) -> str | None:
    """Name the kind of file these bytes are, or return None where no known signature stands.

    >>> describe_content(b"%PDF-1.7 ..."), describe_content(b"subject,visit")
    ('a PDF document', None)
    """
    # "PAR1" alone may be the name of a text file's first column; a Parquet file has it at both ends.
    if data.startswith(_PARQUET) and data.endswith(_PARQUET) and len(data) > 2 * len(_PARQUET):
        return "a Parquet file"
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    start = data[:_ENOUGH].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((kind for signature, kind in _MARKUP if start.startswith(signature)), None)
