"""Which field of the forms is which test of SDTM: one table for the SDTM writer and the mapping file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from mitograft.tables.parameters import load_rows
from mitograft.trial.protocol import Protocol
from mitograft.trial.simulate.truth import PACKAGE

__all__ = ["CATEGORIES", "Test", "decode", "decoded", "result_tests"]

CATEGORIES: Mapping[str, str] = {"chemistry": "CHEMISTRY", "haematology": "HEMATOLOGY"}
"""Laboratory form to LBCAT."""


@dataclass(frozen=True, slots=True)
class Test:
    """One test: where SDTM has it, and the form and fields it is entered in."""

    __test__ = False  # nothing for pytest

    domain: str
    code: str
    name: str
    form: str
    field: str
    unit: str
    category: str
    unit_field: str = ""

    @property
    def limits(self) -> tuple[str, str] | None:
        """Fields of the lower and upper limit; None outside the laboratory."""
        return (f"{self.field}_lo", f"{self.field}_hi") if self.domain == "LB" else None


@lru_cache(maxsize=1)
def decoded() -> Mapping[str, Mapping[str, str]]:
    """Return the SDTM term of each code, by field."""
    terms: dict[str, dict[str, str]] = {}
    for row in load_rows(PACKAGE, "decodes.csv"):
        terms.setdefault(row["field"], {})[row["code"]] = row["term"]
    return terms


def decode(field: str, code: str | None) -> str | None:
    """Return the SDTM term of a code; None for no code or no term."""
    return decoded()[field].get(code or "") or None


def result_tests(protocol: Protocol) -> Iterator[Test]:
    """Iterate over the tests; core set measures lie where the protocol says."""
    for row in load_rows(PACKAGE, "results.csv"):
        place = protocol.measures.get(row["measure"]) if row["measure"] else None
        domain, code = (place.domain, place.testcd) if place else (row["domain"], row["testcd"])
        yield Test(domain, code, row["test"], row["form"], row["field"], row["unit"], row["category"])
    for row in load_rows(PACKAGE, "laboratory.csv"):
        two_units = row["testcd"] == "CREAT"
        unit, unit_field = ("", f"{row['field']}_u") if two_units else (row["unit"], "")
        category = CATEGORIES[row["form"]]
        yield Test("LB", row["testcd"], row["test"], row["form"], row["field"], unit, category, unit_field)
