"""A last look at the text that was kept: no subject's identifier and no date may stand in it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mitograft.trial.deidentify.columns import NUMBER_LIKE

if TYPE_CHECKING:
    import polars as pl

__all__ = ["find_traces"]

_FEWEST_CHARACTERS = 4  # a shorter subject number stands in many innocent texts
_DATES = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"|\b[0-9]{1,2}[ /.-][0-9]{1,2}[ /.-](?:[0-9]{4}|[0-9]{2})\b"
    r"|(?i)\b[0-9]{1,2}[ -]?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ -]?[0-9]{2,4}\b"
)


def find_traces(column: "pl.Series", subjects: Iterable[str], numbers: Iterable[str]) -> "pl.Series":
    """Return, row by row, whether text holds an identifier of a subject or a date.

    Parameters
    ----------
    column
        Text that is to be kept.
    subjects
        The old USUBJID of all subjects.
    numbers
        Their old SUBJID; looked for only in text that is no number, and only those of four characters or
        more.
    """
    long_numbers = [number for number in numbers if len(number) >= _FEWEST_CHARACTERS]
    texts = column.unique()
    found = texts.str.contains_any(sorted(subjects)) | texts.str.contains(_DATES)
    if long_numbers:
        found |= texts.str.contains_any(sorted(long_numbers)) & ~texts.str.contains(NUMBER_LIKE)
    return column.is_in(texts.filter(found.fill_null(value=False)).implode()).fill_null(value=False)
