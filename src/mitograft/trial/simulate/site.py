"""What the sites typed in: rows of the case report forms, the same whichever file they leave in.

Forms and fields are ``data/forms.csv`` and ``data/fields.csv``; the fields of the laboratory follow from
``data/laboratory.csv``. A value is the text as entered; a choice is its code.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from mitograft.tables.parameters import load_rows
from mitograft.trial.protocol import Protocol
from mitograft.trial.simulate.truth import PACKAGE, TrialTruth

__all__ = ["LOGS", "Field", "Form", "FormRow", "SiteData", "SubjectTruth", "case_report_form", "event_of"]

LOGS = "logs"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; ``choices`` as ``1, Yes | 0, No``."""

    name: str
    label: str
    type: str
    choices: str = ""
    unit: str = ""
    min: str = ""
    max: str = ""

    @property
    def codes(self) -> Mapping[str, str]:
        """Codes and their words."""
        pairs = [part.split(",", 1) for part in self.choices.split("|")] if self.choices else []
        return {code.strip(): words.strip() for code, words in pairs}


@dataclass(frozen=True, slots=True)
class Form:
    """One form; ``where`` is screening, baseline, visits or logs."""

    name: str
    label: str
    where: str
    repeating: bool
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class FormRow:
    """One filled-in form.

    Parameters
    ----------
    subject
        SUBJID.
    event
        Name of the visit, ``UNSCHEDULED`` or ``logs``.
    form
        Name of the form.
    values
        Field to the text entered; fields left empty are absent.
    occurrence
        Which unscheduled visit, from 1; 0 where the event happens once.
    instance
        Which row of a repeating form, from 1; 0 where the form does not repeat.
    """

    subject: str
    event: str
    form: str
    values: Mapping[str, str]
    occurrence: int = 0
    instance: int = 0


@dataclass(frozen=True, slots=True)
class SubjectTruth:
    """What is true of one subject and never written into the data: latent start and end of each measure.

    ``start`` and ``end`` are without noise, at the dose and at the primary visit, in cm, points and multiples
    of the upper limit; ``share`` is the part of the abnormality that is gone by then.
    """

    subject: str
    arm: str
    enrolled: bool
    share: Mapping[str, float]
    start: Mapping[str, float]
    end: Mapping[str, float]
    dlt: bool = False


@dataclass(frozen=True)
class SiteData:
    """All rows of all forms, with the protocol, the truth and the seed they were made from."""

    protocol: Protocol
    truth: TrialTruth
    seed: int
    rows: tuple[FormRow, ...]
    subjects: tuple[SubjectTruth, ...]

    def form(self, name: str) -> Iterator[FormRow]:
        """Iterate over the rows of one form."""
        return (row for row in self.rows if row.form == name)


@lru_cache(maxsize=8)
def case_report_form(arms: tuple[str, ...]) -> Mapping[str, Form]:
    """Return the forms by name; ``arms`` are the names of the arms, which are the choices of the allocation.

    >>> [field.name for field in case_report_form(("low", "high"))["allocation"].fields]
    ['cohort']
    """
    fields: dict[str, list[Field]] = {}
    for row in load_rows(PACKAGE, "fields.csv"):
        choices = row["choices"]
        if row["field"] == "cohort":
            choices = " | ".join(f"{number}, {arm}" for number, arm in enumerate(arms, 1))
        field = Field(row["field"], row["label"], row["type"], choices, row["unit"], row["min"], row["max"])
        fields.setdefault(row["form"], []).append(field)
    for row in load_rows(PACKAGE, "laboratory.csv"):
        fields[row["form"]].extend(_laboratory_fields(row))
    return {
        row["form"]: Form(
            row["form"], row["label"], row["where"], row["repeating"] == "yes", tuple(fields[row["form"]])
        )
        for row in load_rows(PACKAGE, "forms.csv")
    }


def _laboratory_fields(row: Mapping[str, str]) -> Iterator[Field]:
    name, test = row["field"], row["test"]
    measured_in_two = row["testcd"] == "CREAT"
    yield Field(name, test, "number", unit="" if measured_in_two else row["unit"])
    if measured_in_two:
        yield Field(f"{name}_u", f"{test}: unit", "text")
    yield Field(f"{name}_lo", f"{test}: lower limit", "number")
    yield Field(f"{name}_hi", f"{test}: upper limit", "number")


def event_of(visit: str) -> str:
    """Return the name of the event in an export.

    >>> event_of("WEEK 12"), event_of("logs")
    ('week_12_arm_1', 'logs_arm_1')
    """
    return f"{visit.lower().replace(' ', '_')}_arm_1"
