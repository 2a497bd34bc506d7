"""The numbers of a SAS transport file: IBM System/360 hexadecimal floating point, eight bytes.

The first byte is the sign and the exponent ``e`` (of sixteen, plus 64), the other seven the fraction ``f``::

    value = +-  f / 2^56 * 16^(e - 64)        1/16 <= f / 2^56 < 1

Every double between 16^-65 and 16^63 is held exactly (53 of at least 53 bits). A missing value is one of
``. _ A B .. Z`` followed by zeros; they are all "no value" here.

Source: SAS Institute, TS-140; IBM, "System/360 Principles of Operation" (A22-6821).
"""

from typing import TYPE_CHECKING

from mitograft.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["LARGEST", "NUMBER_BYTES", "SMALLEST", "decode_numbers", "encode_numbers"]

NUMBER_BYTES = 8
SMALLEST, LARGEST = 16.0**-65, 16.0**63 * (1 - 2.0**-53)
"""The smallest and largest size of a number other than zero."""

_BIAS = 64
_FRACTION_BITS = 56
_MISSING_MARKS = b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def encode_numbers(values: "npt.NDArray[np.float64]", name: str) -> "npt.NDArray[np.uint8]":
    """Return numbers as bytes, one row of eight each; "not a number" is a missing value.

    Raises
    ------
    UsageError
        If a number is larger or smaller than the format holds; ``name`` is for the message.

    >>> import numpy as np
    >>> encode_numbers(np.array([1.0, -118.625]), "AVAL").tobytes().hex()
    '4110000000000000c276a00000000000'
    """
    import numpy as np

    missing = np.isnan(values)
    sizes = np.abs(np.where(missing, 0.0, values))
    if np.any((sizes > LARGEST) | ((sizes > 0) & (sizes < SMALLEST))):
        raise UsageError(f"{name}: found a number that a transport file cannot hold.")
    mantissa, exponent = np.frexp(sizes)
    sixteens = -(-exponent // 4)
    fraction = np.ldexp(mantissa, exponent - 4 * sixteens + _FRACTION_BITS).astype(np.uint64)
    bits = fraction | ((sixteens + _BIAS).astype(np.uint64) << np.uint64(_FRACTION_BITS))
    bits |= (np.signbit(values) & ~missing).astype(np.uint64) << np.uint64(63)
    bits[fraction == 0] = 0
    bits[missing] = np.uint64(_MISSING_MARKS[0] << _FRACTION_BITS)
    cells: npt.NDArray[np.uint8] = bits.astype(">u8").view(np.uint8).reshape(-1, NUMBER_BYTES)
    return cells


def decode_numbers(fields: "npt.NDArray[np.uint8]") -> "npt.NDArray[np.float64]":
    """Return numbers from bytes, one row each; those of fewer than eight bytes lack their last ones.

    >>> import numpy as np
    >>> decode_numbers(np.frombuffer(bytes.fromhex("c276a00000000000"), np.uint8).reshape(1, 8)).tolist()
    [-118.625]
    """
    import numpy as np

    full = np.zeros((len(fields), NUMBER_BYTES), np.uint8)
    full[:, : fields.shape[1]] = fields
    bits = full.view(">u8").reshape(-1).astype(np.uint64)
    fraction = bits & np.uint64((1 << _FRACTION_BITS) - 1)
    first = full[:, 0]
    exponent = (first & 0x7F).astype(np.int64) - _BIAS
    values = np.ldexp(fraction.astype(np.float64), 4 * exponent - _FRACTION_BITS)
    values = np.where(first & 0x80, -values, values)
    missing = (fraction == 0) & np.isin(first, np.frombuffer(_MISSING_MARKS, np.uint8))
    values[missing] = np.nan
    return values
