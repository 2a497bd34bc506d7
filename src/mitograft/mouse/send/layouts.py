"""Which column of which plain table is which variable of which domain; writer and reader share it.

``XF`` is a domain of mitograft: SEND has no home for grip strength or rotarod (SENDIG 3.1 leaves names that
begin with X, Y or Z to sponsors; from memory). Enzymes of function.csv, such as creatine kinase, go to LB.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mitograft.tables.check import is_missing
from mitograft.tables.contract import Cell, RawTable
from mitograft.tables.parameters import load_rows
from mitograft.tables.typed import number_text

__all__ = [
    "CHEMISTRY",
    "LAYOUTS",
    "Layout",
    "Row",
    "category_of",
    "is_column_name",
    "make_codes",
    "plain_rows",
]

Row = dict[str, str]

CHEMISTRY = "CLINICAL CHEMISTRY"
_CODE = 8
_GREEK = str.maketrans({"α": "a", "β": "b", "γ": "g", "δ": "d", "κ": "k", "µ": "u", "μ": "u"})
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Layout:
    """A plain table of measurements and the domain it goes to.

    Parameters
    ----------
    table, domain
        For example ``weights`` and ``BW``.
    value
        Column of the result.
    test, unit
        Columns of the name of the test and the unit; empty where fixed.
    fixed_test, fixed_unit
        Short name and name of the one test, and its unit, where they are no columns.
    category
        Value of --CAT, which tells the tables of one domain apart.
    qualifiers
        Further columns to variables without the prefix of the domain.
    """

    table: str
    domain: str
    value: str
    test: str = ""
    unit: str = ""
    fixed_test: tuple[str, str] = ("", "")
    fixed_unit: str = ""
    category: str = ""
    qualifiers: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that have a variable of their own, in the order a table shows them."""
        named = (self.test, *self.qualifiers, self.value, self.unit)
        return ("animal", "date", *(name for name in named if name))


LAYOUTS = (
    Layout("weights", "BW", "weight_g", fixed_test=("BW", "Body Weight"), fixed_unit="g"),
    Layout("function", "XF", "value", test="test", unit="unit"),
    Layout(
        "cytokines", "LB", "concentration", test="analyte", unit="unit", category="CYTOKINES",
        qualifiers={"material": "SPEC"},
    ),
    Layout(
        "metabolites", "LB", "value", test="metabolite", unit="unit", category="METABOLITES",
        qualifiers={"tissue": "SPEC"},
    ),
    Layout(
        "organ_weights", "OM", "mass_mg", fixed_test=("WEIGHT", "Weight"), fixed_unit="mg",
        qualifiers={"organ": "SPEC"},
    ),
)  # fmt: skip


def plain_rows(raw: RawTable) -> list[Row]:
    """Return the records of a table as text; columns without a value are left out of a record.

    >>> plain_rows(RawTable("weights.csv", {"animal": ["M1"], "weight_g": [21.50], "note": ["NA"]}, [2]))
    [{'animal': 'M1', 'weight_g': '21.5'}]
    """
    cells = [(name, list(column)) for name, column in raw.columns.items()]
    return [
        {name: _text(column[i]) for name, column in cells if not is_missing(column[i])}
        for i in range(len(raw))
    ]


def _text(cell: Cell) -> str:
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        return number_text(cell)
    return str(cell).strip()


def is_column_name(text: str) -> bool:
    """Tell whether a label is the name of one of our columns: small letters, digits and underscores."""
    return bool(_COLUMN.fullmatch(text))


def make_codes(names: Sequence[str]) -> dict[str, str]:
    """Return a short name of at most eight letters and digits for each name, all different.

    >>> make_codes(["IL-1β", "creatine kinase", "IL 1b"])
    {'IL-1β': 'IL1B', 'creatine kinase': 'CK', 'IL 1b': 'IL1B2'}
    """
    codes: dict[str, str] = {}
    for name in dict.fromkeys(names):
        known = _codes().get(_letters(name), ("", ""))[0]
        base = known or _letters(name).upper() or "TEST"
        base = f"T{base}" if base[0].isdigit() else base
        code, count = base[:_CODE], 1
        while code in codes.values():
            count += 1
            code = f"{base[: _CODE - len(str(count))]}{count}"
        codes[name] = code
    return codes


def category_of(name: str) -> str:
    """Return the laboratory category of a function test, for example of creatine kinase; empty for none."""
    return _codes().get(_letters(name), ("", ""))[1]


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold().translate(_GREEK))


@functools.cache
def _codes() -> dict[str, tuple[str, str]]:
    rows = load_rows("mitograft.mouse.send", "test_codes.csv")
    return {row["name"]: (row["code"], row["category"]) for row in rows}
