"""Values of the laboratory: enzymes that follow the disease, other tests that do not."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mitograft.tables.parameters import load_rows
from mitograft.trial.simulate.person import Person
from mitograft.trial.simulate.truth import PACKAGE

__all__ = ["LabTest", "draw_levels", "lab_tests", "write_results"]

# mg/dL to umol/L of creatinine, molar mass 113.12 g/mol; a unit as its site writes it.
_CREATININE = 88.42
_UNITS = {"mg/dL": "mg/dl", "umol/L": "umol/L"}
_SUBJECT, _DAY = 0.7, 0.3
_ENZYMES = frozenset({"CK", "ALDOLASE", "ALT", "AST", "LDH"})


@dataclass(frozen=True, slots=True)
class LabTest:
    """A test: code, form, field, decimals and the limits at the first site for F and M."""

    code: str
    form: str
    field: str
    decimals: int
    limits: Mapping[str, tuple[float, float]]


@lru_cache(maxsize=1)
def lab_tests() -> Mapping[str, LabTest]:
    """Return the tests by code."""
    return {
        row["testcd"]: LabTest(
            row["testcd"],
            row["form"],
            row["field"],
            int(row["decimals"]),
            {
                sex: (float(row[f"low_{sex.lower()}"]), float(row[f"high_{sex.lower()}"]))
                for sex in ("F", "M")
            },
        )
        for row in load_rows(PACKAGE, "laboratory.csv")
    }


def draw_levels(rng: np.random.Generator) -> dict[str, float]:
    """Draw where a subject lies for each test, as a standard normal number."""
    return {code: float(_SUBJECT * rng.standard_normal()) for code in lab_tests()}


def write_results(
    person: Person,
    enzymes: Mapping[str, float],
    levels: Mapping[str, float],
    rng: np.random.Generator,
) -> dict[str, dict[str, str]]:
    """Return the entered fields of the two laboratory forms of one visit.

    Parameters
    ----------
    person
        Sex and site decide the limits and the unit of creatinine.
    enzymes
        Multiples of the upper limit as measured; an enzyme that is absent was not measured.
    levels
        Of the other tests, from ``draw_levels``.
    rng
        Of this visit.
    """
    entered: dict[str, dict[str, str]] = {"chemistry": {}, "haematology": {}}
    noise = {code: float(_DAY * rng.standard_normal()) for code in lab_tests()}
    factor = float(person.site["enzyme_limits"])
    values: dict[str, float] = {}
    for code, test in lab_tests().items():
        low, high = test.limits[person.sex]
        middle, quarter = (low + high) / 2, (high - low) / 4
        values[code] = max(0.1 * low, middle + quarter * (levels[code] + noise[code]))
    values["WBC"] = values["NEUT"] + values["LYM"] + 0.6
    for code, test in lab_tests().items():
        low, high = test.limits[person.sex]
        decimals, value = test.decimals, values[code]
        if code in _ENZYMES:
            low, high = round(low * factor, decimals), round(high * factor, decimals)
            if code not in enzymes:
                continue
            value = enzymes[code] * high
        unit = person.site["creatinine"] if code == "CREAT" else ""
        if unit == "umol/L":
            low, high, value, decimals = low * _CREATININE, high * _CREATININE, value * _CREATININE, 0
        fields = entered[test.form]
        fields[test.field] = f"{value:.{decimals}f}"
        if unit:
            fields[f"{test.field}_u"] = _UNITS[unit]
        fields[f"{test.field}_lo"], fields[f"{test.field}_hi"] = (f"{x:.{decimals}f}" for x in (low, high))
    return entered
