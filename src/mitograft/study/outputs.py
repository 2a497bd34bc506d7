"""The tables, figures and outlined images a run leaves as files beside the report."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mitograft.product.analyse import ProductResult, potency_table, stability_table
from mitograft.product.prepared import dose_table
from mitograft.report.document import Document, Figure
from mitograft.study.analysis import Patients
from mitograft.study.invitro import Invitro
from mitograft.study.mouse_tables import mouse_tables
from mitograft.study.sections.document import Findings
from mitograft.study.sections.mouse_images import HISTOLOGY_OVERLAYS, overlay_name
from mitograft.study.sections.uptake import UPTAKE_OVERLAYS
from mitograft.tables.contract import Cell

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["figures_of", "overlays_of", "tables_of"]

Columns = dict[str, Sequence[Cell]]


def tables_of(findings: Findings) -> Iterator[tuple[str, Columns]]:
    """Yield every table with its name, column by column, each row marked with the kind of its data."""
    kind = findings.config.study.data_kind
    if findings.product is not None:
        yield from ((name, _marked(own, kind)) for name, own in _product(findings.product))
    if findings.invitro is not None:
        yield "readings", _marked(_readings(findings.invitro), kind)
        yield "quality_control", _marked(_quality(findings.invitro), kind)
    if findings.mouse is not None:
        yield from ((name, _marked(own, kind)) for name, own in mouse_tables(findings.mouse))
    if findings.patients is not None:
        yield "tis", _marked(findings.patients.cohort.columns(), kind)
        yield "improvement", _marked(_improvement(findings.patients), kind)
    if findings.history is not None:
        yield "history", _marked(_history(findings), "published")
    yield "claims", _claims(findings)


def _product(product: ProductResult) -> Iterator[tuple[str, Columns]]:
    yield "certificate", dict(product.certificate())
    if product.potencies:
        yield "potency", dict(potency_table(product.potencies))
    if product.stability:
        yield "stability", dict(stability_table(product.stability))
    if product.doses:
        yield "doses", dict(dose_table(product.doses))


def _marked(columns: Columns, kind: str) -> Columns:
    count = len(next(iter(columns.values()), ()))
    return {**columns, "data_kind": [kind] * count}


def _readings(invitro: Invitro) -> Columns:
    """Return every reading, with donor and condition where samples.csv gives them."""
    samples = {a.reading: a.sample for a in invitro.assigned}
    readings = [*samples, *invitro.unassigned]
    names = ("assay", "parameter", "unit", "source", "plate", "position", "group", "excluded")
    columns: Columns = {name: [getattr(reading, name) or None for reading in readings] for name in names}
    columns["value"] = [reading.value for reading in readings]
    columns["donor"] = [samples[r].donor if r in samples else None for r in readings]
    columns["condition"] = [samples[r].condition if r in samples else None for r in readings]
    return columns


def _quality(invitro: Invitro) -> Columns:
    names = ("severity", "rule", "source", "place", "found", "remedy")
    return {name: [getattr(finding, name) or None for finding in invitro.findings] for name in names}


def _improvement(patients: Patients) -> Columns:
    result = patients.improvement
    return {
        "subject": patients.cohort.subject,
        "visit": patients.cohort.visit,
        "group": [group or None for group in patients.groups],
        "measures": result.n_measured.tolist(),
        "improved_measures": result.n_improved.tolist(),
        "worse_measures": result.n_worse.tolist(),
        "improved": _words(result.result),
        "improved_lowest": _words(result.result_low),
        "improved_highest": _words(result.result_high),
        "published_mark": [mark.mark if mark else None for mark in patients.marks],
    }


def _words(flags: "npt.NDArray[Any]") -> list[Cell]:
    return ["yes" if flag else "no" for flag in flags.tolist()]


def _history(findings: Findings) -> Columns:
    if findings.history is None:
        return {}
    reading = findings.history[0]
    columns: Columns = {
        "responders": reading.k.tolist(),
        "n": [reading.n] * len(reading.k),
        "threshold": [reading.threshold] * len(reading.k),
        "rate": reading.rate.tolist(),
        "rate_low": reading.low.tolist(),
        "rate_high": reading.high.tolist(),
    }
    for part in reading.readings:
        name = part.name.replace(" ", "_").replace("-", "_")
        columns[f"probability_{name}"] = part.probability.tolist()
        columns[f"difference_{name}"] = part.difference.tolist()
        columns[f"low_{name}"], columns[f"high_{name}"] = part.low.tolist(), part.high.tolist()
        columns[f"chance_{name}"] = part.chance.tolist()
    columns["naive"] = reading.naive.tolist()
    return columns


def _claims(findings: Findings) -> Columns:
    judgements = findings.judgements
    deciding = [asdict(j.deciding) if j.deciding else {} for j in judgements]
    return {
        "claim": [j.claim.id for j in judgements],
        "statement": [j.claim.statement for j in judgements],
        "verdict": [j.verdict for j in judgements],
        "reason": [j.reason for j in judgements],
        **{name: [row.get(name) for row in deciding] for name in ("estimate", "low", "high", "unit", "n")},
        "evidence_source": [row.get("source") for row in deciding],
        "claim_source": [j.claim.source for j in judgements],
        "data_kind": [j.data_kind or None for j in judgements],
    }


def figures_of(document: Document) -> Iterator[tuple[str, str]]:
    """Yield every figure of a report as SVG text."""
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Figure):
                yield block.id, block.svg


def overlays_of(findings: Findings) -> Iterator[tuple[str, bytes]]:
    """Yield the outlined images as paths within ``out/`` and PNG bytes; the report leads to them by these."""
    if findings.invitro is not None:
        details = findings.invitro.details
        if details.myotube is not None:
            yield from ((f"overlays/{name}.png", png) for name, png in details.myotube.overlays.items())
        if details.uptake is not None:
            uptake = details.uptake.overlays.items()
            yield from ((f"{UPTAKE_OVERLAYS}/{name}.png", png) for name, png in uptake)
    if findings.mouse is not None and findings.mouse.details.images is not None:
        images = findings.mouse.details.images.overlays.items()
        yield from ((f"{HISTOLOGY_OVERLAYS}/{overlay_name(name)}", png) for name, png in images)
