"""The whole analysis of a study folder as one readable function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mitograft.assays.uptake.evidence import uptake_evidence
from mitograft.evidence import Evidence, encode_evidence
from mitograft.product.analyse import ProductResult, analyse_product
from mitograft.product.attributes import load_product_parameters
from mitograft.product.evidence import product_evidence
from mitograft.provenance import (
    AUDIT_NAME,
    AuditLog,
    atomic_directory,
    atomic_write_bytes,
    atomic_write_text,
    foreign_files,
    make_manifest,
    redact_command,
)
from mitograft.provenance.hashing import record_file
from mitograft.provenance.versions import current_versions
from mitograft.report.document import Document
from mitograft.report.html import render_html
from mitograft.study.analysis import Patients, analyse_patients, judge_claims, read_history
from mitograft.study.config import StudyConfig
from mitograft.study.folder import Study, files_of
from mitograft.study.honesty import require_honest_kind
from mitograft.study.invitro import Invitro, analyse_invitro
from mitograft.study.mouse import Mouse, analyse_mouse
from mitograft.study.mouse_send import export_send
from mitograft.study.outputs import figures_of, overlays_of, tables_of
from mitograft.study.sections.document import Findings, make_document
from mitograft.study.trial import Trial, analyse_trial
from mitograft.study.trial_outputs import write_trial
from mitograft.tables.write import encode_table
from mitograft.trial.history import SingleArmReading

__all__ = ["Outcome", "run_study", "steps_of"]

_LOTS = "judge the mitochondria lots"
_CELLS = "analyse the cell assays"
_MICE = "analyse the mice"
_TRIAL = "read, check and derive the trial"
_PATIENTS = "score patients"
_HISTORY = "read against historical placebo"
_CLAIMS = "judge claims"
_REPORT = "draw and write the report"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run made: the report, the folder it lies in, and the findings."""

    report: Path
    folder: Path
    findings: Findings


def steps_of(config: StudyConfig) -> tuple[str, ...]:
    """Return the steps that a study of these parts will take, in order."""
    parts = (
        (_LOTS, config.product),
        (_CELLS, config.invitro),
        (_MICE, config.mouse),
        (_TRIAL, config.trial.protocol if config.trial else None),
        (_PATIENTS, config.trial),
        (_HISTORY, config.history),
    )
    return (*(step for step, part in parts if part is not None), _CLAIMS, _REPORT)


def run_study(study: Study, *, command: Sequence[str], progress: Progress | None = None) -> Outcome:
    """Analyse a study folder and write ``out/``: evidence, tables, figures, report, manifest, audit log.

    Either all of ``out/`` is new, or an error leaves the earlier one untouched.

    Raises
    ------
    InputError, UsageError
        If a file of the study breaks a rule.
    EnvironmentFault
        If the machine refuses to write.
    """
    tell = progress or (lambda _: None)
    if part := study.config.product:
        tell(_LOTS)
    values = load_product_parameters().override(study.config.overrides("product"))
    product = analyse_product(study.path(part.folder), values) if part else None
    if study.config.invitro:
        tell(_CELLS)
    invitro = analyse_invitro(study)
    if study.config.mouse:
        tell(_MICE)
    mouse = analyse_mouse(study)
    require_honest_kind(study, invitro)
    if study.config.trial and study.config.trial.protocol:
        tell(_TRIAL)
    trial = analyse_trial(study, product)
    if study.config.trial:
        tell(_PATIENTS)
    patients = analyse_patients(study, trial)
    if study.config.history:
        tell(_HISTORY)
    history = read_history(study, patients, trial)
    tell(_CLAIMS)
    evidence = _evidence(study, (product, invitro, mouse, trial, patients), history)
    claims = judge_claims(study.config, evidence)
    findings = Findings(study.config, product, invitro, mouse, trial, patients, history, evidence, claims)
    tell(_REPORT)
    return _write(study, findings, command)


def _evidence(
    study: Study,
    parts: tuple[ProductResult | None, Invitro | None, Mouse | None, Trial | None, Patients | None],
    history: tuple[SingleArmReading, int | None] | None,
) -> tuple[Evidence, ...]:
    """Collect the evidence of all parts; the reading against history where a group was observed."""
    product, invitro, mouse, trial, patients = parts
    kind = study.config.study.data_kind
    rows = product_evidence(product, kind) if product else ()
    if invitro is not None:
        uptake = invitro.details.uptake
        rows += invitro.evidence
        rows += tuple(uptake_evidence(uptake.estimates, invitro.assigned, kind)) if uptake else ()
    rows += mouse.evidence if mouse else ()
    rows += trial.evidence if trial else ()
    rows += patients.evidence if patients else ()
    if history is None or study.config.history is None or history[1] is None:
        return rows
    reading, observed = history[0], history[1]
    treatment = study.config.history.group or "treatment"
    return rows + reading.as_evidence(observed, treatment=treatment, source="trial", data_kind=kind)


def _write(study: Study, findings: Findings, command: Sequence[str]) -> Outcome:
    final = study.path("out")
    inputs = files_of(study)
    kept = foreign_files(final) if final.is_dir() else ()  # notes a reader put beside our results
    with atomic_directory(final, keep=[AUDIT_NAME, *kept]) as folder:
        log = AuditLog(folder / AUDIT_NAME)
        log.append("run started", {"study": findings.config.study.id})
        records = [record_file(path, path.relative_to(study.folder).as_posix(), "study") for path in inputs]
        shown = " ".join(redact_command(command, study.folder))
        document = make_document(findings, records, current_versions(), shown)
        _write_results(folder, findings, document)
        head = log.append("run finished", {"inputs": {r.path: r.sha256 for r in records}})
        seeds = {"study": findings.config.study.seed}
        make_manifest(
            command=command,
            seeds=seeds,
            inputs=inputs,
            root=study.folder,
            outputs=folder,
            kept=kept,
            audit_head=head,
        ).write(folder)
    return Outcome(final / "report.html", final, findings)


def _write_results(folder: Path, findings: Findings, document: Document) -> None:
    atomic_write_text(folder / "report.html", render_html(document))
    for ending in (".json", ".parquet"):
        atomic_write_bytes(folder / f"evidence{ending}", encode_evidence(findings.evidence, ending))
    (folder / "tables").mkdir()
    for name, columns in tables_of(findings):
        atomic_write_bytes(folder / "tables" / f"{name}.csv", encode_table(".csv", columns))
    for path, png in overlays_of(findings):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        atomic_write_bytes(folder / path, png)
    (folder / "figures").mkdir()
    for name, svg in figures_of(document):
        atomic_write_text(folder / "figures" / f"{name}.svg", svg)
    if findings.trial is not None and findings.config.trial is not None:
        kind, export = findings.config.study.data_kind, findings.config.trial.export
        write_trial(findings.trial, folder / "trial", kind=kind, export=export)
    mouse = findings.mouse
    if mouse is not None and mouse.sent:
        study = findings.config.study.id
        export_send(mouse.sent, folder / "send", study, mouse.details.histology)
