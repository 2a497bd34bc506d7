"""Rules of the form "when this, then that", written in the rule table.

A statement is one or several tests joined by ``&``:

==============  =================================================
``X``           X has a value
``X=``          X has no value
``X=a|b``       X is a or b
``X!=a|b``      X is neither a nor b, or has no value
``X>1``         X is a number above 1 (also ``<``, ``>=``, ``<=``)
==============  =================================================

``X`` is a variable (``--SEQ``) or one of another data set of the same subject (``DM.DTHFL``).
"""

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.errors import InternalError
from mitograft.trial.conformance.part import Part

if TYPE_CHECKING:
    import polars as pl

__all__ = ["NotApplicable", "Statement", "contradiction", "holds"]

_TEST = re.compile(r"([A-Z0-9.-]+)(?:(!=|>=|<=|=|>|<)(.*))?")
_COMPARE = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}


class NotApplicable(Exception):  # noqa: N818  a reason to skip a rule, not an error
    """The rule has nothing to say about this data set; the text says why."""


@dataclass(frozen=True)
class Statement:
    """Tests that must all be true: variable, operator, text."""

    tests: tuple[tuple[str, str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The variables it needs."""
        return tuple(dict.fromkeys(name for name, _, _ in self.tests))

    def expression(self) -> "pl.Expr":
        """Return it as an expression that is true or false, never null."""
        import polars as pl

        parts = [_test(*test) for test in self.tests]
        return pl.all_horizontal(*parts) if parts else pl.lit(value=True)


def holds(text: str) -> Statement:
    """Read a statement; an empty one is always true.

    >>> holds("AEOUT=FATAL & DM.DTHFL!=Y").names
    ('AEOUT', 'DM.DTHFL')
    """
    tests = []
    for part in text.split("&"):
        match = _TEST.fullmatch(part.strip())
        if part.strip() and match is None:
            raise InternalError(f"Rule table: found the statement {part!r}; expected for example X=a.")
        if match is not None:
            tests.append((match[1], match[2] or "", match[3] or ""))
    return Statement(tuple(tests))


def _test(name: str, sign: str, text: str) -> "pl.Expr":
    import polars as pl

    column = pl.col(name)
    if not sign:
        return column.is_not_null()
    if sign in _COMPARE:
        number = column.cast(pl.Float64, strict=False)
        compared: pl.Expr = _COMPARE[sign](number, float(text))
        return compared.fill_null(value=False)
    if not text:
        return column.is_null() if sign == "=" else column.is_not_null()
    among = _text(column).is_in(text.split("|")).fill_null(value=False)
    return among if sign == "=" else ~among


def _text(column: "pl.Expr") -> "pl.Expr":
    """Write numbers as a person does: 5, not 5.0."""
    import polars as pl

    return column.cast(pl.String).str.replace(r"\.0$", "")


def contradiction(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find rows for which ``when`` is true and ``then`` is not."""
    when, then = holds(arguments["when"]), holds(arguments["then"])
    names = tuple(dict.fromkeys((*when.names, *then.names)))
    return part.hits(part.table(*names), when.expression() & ~then.expression(), names)
