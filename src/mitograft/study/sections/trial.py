"""Sections: the trial's data and checks, its safety, its course."""

from collections import Counter
from collections.abc import Iterator

from mitograft.evidence import DataKind, Evidence
from mitograft.report.document import Block, Figure, Paragraph, Section, Table, TableColumn
from mitograft.report.figures import Threshold
from mitograft.report.figures.event_dots import draw_event_dots
from mitograft.report.figures.kaplan_meier import draw_kaplan_meier
from mitograft.report.figures.spaghetti import draw_spaghetti
from mitograft.report.figures.swimmer import SwimmerWindow, draw_swimmer
from mitograft.study.sections.efficacy import efficacy_section
from mitograft.study.sections.escalation import escalation_section
from mitograft.study.sections.trial_tables import result_table
from mitograft.study.trial import Trial
from mitograft.study.trial_evidence import SCORE, SEVERE
from mitograft.study.trial_figures import course_groups, event_rows, survival_groups, swimmer_lanes
from mitograft.trial.coding import load_grading

__all__ = ["trial_sections"]

_OPEN = (
    "demographics",
    "disposition",
    "events-overview",
    "adverse-events",
    "tis-by-visit",
    "tis-response",
    "event-intervals",
    "infusion-reactions",
)
_SAFETY = (
    "exposure",
    "events-",
    "adverse-events",
    "serious-events",
    "laboratory-",
    "time-ttae",
    "time-ttdlt",
    "event-intervals",
    "event-rates",
    "dose-trend",
    "infusion-",
    "hys-law",
    "liver-",
)
_EFFICACY = ("tis-", "measure-", "time-ttresp", "time-ttdisc")
_LIMITS = ((20.0, "minimal"), (40.0, "moderate"), (60.0, "major"))
_TIMES = (0.0, 15.0, 29.0, 57.0, 85.0)


def trial_sections(trial: Trial, data_kind: DataKind) -> Iterator[Section]:
    """Yield data and checks, safety, dose finding, the course of the trial, efficacy by estimand."""
    yield _data(trial)
    yield _safety(trial, data_kind)
    escalation = escalation_section(trial)
    if escalation is not None:
        yield escalation
    yield _course(trial, data_kind)
    if trial.efficacy is not None:
        yield efficacy_section(trial.efficacy, data_kind)


def _data(trial: Trial) -> Section:
    screened, counts = trial.collected["DM"].frame.height, trial.checked.counts()
    found = ", ".join(f"{n} {severity}s" for severity, n in counts.items() if n) or "nothing"
    rules = len({outcome.rule_id for outcome in trial.checked.outcomes if outcome.status != "skipped"})
    blocks: list[Block] = [Paragraph(_flow(trial))]
    if trial.uncoded:
        blocks.append(Paragraph(_coding(trial), "warning"))
    blocks += [_rows(trial), *_mapping(trial), *_checks(trial)]
    blocks += [result_table(r) for r in trial.tables if r.id in ("demographics", "disposition")]
    return Section(
        "trial",
        "The trial: data and subjects",
        f"{screened} subjects were screened and {trial.treated} treated. {rules} checks were run; they found "
        f"{found}.",
        tuple(blocks),
    )


def _coding(trial: Trial) -> str:
    """Say how many adverse events the dictionary could not code as they stand, and why."""
    words = {
        "not-coded": "with a term the dictionary does not know",
        "not-current": "with a term that is no longer current",
        "coded-otherwise": "coded otherwise than in the dictionary",
    }
    counts = Counter(violation.rule for violation in trial.uncoded)
    return f"Adverse events: {'; '.join(f'{n} {words.get(rule, rule)}' for rule, n in counts.items())}."


def _grading(trial: Trial) -> Iterator[Paragraph]:
    """Say how far the criteria of the grades shown are confirmed."""
    used = trial.adam.datasets["ADLB"].frame["PARAMCD"].unique().to_list()
    table = load_grading(trial.protocol.ctcae)
    flagged, known = len(table.flagged(used)), sum(row.test in used for row in table.criteria)
    if flagged:
        yield Paragraph(
            f"Grades of laboratory values follow CTCAE {trial.protocol.ctcae}; {flagged} of the {known} "
            "criteria used were compared with a second-hand copy only or are from memory, and none was read "
            "in NCI's own file.",
            "note",
        )


def _flow(trial: Trial) -> str:
    start = "Site data were mapped to SDTM" if trial.mapping else "SDTM data sets were read"
    notes = " ".join(trial.adam.notes)
    return (
        f"{start}, checked, and derived to analysis data sets (ADaM); mitograft explain follows every value "
        f"there to the row of its file. Tables lie in trial/tables as RTF, DOCX and CSV. {notes}"
    ).strip()


def _rows(trial: Trial) -> Table:
    sets = [("SDTM", d) for d in trial.collected.values()]
    sets += [("ADaM", d) for d in trial.adam.datasets.values()]
    return Table(
        "trial-datasets",
        "Data sets",
        (
            TableColumn("name", "Data set"),
            TableColumn("label", "What it holds"),
            TableColumn("kind", "Standard"),
            TableColumn("rows", "Records", "", "decimal", 0),
            TableColumn("variables", "Variables", "", "decimal", 0),
        ),
        tuple((d.name, d.label, kind, d.frame.height, d.frame.width) for kind, d in sets),
        collapsed=True,
    )


