"""Read a medical dictionary in the form MedDRA is distributed in (MedAscii).

Three files are needed, without header, fields parted by ``$``:

* ``llt.asc``: code and name of the lowest level term, code of its preferred term, ..., field 10 whether it is
  current (Y or N);
* ``pt.asc``: code and name of the preferred term, ...;
* ``mdhier.asc``: code of the preferred term, of the high level term, group term and organ class, their names,
  ..., field 12 whether the organ class is the primary one (Y or N).

``meddra_release.asc`` gives the version where it lies beside them. MedDRA itself is licensed by the MSSO; no
part of it is shipped here. Place of the fields: MedDRA Distribution File Format Document.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from mitograft.errors import EnvironmentFault, InputError, UsageError, Violation
from mitograft.tables.problems import Problems, refuse
from mitograft.trial.coding.dictionary import Coded, Dictionary, same_term

__all__ = ["invented_dictionary", "read_meddra"]

_FILES = ("llt.asc", "pt.asc", "mdhier.asc")
_RELEASE = "meddra_release.asc"
_FIELDS = {"llt.asc": 10, "pt.asc": 2, "mdhier.asc": 12}
_CURRENT, _PRIMARY = 9, 11
_MOST_BYTES = 500_000_000
_COPY = "Copy the folder MedAscii of your release again, unchanged."

Row = tuple[int, list[str]]  # number of the line, its fields


def read_meddra(folder: Path) -> Dictionary:
    """Read the user's licensed dictionary.

    Parameters
    ----------
    folder
        The folder MedAscii of a release, or the folder it lies in. UTF-8 or Latin-1.

    Raises
    ------
    UsageError
        If there is no such folder.
    InputError
        With everything that is wrong with the first file that is wrong.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UsageError(f"{folder}: found no such folder; expected the folder MedAscii of a release.")
    paths = _paths(folder)
    missing = [name for name in _FILES if name not in paths]
    if missing:
        expected = f"the files {', '.join(_FILES)}"
        raise InputError(
            folder.name,
            [Violation("missing-file", f"no {name}", expected, _COPY, name) for name in missing],
        )
    return _build({name: _bytes(path) for name, path in paths.items()}, "MedDRA")


@lru_cache(maxsize=1)
def invented_dictionary() -> Dictionary:
    """Return the small invented dictionary for examples, simulated trials and tests.

    Its terms are plain English, its codes and organ classes invented; it must not be used to code a trial.

    >>> coded = invented_dictionary().code("fever")
    >>> coded.llt, coded.pt, coded.soc
    ('Fever', 'Pyrexia', 'General and site of administration')
    """
    folder = files("mitograft.trial.coding").joinpath("data", "invented")
    return _build({name: folder.joinpath(name).read_bytes() for name in (*_FILES, _RELEASE)}, "invented")


def _paths(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for place in (folder / "MedAscii", folder):
        if place.is_dir():
            found |= {path.name.lower(): path for path in sorted(place.iterdir()) if path.is_file()}
    return {name: path for name, path in found.items() if name in (*_FILES, _RELEASE)}


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as fault:
        raise EnvironmentFault(f"{path.name}: cannot be read ({fault.strerror}).") from fault
    if len(data) > _MOST_BYTES:
        refuse(path.name, "too-large", "more than 500 MB", "a file of a dictionary", _COPY)
    return data


def _build(data: Mapping[str, bytes], name: str) -> Dictionary:
    preferred = _preferred(data["pt.asc"])
    classes = _classes(data["mdhier.asc"], preferred)
    terms = _terms(data["llt.asc"], preferred, classes)
    own = {
        same_term(pt): Coded(pt, pt, classes[code][1], "", code, classes[code][0])
        for code, pt in preferred.items()
    }
    version = _text(data.get(_RELEASE, b"")).partition("$")[0].strip()
    return Dictionary(name, version or "unknown", terms, own)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _rows(data: bytes, problems: Problems) -> Iterator[Row]:
    """Yield the rows with enough fields; note the others."""
    least = _FIELDS[problems.file]
    if not data.strip() or b"\0" in data:
        found = "an empty file" if not data.strip() else "a NUL byte (UTF-16, or no text at all)"
        problems.add("not-a-dictionary", found, "text with fields parted by $", _COPY)
        return
    for number, line in enumerate(_text(data).split("\n"), 1):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.split("$")]
        if len(fields) < least:
            found, expected = f"{len(fields)} fields", f"at least {least}, parted by $"
            problems.add("too-few-fields", found, expected, _COPY, number)
        else:
            yield number, fields


def _preferred(data: bytes) -> dict[str, str]:
    """Return the name of each preferred term by its code."""
    problems = Problems("pt.asc")
    found: dict[str, str] = {}
    for number, (code, name, *_) in _rows(data, problems):
        if not code.isdigit() or not name:
            problems.add("bad-term", "no code or no name", "a code in digits and a name", _COPY, number)
        elif code in found:
            problems.add("twice", "a code that stands above", "each code once", _COPY, number)
        else:
            found[code] = name
    problems.raise_any()
    return found


def _classes(data: bytes, preferred: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return code and name of the primary organ class by preferred term."""
    problems = Problems("mdhier.asc")
    found: dict[str, tuple[str, str]] = {}
    for number, row in _rows(data, problems):
        pt, soc, name, primary = row[0], row[3], row[7], row[_PRIMARY]
        if primary not in ("Y", "N"):
            problems.add("bad-flag", "another mark", "Y or N in field 12", _COPY, number)
        elif pt not in preferred:
            problems.add("unknown-code", "a preferred term not in pt.asc", "one of pt.asc", _COPY, number)
        elif primary == "Y" and found.setdefault(pt, (soc, name)) != (soc, name):
            problems.add("two-classes", "a second primary class", "one primary class a term", _COPY, number)
    missing = len(preferred.keys() - found.keys())
    if missing:
        what = f"{missing} preferred terms without primary organ class"
        problems.add("no-class", what, "one primary organ class for each term of pt.asc", _COPY)
    problems.raise_any()
    return found


def _terms(
    data: bytes, preferred: Mapping[str, str], classes: Mapping[str, tuple[str, str]]
) -> dict[str, Coded]:
    """Return the lowest level terms; of two that are written alike the current one counts."""
    problems = Problems("llt.asc")
    found: dict[str, Coded] = {}
    for number, row in _rows(data, problems):
        code, name, pt, current = row[0], row[1], row[2], row[_CURRENT]
        if current not in ("Y", "N"):
            problems.add("bad-flag", "another mark", "Y or N in field 10", _COPY, number)
        elif pt not in preferred:
            problems.add("unknown-code", "a preferred term not in pt.asc", "one of pt.asc", _COPY, number)
        else:
            coded = Coded(name, preferred[pt], classes[pt][1], code, pt, classes[pt][0], current == "Y")
            before = found.get(same_term(name))
            if before is None or (coded.current and not before.current):
                found[same_term(name)] = coded
            elif coded.current and before.pt_code != pt:
                what = "a current term that stands above with another preferred term"
                problems.add("ambiguous", what, "each current term once", _COPY, number)
    problems.raise_any()
    return found
