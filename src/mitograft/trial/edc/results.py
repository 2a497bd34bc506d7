"""Results in standard units: --STRESC, --STRESN, --STRESU, limits and LBNRIND, in exact arithmetic."""

import re
from decimal import Context, Decimal
from fractions import Fraction

from mitograft.errors import describe_cell
from mitograft.trial.edc.complaints import Complaints
from mitograft.trial.edc.forms import FormRow
from mitograft.trial.edc.mapping import EdcMapping
from mitograft.trial.sdtm.units import UnitConversion, find_conversion, standard_unit

__all__ = ["Standardiser", "indicate_range", "plain_number"]

Value = str | float | None
_RESULT = re.compile(r"(<=|>=|<|>)?\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))")
_DIGITS = 10


def plain_number(value: Fraction) -> str:
    """Write a number without an exponent, to ten significant digits.

    >>> plain_number(Fraction(3, 2)), plain_number(Fraction(160, 9))
    ('1.5', '17.77777778')
    """
    context = Context(prec=_DIGITS)
    number = context.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize(context)
    return "0" if not number else f"{number:f}"


def indicate_range(value: Fraction, low: Fraction | None, high: Fraction | None) -> str | None:
    """Return LOW, NORMAL or HIGH; the limits are inside the range. None without any limit.

    >>> indicate_range(Fraction(40), Fraction(0), Fraction(40))
    'NORMAL'
    """
    if low is None and high is None:
        return None
    if low is not None and value < low:
        return "LOW"
    return "HIGH" if high is not None and value > high else "NORMAL"


class Standardiser:
    """Adds the standard result to rows that have the original one."""

    def __init__(self, mapping: EdcMapping, complaints: Complaints) -> None:
        self.mapping, self.complaints = mapping, complaints
        self.converted = 0
        self._units: dict[tuple[str, str], str] = {}
        self._conversions: dict[tuple[str, str, str], UnitConversion | None] = {}
        self._numbers: dict[tuple[str, str, str, str], tuple[Fraction, str]] = {}

    def standardise(self, domain: str, values: dict[str, Value], row: FormRow, name: str) -> None:
        """Fill in --STRESC, --STRESN, --STRESU and, in LB, the limits and LBNRIND.

        Parameters
        ----------
        domain, values
            The row of the data set; its unit is spelled as ``[units]`` says.
        row, name
            Row of the export and field of the result, for messages.
        """
        original = _text(values.get(f"{domain}ORRES"))
        if not original:
            return
        unit = self._spell(values, domain)
        match = _RESULT.fullmatch(original)
        if match is None:
            if unit and any(letter.isdigit() for letter in original):
                self.complaints.cell(
                    row,
                    name,
                    "no-number",
                    describe_cell(original),
                    "a number, also <0.5, or words without digits",
                )
            values[f"{domain}STRESC"] = original
            return
        conversion = self._conversion(domain, _text(values.get(f"{domain}TESTCD")), unit, row, name)
        if conversion is None:
            return
        number, text = self._convert(conversion, match[2])
        values[f"{domain}STRESC"] = (match[1] or "") + text
        values[f"{domain}STRESN"] = None if match[1] else float(text)
        values[f"{domain}STRESU"] = conversion.standard or None
        self.converted += conversion.unit != conversion.standard
        if domain == "LB":
            self._limits(values, conversion, None if match[1] else number, row)

    def _spell(self, values: dict[str, Value], domain: str) -> str:
        entered = _text(values.get(f"{domain}ORRESU"))
        unit = self.mapping.units.get(entered, entered)
        if unit:
            values[f"{domain}ORRESU"] = unit
        return unit

    def _conversion(
        self, domain: str, testcd: str, unit: str, row: FormRow, name: str
    ) -> UnitConversion | None:
        standard = standard_unit(domain, testcd)
        if standard is None:
            standard = self._units.setdefault((domain, testcd), unit)
        key = (domain, testcd, unit)
        if key not in self._conversions:
            self._conversions[key] = find_conversion(testcd, unit, standard, self.mapping.conversions)
        found = self._conversions[key]
        if found is None:
            self.complaints.cell(
                row, name, "unknown-unit", f"{testcd} with {describe_cell(unit)} as its unit",
                f"{standard}, or a unit with a conversion to it" if standard else "no unit, as before",
                "Give the unit, its spelling in [units], or a [[conversion]].",
            )  # fmt: skip
        return found

    def _convert(self, conversion: UnitConversion, text: str) -> tuple[Fraction, str]:
        """Return an entered number in the standard unit and how it is written (values repeat)."""
        key = (conversion.testcd, conversion.unit, conversion.standard, text)
        if key not in self._numbers:
            number = conversion.apply(Fraction(text))
            self._numbers[key] = (number, plain_number(number))
        return self._numbers[key]

    def _limits(
        self, values: dict[str, Value], conversion: UnitConversion, number: Fraction | None, row: FormRow
    ) -> None:
        limits: list[Fraction | None] = []
        for end in ("LO", "HI"):
            text = _text(values.get(f"LBORNR{end}"))
            match = _RESULT.fullmatch(text) if text else None
            if text and (match is None or match[1]):
                self.complaints.cell(
                    row, f"LBORNR{end}", "no-number", describe_cell(text), "a limit as a number"
                )
            known = None if match is None or match[1] else self._convert(conversion, match[2])
            values[f"LBSTNR{end}"] = None if known is None else float(known[1])
            limits.append(None if known is None else known[0])
        low, high = limits
        if low is not None and high is not None and low > high:
            self.complaints.cell(row, "LBORNRLO", "limits-out-of-order", "a lower limit above the upper one",
                                 "limits in order")  # fmt: skip
        if number is not None:
            values["LBNRIND"] = indicate_range(number, low, high)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
