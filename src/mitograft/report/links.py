"""Turns addresses and DOIs within text into links; everything else is plain text."""

import re
from html import escape

from markupsafe import Markup

__all__ = ["linked"]

_ADDRESS = re.compile(r"https?://[A-Za-z0-9][^\s<>\"'`{}|\\^]*|\b10\.\d{4,9}/[A-Za-z0-9][^\s<>\"'`{}|\\^,;]*")
_LONG = 48
_TRAILING = ".,;:!?"


def linked(text: str) -> Markup:
    """Return text as markup in which web addresses and DOIs are links.

    A long address is marked, so that the page can cut it off at the end of its line; on paper it stands in
    full.

    >>> print(linked("see 10.1186/ar4263 <b>"))
    see <a href="https://doi.org/10.1186/ar4263" rel="noreferrer noopener">10.1186/ar4263</a> &lt;b&gt;
    """
    parts: list[str] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = _trimmed(match[0])
        parts += [escape(text[end : match.start()]), _link(address)]
        end = match.start() + len(address)
    return Markup("".join([*parts, escape(text[end:])]))  # noqa: S704 - every part is escaped


def _trimmed(address: str) -> str:
    """Leave out what closes the sentence around an address."""
    address = address.rstrip(_TRAILING)
    while address.endswith((")", "]")) and address.count(address[-1]) > address.count(
        "(" if address[-1] == ")" else "["
    ):
        address = address[:-1].rstrip(_TRAILING)
    return address


def _link(address: str) -> str:
    target = address if address.startswith("http") else f"https://doi.org/{address}"
    style = ' class="address"' if len(address) > _LONG else ""
    return f'<a href="{escape(target)}" rel="noreferrer noopener"{style}>{escape(address)}</a>'
