"""Section: the mitochondria lots, their release, potency and stability."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from mitograft.evidence import DataKind
from mitograft.product.analyse import ProductResult, potency_table, stability_table
from mitograft.report.document import Block, Paragraph, Section, Table, TableColumn
from mitograft.report.numbers import format_interval
from mitograft.study.sections.product_figures import potency_figures, stability_figures
from mitograft.tables.contract import Cell

__all__ = ["product_section"]


_LONG = 12  # a longer table is opened by the reader
_CERTIFICATE = {
    "lot": "Lot",
    "label": "Attribute",
    "result": "Result",
    "unit": "Unit",
    "limit": "Limit",
    "verdict": "Verdict",
    "reason": "Why",
    "method": "Method",
}
_LOSS = (
    "Potency out of storage is taken to fall by first order; the range is that of the half-life, an "
    "unconfirmed number. Particles: from the lot's own count and protein where both were measured."
)
_POTENCY = {
    "assay": "Assay",
    "lot": "Lot",
    "reference": "Reference",
    "relative_potency": "Relative potency",
    "low": "lower limit",
    "high": "upper limit",
    "plates": "Plates",
    "refused": "Why refused",
}
_STABILITY = {
    "attribute": "Attribute",
    "storage": "Storage",
    "model": "Lots pooled",
    "shelf_life": "Shelf life",
    "unit": "Unit",
    "worst_lot": "Decided by",
    "note": "Remark",
}


def product_section(product: ProductResult, data_kind: DataKind) -> Section:
    """Show the certificate of every lot, relative potencies, shelf lives and prepared doses."""
    counts = Counter(verdict.verdict for verdict in product.verdicts)
    words = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    blocks: list[Block] = [
        Paragraph(note, "warning" if "example" in note.lower() else "note") for note in product.notes
    ]
    blocks.append(_lots(product))
    blocks.append(
        _table(
            "certificate", "Certificate: every attribute of every lot", product.certificate(), _CERTIFICATE
        )
    )
    if product.potencies:
        caption = "Potency relative to the reference lot (parallel curves)"
        blocks.append(_table("potency", caption, potency_table(product.potencies), _POTENCY))
        blocks += potency_figures(product, data_kind)
    if product.stability:
        caption = "Shelf life (one-sided 95 % bound on the regression, ICH Q1E)"
        blocks.append(_table("stability", caption, stability_table(product.stability), _STABILITY))
        blocks += stability_figures(product, data_kind)
    if product.doses:
        blocks += [_doses(product), *_dose_remarks(product)]
    lead = (
        f"{len(product.verdicts)} lots judged for release: {words}."
        if product.verdicts
        else "No lot was judged."
    )
    return Section("product", "The mitochondria lots", lead, tuple(blocks))


def _lots(product: ProductResult) -> Table:
    return Table(
        "lots",
        "Release of each lot",
        (TableColumn("lot", "Lot"), TableColumn("verdict", "Verdict"), TableColumn("reason", "Why")),
        tuple((v.lot, v.verdict, v.reason) for v in product.verdicts),
        note="Respiration and ATP synthesis are separate potency assays: one never stands in for the other.",
    )


def _doses(product: ProductResult) -> Table:
    columns = (
        TableColumn("lot", "Lot"),
        TableColumn("release", "Release"),
        TableColumn("dose_ug", "Dose", "µg protein", "decimal", 0),
        TableColumn("volume_ul", "Volume", "µL", "decimal", 0),
        TableColumn("particles", "Particles", "10⁹", "decimal", 2),
        TableColumn("hours", "Out of storage", "h", "decimal", 1),
        TableColumn("left", "Potency left", "%", "decimal", 0),
        TableColumn("active_ug", "Active at the bedside", "µg", "decimal", 0),
    )
    rows = tuple(
        (
            *(p.planned.lot, p.verdict or "not judged", p.dose.dose_ug, 1000 * p.dose.volume_ml),
            *(p.dose.particles / 1e9, p.dose.hours),
            _span(100 * p.dose.left, 100 * p.dose.left_low, 100 * p.dose.left_high),
            _span(p.dose.active_ug, p.dose.active_ug_low, p.dose.active_ug_high),
        )
        for p in product.doses
    )
    return Table("doses", "Doses as prepared", columns, rows, note=_LOSS)


def _span(estimate: float, low: float, high: float) -> str:
    return format_interval(estimate, low, high, 0)


def _dose_remarks(product: ProductResult) -> Iterator[Paragraph]:
    """Yield what must be known of single doses; what holds for all of them is said once."""
    every = [prepared.remarks for prepared in product.doses]
    common = [remark for remark in every[0] if all(remark in other for other in every)]
    for prepared in product.doses:
        own = [remark for remark in prepared.remarks if remark not in common]
        if own:
            where = f"{prepared.planned.lot}, {prepared.dose.dose_ug:g} µg:"
            yield Paragraph(" ".join([where, *own]), "note" if prepared.verdict == "pass" else "warning")
    if common:
        yield Paragraph(" ".join(common))


def _table(
    name: str,
    caption: str,
    columns: Mapping[str, Sequence[Cell]],
    labels: Mapping[str, str],
) -> Table:
    """Arrange some columns of a result table; numbers stand at the right."""
    shown = [_column(key, label, columns[key]) for key, label in labels.items()]
    rows = tuple(zip(*(columns[key] for key in labels), strict=True))
    return Table(name, caption, tuple(shown), rows, collapsed=len(rows) > _LONG)


def _column(key: str, label: str, cells: Sequence[Cell]) -> TableColumn:
    numeric = any(isinstance(cell, float) for cell in cells)
    return TableColumn(key, label, "", "decimal" if numeric else "left", 2 if numeric else None)
