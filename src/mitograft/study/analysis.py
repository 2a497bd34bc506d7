"""The analysis of the clinical part: scores, definition of improvement, responders, history, claims."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.claims import Claim, Judgement, judge_all, load_claims
from mitograft.errors import UsageError
from mitograft.evidence import Evidence
from mitograft.outcome.definition_of_improvement import Improvement, definition_of_improvement
from mitograft.outcome.tis import (
    CATEGORIES,
    NextCategory,
    ResponderProbability,
    TisRules,
    next_category,
    responder_probability,
    tis_rules,
)
from mitograft.statistics.proportions import clopper_pearson
from mitograft.study.config import StudyConfig, TrialPart
from mitograft.study.folder import Study
from mitograft.study.scoring import score_file
from mitograft.study.trial import Trial
from mitograft.tables.read import read_table
from mitograft.trial.adam import core_set_table, subjects_table
from mitograft.trial.core_set import CohortScore, derive_tis
from mitograft.trial.history import SingleArmReading, load_single_arm_parameters, read_single_arm
from mitograft.trial.placebo import load_placebo_arms, read_placebo_arms
from mitograft.trial.responders import Counts, Origin, count_responders, derive_difference, derive_rate
from mitograft.trial.subjects import Mark, Subject, read_marks, read_subjects

__all__ = ["Patients", "analyse_patients", "judge_claims", "read_history"]

ALL_GROUPS = "all"
IMPROVED = "improved by the 2004 definition"
AGREEMENT = "agreement with published marks"
_LEAST_MEASURES = 3  # the definition asks for three improved measures; with fewer it cannot be met


@dataclass(frozen=True, repr=False)
class Patients:
    """Everything known about the scored visits, row by row, and the evidence drawn from them.

    ``primary`` marks the rows that count as the subject's end point; ``groups`` is empty text where no
    subjects file was given.
    """

    cohort: CohortScore
    groups: list[str]
    diagnoses: list[str]
    marks: list[Mark | None]
    primary: npt.NDArray[np.bool_]
    improvement: Improvement
    probability: ResponderProbability
    following: list[NextCategory | None]
    evidence: tuple[Evidence, ...]

    @property
    def determinable(self) -> npt.NDArray[np.bool_]:
        """Rows with enough measures for the definition of improvement."""
        return np.asarray(self.improvement.n_measured >= _LEAST_MEASURES)

    def agrees(self, row: int) -> bool | None:
        """Whether the published mark follows from the values; None where it cannot be compared."""
        mark = self.marks[row]
        if mark is None or mark.mark not in ("improved", "not improved") or not self.determinable[row]:
            return None
        return bool(self.improvement.result[row]) == (mark.mark == "improved")


def analyse_patients(study: Study, trial: Trial | None = None) -> Patients | None:
    """Score the core set measures of a study and derive its responder evidence; None without a trial part.

    With a whole trial its analysis data sets give measures and groups, else the tables of study.toml; None
    also where the trial measured no core set.

    Raises
    ------
    InputError
        If a file breaks a rule.
    UsageError
        If a primary visit or a group of a contrast does not occur.
    """
    part = study.config.trial
    if part is None or (trial is not None and not _has_scores(trial)):
        return None
    rules = tis_rules(part.population, part.variant, study.config.overrides("tis"))
    cohort = _cohort(study, part, trial, rules)
    subjects = _subjects(study, part, trial)
    marks: Mapping[str, Mark] = read_marks(read_table(study.path(part.marks))) if part.marks else {}
    plain = {name: column for name, column in cohort.final.items() if name != "mmt8_max"}
    patients = Patients(
        cohort=cohort,
        groups=[subjects[s].group if s in subjects else "" for s in cohort.subject],
        diagnoses=[subjects[s].diagnosis if s in subjects else "" for s in cohort.subject],
        marks=[marks.get(s) for s in cohort.subject],
        primary=_primary(cohort, trial.protocol.primary_visit if trial else part.primary_visit),
        improvement=_improvement(cohort),
        probability=responder_probability(cohort.baseline, plain, rules=rules),
        following=next_category(cohort.baseline, plain, rules=rules),
        evidence=(),
    )
    source = part.core_set or part.folder
    origin = Origin(f"{source}, scored by mitograft", study.config.study.data_kind)
    return _with_evidence(patients, part, rules, origin)


def _has_scores(trial: Trial) -> bool:
    """Tell whether the trial measured a core set after baseline; others have none to score."""
    return trial.adam.datasets["ADTIS"].frame.height > 0


def _cohort(study: Study, part: TrialPart, trial: Trial | None, rules: TisRules) -> CohortScore:
    if trial is not None:
        table = core_set_table(trial.adam, trial.protocol)
        return derive_tis(table, rules=rules, missing=part.missing, baseline=trial.protocol.baseline_visit)
    return score_file(
        study.path(part.core_set or ""),
        rules=rules,
        missing=part.missing,
        baseline=part.baseline,
        names=part.map,
        ignore=part.ignore,
    )


def _subjects(study: Study, part: TrialPart, trial: Trial | None) -> Mapping[str, Subject]:
    if trial is not None:
        return read_subjects(subjects_table(trial.adam))
    return read_subjects(read_table(study.path(part.subjects))) if part.subjects else {}


def _primary(cohort: CohortScore, visit: str | None) -> npt.NDArray[np.bool_]:
    visits = np.array(cohort.visit)
    if visit is not None:
        if visit not in cohort.visit:
            raise UsageError(
                f"study.toml: found primary_visit {visit!r}; "
                f"expected one of the scored visits {', '.join(dict.fromkeys(cohort.visit))}."
            )
        return np.asarray(visits == visit)
    last = {subject: row for row, subject in enumerate(cohort.subject)}
    return np.isin(np.arange(len(visits)), list(last.values()))


def _improvement(cohort: CohortScore) -> Improvement:
    """Apply the 2004 definition to the same pairs of visits; IMACS measures only."""

    def matrix(side: Mapping[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
        absent = np.full(len(cohort.subject), np.nan)
        enzyme = absent.copy()
        for name in set(cohort.enzyme) - {""}:
            rows = np.array([chosen == name for chosen in cohort.enzyme])
            enzyme[rows] = side.get(name, absent)[rows]
        names = ("physician_global", "patient_global", "mmt8", "haq", "", "extramuscular")
        return np.column_stack([enzyme if not name else side.get(name, absent) for name in names])

    maximum = cohort.baseline.get("mmt8_max", np.full(len(cohort.subject), np.nan))
    return definition_of_improvement(
        matrix(cohort.baseline), matrix(cohort.final), np.where(np.isnan(maximum), 150.0, maximum)
    )


def _with_evidence(patients: Patients, part: TrialPart, rules: TisRules, origin: Origin) -> Patients:
    evidence = [*_responder_evidence(patients, part, rules, origin), *_agreement(patients, origin)]
    return Patients(**{**patients.__dict__, "evidence": tuple(evidence)})


def _responder_evidence(
    patients: Patients, part: TrialPart, rules: TisRules, origin: Origin
) -> Iterator[Evidence]:
    """Rate of each group and difference of each contrast, for every threshold and for the 2004 definition."""
    score = patients.cohort.score
    questions = {
        f"TIS >= {float(threshold):g}": (
            score.tis_low >= float(threshold),
            score.tis_high >= float(threshold),
        )
        for _, threshold in zip(CATEGORIES[1:], rules.thresholds, strict=True)
    }
    improved = np.asarray(patients.improvement.result)
    groups = list(dict.fromkeys(patients.groups))
    for quantity, (sure, possible) in {**questions, IMPROVED: (improved, improved)}.items():
        rows = patients.primary & (patients.determinable if quantity == IMPROVED else True)
        counts: dict[str, Counts] = {}
        for group in groups:
            chosen = rows & (np.array(patients.groups) == group)
            if chosen.any():
                counts[group] = count_responders(group or "all patients", sure, possible, chosen)
                yield derive_rate(quantity, counts[group], origin)
        for first, second in part.contrasts:
            absent = [group for group in (first, second) if group not in counts]
            if absent:
                raise UsageError(
                    f"study.toml: found contrasts with {absent[0]!r}; expected groups of the subjects file "
                    f"with a scored visit: {', '.join(counts)}."
                )
            yield derive_difference(quantity, counts[first], counts[second], origin)


def _agreement(patients: Patients, origin: Origin) -> Iterator[Evidence]:
    verdicts = [patients.agrees(row) for row in np.flatnonzero(patients.primary).tolist()]
    known = [verdict for verdict in verdicts if verdict is not None]
    if known:
        low, high = clopper_pearson(sum(known), len(known), level=origin.level)
        yield Evidence(
            AGREEMENT,
            "all marked patients",
            sum(known) / len(known),
            float(low),
            float(high),
            origin.level,
            "proportion",
            len(known),
            "Clopper-Pearson",
            origin.source,
            origin.data_kind,
            "Patients with fewer than three measures published cannot be compared.",
        )


def read_history(
    study: Study, patients: Patients | None, trial: Trial | None = None
) -> tuple[SingleArmReading, int | None] | None:
    """Read every result of the single arm against history; with the responders seen where a group is named.

    In a whole trial they are those of the first estimand of a response with this threshold, so that every
    section counts alike; a subject who was not assessed counts as a non-responder. Placebo arms of a file of
    the study join those that come with mitograft.

    Raises
    ------
    UsageError
        If the group has no scored patient.
    InputError
        If the file of placebo arms breaks a rule.
    """
    part = study.config.history
    if part is None:
        return None
    parameters = load_single_arm_parameters().override(study.config.overrides("history"))
    arms = load_placebo_arms()
    if part.arms is not None:
        arms += read_placebo_arms(read_table(study.path(part.arms)))
    if part.group is None or patients is None:
        return read_single_arm(part.n, part.threshold, arms, parameters=parameters), None
    counted = _of_estimand(trial, part.group, part.threshold)
    if counted is not None:
        return read_single_arm(counted[0], part.threshold, arms, parameters=parameters), counted[1]
    chosen = patients.primary & _in_group(patients, part.group, trial)
    score = patients.cohort.score
    counts = count_responders(
        part.group, score.tis_low >= part.threshold, score.tis_high >= part.threshold, chosen
    )
    if not counts.n:
        raise UsageError(
            f"study.toml: found history group {part.group!r}; expected a group of the patients, or all."
        )
    return read_single_arm(counts.n, part.threshold, arms, parameters=parameters), counts.sure


def _of_estimand(trial: Trial | None, group: str, threshold: int) -> tuple[int, int] | None:
    """Return subjects and responders of a group under the trial's estimand; None where it has none."""
    if trial is None or trial.efficacy is None:
        return None
    placebo = {arm.name for arm in trial.protocol.arms if arm.placebo}
    for one in trial.efficacy.analysed:
        if one.estimand.variable == "response" and one.estimand.threshold == threshold:
            arms = one.outcomes.arms
            mine = [
                i
                for i, arm in enumerate(arms)
                if arm == group or (group == ALL_GROUPS and arm not in placebo)
            ]
            if mine:
                return len(mine), int(one.outcomes.responds[mine].sum())
    return None


def _in_group(patients: Patients, group: str, trial: Trial | None) -> npt.NDArray[np.bool_]:
    """Mark the rows of a group; ``all`` marks every row but those of placebo arms."""
    groups = np.array(patients.groups)
    if group != ALL_GROUPS:
        return np.asarray(groups == group)
    placebo = [arm.name for arm in trial.protocol.arms if arm.placebo] if trial else []
    return ~np.isin(groups, placebo)


def judge_claims(config: StudyConfig, evidence: tuple[Evidence, ...]) -> tuple[Judgement, ...]:
    """Judge the claims named in study.toml and its own.

    Raises
    ------
    UsageError
        If a named claim does not exist.
    """
    shipped = {claim.id: claim for claim in load_claims()}
    unknown = [name for name in config.claims.judge if name not in shipped]
    if unknown:
        raise UsageError(
            f"study.toml: found claims {', '.join(unknown)} to judge; expected some of {', '.join(shipped)}."
        )
    own = [
        Claim(c.id, c.statement, c.quantity, c.contrast, c.direction, c.margin, c.unit, c.source)
        for c in config.claims.own
    ]
    return judge_all([*(shipped[name] for name in config.claims.judge), *own], evidence)
