"""The analysis of the mouse arm: animals, files, comparisons of groups, dose trends, ARRIVE, evidence."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mitograft.evidence import DataKind, Evidence
from mitograft.evidence.finding import Finding
from mitograft.mouse.animals import Colony
from mitograft.mouse.arrive import ArriveItem, Design, Told, check_arrive
from mitograft.mouse.compare import GroupComparison, compare_groups
from mitograft.mouse.dose_trend import DoseTrend, dose_trend
from mitograft.mouse.outcomes import Outcome
from mitograft.seeds import stream
from mitograft.statistics.multiplicity import holm
from mitograft.study.config_mouse import DesignPart, MouseComparison, MousePart
from mitograft.study.folder import Study
from mitograft.study.mistakes import Mistakes, one_of
from mitograft.study.mouse_files import MouseDetails, analyse_mouse_files, read_colony
from mitograft.study.mouse_plates import check_mouse_plates
from mitograft.study.mouse_send import mouse_folder, send_tables
from mitograft.tables.contract import RawTable

__all__ = ["Mouse", "MouseCompared", "analyse_mouse"]


@dataclass(frozen=True, slots=True, repr=False)
class MouseCompared:
    """One comparison of study.toml with its result.

    ``p_holm`` is the p value adjusted within its family of ``family_size`` comparisons.
    """

    asked: MouseComparison
    result: GroupComparison
    p_holm: float = math.nan
    family_size: int = 0

    def evidence(self, kind: DataKind) -> Evidence | None:
        """Return the difference, or the share of the defect left where restoration is asked; None without."""
        note = {"primary": "Primary comparison.", "secondary": "Secondary comparison."}.get(
            self.asked.family or "", ""
        )
        made = self.result.left_evidence if self.asked.restored else self.result.evidence
        return made(self.asked.quantity, self.asked.contrast, kind, note)


@dataclass(frozen=True, repr=False)
class Mouse:
    """Everything derived from the mouse arm of a study.

    Parameters
    ----------
    colony
        Groups and mice; None for expression of patients.
    details
        The results of each room.
    comparisons, trends
        What study.toml asks for.
    arrive
        The ten items; empty without mice.
    evidence
        What the comparisons give.
    sent
        Tables to be written as SEND-shaped transport files; none where study.toml does not ask.
    imported
        What a reader should know of SEND files the mice came from.
    """

    colony: Colony | None
    details: MouseDetails
    comparisons: tuple[MouseCompared, ...] = ()
    trends: tuple[DoseTrend, ...] = ()
    arrive: tuple[ArriveItem, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    sent: Mapping[str, RawTable] = field(default_factory=dict)
    imported: tuple[Finding, ...] = ()

    def findings(self) -> tuple[Finding, ...]:
        """Return what quality control says, over import and all rooms."""
        return (*self.imported, *self.details.findings())


def analyse_mouse(study: Study) -> Mouse | None:
    """Analyse the mouse arm of a study; None without that part.

    Raises
    ------
    InputError
        If files break rules.
    StudyError
        If study.toml names outcomes or groups that do not exist; lists all of them.
    UsageError
        If a file needs another that is not there.
    """
    part = study.config.mouse
    if part is None:
        return None
    folder, mistakes = study.path(part.folder), Mistakes(study.folder)
    if not folder.is_dir():
        mistakes.add(
            "no-folder", ("mouse", "folder"), f"no folder {part.folder!r} for the mice", "one",
            "Make it, or leave [mouse] out.",
        )  # fmt: skip
    else:
        check_mouse_plates(folder, part.plates, mistakes)
    mistakes.raise_any()
    with mouse_folder(folder, part) as (tables, imported):
        colony = read_colony(tables)
        details = analyse_mouse_files(tables, colony, study.config)
        sent = send_tables(tables) if part.send and colony is not None else {}
    if colony is None:
        return Mouse(None, details)
    outcomes = {outcome.name: outcome for outcome in details.outcomes()}
    _check(part, outcomes, colony, mistakes)
    mistakes.raise_any()
    comparisons = _adjusted([_compare(asked, outcomes, colony) for asked in part.comparisons])
    trends = tuple(
        dose_trend(
            outcomes[t.outcome],
            colony,
            t.groups,
            stream(study.config.study.seed, "mouse", "trend", t.outcome),
        )
        for t in part.trends
    )
    kind = study.config.study.data_kind
    return Mouse(
        colony,
        details,
        comparisons,
        trends,
        check_arrive(colony, _design(part.design), _told(outcomes, comparisons, details)),
        tuple(row for compared in comparisons if (row := compared.evidence(kind)) is not None),
        sent,
        imported,
    )


def _check(part: MousePart, outcomes: Mapping[str, Outcome], colony: Colony, mistakes: Mistakes) -> None:
    """Note every outcome and group of study.toml that the files do not have."""
    for number, asked in enumerate(part.comparisons):
        keys = ("mouse", "comparisons", number)
        groups = {"first": asked.first, "second": asked.second, "healthy": asked.healthy}
        _check_names(
            keys, asked.outcome, {k: v for k, v in groups.items() if v}, (outcomes, colony), mistakes
        )
    for number, trend in enumerate(part.trends):
        keys = ("mouse", "trends", number)
        for group in trend.groups:
            _check_names(keys, trend.outcome, {"groups": group}, (outcomes, colony), mistakes)
    for group in part.design.reported_n:
        if group not in colony.groups:
            mistakes.add(
                "no-group", ("mouse", "design", "reported_n"), f"the group {group!r}",
                one_of(colony.groups, group), "Correct it here or in groups.csv.",
            )  # fmt: skip


def _check_names(
    keys: tuple[str | int, ...],
    outcome: str,
    groups: Mapping[str, str],
    known: tuple[Mapping[str, Outcome], Colony],
    mistakes: Mistakes,
) -> None:
    outcomes, colony = known
    if outcome not in outcomes:
        mistakes.add(
            "no-outcome", (*keys, "outcome"), f"the outcome {outcome!r}", one_of(outcomes, outcome),
            "Correct its name, or add the file it comes from.",
        )  # fmt: skip
    for role, group in groups.items():
        if group not in colony.groups:
            mistakes.add(
                "no-group", (*keys, role), f"the group {group!r}", one_of(colony.groups, group),
                "Correct it here or in groups.csv.",
            )  # fmt: skip


def _compare(asked: MouseComparison, outcomes: Mapping[str, Outcome], colony: Colony) -> MouseCompared:
    outcome = outcomes[asked.outcome]
    return MouseCompared(
        asked, compare_groups(outcome, colony, asked.first, asked.second, healthy=asked.healthy or "")
    )


def _adjusted(made: list[MouseCompared]) -> tuple[MouseCompared, ...]:
    """Give every comparison its p value adjusted within its family."""
    for family in dict.fromkeys(compared.asked.family for compared in made):
        members = [i for i, one in enumerate(made) if one.asked.family == family and not one.result.refused]
        for i, p in zip(members, holm([made[i].result.p for i in members]), strict=True):
            made[i] = replace(made[i], p_holm=p, family_size=len(members))
    return tuple(made)


def _design(part: DesignPart) -> Design:
    blinding = part.blinding
    return Design(
        experimental_unit=part.experimental_unit or "",
        primary_outcome=part.primary_outcome or "",
        sample_size=part.sample_size or "",
        criteria=part.criteria or "",
        randomisation=part.randomisation or "",
        blinding={
            "allocation": blinding.allocation,
            "conduct": blinding.conduct,
            "assessment": blinding.assessment,
            "analysis": blinding.analysis,
        },
        reported_n=part.reported_n,
    )


def _told(
    outcomes: Mapping[str, Outcome], comparisons: tuple[MouseCompared, ...], details: MouseDetails
) -> Told:
    return Told(
        outcomes={name: frozenset({*o.values, *o.below}) for name, o in outcomes.items()},
        compared=frozenset(c.result.outcome.name for c in comparisons if not c.result.refused),
        weighed=details.courses.weighed() if details.courses else frozenset(),
    )
