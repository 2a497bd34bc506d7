"""scores.csv to graded sections; everything that is wrong with the file in one message."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from mitograft.errors import InputError, Violation, describe_cell
from mitograft.mouse.animals import Colony, read_date
from mitograft.mouse.histology.contract import SCORES, SectionGrade
from mitograft.mouse.histology.scheme import Scheme
from mitograft.tables.check import check
from mitograft.tables.contract import RawTable, Table
from mitograft.tables.read import read_table

__all__ = ["check_scores", "read_scores"]

_SAME = 1e-9


def read_scores(path: Path, scheme: Scheme, colony: Colony) -> tuple[SectionGrade, ...]:
    """Read the scores of a file.

    Raises
    ------
    InputError
        With every violation: a grade, muscle or feature off the scheme, an unknown mouse, a date before birth
        or day zero, two days for one mouse, a section graded twice, a grade where one is said to be excluded.
    """
    grades, violations = check_scores(read_table(path), scheme, colony)
    if violations:
        raise InputError(path.name, violations)
    return grades


def check_scores(
    raw: RawTable, scheme: Scheme, colony: Colony
) -> tuple[tuple[SectionGrade, ...], list[Violation]]:
    """Compare a table of scores with its contract, the scheme and the colony.

    Returns
    -------
    grades, violations
        Rows in which nothing is wrong and that are not excluded; everything that is wrong with the others.
    """
    table, violations = check(raw, SCORES)
    rows = _Rows(table, scheme, colony, {v.row for v in violations if v.column == "grade"})
    violations += colony.unknown(table.source, dict(zip(rows.numbers, rows.text["animal"], strict=True)))
    grades: list[SectionGrade] = []
    for index in range(len(table)):
        found = list(rows.check(index))
        violations += found
        grade = None if found else rows.grade(index)
        if grade is not None:
            grades.append(grade)
    violations += [*_twice(rows), *_two_days(rows)]
    return tuple(grades), violations


class _Rows:
    """The cells of the file, row by row, as text with their place."""

    def __init__(self, table: Table, scheme: Scheme, colony: Colony, broken: set[int | None]) -> None:
        self.scheme, self.colony, self.broken, self.source = scheme, colony, broken, table.source
        self.numbers = [int(row) for row in table.rows]
        empty = [""] * len(table)
        names = [column.name for column in SCORES.columns if column.role != "number"]
        self.text = {n: [cell or "" for cell in table.texts[n]] if n in table.texts else empty for n in names}
        self.grades = [float("nan")] * len(table)
        if "grade" in table.numbers:
            self.grades = table.numbers["grade"].tolist()
        else:
            self.broken = broken | set(self.numbers)
        self.days: list[date | None] = [None] * len(table)

    def fault(self, index: int, rule: str, column: str, found: str, expected: str, remedy: str) -> Violation:
        """Return a violation of a cell."""
        return Violation(rule, found, expected, remedy, self.source, self.numbers[index], column)

    def feature(self, index: int) -> str:
        """Return what the row grades."""
        return self.text["feature"][index] or self.scheme.features[0]

    def place(self, index: int) -> tuple[str, ...]:
        """Return what must not occur twice."""
        names = ("animal", "muscle", "block", "section", "rater")
        return (*(self.text[name][index] for name in names), self.feature(index))

    def check(self, index: int) -> Iterator[Violation]:
        """Find what is wrong with a row beyond its cells."""
        self.days[index], broken = read_date(
            self.text["date"][index], self.source, self.numbers[index], "date"
        )
        yield from broken
        yield from self._check_day(index)
        yield from self._check_names(index)
        yield from self._check_grade(index)

    def _check_day(self, index: int) -> Iterator[Violation]:
        mouse, day = self.colony.animals.get(self.text["animal"][index]), self.days[index]
        if mouse is None or day is None:
            return
        for limit, words in ((mouse.birth_date, "birth"), (mouse.day_zero, "day zero")):
            if day < limit:
                yield self.fault(
                    index, "dates-out-of-order", "date", f"a day before {words} of the mouse",
                    f"a day on or after {words}", "Correct one of the two dates.",
                )  # fmt: skip
                return

    def _check_names(self, index: int) -> Iterator[Violation]:
        scheme = self.scheme
        for column, known, value in (
            ("muscle", scheme.muscles, self.text["muscle"][index]),
            ("feature", scheme.features, self.feature(index)),
        ):
            if value and value not in known:
                yield self.fault(
                    index, f"{column}-off-scheme", column, describe_cell(value),
                    f"one of {', '.join(known)} (scheme {scheme.name} {scheme.version})",
                    f"Correct the {column}, or use a scheme of your own that has it.",
                )  # fmt: skip

    def _check_grade(self, index: int) -> Iterator[Violation]:
        if self.numbers[index] in self.broken:
            return  # the cell itself was found wrong
        grade, why = self.grades[index], self.text["excluded"][index]
        missing = grade != grade
        if why and not missing:
            yield self.fault(
                index, "grade-of-excluded", "grade", "a grade of an excluded section",
                "an empty cell where a reason of exclusion stands", "Remove the grade or the reason.",
            )  # fmt: skip
        elif missing and not why:
            yield self.fault(
                index, "empty", "grade", "an empty cell", "a grade, or a reason in the column excluded",
                "Fill in one of the two.",
            )  # fmt: skip
        elif not missing:
            yield from self._check_points(index, grade)

    def _check_points(self, index: int, grade: float) -> Iterator[Violation]:
        scheme, bonus = self.scheme, self.text["bonus"][index] == "yes"
        if not any(abs(grade - level) <= _SAME for level in scheme.grades):
            halves = grade in scheme.scale
            yield self.fault(
                index, "grade-off-scheme", "grade", describe_cell(f"{grade:g}"),
                f"{', '.join(f'{g:g}' for g in scheme.grades)} (scheme {scheme.name} {scheme.version})",
                "Write the grade without the bonus, and yes in the column bonus." if halves
                else "Correct the grade, or name the scheme it belongs to.",
            )  # fmt: skip
        elif bonus and not (grade > 0.0 and scheme.bonus > 0.0):
            yield self.fault(
                index, "bonus-without-lesion", "bonus", "a bonus for grade 0" if scheme.bonus else "a bonus",
                "no bonus where there is no lesion" if scheme.bonus else "a scheme with a bonus",
                "Correct the grade or the bonus.",
            )  # fmt: skip

    def grade(self, index: int) -> SectionGrade | None:
        """Return the graded section of a row; None where it is excluded or a cell is wrong."""
        text, day = {name: cells[index] for name, cells in self.text.items()}, self.days[index]
        known = text["animal"] in self.colony.animals and text["muscle"] and text["block"] and text["rater"]
        if text["excluded"] or day is None or not known or self.numbers[index] in self.broken:
            return None
        points = self.scheme.points(self.grades[index], bonus=text["bonus"] == "yes")
        return SectionGrade(
            text["animal"], day, text["muscle"], text["block"], text["section"], text["rater"],
            self.feature(index), points,
        )  # fmt: skip


def _twice(rows: _Rows) -> Iterator[Violation]:
    """Find sections one rater graded twice."""
    first: dict[tuple[str, ...], int] = {}
    for index, number in enumerate(rows.numbers):
        place = rows.place(index)
        if not all((place[0], place[1], place[2], place[4])):
            continue  # an incomplete row is reported as such
        if place in first:
            yield rows.fault(
                index, "duplicate", "section", f"the section, rater and feature of row {first[place]}",
                "each section once for each rater and feature",
                "Keep one of the two rows, or number the sections in a column section.",
            )  # fmt: skip
        first.setdefault(place, number)


def _two_days(rows: _Rows) -> Iterator[Violation]:
    """Find mice whose muscles were taken on several days: there would be no one day of their score."""
    first: dict[str, tuple[date, int]] = {}
    for index, (animal, day) in enumerate(zip(rows.text["animal"], rows.days, strict=True)):
        if not animal or day is None:
            continue
        known, number = first.setdefault(animal, (day, rows.numbers[index]))
        if known != day:
            yield rows.fault(
                index, "two-days", "date", f"another day than in row {number}",
                "one day for all muscles of a mouse", "Correct the date; it is the day the muscle was taken.",
            )  # fmt: skip
