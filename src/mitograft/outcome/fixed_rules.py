"""Rules that the code embodies: listed in the data files for their citation, but not a matter of a value."""

from collections.abc import Iterable

from mitograft.errors import UsageError
from mitograft.tables.parameters import Parameters

__all__ = ["refuse_overrides"]


def refuse_overrides(parameters: Parameters, ids: Iterable[str]) -> None:
    """Refuse parameters whose fixed rules were overridden, rather than ignoring the wish.

    Raises
    ------
    UsageError
        If a row of ``ids`` no longer holds its shipped value.
    """
    changed = [i for i in ids if parameters[i].status == "overridden"]
    if changed:
        raise UsageError(
            f"Found an override of {', '.join(changed)}; expected the shipped value, because this rule is "
            "part of the method and not a number. Leave it out."
        )
