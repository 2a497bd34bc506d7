"""Find a grading scheme: one that ships, or a user's own file with everything that is wrong with it."""

import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from mitograft.errors import InputError, InternalError, UsageError, Violation
from mitograft.mouse.histology.scheme import Aggregation, Level, Rule, Scheme
from mitograft.tables.parameters import STATUSES

__all__ = ["find_scheme", "list_schemes", "load_scheme", "read_scheme"]

_SCHEMES = "data/schemes"
_ENDING = ".toml"
_RULES = ("mean", "max")
_FEWEST_LEVELS = 2
_MOST_BYTES = 1_000_000
_FARTHEST = 1e6


def list_schemes() -> tuple[str, ...]:
    """Return the names of the schemes that ship.

    >>> list_schemes()
    ('cim-four-grades', 'sugihara-2007')
    """
    found = files("mitograft.mouse.histology").joinpath(_SCHEMES).iterdir()
    return tuple(sorted(item.name.removesuffix(_ENDING) for item in found if item.name.endswith(_ENDING)))


@cache
def load_scheme(name: str) -> Scheme:
    """Return a scheme that ships.

    Raises
    ------
    UsageError
        If there is none of that name.

    >>> load_scheme("sugihara-2007").scale[:4]
    (0.0, 1.0, 1.5, 2.0)
    """
    if name not in list_schemes():
        raise UsageError(f"Grading scheme: found {name!r}; expected one of {', '.join(list_schemes())}.")
    text = files("mitograft.mouse.histology").joinpath(_SCHEMES, name + _ENDING).read_text(encoding="utf-8")
    try:
        scheme = _parse(text, name + _ENDING)
    except InputError as error:
        raise InternalError(f"Shipped grading scheme: {error}") from error
    return scheme


def read_scheme(path: Path) -> Scheme:
    """Read a user's own scheme.

    Raises
    ------
    UsageError
        If there is no such file.
    InputError
        With everything that is wrong with it.
    """
    if not path.is_file():
        raise UsageError(f"Grading scheme: found no file {path.name}; expected a TOML file of a scheme.")
    content = path.read_bytes()[: _MOST_BYTES + 1]
    if len(content) > _MOST_BYTES:
        raise UsageError(f"{path.name}: larger than a grading scheme can be; give the right file.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        remedy = "Save it as UTF-8."
        raise InputError(
            path.name, [Violation("not-text", "bytes that are not UTF-8", "TOML text", remedy, path.name)]
        ) from None
    return _parse(text, path.name)


def find_scheme(name: str, folder: Path) -> Scheme:
    """Return the shipped scheme of a name, or the one of a file in a folder (``name`` ends in .toml).

    Raises
    ------
    UsageError, InputError
        As ``load_scheme`` and ``read_scheme``.
    """
    return read_scheme(folder / name) if name.endswith(_ENDING) else load_scheme(name)


def _parse(text: str, source: str) -> Scheme:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        broken = Violation("not-toml", f"text that is no TOML ({error})", "TOML", "Correct it.", source)
        raise InputError(source, [broken]) from None
    checked = _Checked(content, source)
    scheme = _build(checked)
    if checked.violations:
        raise InputError(source, checked.violations)
    return scheme


class _Checked:
    """Take keys out of the content, and note what is wrong with them."""

    def __init__(self, content: dict[str, Any], source: str, prefix: str = "") -> None:
        self.content, self.source, self.prefix = content, source, prefix
        self.violations: list[Violation] = []
        self.asked: set[str] = set()

    def note(self, rule: str, key: str, found: str, expected: str, remedy: str = "Correct it.") -> None:
        """Note a violation of a key."""
        self.violations.append(Violation(rule, found, expected, remedy, self.source, None, self.prefix + key))

    def take(self, key: str, good: Callable[[Any], bool], expected: str, default: Any = None) -> Any:
        """Return the value of a key, or ``default`` where it is wrong or absent (an error without one)."""
        self.asked.add(key)
        if key not in self.content:
            if default is None:
                self.note("missing-key", key, "no such key", expected, "Add it.")
            return default
        value = self.content[key]
        if good(value):
            return value
        self.note("bad-value", key, "something else", expected)
        return default

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; it may be empty only where there is a default."""
        value = self.take(key, lambda v: isinstance(v, str) and bool(v.strip() or default is not None),
                          "a text", default)  # fmt: skip
        return str(value or "").strip()

    def number(self, key: str, default: float) -> float:
        """Return a number of at least 0."""
        return float(self.take(key, _is_number, "a number of at least 0", default))

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of different names."""
        return tuple(self.take(key, _are_names, "a list of different names") or ())

    def part(self, key: str) -> "_Checked":
        """Return a table of the file, to be finished with ``close``."""
        found = self.take(key, lambda v: isinstance(v, dict), f"a table [{key}]")
        inner = _Checked(found or {}, self.source, f"{self.prefix}{key}.")
        inner.violations = self.violations if found is not None else []
        return inner

    def close(self) -> None:
        """Note keys that nobody asked for."""
        for key in self.content.keys() - self.asked:
            self.note(
                "unknown-key",
                key[:40],
                "a key schemes do not have",
                f"one of {', '.join(sorted(self.asked))}",
            )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value < _FARTHEST


def _are_names(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(name, str) and name.strip() == name != "" for name in value)
        and len(set(value)) == len(value)
    )


