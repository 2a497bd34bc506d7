"""One data set under check, with what a rule may look at beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.trial.dataset import Dataset, Datasets
from mitograft.trial.protocol import Protocol
from mitograft.trial.sdtm import domain_variables, find_domain, load_domains

if TYPE_CHECKING:
    import polars as pl

    from mitograft.trial.sdtm.domains import DomainVariable

__all__ = ["SUPPLEMENT", "Part", "domain_of", "kind_of", "typed_columns"]

SUPPLEMENT = "SUPP"
_NUMERIC = ("SEQ", "STRESN", "STNRLO", "STNRHI", "VISITNUM", "DY")
_SIGNS = {"TESTCD": "findings", "TRT": "interventions", "TERM": "events"}


@dataclass(frozen=True)
class Part:
    """A data set, all data sets, the protocol and the lots that are known (None: no list given)."""

    dataset: Dataset
    data: Datasets
    protocol: Protocol
    lots: frozenset[str] | None = None

    @cached_property
    def domain(self) -> str:
        """Two letters, also where the data set is a part of a domain (LBCH is LB); SUPP for SUPPAE."""
        return domain_of(self.dataset)

    @cached_property
    def kind(self) -> str:
        """Observation class, for example ``findings``."""
        return kind_of(self.dataset)

    @cached_property
    def definition(self) -> "tuple[DomainVariable, ...]":
        """What SDTM says of its variables; empty where this project knows nothing of the domain."""
        try:
            return domain_variables("SUPP--" if self.domain == SUPPLEMENT else self.domain)
        except UsageError:
            return ()

    @property
    def names(self) -> list[str]:
        """The variables it has."""
        return self.dataset.frame.columns

    def own(self, name: str) -> str:
        """Return a name with the domain in place of ``--``."""
        return name.replace("--", self.domain, 1) if name.startswith("--") else name

    def has(self, name: str) -> bool:
        """Whether a variable is there; ``DM.X`` asks another data set, ``DM`` for the data set itself."""
        other, _, variable = self.own(name).rpartition(".")
        if other:
            needed = {variable, "USUBJID"}
            return "USUBJID" in self.names and any(
                needed <= set(dataset.frame.columns) for dataset in self.others(other)
            )
        return variable in self.names or bool(self.others(variable))

    def others(self, domain: str) -> tuple[Dataset, ...]:
        """Return the data sets of another domain (several where it is split)."""
        return tuple(item for item in self.data.values() if domain_of(item) == domain)

    def table(self, *names: str) -> "pl.DataFrame":
        """Return columns with ``_row``; those of other data sets (``DM.X``) matched by subject.

        The columns keep the names asked for, so ``--STDTC`` is a column ``--STDTC``.
        """
        own = [name for name in names if "." not in name]
        own += ["USUBJID"] if "USUBJID" in self.names else []
        columns = {name: self.own(name) for name in dict.fromkeys(own)}
        frame = typed_columns(self.dataset, columns).with_row_index("_row")
        for other in dict.fromkeys(name.partition(".")[0] for name in names if "." in name):
            wanted = [name for name in dict.fromkeys(names) if name.startswith(f"{other}.")]
            frame = frame.join(
                self._of_subjects(other, wanted), on="USUBJID", how="left", maintain_order="left"
            )
        return frame

    def _of_subjects(self, other: str, names: Sequence[str]) -> "pl.DataFrame":
        """Return one row a subject of another data set: the first that stands there."""
        import polars as pl

        columns = {"USUBJID": "USUBJID"} | {name: name.partition(".")[2] for name in names}
        whole = [item for item in self.others(other) if set(columns.values()) <= set(item.frame.columns)]
        frame = pl.concat([typed_columns(item, columns) for item in whole])
        return frame.drop_nulls("USUBJID").unique("USUBJID", keep="first", maintain_order=True)

    def hits(self, frame: "pl.DataFrame", flag: "pl.Expr", variables: Iterable[str]) -> "pl.DataFrame":
        """Return the rows of ``frame`` (from ``table``) where ``flag`` is true, with the variables named."""
        import polars as pl

        named = ";".join(dict.fromkeys(self.own(name) for name in variables))
        return frame.filter(flag).select(pl.col("_row"), pl.lit(named).alias("variable"))

    def whole(self, variables: Sequence[str]) -> "pl.DataFrame":
        """Return one hit a variable that concerns the whole data set."""
        import polars as pl

        rows = pl.Series("_row", [None] * len(variables), dtype=pl.UInt32)
        return pl.DataFrame([rows, pl.Series("variable", variables, dtype=pl.String)])


def typed_columns(dataset: Dataset, names: Mapping[str, str]) -> "pl.DataFrame":
    """Return columns by new name, with the type SDTM gives them: numbers as such, all else as text.

    What does not read as a number is null; rule MG-1010 tells of variables of the wrong type.
    """
    import polars as pl

    numbers = _numbers(domain_of(dataset))
    return dataset.frame.select(
        pl.col(name)
        .cast(pl.Float64 if name in numbers or name.endswith(_NUMERIC) else pl.String, strict=False)
        .alias(new)
        for new, name in names.items()
    )


@cache
def _numbers(domain: str) -> frozenset[str]:
    try:
        known = domain_variables("SUPP--" if domain == SUPPLEMENT else domain)
    except UsageError:
        return frozenset()
    return frozenset(item.name for item in known if item.type == "number")


def domain_of(dataset: Dataset) -> str:
    """Return the domain a data set belongs to: its name, or that of the domain it is a part of."""
    name = dataset.name
    if name in load_domains() or name.startswith(SUPPLEMENT):
        return SUPPLEMENT if name.startswith(SUPPLEMENT) else name
    return name[:2] if name[:2] in load_domains() else name


def kind_of(dataset: Dataset) -> str:
    """Return the observation class of a data set, by its definition or else by its variables."""
    domain = domain_of(dataset)
    if domain == SUPPLEMENT:
        return "relationship"
    if domain in load_domains():
        return find_domain(domain).kind
    found = (kind for sign, kind in _SIGNS.items() if f"{domain[:2]}{sign}" in dataset.frame.columns)
    return next(found, "other")
