"""Read the keys of one table of a mapping file, noting everything that is wrong."""

import difflib
from collections.abc import Iterable

from mitograft.trial.edc.complaints import Complaints

__all__ = ["Section"]


class Section:
    """One table: every key that is asked for is known, every other one is a mistake.

    Parameters
    ----------
    table
        The table as read; anything else than a table is a mistake and counts as an empty one.
    place
        How messages name it.
    complaints
        Where mistakes go.
    """

    def __init__(self, table: object, place: str, complaints: Complaints) -> None:
        self.place, self.complaints = place, complaints
        self._known: set[str] = set()
        self._table: dict[str, object] = {}
        if isinstance(table, dict):
            self._table = table
        else:
            self.note("wrong-type", "", "no table", "a table of keys", "Write it as in the guide.")

    def note(self, rule: str, key: str, found: str, expected: str, remedy: str) -> None:
        """Note what is wrong with a key."""
        self.complaints.note(rule, f"{self.place} {key}".strip(), found, expected, remedy)

    def names(self) -> tuple[str, ...]:
        """Return the keys that stand there."""
        return tuple(self._table)

    def take(self, key: str) -> object:
        """Return a value of any type; None where it is absent."""
        self._known.add(key)
        return self._table.get(key)

    def text(self, key: str, *, required: bool = False, allowed: Iterable[str] = ()) -> str:
        """Return a text; empty where it is absent."""
        value = self.take(key)
        if value is None:
            if required:
                self.note("missing-key", key, "nothing", "a text", f"Add {key}.")
            return ""
        allowed = tuple(allowed)
        if not isinstance(value, str) or (required and not value) or (allowed and value not in allowed):
            expected = f"one of {', '.join(allowed)}" if allowed else "a text in quotes"
            self.note("wrong-type", key, _describe(value), expected, "Correct the value.")
            return ""
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a text or a list of texts; empty where it is absent."""
        value = self.take(key)
        items = [value] if isinstance(value, str) else [] if value is None else value
        if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
            self.note("wrong-type", key, _describe(value), "a text, or a list of texts", "Correct the value.")
            return ()
        return tuple(items)

    def flag(self, key: str) -> bool:
        """Return true or false; false where it is absent."""
        value = self.take(key)
        if value is not None and not isinstance(value, bool):
            self.note("wrong-type", key, _describe(value), "true or false, without quotes", "Correct it.")
        return value is True

    def number(self, key: str) -> str:
        """Return a number as it was written, as text; empty where it is absent."""
        value = self.take(key)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.note("wrong-type", key, _describe(value), "a number without quotes", "Correct the value.")
            return ""
        return repr(value)

    def pairs(self, key: str, *, required: bool = False) -> dict[str, str]:
        """Return a table of texts; empty where it is absent."""
        value = self.take(key)
        if value is None:
            if required:
                self.note("missing-key", key, "nothing", "a table of texts", f"Add {key}.")
            return {}
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            self.note("wrong-type", key, _describe(value), "a table with texts as values", "Correct it.")
            return {}
        return dict(value)

    def tables(self, key: str) -> list[object]:
        """Return a list of tables; empty where it is absent."""
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.note("wrong-type", key, _describe(value), f"a list of tables, [[{key}]]", "Correct it.")
            return []
        return value

    def close(self) -> None:
        """Note every key nobody asked for."""
        for key in self._table:
            if key not in self._known:
                near = difflib.get_close_matches(key, self._known, n=1)
                remedy = f"Did you mean {near[0]}?" if near else "Remove it."
                self.note("unknown-key", key, "a key with no meaning here",
                          f"one of {', '.join(sorted(self._known))}", remedy)  # fmt: skip


def _describe(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(value), "a table" if isinstance(value, dict) else "another kind of value")
