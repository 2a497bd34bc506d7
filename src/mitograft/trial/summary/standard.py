"""The tables every trial of this kind shows, from its analysis data sets."""

from collections.abc import Iterator

from mitograft.evidence import DataKind
from mitograft.trial.dataset import Dataset, Datasets
from mitograft.trial.protocol import Protocol
from mitograft.trial.summary.baseline import Category, Measurement, summarise_baseline
from mitograft.trial.summary.course import Disposition, summarise_disposition, summarise_exposure
from mitograft.trial.summary.criteria import Criterion, summarise_criteria
from mitograft.trial.summary.events import Events, Levels, summarise_events, summarise_worst_level
from mitograft.trial.summary.laboratory import Laboratory, summarise_grade_shifts, summarise_range_shifts
from mitograft.trial.summary.population import Population
from mitograft.trial.summary.result import Result
from mitograft.trial.summary.times import Times, summarise_times
from mitograft.trial.summary.visits import Response, Visits, summarise_by_visit, summarise_response

__all__ = ["efficacy_population", "safety_population", "standard_tables"]

_ALL = "All subjects"
_GRADES = range(1, 6)
_LEAST_GRADE = 3  # shown even where nobody reached it
_RELATION = (("NOT RELATED", "Not related"), ("RELATED", "Related"))
_DECIMALS = {"PHYGLOB": 1, "PATGLOB": 1, "MMT8TOT": 0, "HAQDI": 3, "EXMUSC": 1}
_TIMES = (15.0, 29.0, 57.0, 85.0)


def safety_population(adsl: Dataset, protocol: Protocol) -> Population:
    """Return the subjects who were dosed, in planned order of the arms, with a column for all."""
    planned = tuple(arm.name for arm in protocol.arms)
    return Population(adsl, "SAFFL", "Safety population", total=_ALL, planned=planned)


def efficacy_population(adsl: Dataset, protocol: Protocol) -> Population:
    """Return the full analysis set: dosed, with a baseline and a later core set."""
    planned = tuple(arm.name for arm in protocol.arms)
    return Population(adsl, "FASFL", "Full analysis set", total=_ALL, planned=planned)


def standard_tables(data: Datasets, protocol: Protocol, *, data_kind: DataKind) -> tuple[Result, ...]:
    """Return demography, disposition, exposure, events, laboratory shifts, scores and times.

    Parameters
    ----------
    data
        ADSL and what there is of ADAE, ADEX, ADLB, ADQS, ADTIS, ADTTE; a table without records is left out.
    protocol
        Arms in order (empty ones are shown), visits.
    data_kind
        Simulated tables say so.

    Raises
    ------
    InputError
        If a data set lacks a variable.
    """
    adsl = data["ADSL"]
    safety, efficacy = safety_population(adsl, protocol), efficacy_population(adsl, protocol)
    tables: list[Result] = []
    if safety.frame.height:
        tables += [*_subjects(safety, data_kind)]
        tables += [*_exposure(safety, data, data_kind), *_events(safety, data, data_kind)]
        tables += [*_laboratory(safety, data, data_kind)]
    if efficacy.frame.height:
        tables += [*_efficacy(efficacy, data, protocol, data_kind), *_times(safety, data, data_kind)]
    return tuple(tables)


def _subjects(safety: Population, kind: DataKind) -> Iterator[Result]:
    items = (
        Measurement("AGE", "Age", "years"),
        Category("AGEGR1", "Age group"),
        Category("SEX", "Sex"),
        Category("RACE", "Race"),
        Category("ETHNIC", "Ethnicity"),
        Category("DIAG", "Diagnosis"),
        Measurement("DISDUR", "Duration of disease", "years", 1),
        Measurement("WEIGHTBL", "Weight", "kg", 1),
        Measurement("BMIBL", "Body mass index", "kg/m2", 1),
    )
    yield summarise_baseline(safety, items, data_kind=kind)
    flags = {"DLTEVLFL": "Evaluable for dose-limiting toxicity", "FASFL": "Full analysis set"}
    yield summarise_disposition(safety, Disposition(flags=flags), data_kind=kind)


def _exposure(safety: Population, data: Datasets, kind: DataKind) -> Iterator[Result]:
    import polars as pl

    if "ADEX" not in data:
        return
    doses = data["ADEX"].frame.filter(pl.col("PARAMCD") == "DOSE")
    if doses.height:
        units = doses["AVALU"].drop_nulls().unique().to_list()
        given = Measurement("AVAL", "Dose given", units[0] if len(units) == 1 else "")
        yield summarise_exposure(safety, data["ADEX"], (given,), where={"PARAMCD": "DOSE"}, data_kind=kind)


