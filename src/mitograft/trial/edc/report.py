"""What a mapping did: rows read and made, fields used and left out, values changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from mitograft.trial.edc.build import Builder
from mitograft.trial.edc.forms import SITE, SUBJECT_FORM, Forms
from mitograft.trial.edc.mapping import EdcMapping
from mitograft.trial.sdtm.units import UnitConversion

__all__ = ["MappingReport", "make_report"]


@dataclass(frozen=True)
class MappingReport:
    """What was read and what became of it.

    Parameters
    ----------
    files
        The files of the export.
    records
        Rows (REDCap) or filled in forms (ODM) read.
    form_rows
        By form, how often it was filled in.
    used
        Fields the mapping reads, in the order of the export.
    left_out
        Form and name of the fields nobody maps.
    rows
        By data set, how many rows were made.
    changes
        Values translated, dates put together, results converted to another unit, codes for no value.
    conversions
        Conversions of units given in the mapping, in place of or beside the shipped ones.
    """

    files: tuple[str, ...]
    records: int
    form_rows: Mapping[str, int]
    used: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    rows: Mapping[str, int]
    changes: Mapping[str, int]
    conversions: tuple[UnitConversion, ...] = ()


def make_report(
    mapping: EdcMapping, forms: Forms, builder: Builder, rows: Mapping[str, int]
) -> MappingReport:
    """Return the report of a mapping that was carried out; ``rows`` counts those of each data set."""
    counts: dict[str, int] = {}
    for row in forms.rows:
        if row.form != SUBJECT_FORM:
            counts[row.form] = counts.get(row.form, 0) + 1
    used = builder.evaluator.fields | {forms.subject_field} | _bases(builder.evaluator.fields, forms)
    left_out = [
        (form, name)
        for name, info in forms.fields.items()
        if name not in used and name.partition("___")[0] not in used and name != SITE and not info.boxes
        for form in sorted(info.forms)
    ]
    return MappingReport(
        tuple(dict.fromkeys(row.file for row in forms.rows)),
        forms.records,
        counts,
        tuple(name for name in forms.fields if name in used),
        tuple(left_out),
        rows,
        {
            "translated": builder.evaluator.changes["translated"],
            "dates put together": builder.evaluator.changes["dates put together"],
            "converted to the standard unit": builder.standardiser.converted,
            "codes for no value": forms.missing,
        },
        mapping.conversions,
    )


def _bases(used: set[str], forms: Forms) -> set[str]:
    """Return the fields of which a box is used."""
    return {name.partition("___")[0] for name in used if "___" in name} & set(forms.fields)
