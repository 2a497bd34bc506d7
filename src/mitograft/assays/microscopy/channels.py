"""Which channel shows what: by name, or as the user says; never by position."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mitograft.tables.problems import refuse

__all__ = ["ChannelRole", "find_channels"]

Names = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class ChannelRole:
    """What a channel can show.

    Parameters
    ----------
    name
        Name of the role, for example ``nuclei``.
    example
        A channel name that would be understood.
    required
        Whether an image without such a channel is refused.
    """

    name: str
    example: str
    required: bool = True


def find_channels(
    names: Sequence[str],
    count: int,
    roles: Sequence[ChannelRole],
    known: Names,
    *,
    given: Mapping[str, int | str] | None,
    file: str,
    remedy: str = "",
) -> dict[str, int]:
    """Return the position (from 0) of each role that is there.

    Parameters
    ----------
    names
        Channel names of the file, empty where it has none.
    count
        How many channels it has.
    roles
        What is looked for.
    known
        Rows of the table of channel names: ``name``, ``channel`` (the role), ``match`` (``part`` of a name or
        a whole ``word``) and ``sure``; a row that is not sure counts only where no sure name fits.
    given
        What the user says: role to channel name, or to its number counted from 1.
    file
        File name for messages.
    remedy
        How the user says which is which, where it is not by the argument ``channels``.

    Raises
    ------
    InputError
        If a required role is found nowhere, a role in several channels, or two roles in one channel.
    """
    said = given or {}
    remedy = remedy or _remedy(roles)
    shown = ", ".join(repr(name[:30]) for name in names) or f"{count} channels without names"
    found: dict[str, int] = {}
    for role in roles:
        if role.name in said:
            found[role.name] = _as_given(role, names, count, said[role.name], (file, shown, remedy))
            continue
        matches = _named(role.name, names, known)
        if len(matches) > 1 or (role.required and not matches):
            expected = f"one channel named for {role.name} (such as {role.example})"
            refuse(file, "channels-unknown", shown, expected, remedy)
        if matches:
            found[role.name] = matches[0]
    _refuse_shared(found, len(roles), file, remedy)
    return found


def _remedy(roles: Sequence[ChannelRole]) -> str:
    wanted = [role.name for role in roles if role.required]
    pairs = ", ".join(f"{name} = {number}" for number, name in enumerate(wanted, start=1))
    return f"Say which is which, for example channels = {{{pairs}}}, counted from 1, or by name."


def _as_given(
    role: ChannelRole, names: Sequence[str], count: int, wanted: int | str, words: tuple[str, str, str]
) -> int:
    file, shown, remedy = words
    numbered = isinstance(wanted, int) and 1 <= wanted <= count
    if not numbered and list(names).count(str(wanted)) != 1:
        found = f"{shown}; no single channel {wanted!r}"
        refuse(file, "channels-unknown", found, f"the {role.name} channel", remedy)
    return int(wanted) - 1 if numbered else list(names).index(str(wanted))


def _refuse_shared(found: Mapping[str, int], roles: int, file: str, remedy: str) -> None:
    for at in set(found.values()):
        same = [name for name, own in found.items() if own == at]
        if len(same) > 1:
            word = "both " if len(same) == 2 else ""
            expected = "two channels" if roles == 2 else "a channel for each"
            refuse(file, "channels-unknown", f"one channel for {word}{' and '.join(same)}", expected, remedy)


def _named(role: str, names: Sequence[str], known: Names) -> list[int]:
    """Find the channels named for a role; names of dyes count only where none is named for what it shows."""
    for sure in ("yes", "no"):
        rows = [row for row in known if row["channel"] == role and row["sure"] == sure]
        matches = [i for i, name in enumerate(names) if any(_fits(row, name) for row in rows)]
        if matches:
            return matches
    return []


def _fits(row: Mapping[str, str], name: str) -> bool:
    text = name.lower()
    if row["match"] == "part":
        return row["name"] in text
    return re.search(rf"(?<![a-z0-9]){re.escape(row['name'])}(?![a-z0-9])", text) is not None
