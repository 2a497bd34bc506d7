"""Built rows to data sets: named subjects, sequence numbers, supplements, origins."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mitograft.trial.dataset import ORIGIN_COLUMNS, Dataset
from mitograft.trial.edc.build import BuiltRow
from mitograft.trial.edc.results import Value
from mitograft.trial.sdtm.domains import (
    domain_variables,
    load_domains,
    make_dataset,
    sequence_date,
    sequence_name,
)

if TYPE_CHECKING:
    import polars as pl

__all__ = ["assemble"]

_Origin = tuple[str, int, str]


def assemble(
    study: str, subjects: Mapping[str, BuiltRow], rows: Mapping[str, Sequence[BuiltRow]]
) -> list[Dataset]:
    """Return DM and the other data sets in the order of delivery, supplements last.

    Parameters
    ----------
    study
        STUDYID.
    subjects
        Rows of DM by subject of the export.
    rows
        Rows of the other data sets, in the order of the export.
    """
    names = {subject: str(row.values["USUBJID"]) for subject, row in subjects.items()}
    found = {"DM": list(subjects.values()), **rows}
    made: list[Dataset] = []
    supplements: list[Dataset] = []
    for domain in (name for name in load_domains() if name in found):
        ordered = _order(domain, found[domain], names)
        made.append(_table(domain, [_complete(domain, study, names, row) for row in ordered],
                           [row.origin for row in ordered]))  # fmt: skip
        extra = list(_supplements(domain, study, names, ordered))
        if extra:
            values, origins = zip(*extra, strict=True)
            supplements.append(_table(f"SUPP{domain}", values, origins))
    return [*made, *supplements]


def _order(domain: str, rows: Iterable[BuiltRow], names: Mapping[str, str]) -> list[BuiltRow]:
    """Put rows in order of subject and date, then as exported; number them where the data set is numbered."""
    date, sequence = sequence_date(domain), sequence_name(domain)

    def place(row: BuiltRow) -> tuple[str, float, str]:
        visit = row.values.get("VISITNUM") if domain == "SV" else None
        return names[row.subject], float(visit or 0), str(row.values.get(date) or "9999")

    ordered = sorted(rows, key=place)
    counts: dict[str, int] = {}
    for row in ordered if sequence else ():
        counts[row.subject] = counts.get(row.subject, 0) + 1
        row.values[sequence] = float(counts[row.subject])
    return ordered


def _complete(domain: str, study: str, names: Mapping[str, str], row: BuiltRow) -> dict[str, Value]:
    return {"STUDYID": study, "DOMAIN": domain, "USUBJID": names[row.subject], **row.values}


def _supplements(
    domain: str, study: str, names: Mapping[str, str], rows: Iterable[BuiltRow]
) -> Iterator[tuple[dict[str, Value], _Origin]]:
    sequence = sequence_name(domain)
    for row in rows:
        for item in row.qualifiers:
            number = row.values.get(sequence)
            values: dict[str, Value] = {
                "STUDYID": study, "RDOMAIN": domain, "USUBJID": names[row.subject],
                "IDVAR": sequence or None,
                "IDVARVAL": f"{number:g}" if isinstance(number, float) else None,
                "QNAM": item.map.qnam, "QLABEL": item.map.label, "QVAL": item.value,
                "QORIG": item.map.origin, "QEVAL": item.map.evaluator or None,
            }  # fmt: skip
            yield values, item.used.origin(row.origin[0], row.origin[1])


def _table(domain: str, rows: Sequence[Mapping[str, Value]], origins: Sequence[_Origin]) -> Dataset:
    import polars as pl

    kinds = {item.name: item.type for item in domain_variables(domain)}
    used = [name for name in kinds if any(name in row for row in rows)]
    schema = {name: pl.Float64 if kinds[name] == "number" else pl.String for name in used}
    sequence = sequence_name(domain)
    if sequence:
        schema.setdefault(sequence, pl.Float64)
    columns = {name: [row.get(name) for row in rows] for name in schema}
    frame = pl.DataFrame(columns, schema=schema)
    return make_dataset(domain, frame, _origins(origins), source=origins[0][0] if origins else "")


def _origins(origins: Sequence[_Origin]) -> "pl.DataFrame":
    import polars as pl

    schema = dict(zip(ORIGIN_COLUMNS, (pl.String, pl.Int64, pl.String), strict=True))
    return pl.DataFrame(list(origins), schema=schema, orient="row")
