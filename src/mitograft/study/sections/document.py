"""The whole report of a study, section by section."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mitograft import __version__
from mitograft.claims import Judgement
from mitograft.evidence import Evidence
from mitograft.product.analyse import ProductResult
from mitograft.provenance import FileRecord, Versions
from mitograft.report.document import Document, Section
from mitograft.study.analysis import Patients
from mitograft.study.config import StudyConfig
from mitograft.study.invitro import Invitro
from mitograft.study.mouse import Mouse
from mitograft.study.sections.assays import assay_sections
from mitograft.study.sections.claims import claims_section
from mitograft.study.sections.comparisons import comparisons_section
from mitograft.study.sections.flagged import flagged_section
from mitograft.study.sections.history import history_section
from mitograft.study.sections.improvement import improvement_section
from mitograft.study.sections.mouse import mouse_sections
from mitograft.study.sections.product import product_section
from mitograft.study.sections.provenance import evidence_table, provenance_section
from mitograft.study.sections.tis import tis_section
from mitograft.study.sections.trial import trial_sections
from mitograft.study.trial import Trial
from mitograft.tables.parameters import Parameter, Parameters
from mitograft.trial.history import SingleArmReading, load_regression_parameters

__all__ = ["Findings", "flagged_values", "make_document"]


@dataclass(frozen=True, repr=False)
class Findings:
    """Everything the report shows; parts that the study folder does not hold are None."""

    config: StudyConfig
    product: ProductResult | None
    invitro: Invitro | None
    mouse: Mouse | None
    trial: Trial | None
    patients: Patients | None
    history: tuple[SingleArmReading, int | None] | None
    evidence: tuple[Evidence, ...]
    judgements: tuple[Judgement, ...]


def make_document(
    findings: Findings, inputs: Sequence[FileRecord], versions: Versions, command: str
) -> Document:
    """Arrange the findings of a study as a document."""
    study = findings.config.study
    return Document(
        title=study.title,
        subtitle=f"Data: {'; '.join(study.citations) or study.id}",
        data_kind=study.data_kind,
        lead=_lead(findings),
        facts=tuple(_facts(findings)),
        sections=tuple(_sections(findings, inputs, versions, command)),
        provenance_note=f"Made by mitograft {__version__} from {len(inputs)} files.",
    )


def _sections(
    findings: Findings, inputs: Sequence[FileRecord], versions: Versions, command: str
) -> Iterator[Section]:
    study = findings.config.study
    judged = claims_section(findings.judgements, findings.config.claims.judge)
    blocks = (*judged.blocks, evidence_table(findings.evidence)) if findings.evidence else judged.blocks
    yield Section(judged.id, judged.title, judged.lead, blocks)
    if findings.product is not None:
        yield product_section(findings.product, study.data_kind)
    if findings.invitro is not None:
        if findings.invitro.comparisons or findings.invitro.doses:
            yield comparisons_section(findings.invitro, study.data_kind)
        yield from assay_sections(findings.invitro, study.data_kind)
    if findings.mouse is not None:
        yield from mouse_sections(findings.mouse, study.data_kind)
    if findings.trial is not None:
        yield from trial_sections(findings.trial, study.data_kind)
    if findings.patients is not None:
        yield improvement_section(findings.patients)
        yield tis_section(findings.patients, study.data_kind)
    if findings.history is not None:
        reading, observed = findings.history
        kind = "published" if observed is None else study.data_kind
        yield history_section(reading, observed, _regression(findings.config), kind)
    yield flagged_section(flagged_values(findings), findings.config.assumptions)
    yield provenance_section(inputs, versions, command, study.seed)


def _regression(config: StudyConfig) -> Parameters:
    return load_regression_parameters().override(config.overrides("regression"))


def flagged_values(findings: Findings) -> list[tuple[str, Parameter]]:
    """Every flagged value in use with what it affects."""
    found: list[tuple[str, Parameter]] = []
    if findings.patients is not None:
        rules = findings.patients.cohort.score.rules
        found += [("Total Improvement Score", p) for p in rules.flagged()]
        errors = [f"error_sd_{measure.name}" for measure in rules.measures]
        found += [("probability of a true response", p) for p in rules.parameters.flagged(errors)]
        found += [("definition of improvement", p) for p in findings.patients.improvement.flagged]
    if findings.trial is not None:
        found += [("analysis data sets", p) for p in findings.trial.parameters()]
    if findings.product is not None:
        found += [("product", p) for p in findings.product.flagged]
    if findings.invitro is not None:
        found += findings.invitro.details.flagged()
    if findings.mouse is not None:
        found += [("mouse arm", p) for p in findings.mouse.details.parameters()]
    if findings.history is not None:
        found += [("single arm against history", p) for p in findings.history[0].parameters.flagged()]
        found += [("regression to the mean", p) for p in _regression(findings.config).flagged()]
    return found


def _lead(findings: Findings) -> str:
    parts = []
    if findings.patients is not None:
        parts.append(
            f"{len(set(findings.patients.cohort.subject))} patients were scored from the files of "
            "this folder."
        )
    if findings.invitro is not None:
        made = sum(not compared.result.refused for compared in findings.invitro.comparisons)
        readings = len(findings.invitro.assigned) + len(findings.invitro.unassigned)
        parts.append(f"The cell assays gave {readings} readings and {made} comparisons of donors.")
    if findings.mouse is not None and findings.mouse.colony is not None:
        compared = sum(not one.result.refused for one in findings.mouse.comparisons)
        mice = len(findings.mouse.colony.animals)
        parts.append(f"{mice} mice gave {compared} comparisons of groups.")
    if findings.history is not None:
        reading, observed = findings.history
        parts.append(_against_history(reading, observed))
    missing = [] if findings.patients is not None else ["no core set measures of patients"]
    missing += [] if findings.product is not None else ["no mitochondria lots"]
    missing += [] if findings.invitro is not None else ["no cell assays"]
    missing += [] if findings.mouse is not None else ["no mice"]
    if missing:
        parts.append(f"Not in this folder: {'; '.join(missing)}.")
    return " ".join(parts)


def _against_history(reading: SingleArmReading, observed: int | None) -> str:
    level, needed = next(iter(reading.full.smallest.items()))
    score, goal = (
        f"a Total Improvement Score of {reading.threshold}",
        f"with a posterior probability of {level:g}",
    )
    who = (
        f"A single arm of {reading.n} patients"
        if observed is None
        else f"Of the {reading.n} patients in the arm read against history, {observed} reached "
        f"{score}; such an arm"
    )
    if needed is None:
        return f"{who} cannot exceed historical placebo {goal}, whatever its result."
    text = f"{who} exceeds historical placebo {goal} only if at least {needed} reach {score}"
    doubtful = reading.robust.smallest.get(level)
    if doubtful == needed:
        return f"{text}."
    if doubtful is None:
        return f"{text}; if the history may not fit, no result is enough."
    return f"{text}, and at least {doubtful} if the history may not fit."


def _facts(findings: Findings) -> Iterator[tuple[str, str]]:
    if findings.product is not None:
        passed = sum(verdict.verdict == "pass" for verdict in findings.product.verdicts)
        yield "Lots released", f"{passed} of {len(findings.product.verdicts)}"
    if findings.invitro is not None:
        yield "Donors in cell assays", str(len({a.sample.donor for a in findings.invitro.assigned}))
    if findings.mouse is not None and findings.mouse.colony is not None:
        yield "Mice", str(len(findings.mouse.colony.animals))
    if findings.trial is not None:
        yield "Subjects treated", str(findings.trial.treated)
    if findings.patients is not None:
        patients = findings.patients
        yield "Patients", str(len(set(patients.cohort.subject)))
        complete = int((patients.cohort.score.missing[patients.primary] == 0).sum())
        yield "With all six measures", str(complete)
        verdicts = [patients.agrees(row) for row in range(len(patients.cohort.subject))]
        known = [verdict for verdict in verdicts if verdict is not None]
        if known:
            yield "Published marks reproduced", f"{sum(known)} of {len(known)}"
    if findings.history is not None:
        reading = findings.history[0]
        yield "Historical placebo response", f"{100 * float(reading.full.placebo.mean):.0f} %"
    tested = [j for j in findings.judgements if j.verdict != "not tested"]
    yield "Claims tested", f"{len(tested)} of {len(findings.judgements)}"
