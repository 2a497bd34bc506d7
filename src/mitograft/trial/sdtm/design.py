"""The design of a trial as SDTM: TA, TE, TV, TI and TS, from the protocol.

Every subject passes three elements: screening, the treatment of its arm (one dose) and follow-up. Criteria
and summary facts that a protocol of this package does not hold are data (``data/criteria.csv``,
``data/summary.csv``) for the studies known there, each with its source; for another study they are given or
left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.tables.parameters import load_rows
from mitograft.trial.dataset import Dataset, Datasets
from mitograft.trial.sdtm.domains import domain_variables, make_dataset

if TYPE_CHECKING:
    from mitograft.trial.protocol import Protocol, Visit

__all__ = ["Criterion", "SummaryFact", "study_criteria", "study_facts", "trial_design"]

_ROOM = "mitograft.trial.sdtm"
_SCREENING, _FOLLOW_UP = ("SCRN", "Screening"), ("FU", "Follow-up")
_LONGEST_CODE, _LONGEST_NAME = 8, 40
_Rows = Iterable[dict[str, str | float | None]]


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion of inclusion or exclusion: code of up to 8 characters, INCLUSION or EXCLUSION, words."""

    testcd: str
    category: str
    text: str


@dataclass(frozen=True, slots=True)
class SummaryFact:
    """One row of TS: code, name and value of a parameter."""

    code: str
    name: str
    value: str


def study_criteria(study: str) -> tuple[Criterion, ...]:
    """Return the criteria known of a study; none for an unknown one."""
    rows = (row for row in load_rows(_ROOM, "criteria.csv") if row["study"] == study)
    return tuple(Criterion(row["testcd"], row["category"], row["criterion"]) for row in rows)


def study_facts(study: str) -> tuple[SummaryFact, ...]:
    """Return the summary facts known of a study; none for an unknown one."""
    rows = (row for row in load_rows(_ROOM, "summary.csv") if row["study"] == study)
    return tuple(SummaryFact(row["code"], row["parameter"], row["value"]) for row in rows)


def trial_design(
    protocol: "Protocol",
    criteria: Sequence[Criterion] | None = None,
    facts: Sequence[SummaryFact] | None = None,
) -> Datasets:
    """Return TA, TE, TV, TI and TS of a trial.

    Parameters
    ----------
    protocol
        Arms, visits with their windows, cut-off.
    criteria, facts
        Rows of TI and TS beyond the protocol; None takes those known of the study.
    """
    criteria = study_criteria(protocol.study) if criteria is None else criteria
    facts = study_facts(protocol.study) if facts is None else facts
    rows: dict[str, _Rows] = {
        "TA": _arms(protocol),
        "TE": _elements(protocol),
        "TV": _visits(protocol),
        "TI": ({"IETESTCD": c.testcd, "IETEST": c.text, "IECAT": c.category} for c in criteria),
        "TS": _summary([*_planned(protocol), *facts]),
    }
    return Datasets(_table(name, protocol.study, found) for name, found in rows.items())


def _table(name: str, study: str, rows: _Rows) -> Dataset:
    import polars as pl

    kinds = {item.name: item.type for item in domain_variables(name)}
    filled = [{"STUDYID": study, "DOMAIN": name, **row} for row in rows]
    used = [item for item in kinds if any(item in row for row in filled)]
    schema = {item: pl.Float64 if kinds[item] == "number" else pl.String for item in used}
    return make_dataset(name, pl.DataFrame(filled, schema=schema))


def _treatment(code: str, name: str) -> tuple[str, str]:
    """Return code and name of the treatment element of an arm."""
    return code[:_LONGEST_CODE], name[:_LONGEST_NAME]


def _arms(protocol: "Protocol") -> _Rows:
    for arm in sorted(protocol.arms, key=lambda arm: arm.order):
        plan = (
            ("SCREENING", *_SCREENING, f"Assigned to {arm.name}"),
            ("TREATMENT", *_treatment(arm.code, arm.name), None),
            ("FOLLOW-UP", *_FOLLOW_UP, None),
        )
        for order, (epoch, code, element, branch) in enumerate(plan, start=1):
            yield {
                "ARMCD": arm.code, "ARM": arm.name, "TAETORD": float(order), "ETCD": code,
                "ELEMENT": element, "TABRANCH": branch, "EPOCH": epoch,
            }  # fmt: skip


def _elements(protocol: "Protocol") -> _Rows:
    first, last = protocol.visits[0], protocol.visits[-1]
    screening = f"P{-first.day}D" if first.day < 0 else None
    yield _element(_SCREENING, "Informed consent", "First dose", screening)
    for arm in sorted(protocol.arms, key=lambda arm: arm.order):
        yield _element(_treatment(arm.code, arm.name), "Start of the dose", "End of day 1", "P1D")
    yield _element(
        _FOLLOW_UP, "The day after the dose", f"Last visit ({last.name}) or withdrawal", f"P{last.day - 1}D"
    )


def _element(
    element: tuple[str, str], start: str, end: str, duration: str | None
) -> dict[str, str | float | None]:
    code, name = element
    return {"ETCD": code, "ELEMENT": name, "TESTRL": start, "TEENRL": end, "TEDUR": duration}


def _visits(protocol: "Protocol") -> _Rows:
    for visit in protocol.visits:
        yield {
            "VISITNUM": float(visit.number), "VISIT": visit.name, "VISITDY": float(visit.day),
            "TVSTRL": _window(visit), "TVENRL": "End of the day",
        }  # fmt: skip


def _window(visit: "Visit") -> str:
    if not (visit.before or visit.after):
        return f"Day {visit.day}"
    return f"Day {visit.day}, from {visit.before} days before to {visit.after} days after"


def _planned(protocol: "Protocol") -> Iterable[SummaryFact]:
    yield SummaryFact("NARMS", "Planned Number of Arms", str(len(protocol.arms)))
    for arm in sorted(protocol.arms, key=lambda arm: arm.order):
        if arm.dose is not None and not arm.placebo:
            yield SummaryFact("DOSE", "Dose per Administration", f"{arm.dose:g}")
    units = dict.fromkeys(arm.unit for arm in protocol.arms if arm.dose is not None and not arm.placebo)
    for unit in units:
        yield SummaryFact("DOSU", "Dose Units", unit)
    days = protocol.visits[-1].day - protocol.visits[0].day
    days -= protocol.visits[0].day < 0 < protocol.visits[-1].day  # there is no day 0
    yield SummaryFact("LENGTH", "Trial Length", f"P{days}D")
    if protocol.cutoff is not None:
        yield SummaryFact("DCUTDTC", "Data Cutoff Date", protocol.cutoff)
        yield SummaryFact("DCUTDESC", "Data Cutoff Description", "Data cut-off of the analysis")


def _summary(facts: Iterable[SummaryFact]) -> _Rows:
    counts: dict[str, int] = {}
    for fact in sorted(facts, key=lambda fact: fact.code):
        counts[fact.code] = counts.get(fact.code, 0) + 1
        yield {
            "TSSEQ": float(counts[fact.code]), "TSPARMCD": fact.code, "TSPARM": fact.name, "TSVAL": fact.value
        }  # fmt: skip
