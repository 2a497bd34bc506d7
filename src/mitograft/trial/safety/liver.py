"""Hy's law: a raised aminotransferase with raised bilirubin, and each subject's peaks for an eDISH figure.

A *potential Hy's law case* has ALT or AST above ``hy_aminotransferase`` times its upper limit and total
bilirubin above ``hy_bilirubin`` times its own within ``hy_days`` of it, without alkaline phosphatase at or
above ``hy_alkaline_phosphatase`` times its upper limit within the same days; where alkaline phosphatase was
not measured the case stays open and is counted apart. The rule looks at the records after the first day that
are not the baseline. Limits are compared exactly, and ``above`` means above.

In myositis ALT and AST leave the muscle: without any disease of the liver they stand above three times their
limit in many patients, at baseline too. Creatine kinase (and gamma-glutamyl transferase, which muscle does
not release) of the same days are shown beside; whether a case is one of the liver is for a physician to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Literal

from mitograft.tables.parameters import Parameters
from mitograft.trial.dataset import Dataset
from mitograft.trial.summary.population import Population, members_of, require_variables

__all__ = ["AMINOTRANSFERASES", "HyCase", "LiverAssessment", "LiverSubject", "LiverValue", "assess_liver"]

AMINOTRANSFERASES = ("ALT", "AST")
_BILIRUBIN, _PHOSPHATASE, _MUSCLE, _GGT = "BILI", "ALP", "CK", "GGT"
_TESTS = (*AMINOTRANSFERASES, _BILIRUBIN, _PHOSPHATASE, _MUSCLE, _GGT)
Verdict = Literal["potential Hy's law case", "alkaline phosphatase not measured", "cholestatic"]
_ORDER: tuple[Verdict, ...] = ("potential Hy's law case", "alkaline phosphatase not measured", "cholestatic")
Quadrant = Literal["Hy's law", "Temple's corollary", "hyperbilirubinaemia", "normal or near normal", ""]


@dataclass(frozen=True, slots=True)
class LiverValue:
    """One result: row in ADLB from 0, test, day, multiple of the upper limit (exact)."""

    row: int
    test: str
    day: date
    multiple: Fraction


@dataclass(frozen=True, slots=True)
class HyCase:
    """A raised aminotransferase and a raised bilirubin that belong together.

    Parameters
    ----------
    aminotransferase, bilirubin
        The two results.
    verdict
        What alkaline phosphatase makes of them.
    phosphatase, muscle, ggt
        Highest alkaline phosphatase, creatine kinase and gamma-glutamyl transferase within the days of the
        aminotransferase; None where there is none.
    of_muscle
        Whether creatine kinase is raised beside: the aminotransferase may be of muscle. None: not measured.
    """

    aminotransferase: LiverValue
    bilirubin: LiverValue
    verdict: Verdict
    phosphatase: LiverValue | None
    muscle: LiverValue | None
    ggt: LiverValue | None
    of_muscle: bool | None


@dataclass(frozen=True)
class LiverSubject:
    """A subject's peaks by test, as multiples of the upper limit, and the case, if there is one.

    Parameters
    ----------
    subject, place, person
        USUBJID, place of the group, row in the subject-level data set.
    peaks
        Highest value of each test that was measured after the first day.
    quadrant
        Where the peaks stand in an eDISH figure, at whatever times they were; empty where an aminotransferase
        or bilirubin is lacking.
    case
        The gravest pair of results; None for none.
    """

    subject: str
    place: int
    person: int
    peaks: Mapping[str, LiverValue]
    quadrant: Quadrant
    case: HyCase | None

    def aminotransferase(self) -> LiverValue | None:
        """Return the higher of the peaks of ALT and AST."""
        found = [self.peaks[test] for test in AMINOTRANSFERASES if test in self.peaks]
        return max(found, key=lambda value: value.multiple, default=None)


@dataclass(frozen=True)
class LiverAssessment:
    """The liver tests of a population, with the limits applied and what could not be used.

    Parameters
    ----------
    subjects
        Those with at least one usable result, by group and USUBJID.
    limits
        Multiples by setting: ``hy_aminotransferase``, ``hy_bilirubin``, ``hy_alkaline_phosphatase``,
        ``muscle_enzyme``.
    days
        Most days between the results of a pair.
    without_limit
        Results without a usable upper limit or date, left out.
    """

    subjects: tuple[LiverSubject, ...]
    limits: Mapping[str, Fraction]
    days: int
    without_limit: int

    def raised(self, tests: Sequence[str], limit: str) -> tuple[LiverValue, ...]:
        """Return each subject's highest peak of the tests that is above a limit."""
        found = []
        for one in self.subjects:
            values = [one.peaks[test] for test in tests if test in one.peaks]
            values = [value for value in values if value.multiple > self.limits[limit]]
            found += [max(values, key=lambda value: value.multiple)] if values else []
        return tuple(found)


