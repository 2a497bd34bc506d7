"""Values of options shared by several verbs."""

from collections.abc import Sequence

from mitograft.errors import UsageError

__all__ = ["pairs_of"]


def pairs_of(option: str, words: Sequence[str]) -> dict[str, str]:
    """Read repeated ``name=value`` options.

    >>> pairs_of("--map", ["PGA=physician_global"])
    {'PGA': 'physician_global'}
    """
    found: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not (name and sign and value):
            raise UsageError(f"Found {option} {word!r}; expected {option} NAME=VALUE.")
        if name in found:
            raise UsageError(f"Found {option} {name} twice; expected it once.")
        found[name] = value
    return found
