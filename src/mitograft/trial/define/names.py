"""Identifiers of a definition file: unique, of safe characters only, the same for the same content."""

import re

__all__ = ["Names", "safe_text"]

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def safe_text(text: str) -> str:
    r"""Replace what XML cannot hold.

    >>> safe_text("a\x00b")
    'a\ufffdb'
    """
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


class Names:
    """Hands out identifiers; two things never get the same one.

    >>> names = Names()
    >>> names("WC", "LB", "a b"), names("WC", "LB", "a/b"), names("WC", "LB", "a b")
    ('WC.LB.a_b', 'WC.LB.a_b.2', 'WC.LB.a_b')
    """

    def __init__(self) -> None:
        self._given: dict[tuple[str, ...], str] = {}
        self._taken: set[str] = set()

    def __call__(self, *parts: str) -> str:
        """Return the identifier of what ``parts`` name."""
        if parts not in self._given:
            base = _UNSAFE.sub("_", ".".join(parts))
            name, count = base, 1
            while name in self._taken:
                count += 1
                name = f"{base}.{count}"
            self._taken.add(name)
            self._given[parts] = name
        return self._given[parts]