def assess_liver(population: Population, adlb: Dataset, settings: Parameters) -> LiverAssessment:
    """Look for potential Hy's law cases and take each subject's peaks.

    Parameters
    ----------
    population, adlb
        Whose results (ADLB with PARAMCD of CDISC test codes, AVAL, ANRHI, ADT, ADY, ABLFL).
    settings
        The limits and days (``hy_...``, ``muscle_enzyme``).

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    import polars as pl

    require_variables(adlb, ("PARAMCD", "AVAL", "ANRHI", "ADT", "ADY", "ABLFL"))
    later = (pl.col("ADY") > 1) & (pl.col("ABLFL").fill_null("N") != "Y")
    wanted = later & pl.col("PARAMCD").is_in(list(_TESTS)) & pl.col("AVAL").is_not_null()
    members = members_of(population, adlb, wanted).filter(pl.col("_group") < len(population.arms))
    limit, value = pl.col("ANRHI"), pl.col("AVAL")
    known = (limit > 0) & limit.is_finite() & value.is_finite() & pl.col("ADT").is_not_null()
    usable = members.filter(known.fill_null(value=False))
    names = ("hy_aminotransferase", "hy_bilirubin", "hy_alkaline_phosphatase", "muscle_enzyme")
    limits = {name: settings[name].fraction for name in names}
    days = int(settings["hy_days"].number)
    values: dict[tuple[int, str, int], list[LiverValue]] = {}
    for one in usable.iter_rows(named=True):
        key = (one["_group"], one["USUBJID"], one["_person"])
        values.setdefault(key, []).append(_value(one))
    subjects = tuple(
        _subject(key, sorted(mine, key=lambda v: (v.day, v.row)), limits, days)
        for key, mine in sorted(values.items())
    )
    return LiverAssessment(subjects, limits, days, members.height - usable.height)


def _value(one: Mapping[str, Any]) -> LiverValue:
    multiple = Fraction(str(one["AVAL"])) / Fraction(str(one["ANRHI"]))
    return LiverValue(one["_row"], one["PARAMCD"], one["ADT"], multiple)


def _subject(
    key: tuple[int, str, int], values: Sequence[LiverValue], limits: Mapping[str, Fraction], days: int
) -> LiverSubject:
    place, subject, person = key
    peaks: dict[str, LiverValue] = {}
    for value in values:
        if value.test not in peaks or value.multiple > peaks[value.test].multiple:
            peaks[value.test] = value
    cases = [
        _case(high, bilirubin, values, limits, days)
        for high in values
        if high.test in AMINOTRANSFERASES and high.multiple > limits["hy_aminotransferase"]
        for bilirubin in values
        if bilirubin.test == _BILIRUBIN
        and bilirubin.multiple > limits["hy_bilirubin"]
        and abs((bilirubin.day - high.day).days) <= days
    ]
    gravest = min(cases, key=lambda case: _ORDER.index(case.verdict), default=None)
    return LiverSubject(subject, place, person, peaks, _quadrant(peaks, limits), gravest)


def _case(
    high: LiverValue,
    bilirubin: LiverValue,
    values: Sequence[LiverValue],
    limits: Mapping[str, Fraction],
    days: int,
) -> HyCase:
    near = [value for value in values if abs((value.day - high.day).days) <= days]

    def highest(test: str) -> LiverValue | None:
        return max((v for v in near if v.test == test), key=lambda v: v.multiple, default=None)

    phosphatase, muscle = highest(_PHOSPHATASE), highest(_MUSCLE)
    verdict = _ORDER[0]
    if phosphatase is None:
        verdict = _ORDER[1]
    elif phosphatase.multiple >= limits["hy_alkaline_phosphatase"]:
        verdict = _ORDER[2]
    of_muscle = None if muscle is None else muscle.multiple > limits["muscle_enzyme"]
    return HyCase(high, bilirubin, verdict, phosphatase, muscle, highest(_GGT), of_muscle)


def _quadrant(peaks: Mapping[str, LiverValue], limits: Mapping[str, Fraction]) -> Quadrant:
    tests = [peaks[test].multiple for test in AMINOTRANSFERASES if test in peaks]
    if not tests or _BILIRUBIN not in peaks:
        return ""
    cells = max(tests) > limits["hy_aminotransferase"]
    if peaks[_BILIRUBIN].multiple > limits["hy_bilirubin"]:
        return "Hy's law" if cells else "hyperbilirubinaemia"
    return "Temple's corollary" if cells else "normal or near normal"
