"""SDTM records of results: vital signs, laboratory, core set measures, from the forms."""

from collections.abc import Mapping
from fractions import Fraction

from mitograft.trial.sdtm import find_conversion, standard_unit
from mitograft.trial.simulate.results import Test, decode, result_tests
from mitograft.trial.simulate.sdtm_index import Index, Record, Records
from mitograft.trial.simulate.site import FormRow, SiteData

__all__ = ["tabulate_results"]

_DATES = {"chemistry": "lbdat", "haematology": "hedat"}


def tabulate_results(site: SiteData, index: Index) -> Mapping[str, Records]:
    """Return the records of the results of each domain, in the order of the forms."""
    by_form: dict[str, list[Test]] = {}
    for test in result_tests(site.protocol):
        by_form.setdefault(test.form, []).append(test)
    made: dict[str, Records] = {}
    for row in site.rows:
        for test in by_form.get(row.form, ()):
            if test.field in row.values:
                made.setdefault(test.domain, []).append(_result(index, row, test))
    return made


def _result(index: Index, row: FormRow, test: Test) -> Record:
    values, name = row.values, test.domain
    unit = decode(test.unit_field, values[test.unit_field]) if test.unit_field else test.unit or None
    standard, factor = _standard(name, test.code, unit)
    text, number = _convert(values[test.field], factor)
    record: Record = {
        **index.start(name, row),
        f"{name}TESTCD": test.code,
        f"{name}TEST": test.name,
        f"{name}CAT": test.category or None,
        f"{name}ORRES": values[test.field],
        f"{name}ORRESU": unit,
        f"{name}STRESC": text,
        f"{name}STRESN": number,
        f"{name}STRESU": standard,
        **index.visit(row),
        f"{name}DTC": values[_DATES[row.form]] if row.form in _DATES else index.day(row),
    }
    return record | (_limits(values, test.limits, factor) if test.limits else {}) | _evaluator(name)


def _evaluator(domain: str) -> Record:
    return {"RSEVAL": "INVESTIGATOR"} if domain == "RS" else {}


def _limits(values: Mapping[str, str], fields: tuple[str, str], factor: Fraction) -> Record:
    low, high = (values[field] for field in fields)
    value = Fraction(values[fields[0].removesuffix("_lo")])
    side = "LOW" if value < Fraction(low) else "HIGH" if value > Fraction(high) else "NORMAL"
    return {
        "LBORNRLO": low,
        "LBORNRHI": high,
        "LBSTNRLO": _convert(low, factor)[1],
        "LBSTNRHI": _convert(high, factor)[1],
        "LBNRIND": side,
    }


def _standard(domain: str, test: str, unit: str | None) -> tuple[str | None, Fraction]:
    """Return the standard unit of a test and the factor to it; the unit as it is where none leads there."""
    standard = standard_unit(domain, test)
    conversion = find_conversion(test, unit, standard) if unit and standard else None
    return (standard, conversion.factor) if conversion is not None else (unit, Fraction(1))


def _convert(text: str, factor: Fraction) -> tuple[str, float]:
    """Return a value in the standard unit, to ten significant digits."""
    written = f"{float(Fraction(text) * factor):.10g}"
    return written, float(written)
