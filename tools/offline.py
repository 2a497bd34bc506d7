"""A hook of the documentation build: no page may fetch anything from another host."""

import re
from typing import Any

from mkdocs.exceptions import PluginError

__all__ = ["on_post_page"]

_FETCHES = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc=["']?(?:https?:)?//[^"'\s>]+"""
    r"""|<link\b(?![^>]*rel=["']?canonical)[^>]*\bhref=["']?(?:https?:)?//[^"'\s>]+""",
    re.IGNORECASE,
)


def on_post_page(output: str, *, page: Any, **_: Any) -> str:
    """Refuse a page that asks another host for a script, style, font or picture."""
    found = _FETCHES.search(output)
    if found:
        raise PluginError(f"{page.file.src_path} would fetch from another host: {found[0][:200]}")
    return output
