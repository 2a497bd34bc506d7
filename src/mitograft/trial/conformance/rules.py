"""The rules as data: one row of ``data/rules.csv`` is one rule.

=========  ==========================================================================================
column     meaning
=========  ==========================================================================================
id         MG-1xxx structure, MG-2xxx terminology, MG-3xxx time, MG-4xxx clinical
severity   error, warning or note
domains    data sets or classes it is for, joined by ``|``; ``*`` is every data set
requires   variables it needs, by spaces; ``--`` stands for the domain, ``DM.X`` for another data set
condition  name of the function that finds the records
arguments  for that function, ``name=value`` joined by ``;``
reference  public rules that ask the same (CDISC CORE, FDA business rules), only where that was checked
=========  ==========================================================================================
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from mitograft.errors import InternalError
from mitograft.tables.parameters import FLAGGED, STATUSES, load_rows
from mitograft.trial.conformance.findings import Severity

__all__ = ["KINDS", "Rule", "load_rules"]

KINDS = ("structural", "terminology", "temporal", "clinical")
_PACKAGE = "mitograft.trial.conformance"
_SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Rule:
    """One rule (see the module's description); ``message`` and ``remedy`` may hold ``--``."""

    id: str
    severity: Severity
    kind: str
    domains: tuple[str, ...]
    requires: tuple[str, ...]
    condition: str
    arguments: Mapping[str, str]
    message: str
    remedy: str
    reference: str
    citation: str
    status: str

    @property
    def flagged(self) -> bool:
        """Whether the rule itself is unconfirmed and must be shown as such."""
        return self.status in FLAGGED


@lru_cache(maxsize=1)
def load_rules() -> tuple[Rule, ...]:
    """Return the rules in the order of their ids.

    >>> rule = load_rules()[0]
    >>> rule.id, rule.condition
    ('MG-1001', 'missing_variables')
    """
    rules = tuple(_rule(row) for row in load_rows(_PACKAGE, "rules.csv"))
    if len({rule.id for rule in rules}) != len(rules):
        raise InternalError(f"{_PACKAGE}: rules.csv holds an id twice.")
    return tuple(sorted(rules, key=lambda rule: rule.id))


def _rule(row: Mapping[str, str]) -> Rule:
    good = row["severity"] in _SEVERITIES and row["class"] in KINDS and row["status"] in STATUSES
    if not good or not row["citation"] or not row["message"]:
        raise InternalError(f"{_PACKAGE}: bad row {row['id']!r} in rules.csv.")
    return Rule(
        row["id"],
        cast("Severity", row["severity"]),
        row["class"],
        tuple(row["domains"].split("|")),
        tuple(row["requires"].split()),
        row["condition"],
        dict(_argument(text) for text in row["arguments"].split(";") if text),
        row["message"],
        row["remedy"],
        row["reference"],
        row["citation"],
        row["status"],
    )


def _argument(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip()
