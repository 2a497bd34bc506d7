"""Infusion reactions by time: events that begin in an infusion or soon after it.

Nothing but the time decides here, neither the term nor the causality. An event whose start and an infusion
whose times are known to the minute gives a *certain* answer; where only the date is known, or part of it, the
reaction is *possible* if any reading of the dates makes it one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mitograft.tables.parameters import Parameters
from mitograft.trial.dataset import Dataset
from mitograft.trial.safety.instants import ALWAYS, Interval, possible_instants
from mitograft.trial.summary.population import require_variables

__all__ = ["InfusionReaction", "InfusionReactions", "assess_infusion_reactions"]


@dataclass(frozen=True, slots=True)
class InfusionReaction:
    """An event that is or may be an infusion reaction by time.

    Parameters
    ----------
    row, subject
        Row of the event in ADAE, from 0, and USUBJID.
    certain
        Whether the times leave no doubt.
    minutes
        From the start of the infusion to that of the event; None where a time is not known.
    grade, related
        Of the event; None where it has no grade.
    """

    row: int
    subject: str
    certain: bool
    minutes: float | None
    grade: float | None
    related: bool


@dataclass(frozen=True)
class InfusionReactions:
    """Infusion reactions of a trial: certain and possible ones, and what was looked at.

    Parameters
    ----------
    reactions
        By row of ADAE.
    infusions, untimed
        Infusions given, and those among them without both times.
    minutes, counted_from
        How long after the infusion an event counts, and from where.
    """

    reactions: tuple[InfusionReaction, ...]
    infusions: int
    untimed: int
    minutes: float
    counted_from: str

    def rows(self, *, certain: bool) -> tuple[int, ...]:
        """Return the rows of ADAE of the certain or of the merely possible ones."""
        return tuple(one.row for one in self.reactions if one.certain == certain)


@dataclass(frozen=True, slots=True)
class _Window:
    """One infusion: when it began, when it ended, when the time for reactions is over (each an interval)."""

    start: Interval
    over: Interval
    timed: bool


def assess_infusion_reactions(
    adae: Dataset, doses: Dataset | None, settings: Parameters
) -> InfusionReactions:
    """Find the events that began in an infusion or within the time set after it.

    Parameters
    ----------
    adae
        Analysis events with AESTDTC, AEENDTC, ATOXGRN, AREL.
    doses
        Collected exposure (EX) with EXSTDTC and, where given, EXENDTC, EXDOSE, EXTRT, EXOCCUR; None for none.
        Doses that were not given do not count.
    settings
        ``infusion_minutes``, ``infusion_from``.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    require_variables(adae, ("USUBJID", "AESTDTC", "AEENDTC", "ATOXGRN", "AREL"))
    minutes, counted_from = settings["infusion_minutes"].number, settings["infusion_from"].value
    windows: dict[str, list[_Window]] = {}
    for subject, window in _windows(doses, minutes, counted_from):
        windows.setdefault(subject, []).append(window)
    found = []
    for row, event in enumerate(adae.frame.iter_rows(named=True)):
        answers = [_judge(event, window) for window in windows.get(event["USUBJID"], [])]
        if not any(answers):
            continue
        certain = "certain" in answers
        times = [
            _minutes_after(event, window)
            for window, answer in zip(windows[event["USUBJID"]], answers, strict=True)
            if answer == ("certain" if certain else "possible")
        ]
        related = event["AREL"] == "RELATED"
        found.append(InfusionReaction(row, event["USUBJID"], certain, times[0], event["ATOXGRN"], related))
    every = [window for mine in windows.values() for window in mine]
    untimed = sum(not window.timed for window in every)
    return InfusionReactions(tuple(found), len(every), untimed, minutes, counted_from)


def _windows(doses: Dataset | None, minutes: float, counted_from: str) -> Iterator[tuple[str, _Window]]:
    if doses is None:
        return
    require_variables(doses, ("USUBJID", "EXSTDTC"))
    for dose in doses.frame.iter_rows(named=True):
        if not _given(dose):
            continue
        start, text = possible_instants(dose["EXSTDTC"]), dose.get("EXENDTC")
        # Without an end the infusion may have lasted to the end of its last possible day.
        end = possible_instants(text) if text else (start[0], _last_minute(start))
        end = (max(start[0], end[0]), max(start[1], end[1]))
        known = start[0] == start[1] and end[0] == end[1]
        yield dose["USUBJID"], _Window(start, _later(end if counted_from == "end" else start, minutes), known)


def _given(dose: Mapping[str, Any]) -> bool:
    if (dose.get("EXOCCUR") or "Y").upper() == "N":
        return False
    amount = dose.get("EXDOSE")
    return amount is None or amount > 0 or "PLACEBO" in (dose.get("EXTRT") or "").upper()


def _last_minute(moment: Interval) -> Any:
    return moment[1] if moment == ALWAYS else moment[1].replace(hour=23, minute=59)


def _later(moment: Interval, minutes: float) -> Interval:
    more = timedelta(minutes=minutes)
    low, high = (ALWAYS[1] if one > ALWAYS[1] - more else one + more for one in moment)
    return low, high


def _start_of(event: Mapping[str, Any]) -> Interval:
    """When the event can have begun: not after it ended."""
    low, high = possible_instants(event["AESTDTC"])
    return low, max(low, min(high, possible_instants(event["AEENDTC"])[1]))


def _judge(event: Mapping[str, Any], window: _Window) -> str:
    low, high = _start_of(event)
    if low >= window.start[1] and high <= window.over[0]:
        return "certain"
    return "possible" if high >= window.start[0] and low <= window.over[1] else ""


def _minutes_after(event: Mapping[str, Any], window: _Window) -> float | None:
    low, high = _start_of(event)
    if low != high or window.start[0] != window.start[1]:
        return None
    return (low - window.start[0]).total_seconds() / 60.0
