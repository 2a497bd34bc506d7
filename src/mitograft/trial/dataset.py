"""The one noun that travels through the trial: a data set with its variables and where its rows came from.

Readers make them (``trial.formats``, ``trial.edc``), checks and derivations take them, writers write them.

* Text is ``String`` with null for "no value" (never ""), numbers ``Float64``, dates of analysis data sets
  ``Date``. Dates of SDTM stay the ISO 8601 text they were collected as, partial ones too.
* ``origins`` says for each row, in the same order, which file, row and fields it was read from: the last step
  of every trace.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mitograft.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ORIGIN_COLUMNS", "Dataset", "Datasets", "Origin", "Variable"]

VariableType = Literal["text", "number", "date"]
ORIGIN_COLUMNS = ("file", "row", "fields")


@dataclass(frozen=True, slots=True)
class Variable:
    """Name, label and type of one column.

    Parameters
    ----------
    name, label
        As in the file; an empty label where the file gives none.
    type
        ``text``, ``number`` or ``date``.
    length
        Bytes of the longest text allowed; None where unknown.
    key
        Place in the data set's natural key, from 1; 0 for no part of it.
    """

    name: str
    label: str = ""
    type: VariableType = "text"
    length: int | None = None
    key: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one row was read: the file, its row there and the fields of that row that were used."""

    file: str
    row: int
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """A data set such as DM or ADSL.

    Parameters
    ----------
    name, label
        Name in capitals and its description.
    frame
        The rows; columns in the order of ``variables``.
    variables
        One for each column.
    source
        File name for messages.
    origins
        ``file`` (text), ``row`` (whole number) and ``fields`` (names joined with ;), one row for each row of
        ``frame``; None where the data set was derived.
    """

    name: str
    label: str
    frame: "pl.DataFrame"
    variables: tuple[Variable, ...]
    source: str = ""
    origins: "pl.DataFrame | None" = None

    def __post_init__(self) -> None:
        """Refuse a data set that contradicts itself.

        Raises
        ------
        UsageError
            If columns and variables, or rows and origins, do not belong together.
        """
        names = [variable.name for variable in self.variables]
        if names != self.frame.columns:
            raise UsageError(f"{self.name}: found columns {self.frame.columns}; expected {names}.")
        if self.origins is not None and self.origins.height != self.frame.height:
            found = f"{self.origins.height} origins"
            raise UsageError(f"{self.name}: found {found}; expected {self.frame.height}, one a row.")

    def origin(self, index: int) -> Origin:
        """Return where row ``index`` (from 0) was read, its place in ``source`` at least."""
        if self.origins is None:
            return Origin(self.source or self.name, index + 1)
        file, row, fields = self.origins.row(index)
        return Origin(file, row, tuple(name for name in (fields or "").split(";") if name))

    def variable(self, name: str) -> Variable:
        """Return a variable by name.

        Raises
        ------
        UsageError
            If the data set has none of that name.
        """
        for variable in self.variables:
            if variable.name == name:
                return variable
        raise UsageError(f"{self.name}: found no variable {name}; expected one of {self.frame.columns}.")


class Datasets(Mapping[str, Dataset]):
    """Data sets by name, in the order given.

    Raises
    ------
    UsageError
        If two have one name.
    """

    def __init__(self, items: Iterable[Dataset]) -> None:
        self._items: dict[str, Dataset] = {}
        for item in items:
            if item.name in self._items:
                raise UsageError(f"{item.name}: found two data sets of this name; expected one.")
            self._items[item.name] = item

    def __getitem__(self, name: str) -> Dataset:
        """Return the data set of that name."""
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._items)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._items)

    def with_items(self, items: Sequence[Dataset]) -> "Datasets":
        """Return a copy with some data sets replaced or added."""
        return Datasets({**self._items, **{item.name: item for item in items}}.values())
