"""What every SDTM record of a subject needs: the subject's key, and number and name of the visit."""

from dataclasses import dataclass

from mitograft.trial.simulate.site import FormRow, SiteData

__all__ = ["Index", "Record", "Records", "iso_date"]

Record = dict[str, str | float | None]
Records = list[Record]
_UNSCHEDULED = "UNSCHEDULED"


@dataclass(frozen=True)
class Index:
    """USUBJID of each subject, visit of each event of a subject, date of each visit."""

    study: str
    subjects: dict[str, str]
    visits: dict[tuple[str, str, int], tuple[float, str]]
    days: dict[tuple[str, str, int], str]

    @classmethod
    def of(cls, site: SiteData) -> "Index":
        """Look up the subjects and visits of site data."""
        study = site.protocol.study
        people = {
            row.subject: f"{study}-{row.values['site']}-{row.subject}" for row in site.form("demography")
        }
        days = {_event(row): row.values["visdat"] for row in site.form("visit")}
        planned = {visit.name: (visit.number, visit.name) for visit in site.protocol.visits}
        visits = {event: planned[event[1]] for event in days if event[1] in planned}
        visits |= _unscheduled(days, dict(visits))
        return cls(study, people, visits, days)

    def start(self, domain: str, row: FormRow) -> Record:
        """Return the first variables of a record; USUBJID is None for a row that lost its subject."""
        return {"STUDYID": self.study, "DOMAIN": domain, "USUBJID": self.subjects.get(row.subject)}

    def visit(self, row: FormRow) -> Record:
        """Return VISITNUM and VISIT of a row."""
        number, name = self.visits[_event(row)]
        return {"VISITNUM": number, "VISIT": name}

    def day(self, row: FormRow) -> str:
        """Return the date of the visit of a row."""
        return self.days[_event(row)]


def _event(row: FormRow) -> tuple[str, str, int]:
    return row.subject, row.event, row.occurrence


def _unscheduled(
    days: dict[tuple[str, str, int], str], planned: dict[tuple[str, str, int], tuple[float, str]]
) -> dict[tuple[str, str, int], tuple[float, str]]:
    """Give unscheduled visits the numbers n.1, n.2 after the planned visit n before them."""
    numbers: dict[tuple[str, str, int], tuple[float, str]] = {}
    taken: dict[tuple[str, float], int] = {}
    for event, day in sorted(days.items(), key=lambda item: (item[0][0], item[1])):
        subject, name, _ = event
        if name != _UNSCHEDULED:
            continue
        before = [n for other, (n, _) in planned.items() if other[0] == subject and days[other] <= day]
        last = max(before, default=0.0)
        taken[subject, last] = taken.get((subject, last), 0) + 1
        numbers[event] = (round(last + taken[subject, last] / 10, 4), _UNSCHEDULED)
    return numbers


def iso_date(text: str | None) -> str | None:
    """Return a date as entered as ISO 8601, cut where it is unknown.

    >>> iso_date("2021-04-UNK"), iso_date("2021-UNK-UNK"), iso_date("2021-04-05")
    ('2021-04', '2021', '2021-04-05')
    """
    return text.split("-UNK")[0] if text else None