def _mapping(trial: Trial) -> Iterator[Block]:
    report = trial.mapping
    if report is None:
        return
    changed = "; ".join(f"{n} {what}" for what, n in report.changes.items() if n)
    yield Paragraph(
        f"The mapping used {len(report.used)} fields of {len(report.form_rows)} forms "
        f"({report.records} records of {', '.join(report.files)}). "
        f"{changed + '. ' if changed else ''}"
        + (
            "Fields that nobody maps: "
            + ", ".join(f"{name} ({form})" for form, name in report.left_out)
            + "."
            if report.left_out
            else "No field was left out."
        )
    )


def _checks(trial: Trial) -> Iterator[Block]:
    findings = trial.checked.findings
    if not findings:
        yield Paragraph("No check found anything.")
        return
    yield Table(
        "trial-checks",
        "What the checks found",
        (
            TableColumn("rule", "Rule"),
            TableColumn("severity", "Severity"),
            TableColumn("domain", "Data set"),
            TableColumn("records", "Records", "", "decimal", 0),
            TableColumn("message", "Finding"),
            TableColumn("remedy", "What to do"),
        ),
        tuple((f.rule_id, f.severity, f.domain, len(f.records), f.message, f.remedy) for f in findings),
        note="Each record is listed in trial/checks.csv; what became of every rule in trial/rules.csv.",
    )


def _part(trial: Trial, starts: tuple[str, ...]) -> Iterator[Table]:
    for result in trial.tables:
        if result.id.startswith(starts):
            yield result_table(result, collapsed=result.id not in _OPEN)


def _safety(trial: Trial, kind: DataKind) -> Section:
    blocks: list[Block] = [_swimmer(trial, kind)]
    groups, rows = event_rows(trial)
    if rows:
        svg = draw_event_dots(groups, rows, data_kind=kind)
        counts = "; ".join(f"{row.term} {' / '.join(map(str, row.patients))}" for row in rows[:5])
        names = " / ".join(group.label for group in groups)
        blocks.append(
            Figure(
                "trial-event-dots", "Adverse events after dosing, by term",
                "Share of subjects of each group with the event, and their number; the most frequent first.",
                f"Subjects with each term, {names}: {counts}.", svg,
            )
        )  # fmt: skip
    blocks += [*_part(trial, _SAFETY), *_grading(trial)]
    found = _claimed(trial, SEVERE)
    severe = found.note if found else ""
    return Section("trial-safety", "Safety", severe or "No subject was treated.", tuple(blocks))


def _claimed(trial: Trial, quantity: str) -> Evidence | None:
    return next((row for row in trial.evidence if row.quantity == quantity), None)


def _swimmer(trial: Trial, kind: DataKind) -> Block:
    lanes = swimmer_lanes(trial)
    if not lanes:
        return Paragraph("No subject was treated; there is nothing to draw.")
    window = SwimmerWindow(f"{trial.protocol.dlt_days} days for DLT", 1.0, trial.protocol.dlt_days + 1.0)
    events = sum(len(lane.events) for lane in lanes)
    left = sum(bool(lane.reason) for lane in lanes)
    responded = sum(lane.response is not None for lane in lanes)
    return Figure(
        "trial-swimmer", "Every treated subject from the first dose to the end",
        "Boxes hold the grade of adverse events at their start; the line at the foot of a lane is a response "
        "(TIS of 20 or more); shaded: the window of dose-limiting toxicity.",
        f"{len(lanes)} lanes by dose, {events} graded adverse events, {responded} subjects with a response, "
        f"{left} who left early.",
        draw_swimmer(lanes, window, data_kind=kind),
    )  # fmt: skip


def _course(trial: Trial, kind: DataKind) -> Section:
    blocks: list[Block] = []
    groups = course_groups(trial)
    if groups:
        medians = "; ".join(f"{g.label} {g.medians[-1]:g}" for g in groups if g.medians)
        svg = draw_spaghetti(
            groups, [Threshold(name, at) for at, name in _LIMITS], limits=(0.0, 100.0), data_kind=kind,
            quantity="Total Improvement Score (points)",
        )  # fmt: skip
        blocks.append(
            Figure(
                "trial-course", "Total Improvement Score of each subject over time",
                "Thin lines are subjects, the thick one the median of the group; dashed: minimal, moderate "
                "and major improvement.",
                f"Lines by group; medians at the last visit: {medians}.", svg,
            )
        )  # fmt: skip
    curves = survival_groups(trial, "TTRESP", _TIMES)
    if curves:
        words = ", ".join(f"{c.label} {c.median[0]:g}" for c in curves)
        blocks.append(
            Figure(
                "trial-response-time", "Time to the first response",
                "Share of subjects whose Total Improvement Score has reached 20, by Kaplan-Meier; upright "
                "strokes are subjects who left or ended without.",
                f"Curves of {len(curves)} groups. Median days (inf: not reached): {words}.",
                draw_kaplan_meier(curves, _TIMES, event="with a response", rising=True, data_kind=kind),
            )
        )  # fmt: skip
    blocks += list(_part(trial, _EFFICACY))
    lead = _claimed(trial, SCORE)
    words = (
        f"Median score of the treated {lead.estimate:g} (interval {lead.low:g} to {lead.high:g}), {lead.n} "
        f"subjects. {lead.note} Without a control this is no effect of treatment."
        if lead
        else "No score could be derived."
    )
    return Section("trial-course", "Course and response", words, tuple(blocks))
