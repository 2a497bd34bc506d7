"""Open the zip archive of a workbook without trusting anything it says about itself.

Limits (entries, names, inflated size, compression ratio) are checked twice: on what the archive declares,
which refuses a bomb before a byte is inflated, and on what inflating really gives, which refuses a liar.
"""

import io
import re
import zipfile
from collections.abc import Mapping

from mitograft.tables.problems import library_faults, refuse

__all__ = ["MOST_INFLATED", "open_archive"]

MOST_ENTRIES = 1_000
MOST_INFLATED = 100_000_000
MOST_RATIO = 100
# Short parts compress well without any malice, for example a sheet of empty formatted cells.
_RATIO_MATTERS_FROM = 1_000_000
_BLOCK = 1 << 20
_ENTRY_MARK = b"PK\x01\x02"
_ENCRYPTED = 0x1
_MODE_SHIFT, _TYPE_MASK, _SYMLINK = 16, 0o170000, 0o120000
_UNSAFE_NAME = re.compile(r"^/|^[A-Za-z]:|\\|(?:^|/)\.\.(?:/|$)|[\x00-\x1f\x7f]")
_MACROS = re.compile(r"vbaproject\.bin$|^xl/macrosheets/", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_WORKBOOK = "a workbook (.xlsx)"
_SAVE_AGAIN = "Open the workbook in a spreadsheet and save it anew as .xlsx."


def open_archive(data: bytes, file: str) -> Mapping[str, bytes]:
    """Inflate the XML parts of a workbook.

    Parameters
    ----------
    data
        The whole file, known to begin as a zip archive.
    file
        Its name for messages.

    Returns
    -------
    parts
        Contents by part name in lower case; names in a workbook do not depend on case.

    Raises
    ------
    InputError
        If the archive is damaged, encrypted, too large, carries macros, unsafe names or XML entities.
    """
    # Each entry has this mark, so that a directory of millions of entries is refused before it is parsed.
    if data.count(_ENTRY_MARK) > MOST_ENTRIES:
        _refuse_bomb(file, f"more than {MOST_ENTRIES} parts", f"at most {MOST_ENTRIES} parts")
    with library_faults(file, "workbook"):
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    for entry in entries:
        _check_entry(entry, file)
    _check_names(entries, file)
    _check_size(sum(e.file_size for e in entries), sum(e.compress_size for e in entries), file)
    parts: dict[str, bytes] = {}
    budget = MOST_INFLATED
    for entry in entries:
        content = _inflate(archive, entry, file, budget)
        budget -= len(content)
        if entry.filename.lower().endswith((".xml", ".rels")):
            _refuse_entities(content, file)
            parts[entry.filename.lower()] = content
    return parts


def _check_entry(entry: zipfile.ZipInfo, file: str) -> None:
    if entry.flag_bits & _ENCRYPTED:
        refuse(
            file,
            "encrypted",
            found="a workbook with a password",
            expected="a workbook without a password",
            remedy="Remove the password in a spreadsheet and save the workbook anew.",
        )
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        refuse(file, "damaged", "an unusual kind of compression", _WORKBOOK, _SAVE_AGAIN)
    _check_size(entry.file_size, entry.compress_size, file)


def _check_names(entries: list[zipfile.ZipInfo], file: str) -> None:
    names = [entry.filename for entry in entries]
    if any(_MACROS.search(name) for name in names):
        refuse(
            file,
            "macros",
            found="a workbook with macros",
            expected="a workbook without macros",
            remedy="Save it as .xlsx, which drops the macros.",
        )
    unsafe = any(map(_UNSAFE_NAME.search, names)) or any(map(_is_link, entries))
    if unsafe or len({name.lower() for name in names}) < len(names):
        found = "an archive with " + ("a part outside its own folder" if unsafe else "the same part twice")
        refuse(file, "unsafe-archive", found, _WORKBOOK, _SAVE_AGAIN)


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return (entry.external_attr >> _MODE_SHIFT) & _TYPE_MASK == _SYMLINK


def _check_size(inflated: int, compressed: int, file: str) -> None:
    if inflated > MOST_INFLATED:
        _refuse_bomb(
            file, f"{inflated / 1e6:.0f} MB after unpacking", f"at most {MOST_INFLATED / 1e6:.0f} MB"
        )
    if inflated > _RATIO_MATTERS_FROM and inflated > MOST_RATIO * max(compressed, 1):
        ratio = inflated / max(compressed, 1)
        _refuse_bomb(file, f"a part compressed {ratio:.0f}-fold", f"at most {MOST_RATIO}-fold")


def _refuse_bomb(file: str, found: str, expected: str) -> None:
    remedy = "Copy the values you need into a new workbook, or save the sheet as CSV in UTF-8."
    refuse(file, "too-large", found, expected, remedy)


def _inflate(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, file: str, budget: int) -> bytes:
    """Inflate one part block by block; stop as soon as it exceeds what is left of the budget."""
    blocks: list[bytes] = []
    size = 0
    with library_faults(file, "workbook"), archive.open(entry) as stream:
        while block := stream.read(_BLOCK):
            size += len(block)
            if size > budget:
                _check_size(MOST_INFLATED + size - budget, entry.compress_size, file)
            blocks.append(block)
    return b"".join(blocks)


def _refuse_entities(content: bytes, file: str) -> None:
    if _DOCTYPE.search(content):
        refuse(
            file,
            "entities",
            found="a part with a document type or entity declaration",
            expected="plain spreadsheet XML",
            remedy=_SAVE_AGAIN,
        )
