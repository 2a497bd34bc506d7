"""Rounding for print: half away from zero, on the number as it is written.

42.65 is not exact in binary floating point; Python and numpy print 42.6, R from version 4 and SAS 42.7. Here
the shortest decimal text that reads back as the same number is what is rounded (as a person would), half
away from zero; a share is rounded from its two whole numbers. Zero has no sign.
"""

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from mitograft.errors import UsageError

__all__ = ["format_fixed", "format_p", "format_share"]

_CONTEXT = Context(prec=400, rounding=ROUND_HALF_UP)


def format_fixed(value: float | Fraction | None, decimals: int, *, missing: str = "") -> str:
    """Write a number with a fixed number of decimals; ``missing`` where there is none.

    >>> format_fixed(42.65, 1), format_fixed(-0.04, 1), format_fixed(2.5, 0), format_fixed(-2.5, 0)
    ('42.7', '0.0', '3', '-3')
    """
    if value is None or math.isnan(value):
        return missing
    if math.isinf(value):
        raise UsageError("Rounding: found an infinite number; expected a finite one.")
    step = Decimal(1).scaleb(-decimals)
    exact = _quotient(value, decimals) if isinstance(value, Fraction) else Decimal(repr(float(value)))
    rounded = exact.quantize(step, context=_CONTEXT)
    return f"{abs(rounded) if rounded.is_zero() else rounded:f}"


def _quotient(value: Fraction, decimals: int) -> Decimal:
    """Return the value rounded half away from zero in whole numbers."""
    scaled = abs(value) * 10**decimals
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-decimals, context=_CONTEXT)


def format_share(part: int, whole: int, decimals: int = 1) -> str:
    """Write ``part`` of ``whole`` in percent, without the sign; a share of nothing is empty.

    Something never looks like nothing, nor less than all like all: ``<0.1`` and ``>99.9``.

    >>> format_share(1, 16), format_share(1, 3), format_share(1, 5000), format_share(4999, 5000)
    ('6.3', '33.3', '<0.1', '>99.9')
    """
    if whole == 0:
        return ""
    unit = 10**decimals
    steps = (200 * unit * part + whole) // (2 * whole)  # whole numbers only: a half is a half
    if part and not steps:
        return f"<{_steps_text(1, decimals)}"
    if part < whole and steps == 100 * unit:
        return f">{_steps_text(steps - 1, decimals)}"
    return _steps_text(steps, decimals)


def _steps_text(steps: int, decimals: int) -> str:
    whole, rest = divmod(steps, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)


def format_p(p: float | None, decimals: int = 3) -> str:
    """Write a p value; smaller than can be shown is ``<0.001``, and nothing but 1 shows as 1.

    >>> format_p(0.0071), format_p(0.00004), format_p(0.99996), format_p(1.0), format_p(None)
    ('0.007', '<0.001', '>0.999', '1.000', '')
    """
    if p is None or math.isnan(p):
        return ""
    text = format_fixed(p, decimals)
    if p > 0.0 and float(text) == 0.0:
        return f"<{Decimal(1).scaleb(-decimals):f}"
    if p < 1.0 and float(text) == 1.0:
        return f">{1 - Decimal(1).scaleb(-decimals):f}"
    return text
