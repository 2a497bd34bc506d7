# ruff: noqa: ARG001
# mypy: ignore-errors
"""The exponential for lanes: arithmetic only, so that the compiler can work on several lanes at once.

exp(x) = 2**k exp(r) with k the nearest whole number to x/ln 2 and r in [-ln 2/2, ln 2/2], exp(r) by its
series to order 13 (the next term is below 5e-18 of the value). Error at most 2 units in the last place.
Below -600 the value of -600 (1e-261) is returned, as still smaller numbers would only slow the processor.
"""

from numba import types
from numba.extending import intrinsic

__all__ = ["exp_lanes"]


# --- kernel ---
@intrinsic
def _bits(context, value):
    """Return the bits of a float as a whole number."""

    def code(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(types.float64), code


@intrinsic
def _float(context, value):
    """Return the float of these bits."""

    def code(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), code


def exp_lanes(x):
    """Exponential function."""
    x = -600.0 if x < -600.0 else x
    x = 709.0 if x > 709.0 else x
    shifted = x * 1.4426950408889634 + 6755399441055744.0
    k = shifted - 6755399441055744.0
    r = (x - k * 0.6931471803691238) - k * 1.9082149292705877e-10
    s = 1.0 / 6227020800.0
    s = s * r + 1.0 / 479001600.0
    s = s * r + 1.0 / 39916800.0
    s = s * r + 1.0 / 3628800.0
    s = s * r + 1.0 / 362880.0
    s = s * r + 1.0 / 40320.0
    s = s * r + 1.0 / 5040.0
    s = s * r + 1.0 / 720.0
    s = s * r + 1.0 / 120.0
    s = s * r + 1.0 / 24.0
    s = s * r + 1.0 / 6.0
    s = s * r + 0.5
    s = s * r + 1.0
    s = s * r + 1.0
    return s * _float((_bits(shifted) + 1023) << 52)
