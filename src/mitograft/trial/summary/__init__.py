"""Tables of a trial as data: counts and descriptions with the records behind each number."""

from mitograft.trial.summary.baseline import Category, Measurement, summarise_baseline
from mitograft.trial.summary.course import (
    Disposition,
    summarise_disposition,
    summarise_exposure,
    summarise_medication,
)
from mitograft.trial.summary.criteria import Criterion, summarise_criteria
from mitograft.trial.summary.events import Events, Levels, summarise_events, summarise_worst_level
from mitograft.trial.summary.laboratory import Laboratory, summarise_grade_shifts, summarise_range_shifts
from mitograft.trial.summary.population import Group, Population
from mitograft.trial.summary.result import Cell, Column, Records, Result, Row, Statistic
from mitograft.trial.summary.times import Times, estimate_curves, summarise_times
from mitograft.trial.summary.visits import Response, Visits, summarise_by_visit, summarise_response

__all__ = [
    "Category",
    "Cell",
    "Column",
    "Criterion",
    "Disposition",
    "Events",
    "Group",
    "Laboratory",
    "Levels",
    "Measurement",
    "Population",
    "Records",
    "Response",
    "Result",
    "Row",
    "Statistic",
    "Times",
    "Visits",
    "estimate_curves",
    "summarise_baseline",
    "summarise_by_visit",
    "summarise_criteria",
    "summarise_disposition",
    "summarise_events",
    "summarise_exposure",
    "summarise_grade_shifts",
    "summarise_medication",
    "summarise_range_shifts",
    "summarise_response",
    "summarise_times",
    "summarise_worst_level",
]