def _build(top: _Checked) -> Scheme:
    name, version, title, citation = (top.text(key) for key in ("name", "version", "title", "citation"))
    statuses = sorted(STATUSES - {"overridden"})
    status = top.take("status", lambda v: v in statuses, f"one of {', '.join(statuses)}") or "assumed"
    levels = _levels(top)
    bonus, bonus_text = 0.0, ""
    if "bonus" in top.content:
        part = top.part("bonus")
        bonus, bonus_text = part.number("points", 0.0), part.text("text")
        part.close()
    maximum = top.number("maximum", levels[-1].grade + bonus if levels else 0.0)
    if levels and maximum < levels[-1].grade:
        top.note(
            "bad-value", "maximum", "a maximum below the highest grade", f"at least {levels[-1].grade:g}"
        )
    steps = [b.grade - a.grade for a, b in pairwise(levels)]
    if steps and bonus >= min(steps):
        top.note(
            "bad-value", "bonus.points", "a bonus that reaches the next grade", f"less than {min(steps):g}"
        )
    muscles, features = top.names("muscles"), top.names("features")
    taken = sorted({"severity", "incidence"} & set(features))
    if taken:
        top.note("bad-value", "features", f"the name {taken[0]}", "names other than those of outcomes")
    part = top.part("aggregation")
    rules = [part.take(key, lambda v: v in _RULES, "mean or max") or "mean" for key in Aggregation.__slots__]
    part.close()
    note = top.text("note", "")
    top.close()
    return Scheme(
        name, version, title, levels, bonus, bonus_text, maximum, muscles, features,
        Aggregation(*cast("Sequence[Rule]", rules)), status, citation, note, top.source,
    )  # fmt: skip


def _levels(top: _Checked) -> tuple[Level, ...]:
    """Return the levels, ascending from 0; none where something is wrong with them."""
    expected = "two or more [[levels]] with grade (a number, the first 0, ascending) and text"

    def good(value: object) -> bool:
        if not isinstance(value, list) or len(value) < _FEWEST_LEVELS:
            return False
        fit = all(
            isinstance(v, dict) and v.keys() == {"grade", "text"} and _is_number(v["grade"])
            and isinstance(v["text"], str) and v["text"].strip()
            for v in value
        )  # fmt: skip
        grades = [v["grade"] for v in value] if fit else [1]
        return grades[0] == 0 and all(a < b for a, b in pairwise(grades))

    found = top.take("levels", good, expected)
    return tuple(Level(float(v["grade"]), v["text"].strip()) for v in found or ())
