"""What a reader of histology scores should know before believing them."""

from collections.abc import Iterator, Sequence
from statistics import median

from mitograft.evidence.finding import Finding, Severity
from mitograft.mouse.animals import Animal, Colony
from mitograft.mouse.histology.agreement import RaterAgreement
from mitograft.mouse.histology.contract import SectionGrade
from mitograft.mouse.histology.derive import MouseScore
from mitograft.mouse.histology.scheme import Scheme
from mitograft.tables.parameters import Parameters

__all__ = ["find_problems"]

_SHOWN = 6

Part = tuple[str, Severity, str, str, str]  # rule, severity, place, found, remedy


def find_problems(
    grades: Sequence[SectionGrade],
    scores: Sequence[MouseScore],
    agreements: Sequence[RaterAgreement],
    colony: Colony,
    scheme: Scheme,
    parameters: Parameters,
    source: str,
) -> tuple[Finding, ...]:
    """Look at raters, missing mice and muscles, sampling and the days the muscles were taken.

    Parameters
    ----------
    grades, scores, agreements
        Sections, what was made of them (the first feature), and how far the raters agree.
    colony, scheme, parameters
        Mice, rules and thresholds.
    source
        The file of the scores.
    """
    parts: tuple[Iterator[Part], ...] = (
        _raters(grades, scores, agreements),
        _agreements(agreements, parameters["kappa_least"].number),
        _raters_by_group(grades, colony),
        _mice(scores, colony),
        _muscles(scores, colony, scheme),
        _uneven(scores, scheme),
        _days(scores, colony, parameters["days_apart"].number),
    )
    return tuple(
        Finding(rule, severity, source, place, found, remedy)
        for part in parts
        for rule, severity, place, found, remedy in part
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _raters(
    grades: Sequence[SectionGrade], scores: Sequence[MouseScore], agreements: Sequence[RaterAgreement]
) -> Iterator[Part]:
    raters = {grade.rater for grade in grades}
    if len(raters) == 1:
        remedy = "Agreement is not known: let a second rater grade."
        yield "one-rater", "note", "", "one rater graded everything", remedy
    elif raters and not agreements:
        found = "no two raters graded the same sections"
        yield "no-shared-sections", "warning", "", found, "Let them share some sections."
    counts = sorted({count for score in scores for count in score.raters})
    if len(counts) > 1:
        found = f"sections with {counts[0]} and sections with {counts[-1]} raters"
        remedy = "Scores of one rater carry that rater's habit: let all grade all."
        yield "raters-uneven", "note", "", found, remedy


def _agreements(agreements: Sequence[RaterAgreement], least: float) -> Iterator[Part]:
    for pair in agreements:
        place, kappa = f"{pair.first} and {pair.second}, {pair.feature}", pair.judged.kappa
        if kappa != kappa:
            found, remedy = pair.judged.note.rstrip("."), "Share sections that differ in grade."
            yield "kappa-undefined", "note", place, found, remedy
        elif kappa < least:
            found = (
                f"weighted kappa {kappa:.2f}, below {least:g}; mean difference {pair.difference:+.2f} points"
            )
            remedy = "Grade the sections that differ again, together."
            yield "raters-disagree", "warning", place, found, remedy


def _raters_by_group(grades: Sequence[SectionGrade], colony: Colony) -> Iterator[Part]:
    groups: dict[str, set[str]] = {}
    for grade in grades:
        groups.setdefault(grade.rater, set()).add(colony.animals[grade.animal].group)
    every = set().union(*groups.values()) if groups else set()
    for rater, seen in groups.items():
        if len(groups) > 1 and seen != every:
            found = f"graded no mouse of {_listed(sorted(every - seen))}"
            yield (
                "rater-by-group",
                "warning",
                rater,
                found,
                "Raters and groups cannot be told apart: let each grade all groups.",
            )


def _mice(scores: Sequence[MouseScore], colony: Colony) -> Iterator[Part]:
    scored = {score.animal: score for score in scores}
    for group in colony.groups:
        mice = colony.included(group)
        missing = [mouse.id for mouse in mice if mouse.id not in scored]
        if missing:
            found = f"{len(missing)} of {len(mice)} mice have no score: {_listed(missing)}"
            yield (
                "mouse-without-score",
                "warning",
                group,
                found,
                "Add the scores, or exclude the mice with a reason.",
            )
    left_out = [mouse.id for mouse in colony if mouse.excluded and mouse.id in scored]
    if left_out:
        found = f"scores of {len(left_out)} excluded mice: {_listed(left_out)}"
        yield (
            "excluded-mouse",
            "note",
            "",
            found,
            "They are left out of every comparison; keep them in the file.",
        )
    late = [mouse.id for mouse in colony if mouse.id in scored and _late(mouse, scored[mouse.id])]
    if late:
        found = f"muscle taken after the mouse left the study: {_listed(late)}"
        yield (
            "after-the-end",
            "warning",
            "",
            found,
            "Correct date or end_date; date is the day the muscle was taken.",
        )


def _late(mouse: Animal, score: MouseScore) -> bool:
    return mouse.end_date is not None and score.day > mouse.end_date


def _muscles(scores: Sequence[MouseScore], colony: Colony, scheme: Scheme) -> Iterator[Part]:
    kept = [score for score in scores if not colony.animals[score.animal].excluded]
    for muscle in scheme.muscles:
        missing = [score.animal for score in kept if muscle not in score.muscles]
        if missing and len(missing) == len(kept):
            found = f"no mouse has a score of {muscle}"
            yield (
                "muscle-not-scored",
                "note",
                muscle,
                found,
                "The score of a mouse is that of the other muscles.",
            )
        elif missing:
            found = f"{len(missing)} of {len(kept)} mice lack {muscle}: {_listed(missing)}"
            remedy = (
                "Their score is that of the other muscles and not like the rest: compare muscle by muscle."
            )
            yield "muscle-missing", "warning", muscle, found, remedy


def _uneven(scores: Sequence[MouseScore], scheme: Scheme) -> Iterator[Part]:
    for rule, word, counts in (
        (scheme.aggregation.sections, "sections a block", [n for s in scores for n in s.sections]),
        (scheme.aggregation.blocks, "blocks a muscle", [n for s in scores for n in s.blocks]),
    ):
        if rule == "max" and len(set(counts)) > 1:
            found = f"{min(counts)} to {max(counts)} {word}, of which the gravest counts"
            yield (
                "uneven-sampling",
                "note",
                "",
                found,
                "More of them find graver ones: grade as many in every mouse.",
            )


def _days(scores: Sequence[MouseScore], colony: Colony, apart: float) -> Iterator[Part]:
    """Compare the time since immunisation of the immunised groups: CIM remits by itself."""
    days: dict[str, list[int]] = {}
    for score in scores:
        mouse = colony.animals[score.animal]
        if not mouse.excluded and colony.groups[mouse.group].role != "healthy":
            days.setdefault(mouse.group, []).append(mouse.day(score.day))
    middle = {group: median(found) for group, found in days.items()}
    if middle and max(middle.values()) - min(middle.values()) > apart:
        found = "; ".join(f"{group}: day {day:g}" for group, day in middle.items())
        remedy = "CIM remits by itself: compare groups on one day only."
        yield "days-apart", "warning", "", f"muscles taken on different days ({found})", remedy
    early = [
        f"{score.animal} (day {colony.animals[score.animal].day(score.day)})"
        for score in scores
        for group in [colony.animals[score.animal].group]
        if group in middle
        and not colony.animals[score.animal].excluded
        and abs(colony.animals[score.animal].day(score.day) - middle[group]) > apart
    ]
    if early:
        found = f"muscle taken on another day than that of the group: {_listed(early)}"
        yield (
            "day-of-its-own",
            "note",
            "",
            found,
            "Say beside the result that these mice were taken earlier or later.",
        )
