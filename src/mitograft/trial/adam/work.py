"""The state of one derivation: what was collected, what the protocol fixes, what is derived so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mitograft.errors import InputError, Violation
from mitograft.outcome.tis import TisRules
from mitograft.tables.parameters import Parameters
from mitograft.trial.adam.specification import Specification
from mitograft.trial.dataset import Datasets
from mitograft.trial.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Work"]


@dataclass
class Work:
    """What the rules read and where the data sets grow.

    Parameters
    ----------
    sdtm, protocol, specification
        Collected data, plan of the trial, variables to derive.
    settings
        The choices of ``data/settings.csv``.
    rules
        Rules of the Total Improvement Score.
    frames
        The analysis data sets so far. Each row carries ``_subject`` (row of ADSL) and ``_row`` (row of the
        collected data set it stands for, null for none); columns with a leading underscore are not written.
    notes
        What was left out, in words.
    """

    sdtm: Datasets
    protocol: Protocol
    specification: Specification
    settings: Parameters
    rules: TisRules
    frames: "dict[str, pl.DataFrame]" = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @cached_property
    def subjects(self) -> "pl.DataFrame":
        """``USUBJID``, ``_subject`` (0, 1, ... in the order of USUBJID) and ``_row``, the row of DM.

        Raises
        ------
        InputError
            If there is no DM with USUBJID.
        """
        import polars as pl

        if "DM" not in self.sdtm or "USUBJID" not in self.sdtm["DM"].frame.columns:
            raise InputError("DM", [_NO_DM])
        dm = self.sdtm["DM"].frame.select(pl.col("USUBJID").cast(pl.String)).with_row_index("_row")
        known = dm.filter(pl.col("USUBJID").is_not_null())
        first = known.unique("USUBJID", keep="first").sort("USUBJID")
        if first.height < dm.height:
            self.notes.append(f"DM: {dm.height - first.height} rows without or with a repeated USUBJID.")
        return first.with_row_index("_subject")

    def has(self, domain: str) -> bool:
        """Tell whether a data set was collected."""
        return domain in self.sdtm

    def domain(self, name: str, text: Sequence[str] = (), number: Sequence[str] = ()) -> "pl.DataFrame":
        """Return columns of a collected data set, with ``_row`` and ``_subject``.

        A column the data set lacks is empty, a data set that lacks is without rows; rows of subjects that DM
        does not hold are left out.
        """
        import polars as pl

        if name not in self.sdtm or "USUBJID" not in self.sdtm[name].frame.columns:
            types = {"_row": pl.UInt32, "_subject": pl.UInt32}
            return pl.DataFrame(
                schema=types | dict.fromkeys(text, pl.String) | dict.fromkeys(number, pl.Float64)
            )
        frame = self.sdtm[name].frame
        columns = [_column(frame, column, pl.String) for column in text if column != "USUBJID"]
        columns += [_column(frame, column, pl.Float64) for column in number]
        taken = frame.select(pl.col("USUBJID").cast(pl.String), *columns).with_row_index("_row")
        joined = taken.join(
            self.subjects.select("USUBJID", "_subject"), on="USUBJID", how="left", maintain_order="left"
        )
        kept = joined.filter(pl.col("_subject").is_not_null())
        if kept.height < joined.height:
            note = f"{name}: {joined.height - kept.height} rows of subjects that DM does not hold."
            self.notes += [note] if note not in self.notes else []
        return kept if "USUBJID" in text else kept.drop("USUBJID")

    def collected(self, domain: str, variable: str, rows: "pl.Series", *, number: bool) -> "pl.Series":
        """Return a collected variable for some rows of its data set (null for a null row)."""
        import polars as pl

        kind = pl.Float64 if number else pl.String
        if domain not in self.sdtm or variable not in self.sdtm[domain].frame.columns:
            return pl.Series(variable, [None] * len(rows), dtype=kind)
        column = self.sdtm[domain].frame.select(_column(self.sdtm[domain].frame, variable, kind))
        return column.to_series().gather(rows).alias(variable)

    def of_subject(self, frame: "pl.DataFrame", name: str) -> "pl.Series":
        """Return a variable of ADSL for the subject of each row."""
        return self.frames["ADSL"][name].gather(frame["_subject"])

    def setting(self, name: str) -> str:
        """Return a choice as text."""
        return self.settings[name].value


def _column(frame: "pl.DataFrame", name: str, kind: "type[pl.DataType]") -> "pl.Expr":
    import polars as pl

    if name not in frame.columns:
        return pl.lit(None, kind).alias(name)
    column = pl.col(name)
    if kind == pl.String and frame.schema[name].is_numeric():
        whole = frame.select((column == column.round(0)).all()).item()
        column = column.cast(pl.Int64) if whole else column
    if kind == pl.String:
        plain = column.cast(pl.String).str.strip_chars()
        return pl.when(plain != "").then(plain).alias(name)
    return column.cast(kind, strict=False)


_NO_DM = Violation(
    "no-demographics",
    found="no data set DM with USUBJID",
    expected="the data set DM, one row a subject",
    remedy="Add DM to the folder; every derivation begins with its subjects.",
    file="DM",
)
