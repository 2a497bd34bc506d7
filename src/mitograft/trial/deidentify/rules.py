"""What happens to each variable: the first rule whose patterns match; what no rule names is dropped."""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from mitograft.errors import UsageError
from mitograft.tables.parameters import load_rows

__all__ = ["ACTIONS", "Rule", "find_rule", "load_rules"]

ACTIONS = (
    "keep", "drop", "subject", "subject-number", "site", "country", "date", "seconds", "age", "code",
    "coded", "result", "pointer", "qualifier",
)  # fmt: skip
"""``keep``; ``drop`` (emptied); ``subject``, ``subject-number``, ``site``, ``code`` (recoded); ``country``
(emptied where few subjects share it); ``coded`` (the verbatim term, replaced by the coded term of the row,
or by REDACTED where there is none); ``date``, ``seconds`` (shifted); ``age`` (grouped above a limit);
``result`` (text results emptied where hardly anybody shares them); ``pointer`` (IDVARVAL, as what it points
to); ``qualifier`` (QVAL: only rows whose QNAM is listed stay)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Parameters
    ----------
    dataset, variable
        Regular expressions for the whole name.
    action
        One of ``ACTIONS``.
    reason
        Why, for the report.
    """

    dataset: str
    variable: str
    action: str
    reason: str

    def __post_init__(self) -> None:
        """Refuse a rule that cannot be followed.

        Raises
        ------
        UsageError
            If the action is unknown or a pattern is no regular expression.
        """
        if self.action not in ACTIONS:
            raise UsageError(f"Rule: found action {self.action!r}; expected one of {', '.join(ACTIONS)}.")
        for pattern in (self.dataset, self.variable):
            try:
                re.compile(pattern)
            except re.error:
                raise UsageError(f"Rule: found {pattern!r}; expected a regular expression.") from None

    def applies(self, dataset: str, variable: str) -> bool:
        """Tell whether the rule is about a variable of a data set."""
        return bool(re.fullmatch(self.dataset, dataset) and re.fullmatch(self.variable, variable))


UNLISTED = Rule(".*", ".*", "drop", "no rule names it")


@functools.cache
def load_rules() -> tuple[Rule, ...]:
    """Return the rules that ship, in the order in which they are tried."""
    rows = load_rows("mitograft.trial.deidentify", "rules.csv")
    return tuple(Rule(row["dataset"], row["variable"], row["action"], row["reason"]) for row in rows)


def find_rule(dataset: str, variable: str, first: Iterable[Rule] = ()) -> Rule:
    """Return the rule for a variable: of ``first`` (a user's own), else of those that ship, else to drop it.

    >>> find_rule("AE", "AETERM").action, find_rule("AE", "AEDECOD").action, find_rule("AE", "AEXYZ").action
    ('coded', 'keep', 'drop')
    """
    candidates = (*first, *load_rules())
    return next((rule for rule in candidates if rule.applies(dataset, variable)), UNLISTED)
