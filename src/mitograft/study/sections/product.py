"""Section: the mitochondria lots, their release, potency and stability."""

from collections import Counter
from collections.abc import Mapping, Sequence

from mitograft.product.analyse import ProductResult, potency_table, stability_table
from mitograft.report.document import Block, Paragraph, Section, Table, TableColumn
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


def product_section(product: ProductResult) -> Section:
    """Show the certificate of every lot, relative potencies and shelf lives."""
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
    if product.stability:
        caption = "Shelf life (one-sided 95 % bound on the regression, ICH Q1E)"
        blocks.append(_table("stability", caption, stability_table(product.stability), _STABILITY))
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