def _events(safety: Population, data: Datasets, kind: DataKind) -> Iterator[Result]:
    if "ADAE" not in data:
        return
    adae = data["ADAE"]
    emergent = {"TRTEMFL": ("Y",)}
    overview = (
        Criterion("Any treatment-emergent event", emergent),
        Criterion("Related", {**emergent, "AREL": ("RELATED",)}, indent=1),
        Criterion("Grade 3 or higher", emergent, {"ATOXGRN": 3.0}, 1),
        Criterion("Related, grade 3 or higher", {**emergent, "AREL": ("RELATED",)}, {"ATOXGRN": 3.0}, 1),
        Criterion("Serious", {**emergent, "AESER": ("Y",)}, indent=1),
        Criterion("Related and serious", {**emergent, "AREL": ("RELATED",), "AESER": ("Y",)}, indent=1),
        Criterion("Dose-limiting toxicity", {"DLTFL": ("Y",)}, indent=1),
        Criterion("Fatal", {**emergent, "AETOXGR": ("5",)}, indent=1),
    )
    titles = ("events-overview", "Overview of treatment-emergent adverse events")
    yield summarise_criteria(safety, adae, overview, titles=titles, events=True, data_kind=kind)
    yield summarise_events(safety, Events(adae), data_kind=kind)
    worst = max([_LEAST_GRADE, *adae.frame["ATOXGRN"].drop_nulls().to_list()])
    grades = tuple((str(grade), f"Grade {grade}") for grade in _GRADES if grade <= worst)
    yield summarise_worst_level(
        safety, Events(adae), Levels("ATOXGRN", "grade", grades), data_kind=kind,
        titles=("events-by-grade", "Treatment-emergent adverse events by highest CTCAE grade"),
    )  # fmt: skip
    yield summarise_worst_level(
        safety, Events(adae), Levels("AREL", "relation", _RELATION), data_kind=kind,
        titles=("events-by-relation", "Treatment-emergent adverse events by relation to treatment"),
    )  # fmt: skip
    serious = Events(adae, {"TRTEMFL": "Y", "AESER": "Y"})
    titles = ("serious-events", "Serious treatment-emergent adverse events")
    words = ("Any serious event", "System organ class / preferred term")
    yield summarise_events(safety, serious, titles=titles, words=words, data_kind=kind)


def _laboratory(safety: Population, data: Datasets, kind: DataKind) -> Iterator[Result]:
    if "ADLB" in data and data["ADLB"].frame.height:
        yield summarise_range_shifts(safety, Laboratory(data["ADLB"]), data_kind=kind)
        graded = Laboratory(data["ADLB"], value="ATOXGR", baseline="BTOXGR")
        yield summarise_grade_shifts(safety, graded, data_kind=kind)


def _efficacy(population: Population, data: Datasets, protocol: Protocol, kind: DataKind) -> Iterator[Result]:
    names = tuple(visit.name for visit in protocol.visits)
    if "ADTIS" in data and data["ADTIS"].frame.height:
        score = data["ADTIS"]
        later = names[names.index(protocol.baseline_visit) + 1 :]
        visits = Visits(score, "TIS", names=later)
        yield summarise_by_visit(
            population, visits, Measurement("AVAL", "Total Improvement Score", "points", 1), change="",
            titles=("tis-by-visit", "Total Improvement Score by visit"), data_kind=kind,
        )  # fmt: skip
        responses = (
            Response("CRIT1FL", "Minimal improvement or better (TIS >= 20)"),
            Response("CRIT2FL", "Moderate improvement or better (TIS >= 40)"),
            Response("CRIT3FL", "Major improvement (TIS >= 60)"),
        )
        titles = ("tis-response", "Responders by visit, Total Improvement Score")
        yield summarise_response(population, visits, responses, titles=titles, data_kind=kind)
    if "ADQS" in data:
        measured = data["ADQS"]
        found = measured.frame.select("PARAMCD", "PARAM", "PARAMN").unique().sort("PARAMN")
        for code, label, _ in found.iter_rows():
            visits = Visits(measured, code, names=names)
            value = Measurement("AVAL", label, "", _DECIMALS.get(code, 1))
            titles = (f"measure-{code.lower()}", f"{label} by visit")
            yield summarise_by_visit(population, visits, value, titles=titles, data_kind=kind)


def _times(population: Population, data: Datasets, kind: DataKind) -> Iterator[Result]:
    if "ADTTE" not in data or not data["ADTTE"].frame.height:
        return
    found = data["ADTTE"].frame.select("PARAMCD", "PARAM", "PARAMN").unique().sort("PARAMN")
    for code, label, _ in found.iter_rows():
        titles = (f"time-{code.lower()}", label.replace(" (Days)", ""))
        yield summarise_times(population, Times(data["ADTTE"], code, _TIMES), titles=titles, data_kind=kind)
