"""Which adverse events are dose-limiting for certain, and which may be, as far as the record says.

The definition is that of the analysis data sets (settings ``dlt_grade``, ``dlt_not``, ``missing_relation`` of
ADAE): the investigator's mark, or a related event of the grade within the window that is not the disease.
Here each condition is asked for itself and answered yes, no or unknown: an event with all yes is a DLT, one
with a no is none, and one with an unknown (a partial date, no grade, no causality) is a *possible* DLT.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from mitograft.tables.parameters import load_rows
from mitograft.trial.adam import Adam
from mitograft.trial.sdtm.dates import parse_date

__all__ = ["DltEvent", "classify_events"]

_MILD = ("MILD", "MODERATE")
_MARKED = ("INVESTIGATOR", "BOTH")


@dataclass(frozen=True, slots=True)
class DltEvent:
    """One event that is or may be dose-limiting.

    Parameters
    ----------
    row
        Its row in ADAE, from 0.
    certain
        Whether it is one for certain.
    unknown
        What is not known of a possible one: ``date``, ``grade``, ``relation``.
    """

    row: int
    certain: bool
    unknown: tuple[str, ...] = ()


def classify_events(adam: Adam) -> Mapping[str, tuple[DltEvent, ...]]:
    """Return the certain and the possible dose-limiting events of each subject, by USUBJID, in row order."""
    frame = adam.datasets["ADAE"].frame
    words = {row["value"] for row in load_rows("mitograft.trial.adam", "relations.csv")}
    disease = re.compile(adam.settings["dlt_not"].value, re.IGNORECASE)
    found: dict[str, list[DltEvent]] = {}
    for row, event in enumerate(frame.iter_rows(named=True)):
        unknown = _unknown(event, adam, disease, words)
        if event["DLTBASIS"] in _MARKED:
            unknown = ()
        if unknown is not None and event["TRTSDT"] is not None:
            found.setdefault(event["USUBJID"], []).append(DltEvent(row, not unknown, unknown))
    return {subject: tuple(events) for subject, events in found.items()}


def _unknown(
    event: Mapping[str, Any], adam: Adam, disease: re.Pattern[str], words: set[str]
) -> tuple[str, ...] | None:
    """Return the conditions that are not known to be met; None where one is known not to be met."""
    if any(event[name] and disease.search(event[name]) for name in ("AEDECOD", "AETERM")):
        return None
    least = adam.settings["dlt_grade"].number
    answers = {
        "date": _in_window(event, adam.protocol.dlt_days),
        "grade": _severe(event, least),
        "relation": event["AREL"] == "RELATED" if (event["AEREL"] or "").upper() in words else None,
    }
    if False in answers.values():
        return None
    return tuple(name for name, answer in answers.items() if answer is None)


def _severe(event: Mapping[str, Any], least: float) -> bool | None:
    """Without a grade, a mild or moderate event is not severe; a severe one may have any grade from 3."""
    if event["ATOXGRN"] is not None:
        return bool(event["ATOXGRN"] >= least)
    return False if (event["AESEV"] or "").upper() in _MILD else None


def _in_window(event: Mapping[str, Any], days: int) -> bool | None:
    """Whether the event began from the first dose to ``days`` after it, as far as its dates say."""
    dose: date | None = event["TRTSDT"]
    start, end = (parse_date(event[name] or "") for name in ("AESTDTC", "AEENDTC"))
    over = end.days() if end else None
    if dose is None or (over and over[1] < dose):
        return False
    possible = start.days() if start else None
    if possible is None:
        return None
    first, last = possible[0], min(possible[1], over[1]) if over else possible[1]
    if last < dose or first > dose + timedelta(days=days):
        return False
    if first == last and event["TRTEMFL"] != "Y":  # on the day of the dose, by the time before it
        return False
    return True if first >= dose and last <= dose + timedelta(days=days) else None
