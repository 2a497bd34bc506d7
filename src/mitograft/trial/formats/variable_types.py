"""Which variables hold numbers or dates, by name: what a CSV file cannot say.

SDTM names its variables by rule: two letters of the domain and a fragment that means the same everywhere
(--SEQ, --STRESN, --DY). ADaM's own names are listed in the same file. Everything else is text.

Source: CDISC SDTM v2.0, ADaM IG v1.3 (names and types only); the rows are in ``data/variable_types.csv``.
"""

import functools
import re
from collections.abc import Mapping
from typing import Any, Literal

from mitograft.errors import UsageError
from mitograft.tables.parameters import load_rows

__all__ = ["TYPES", "check_types", "type_by_name"]

TYPES = ("text", "number", "date")


@functools.cache
def type_by_name(name: str) -> Literal["text", "number", "date"]:
    """Return the type of a variable by the rules of its name.

    >>> type_by_name("AESEQ"), type_by_name("AESTDTC"), type_by_name("TRTSDT"), type_by_name("AESTDY")
    ('number', 'text', 'date', 'number')
    """
    return next((kind for pattern, kind in _rules() if pattern.fullmatch(name)), "text")


def check_types(types: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return types by data set and variable, names in capitals.

    Raises
    ------
    UsageError
        If one is none of ``text``, ``number``, ``date``.
    """
    for dataset, variables in types.items():
        for variable, kind in variables.items():
            if kind not in TYPES:
                raise UsageError(f"{dataset}.{variable}: found type {kind!r}; expected {', '.join(TYPES)}.")
    return {d.upper(): {v.upper(): kind for v, kind in found.items()} for d, found in types.items()}


@functools.cache
def _rules() -> list[tuple[re.Pattern[str], Any]]:
    rows = load_rows("mitograft.trial.formats", "variable_types.csv")
    return [(re.compile(row["pattern"]), row["type"]) for row in rows]
