"""Numbers and missing values as a reader sees them, in tables and figures alike."""

import math
from collections.abc import Sequence

from mitograft.tables.contract import Cell

__all__ = ["MISSING", "align_decimals", "format_cell", "format_interval", "format_number"]

MISSING = "–"
MINUS = "−"
_NARROW_SPACE = "\u202f"
_FIGURE_SPACE = "\u2007"
_POINT_SPACE = "\u2008"
_GROUPED_FROM = 10_000
_DIGITS = 6
_POWERS_FROM = 10
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def format_number(value: float | None, decimals: int | None = None) -> str:
    """Write a number for readers: true minus sign, groups of three from 10,000, an en dash where missing.

    >>> format_number(-0.5, 2), format_number(12345.0), format_number(None), format_number(-0.001, 1)
    ('−0.50', '12\u202f345', '–', '0.0')
    >>> format_number(math.inf), format_number(2.5e-7)
    ('∞', '2.5 × 10⁻⁷')
    """
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    if decimals is None and isinstance(value, int):
        decimals = 0
    text = f"{value:.{_DIGITS}g}" if decimals is None else f"{value:.{decimals}f}"
    sign = MINUS if text.startswith("-") and text.strip("-0.") else ""
    mantissa, _, exponent = text.removeprefix("-").partition("e")
    if exponent and abs(value) >= 1 and int(exponent) < _POWERS_FROM:
        mantissa, exponent = f"{abs(value):.0f}", ""
    if exponent:
        return f"{sign}{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    return sign + _grouped(mantissa)


def _grouped(text: str) -> str:
    whole, point, fraction = text.partition(".")
    if int(whole) >= _GROUPED_FROM:
        whole = f"{int(whole):,}".replace(",", _NARROW_SPACE)
    return whole + point + fraction


def format_interval(
    estimate: float | None, low: float | None, high: float | None, decimals: int | None = None
) -> str:
    """Write an estimate with its interval.

    >>> format_interval(12.5, -3.0, 28.0, 1)
    '12.5 (−3.0 to 28.0)'
    """
    if estimate is None or math.isnan(estimate):
        return MISSING
    return (
        f"{format_number(estimate, decimals)} "
        f"({format_number(low, decimals)} to {format_number(high, decimals)})"
    )


def format_cell(cell: Cell, decimals: int | None = None) -> str:
    """Write any cell for readers.

    >>> format_cell("DM"), format_cell(True), format_cell(3), format_cell(float("nan"))
    ('DM', 'yes', '3', '–')
    """
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, str):
        return cell if cell.strip() else MISSING
    return format_number(cell, decimals)


def align_decimals(texts: Sequence[str]) -> list[str]:
    """Pad numbers on the right so that, set flush right, their decimal points stand under each other.

    Text that is no plain number is padded as a whole number would be.

    >>> [text.replace(chr(0x2007), "_").replace(chr(0x2008), ",") for text in align_decimals(["7.25", "40"])]
    ['7.25', '40,__']
    """
    fractions = [text.partition(".")[2] if _plain(text) else "" for text in texts]
    width = max((len(fraction) for fraction in fractions), default=0)
    return [
        text + (_POINT_SPACE if width and not fraction else "") + _FIGURE_SPACE * (width - len(fraction))
        for text, fraction in zip(texts, fractions, strict=True)
    ]


def _plain(text: str) -> bool:
    return all(character.isdigit() or character in (".", MINUS, _NARROW_SPACE) for character in text)
