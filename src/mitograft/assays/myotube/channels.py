"""Which channel shows nuclei and which shows myosin: by name, or as the user says; never by position."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from mitograft.tables.parameters import load_rows
from mitograft.tables.problems import refuse

__all__ = ["Role", "find_channels"]

Role = Literal["nuclei", "myosin"]
_ROLES: tuple[Role, ...] = get_args(Role)
_REMEDY = "Say which is which, for example channels = {nuclei = 1, myosin = 2}, counted from 1, or by name."


def find_channels(
    names: Sequence[str], count: int, given: Mapping[str, int | str] | None, file: str
) -> dict[Role, int]:
    """Return the position (from 0) of each role.

    Parameters
    ----------
    names
        Channel names of the file, empty where it has none.
    count
        How many channels it has.
    given
        What the user says: role to channel name, or to its number counted from 1.
    file
        File name for messages.

    Raises
    ------
    InputError
        If a role is found nowhere, in several channels, or in the channel of the other role.
    """
    found = {role: _one(role, names, count, given or {}, file) for role in _ROLES}
    if found["nuclei"] == found["myosin"]:
        refuse(file, "channels-unknown", "one channel for both nuclei and myosin", "two channels", _REMEDY)
    return found


def _one(role: Role, names: Sequence[str], count: int, given: Mapping[str, int | str], file: str) -> int:
    shown = ", ".join(repr(name[:30]) for name in names) or f"{count} channels without names"
    if role in given:
        wanted = given[role]
        if isinstance(wanted, int) and 1 <= wanted <= count:
            return wanted - 1
        if isinstance(wanted, str) and list(names).count(wanted) == 1:
            return list(names).index(wanted)
        refuse(
            file, "channels-unknown", f"{shown}; no single channel {wanted!r}", f"the {role} channel", _REMEDY
        )
    matches = _named(role, names)
    if len(matches) != 1:
        expected = f"one channel named for {role} (such as {'DAPI' if role == 'nuclei' else 'MyHC'})"
        refuse(file, "channels-unknown", shown, expected, _REMEDY)
    return matches[0]


def _named(role: Role, names: Sequence[str]) -> list[int]:
    """Find the channels named for a role; names of dyes count only where none is named for what it shows."""
    rows = [r for r in load_rows("mitograft.assays.myotube", "channel_names.csv") if r["channel"] == role]
    for sure in (True, False):
        wanted = [r for r in rows if (not r["citation"].endswith("named for myosin")) == sure]
        matches = [i for i, name in enumerate(names) if any(_fits(r, name) for r in wanted)]
        if matches:
            return matches
    return []


def _fits(row: Mapping[str, str], name: str) -> bool:
    text = name.lower()
    if row["match"] == "part":
        return row["name"] in text
    return re.search(rf"(?<![a-z0-9]){re.escape(row['name'])}(?![a-z0-9])", text) is not None
