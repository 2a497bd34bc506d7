"""The column contract of a core set table: long form, one row a subject and visit."""

from mitograft.outcome.tis import ENZYMES, Measure, TisRules
from mitograft.tables.contract import Column, Contract

__all__ = ["MAXIMA", "core_set_contract"]

MAXIMA = (80.0, 150.0, 260.0)
_MMT = "IMACS form 04; NCT04976140"


def core_set_contract(rules: TisRules) -> Contract:
    """Give the columns a core set table of these rules has.

    ``subject`` and ``visit`` name the row; every measure of the rules is a column (its cells may be empty);
    an enzyme may be left out, but where it is present its upper limit of normal is too, in the same unit. An
    optional ``<enzyme>_unit`` says that unit.
    """
    columns = [
        Column("subject", "Subject identifier", "identifier", filled=True),
        Column("visit", "Visit: a number such as the week, or a name", "text", filled=True),
    ]
    for measure in rules.measures:
        columns += _columns(measure)
    return Contract("core set measures", tuple(columns), key=("subject", "visit"))


def _columns(measure: Measure) -> list[Column]:
    if measure.name == "enzyme":
        return [column for enzyme in ENZYMES for column in _enzyme(enzyme)]
    high = (
        float(measure.size) if measure.size is not None else (MAXIMA[-1] if measure.name == "mmt8" else None)
    )
    found = [Column(measure.name, measure.label, "number", measure.unit, low=0.0, high=high)]
    if measure.name == "mmt8":
        found.append(Column("mmt8_max", "Maximum of the strength test", "number", "points", source=_MMT))
    return found


def _enzyme(name: str) -> list[Column]:
    label = name.upper() if name != "aldolase" else "aldolase"
    return [
        Column(name, f"{label} activity", "number", required=False, low=0.0, high=1e6),
        Column(
            f"{name}_uln", f"upper limit of normal of {label}", "number", required=False, low=1e-6, high=1e6
        ),
        Column(f"{name}_unit", f"unit of {name} and {name}_uln", "text", required=False),
    ]
