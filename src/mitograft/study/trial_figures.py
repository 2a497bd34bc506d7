"""What the figures of a trial need, taken from its analysis data sets as plain values."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mitograft.report.figures.event_dots import DotGroup, EventRow
from mitograft.report.figures.kaplan_meier import SurvivalGroup
from mitograft.report.figures.spaghetti import CourseGroup, PatientLine
from mitograft.report.figures.swimmer import SwimmerEvent, SwimmerLane
from mitograft.study.trial import Trial
from mitograft.trial.summary.standard import safety_population
from mitograft.trial.summary.times import Times, estimate_curves

if TYPE_CHECKING:
    import polars as pl

__all__ = ["course_groups", "event_rows", "survival_groups", "swimmer_lanes"]


def _treated(trial: Trial) -> "pl.DataFrame":
    import polars as pl

    frame = trial.adam.datasets["ADSL"].frame.filter(pl.col("SAFFL") == "Y")
    return frame.sort("TRT01AN", "USUBJID")


def _of(trial: Trial, name: str) -> "pl.DataFrame":
    return trial.adam.datasets[name].frame


def swimmer_lanes(trial: Trial) -> list[SwimmerLane]:
    """Return one lane a treated subject, by group: end, doses, graded events after dosing, response."""
    return [_lane(trial, row) for row in _treated(trial).iter_rows(named=True)]


def _lane(trial: Trial, row: dict[str, Any]) -> SwimmerLane:
    import polars as pl

    own = pl.col("USUBJID") == row["USUBJID"]
    doses = _of(trial, "ADEX").filter(own, pl.col("PARAMCD") == "DOSE")["ADY"].drop_nulls().to_list()
    events = _of(trial, "ADAE").filter(
        own, pl.col("TRTEMFL") == "Y", pl.col("ATOXGRN").is_not_null(), pl.col("ASTDY").is_not_null()
    )
    last = row["EOSDT"] or row["LSTDT"] or row["TRTSDT"]
    return SwimmerLane(
        label=row["SUBJID"],
        end=float(max(1, (last - row["TRTSDT"]).days + 1)),
        group=row["TRT01A"],
        doses=tuple(doses) or (1.0,),
        events=tuple(
            SwimmerEvent(day, int(grade), limiting == "Y")
            for day, grade, limiting in events.select("ASTDY", "ATOXGRN", "DLTFL").iter_rows()
        ),
        response=_response(_of(trial, "ADTIS").filter(own)),
        ongoing=row["EOSSTT"] == "ONGOING",
        reason=(row["DCSREAS"] or "discontinued").capitalize() if row["EOSSTT"] == "DISCONTINUED" else "",
    )


def _response(scores: "pl.DataFrame") -> tuple[float, float] | None:
    """Return the first stretch of visits with a response."""
    import polars as pl

    visits = scores.filter(pl.col("PARAMCD") == "TIS", pl.col("ANL01FL") == "Y").sort("AVISITN")
    stretch: list[float] = []
    for day, flag in visits.select("ADY", "CRIT1FL").iter_rows():
        if flag == "Y" and day is not None:
            stretch.append(float(day))
        elif stretch:
            break
    return (stretch[0], stretch[-1]) if stretch else None


def course_groups(trial: Trial) -> list[CourseGroup]:
    """Return the Total Improvement Score of every scored subject over time, by group, with the median."""
    import polars as pl

    scores = _of(trial, "ADTIS").filter(
        pl.col("PARAMCD") == "TIS", pl.col("ANL01FL") == "Y", pl.col("SAFFL") == "Y",
        pl.col("ADY").is_not_null(),
    )  # fmt: skip
    days = {visit.name: float(visit.day) for visit in trial.protocol.visits}
    found = []
    for name in [arm.name for arm in trial.protocol.arms]:
        group = scores.filter(pl.col("TRTA") == name)
        if group.is_empty():
            continue
        lines = [
            PatientLine(
                tuple(map(float, own["ADY"].to_list())), tuple(_number(v) for v in own["AVAL"].to_list())
            )
            for _, own in group.sort("AVISITN").group_by("USUBJID", maintain_order=True)
        ]
        at = [(days[visit], part["AVAL"].median()) for (visit,), part in _by_visit(group) if visit in days]
        found.append(
            CourseGroup(
                name, tuple(lines), tuple(day for day, _ in at), tuple(_number(median) for _, median in at)
            )
        )
    return found


def _by_visit(group: "pl.DataFrame") -> list[tuple[Any, "pl.DataFrame"]]:
    return list(group.sort("AVISITN").group_by("AVISIT", maintain_order=True))


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def survival_groups(trial: Trial, parameter: str, risk_times: tuple[float, ...]) -> list[SurvivalGroup]:
    """Return the Kaplan-Meier curve of each group to one event of ADTTE."""
    safety = safety_population(trial.adam.datasets["ADSL"], trial.protocol)
    curves = estimate_curves(safety, Times(trial.adam.datasets["ADTTE"], parameter))
    found = []
    for label, curve in curves.items():
        if label == safety.total and len(curves) > 1:
            continue
        middle = curve.quantile()
        limits = (middle.time, middle.low, middle.high)
        censored = np.repeat(curve.times, curve.censored).tolist()
        found.append(
            SurvivalGroup(
                label,
                (0.0, *curve.times[curve.events > 0].tolist()),
                (1.0, *curve.survival[curve.events > 0].tolist()),
                (1.0, *curve.low[curve.events > 0].tolist()),
                (1.0, *curve.high[curve.events > 0].tolist()),
                float(curve.times[-1]),
                tuple(censored),
                tuple(curve.numbers_at_risk(risk_times).tolist()),
                tuple(math.inf if limit is None else limit for limit in limits),  # type: ignore[arg-type]
            )
        )
    return found


def event_rows(trial: Trial, most: int = 20) -> tuple[list[DotGroup], list[EventRow]]:
    """Return the groups and the most frequent terms with the subjects of each group who had them."""
    import polars as pl

    safety = safety_population(trial.adam.datasets["ADSL"], trial.protocol)
    groups = [DotGroup(group.label, group.size) for group in safety.arms if group.size]
    people = _treated(trial).select("USUBJID", pl.col("TRT01A").alias("_group"))
    events = _of(trial, "ADAE").filter(pl.col("TRTEMFL") == "Y").join(people, on="USUBJID")
    counts = events.group_by("AEDECOD", "_group").agg(pl.col("USUBJID").n_unique().alias("n"))
    table = {(term or "Not coded", group): n for term, group, n in counts.iter_rows()}
    total = {term: sum(table.get((term, g.label), 0) for g in groups) for term in {t for t, _ in table}}
    terms = sorted(total, key=lambda term: (-total[term], term))[:most]
    return groups, [EventRow(t, tuple(table.get((t, g.label), 0) for g in groups)) for t in terms]
