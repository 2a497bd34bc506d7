"""Score the core set table of a file: read, rename, check, derive."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mitograft.errors import UsageError
from mitograft.outcome.tis import Policy, TisRules
from mitograft.tables.contract import RawTable
from mitograft.tables.read import read_table
from mitograft.trial.core_set import CohortScore, core_set_contract, derive_tis

__all__ = ["score_file"]


def score_file(
    file: Path,
    *,
    rules: TisRules,
    missing: Policy = "strict",
    baseline: str | None = None,
    names: Mapping[str, str] | None = None,
    ignore: Sequence[str] = (),
    sheet: str | None = None,
) -> CohortScore:
    """Read a core set table and score it.

    Parameters
    ----------
    file
        CSV, TSV, XLSX or Parquet in long form (see ``core_set_contract``).
    rules, missing, baseline
        See ``derive_tis``.
    names
        Column names of the file to our names.
    ignore
        Columns of the file to leave out.
    sheet
        Sheet of a workbook.

    Raises
    ------
    UsageError
        If a column to rename or ignore is not in the file, or a new name is not one of ours.
    InputError
        If the file breaks a rule; lists all.
    """
    raw = read_table(file, sheet=sheet)
    return derive_tis(
        _select(raw, names or {}, ignore, rules), rules=rules, missing=missing, baseline=baseline
    )


def _select(raw: RawTable, names: Mapping[str, str], ignore: Sequence[str], rules: TisRules) -> RawTable:
    absent = [name for name in (*names, *ignore) if name not in raw.columns]
    if absent:
        raise UsageError(
            f"Found --map or --ignore of {', '.join(map(repr, absent))}; "
            f"expected a column of {raw.source}: {', '.join(raw.columns)}."
        )
    ours = core_set_contract(rules).names()
    wrong = [name for name in names.values() if name not in ours]
    if wrong:
        raise UsageError(f"Found --map to {', '.join(map(repr, wrong))}; expected one of {', '.join(ours)}.")
    kept = {name: cells for name, cells in raw.columns.items() if name not in ignore}
    renamed = [names.get(name, name) for name in kept]
    twice = sorted({name for name in renamed if renamed.count(name) > 1})
    if twice:
        raise UsageError(
            f"Found two columns for {', '.join(twice)} after --map; use --ignore for one of them."
        )
    return RawTable(raw.source, kept, raw.rows).rename(names)
