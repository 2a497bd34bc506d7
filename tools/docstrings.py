"""A griffe extension: docstrings are written for the terminal, the site reads Markdown.

Examples get the heading that the parser of numpy docstrings looks for, equations become code blocks, tables
become Markdown tables. Nothing is reworded.
"""

import re
from typing import Any

import griffe

__all__ = ["Docstrings", "to_markdown"]

_HEADING = re.compile(r"^-{3,}\s*$")
_TABLE = re.compile(r"^\s*={3,}(?: +={3,})+\s*$")
_MATH = re.compile(r"^\s*\.\. math::\s*(.*)$")


class Docstrings(griffe.Extension):
    """Rewrite every docstring before it is parsed."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of one module, class, function or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = to_markdown(obj.docstring.value)


def to_markdown(text: str) -> str:
    r"""Rewrite a docstring.

    >>> print(to_markdown("Half of it::\n\n    x / 2"))
    Half of it:
    <BLANKLINE>
        x / 2
    """
    lines = text.splitlines()
    out: list[str] = []
    in_examples = False
    at = 0
    while at < len(lines):
        line = lines[at]
        if at + 1 < len(lines) and _HEADING.match(lines[at + 1]):
            in_examples = line.strip() == "Examples"
        if line.startswith(">>>") and not in_examples:
            out += ["", "Examples", "--------"]
            in_examples = True
        end = _block_end(lines, at)
        if end > at:
            out += _block(lines[at:end])
            at = end
            continue
        out.append(re.sub(r"::$", ":", line))
        at += 1
    return "\n".join(out)


def _block_end(lines: list[str], at: int) -> int:
    """Return where the equation or table that begins here ends; ``at`` where none begins."""
    if _MATH.match(lines[at]):
        end = at + 1
        while end < len(lines) and lines[end].startswith((" ", "\t")):
            end += 1
        return end
    if _TABLE.match(lines[at]):
        rules = [i for i in range(at, len(lines)) if _TABLE.match(lines[i])]
        return rules[min(2, len(rules) - 1)] + 1
    return at


def _block(lines: list[str]) -> list[str]:
    first = _MATH.match(lines[0])
    if first:
        return ["```text", first[1], *(line.strip() for line in lines[1:]), "```"]
    starts = [found.start() for found in re.finditer("=+", lines[0])]
    slices = [slice(a, b) for a, b in zip(starts, [*starts[1:], None], strict=True)]
    rows = [[line[part].strip() for part in slices] for line in lines if not _TABLE.match(line)]
    table = ["| " + " | ".join(row) + " |" for row in rows]
    return ["", table[0], "|" + "---|" * len(slices), *table[1:], ""]
