"""Fill the dictionary variables of adverse events where they are empty; say which terms are not in it."""

from collections.abc import Iterator

from mitograft.errors import Violation, describe_cell
from mitograft.trial.coding.dictionary import Coded, Dictionary, same_term
from mitograft.trial.dataset import Dataset, Variable

__all__ = ["code_events"]

_LABELS = {
    "AELLT": "Lowest Level Term",
    "AEDECOD": "Dictionary-Derived Term",
    "AEBODSYS": "Body System or Organ Class",
}
_SOURCES = ("AELLT", "AEMODIFY", "AETERM")

Term = dict[str, str | None]


def code_events(ae: Dataset, dictionary: Dictionary) -> tuple[Dataset, tuple[Violation, ...]]:
    """Code adverse events.

    AELLT, AEDECOD and AEBODSYS are filled where they are empty; what is there already stays. The term looked
    up is AELLT, else AEMODIFY, else AETERM, else AEDECOD as a preferred term: compared without case, nothing
    guessed. An organ class of the site's own stays beside a preferred term of the dictionary.

    Parameters
    ----------
    ae
        The data set AE with AETERM.
    dictionary
        The dictionary.

    Returns
    -------
    coded, findings
        AE with the three variables, and for every event that remains without preferred term or organ class,
        or contradicts the dictionary, one violation (``not-coded``, ``not-current``, ``coded-otherwise``).
    """
    import polars as pl

    rows = _rows(ae)
    filled = [_fill(row, dictionary) for row in rows]
    frame = ae.frame.with_columns(
        pl.Series(name, [row[name] for row in filled], dtype=pl.String) for name in _LABELS
    )
    known = {variable.name: variable for variable in ae.variables}
    variables = tuple(known.get(name) or Variable(name, _LABELS[name]) for name in frame.columns)
    coded = Dataset(ae.name, ae.label, frame, variables, ae.source, ae.origins)
    return coded, tuple(_violations(coded, rows, filled, dictionary))


def _rows(ae: Dataset) -> list[Term]:
    """Return the text of the variables that take part; None where one is absent."""
    import polars as pl

    names = tuple(dict.fromkeys((*_SOURCES, *_LABELS)))
    frame = ae.frame.select(
        pl.col(name).cast(pl.String) if name in ae.frame.columns else pl.lit(None, pl.String).alias(name)
        for name in names
    )
    return list(frame.iter_rows(named=True))


def _look_up(row: Term, dictionary: Dictionary) -> tuple[Coded | None, bool]:
    """Return where the event's term stands, and whether that says its lowest level term."""
    term = next((row[name] for name in _SOURCES if row[name]), None)
    coded, pt = dictionary.code(term), row["AEDECOD"]
    if pt and (coded is None or same_term(coded.pt) != same_term(pt)):
        return dictionary.prefer(pt), False
    return coded, True


def _fill(row: Term, dictionary: Dictionary) -> Term:
    coded, with_llt = _look_up(row, dictionary)
    if coded is None:
        return {name: row[name] or None for name in _LABELS}
    return {
        "AELLT": row["AELLT"] or (coded.llt if with_llt else None),
        "AEDECOD": row["AEDECOD"] or coded.pt,
        "AEBODSYS": row["AEBODSYS"] or coded.soc,
    }


def _violations(
    ae: Dataset, rows: list[Term], filled: list[Term], dictionary: Dictionary
) -> Iterator[Violation]:
    for index, (row, after) in enumerate(zip(rows, filled, strict=True)):
        problem = _problem(row, after, dictionary)
        if problem:
            origin = ae.origin(index)
            yield Violation(*problem[:4], origin.file, origin.row, problem[4])


def _problem(row: Term, after: Term, dictionary: Dictionary) -> tuple[str, str, str, str, str] | None:
    name = next((name for name in _SOURCES if row[name]), "AETERM")
    term = row[name]
    if not (after["AEDECOD"] and after["AEBODSYS"]):
        old = dictionary.find(term)
        if old is not None and not old.current:
            found = "a term that is no longer current"
            return "not-current", found, "a current term", "Code the event by a current term.", name
        expected = f"a lowest level term of {dictionary.name} {dictionary.version}"
        return "not-coded", describe_cell(term), expected, "Ask the site, or code it by hand in AELLT.", name
    coded = dictionary.find(row["AELLT"]) or dictionary.code(term)
    if row["AEDECOD"] and coded is not None and same_term(coded.pt) != same_term(row["AEDECOD"]):
        expected = f"the preferred term of {dictionary.name} {dictionary.version}"
        return "coded-otherwise", "another term", expected, "Check the version it was coded with.", "AEDECOD"
    return None
