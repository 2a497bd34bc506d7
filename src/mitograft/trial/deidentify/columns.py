"""One function for each action on a column."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.trial.dataset import Variable
from mitograft.trial.deidentify.codes import make_code
from mitograft.trial.deidentify.dates import shift_dates, shift_text
from mitograft.trial.deidentify.places import Places
from mitograft.trial.deidentify.rules import Rule, find_rule

if TYPE_CHECKING:
    import polars as pl

__all__ = ["NUMBER_LIKE", "REDACTED", "Study", "change_column"]

NUMBER_LIKE = r"^\s*(?:[<>]=?\s*)?[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?\s*%?$"
REDACTED = "REDACTED"
_YEARS_OF = {"YEARS": 1.0, "MONTHS": 12.0, "WEEKS": 365.25 / 7, "DAYS": 365.25, "HOURS": 365.25 * 24}


@dataclass(frozen=True)
class Study:
    """What the actions need to know of the whole study.

    Parameters
    ----------
    key
        The secret key.
    subjects, numbers
        New USUBJID and new SUBJID by old USUBJID.
    shifts
        Days to add by old USUBJID.
    places
        Sites and countries.
    rules
        A user's own rules, tried first.
    oldest
        The age above which all become one more than it.
    sharing
        The least number of subjects that share a text result.
    """

    key: bytes
    subjects: Mapping[str, str]
    numbers: Mapping[str, str]
    shifts: Mapping[str, int]
    places: Places
    rules: Sequence[Rule]
    oldest: float
    sharing: int


def change_column(
    action: str, variable: Variable, frame: "pl.DataFrame", dataset: str, study: Study
) -> "pl.Series":
    """Return a column as its action leaves it.

    Parameters
    ----------
    action
        One of ``ACTIONS``.
    variable
        The column's variable.
    frame
        The data set as it was, with USUBJID.
    dataset
        Its name.
    study
        What is known of the study.
    """
    change = _CHANGES.get(action)
    return frame[variable.name] if change is None else change(variable, frame, dataset, study)


def _drop(variable: Variable, frame: "pl.DataFrame", _: str, __: Study) -> "pl.Series":
    return frame[variable.name].clear(frame.height)


def _subject(variable: Variable, frame: "pl.DataFrame", _: str, study: Study) -> "pl.Series":
    return _replace(frame[variable.name], study.subjects)


def _number(variable: Variable, frame: "pl.DataFrame", _: str, study: Study) -> "pl.Series":
    import polars as pl

    column = _replace(frame["USUBJID"], study.numbers).alias(variable.name)
    return column if variable.type == "text" else column.clear(frame.height).cast(pl.Float64)


def _site(variable: Variable, frame: "pl.DataFrame", _: str, study: Study) -> "pl.Series":
    return _replace(frame[variable.name], study.places.sites)


def _country(variable: Variable, frame: "pl.DataFrame", _: str, study: Study) -> "pl.Series":
    return _replace(frame[variable.name], {name: name for name in study.places.countries})


def _date(variable: Variable, frame: "pl.DataFrame", _: str, study: Study) -> "pl.Series":
    column, days = frame[variable.name], _days(frame, study)
    return shift_text(column, days) if variable.type == "text" else shift_dates(column, days)


def _age(variable: Variable, frame: "pl.DataFrame", _: str, study: Study) -> "pl.Series":
    import polars as pl

    if variable.type != "number":
        return frame[variable.name].clear(frame.height)
    unit = frame["AGEU"] if "AGEU" in frame.columns else pl.Series(["YEARS"] * frame.height, dtype=pl.String)
    a_year = unit.fill_null("YEARS").replace_strict(_YEARS_OF, default=None, return_dtype=pl.Float64)
    table = pl.DataFrame({"age": frame[variable.name], "a_year": a_year})
    one_more = (study.oldest + 1) * pl.col("a_year")
    group = pl.when(pl.col("age") >= one_more).then(one_more).otherwise(pl.col("age"))
    known = pl.when(pl.col("a_year").is_not_null()).then(group)
    return table.select(known.alias(variable.name)).to_series()


def _code(variable: Variable, frame: "pl.DataFrame", _: str, study: Study) -> "pl.Series":
    column = frame[variable.name]
    if variable.type != "text":
        return column.clear(frame.height)
    return _replace(column, _codes(column, study))


def _coded(variable: Variable, frame: "pl.DataFrame", _: str, __: Study) -> "pl.Series":
    """Return the coded term in the place of the verbatim one, which the standard requires."""
    import polars as pl

    decoded = f"{variable.name[:2]}DECOD"
    term = pl.col(decoded) if frame.schema.get(decoded) == pl.String else pl.lit(None, dtype=pl.String)
    there = pl.when(pl.col(variable.name).is_not_null())
    return frame.select(there.then(term.fill_null(REDACTED)).alias(variable.name)).to_series()


def _codes(column: "pl.Series", study: Study) -> dict[str, str]:
    return {text: make_code(study.key, "code", text) for text in column.drop_nulls().unique().to_list()}


def _result(variable: Variable, frame: "pl.DataFrame", _: str, study: Study) -> "pl.Series":
    import polars as pl

    if variable.type != "text":
        return frame[variable.name]
    by = [name for name in (f"{variable.name[:2]}TESTCD", "PARAMCD") if name in frame.columns]
    value = pl.col(variable.name)
    shared = pl.col("USUBJID").n_unique().over([*by, variable.name]) >= study.sharing
    return frame.select(pl.when(value.str.contains(NUMBER_LIKE) | shared).then(value)).to_series()


def _pointer(variable: Variable, frame: "pl.DataFrame", dataset: str, study: Study) -> "pl.Series":
    """Return IDVARVAL as the variable it points to was treated."""
    import polars as pl

    column = frame[variable.name]
    if "IDVAR" not in frame.columns:
        return column.clear(frame.height)
    domain = frame["RDOMAIN"] if "RDOMAIN" in frame.columns else pl.Series([dataset] * frame.height)
    table = pl.DataFrame({"domain": domain, "pointer": frame["IDVAR"]})
    targets = table.unique().drop_nulls().sort("domain", "pointer").rows()
    actions = {target: find_rule(target[0], target[1], study.rules).action for target in targets}
    codes = _replace(column, _codes(column, study))
    kept = [target for target, action in actions.items() if action == "keep"]
    coded = [target for target, action in actions.items() if action == "code"]
    table = table.with_columns(column.alias("value"), codes.alias("coded"))
    chosen = pl.when(_among(kept)).then(pl.col("value")).when(_among(coded)).then(pl.col("coded"))
    return table.select(chosen.alias(variable.name)).to_series()


def _among(targets: Sequence[tuple[str, str]]) -> "pl.Expr":
    import polars as pl

    return pl.any_horizontal(
        pl.lit(value=False), *((pl.col("domain") == d) & (pl.col("pointer") == p) for d, p in targets)
    )


def _days(frame: "pl.DataFrame", study: Study) -> "pl.Series":
    import polars as pl

    return frame["USUBJID"].replace_strict(study.shifts, default=None, return_dtype=pl.Int64)


def _replace(column: "pl.Series", codes: Mapping[str, str]) -> "pl.Series":
    import polars as pl

    return column.cast(pl.String).replace_strict(codes, default=None, return_dtype=pl.String)


_CHANGES: Mapping[str, Callable[[Variable, "pl.DataFrame", str, Study], "pl.Series"]] = {
    "drop": _drop,
    "subject": _subject,
    "subject-number": _number,
    "site": _site,
    "country": _country,
    "date": _date,
    "seconds": _date,
    "age": _age,
    "code": _code,
    "coded": _coded,
    "result": _result,
    "pointer": _pointer,
}
