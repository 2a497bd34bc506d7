"""Items of a clinical instrument: their scale, the check against it, and sums with bounds.

Every instrument takes its items along the last axis, in the order of the scale's ``names``; leading axes
(patients, visits) are free, and NaN is an item that was not recorded. A sum is given three times: the
strict score (missing unless every item is there), and the lowest and highest score any completion of the
missing items can give.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError, describe_cell
from mitograft.outcome.decimal_grid import STEPS, to_steps
from mitograft.tables.parameters import Parameter, Parameters

__all__ = [
    "ItemScale",
    "Score",
    "common_shape",
    "off_scale",
    "off_scale_sentence",
    "read_codes",
    "read_flags",
    "read_numbers",
    "score_sum",
]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_LISTED = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """A score with its bounds; every field has the shape of the leading axes.

    Parameters
    ----------
    score
        The score where every item was recorded, NaN elsewhere.
    low, high
        Lowest and highest score any completion of the missing items can give.
    missing
        Number of items not recorded.
    flagged
        Unconfirmed or overridden parameters the score depends on.
    """

    score: FloatArray
    low: FloatArray
    high: FloatArray
    missing: npt.NDArray[np.int64]
    flagged: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemScale:
    """The items of an instrument and the values each may take.

    Parameters
    ----------
    instrument
        Name used in messages.
    names
        The items, in the order of the last axis.
    highs
        Highest value of each item; the lowest is 0.
    whole
        Whether only whole numbers are allowed.
    also
        Values allowed besides (a number agreed for a trace contraction, say).
    """

    instrument: str
    names: tuple[str, ...]
    highs: tuple[float, ...]
    whole: bool = True
    also: tuple[float, ...] = field(default=())

    @classmethod
    def of(cls, instrument: str, parameters: Parameters, prefix: str, *, whole: bool = True) -> "ItemScale":
        """Build the scale from the rows ``prefix/item`` of a data file, whose value is the item's maximum."""
        rows = [p for p in parameters if p.id.startswith(f"{prefix}/")]
        names = tuple(p.id.removeprefix(f"{prefix}/") for p in rows)
        return cls(instrument, names, tuple(p.number for p in rows), whole)

    def read(self, values: npt.ArrayLike) -> FloatArray:
        """Return ``values`` as float64 after checking shape and scale.

        Raises
        ------
        UsageError
            If the last axis does not hold the items, or any value is off its scale (all are listed).
        """
        items = read_numbers(self.instrument, values)
        if items.ndim == 0 or items.shape[-1] != len(self.names):
            raise UsageError(
                f"{self.instrument}: found an array of shape {items.shape}, expected {len(self.names)} items "
                f"on the last axis ({', '.join(self.names)}). Reorder or complete the columns."
            )
        agreed = np.isin(items, self.also)
        broken = items != np.floor(items) if self.whole else np.zeros(items.shape, dtype=np.bool_)
        bad = (off_scale(items, np.array(self.highs)) | (broken & ~np.isnan(items))) & ~agreed
        if bad.any():
            raise UsageError(self._sentence(items, bad))
        return items

    def _sentence(self, items: FloatArray, bad: BoolArray) -> str:
        expected = "a whole number" if self.whole else "a number"
        return off_scale_sentence(self.instrument, self.names, items, bad, np.array(self.highs), expected)


def off_scale(values: FloatArray, highs: FloatArray) -> BoolArray:
    """Tell which recorded values are below 0 or above the top of their scale."""
    return np.asarray((values < 0) | (values > highs))


def off_scale_sentence(
    subject: str,
    names: Sequence[str],
    values: FloatArray,
    bad: BoolArray,
    highs: FloatArray,
    expected: str = "a number",
) -> str:
    """Return the message that lists every bad value with its place and its scale.

    Parameters
    ----------
    subject, names
        The instrument and the items of the last axis.
    values, bad
        Shape (..., items); which values to list.
    highs
        Top of each scale; broadcasts to ``values``.
    expected
        What kind of number.
    """
    tops = np.broadcast_to(highs, values.shape)
    lines = [
        f"{_place(at[:-1])}{names[at[-1]]}: found {describe_cell(f'{values[tuple(at)]:.10g}')}, "
        f"expected {expected} from 0 to {tops[tuple(at)]:g}"
        for at in np.argwhere(bad)[:_LISTED]
    ]
    count = int(bad.sum())
    head = f"{subject}: {count} value{'s' if count != 1 else ''} off the scale."
    return _listing(head, lines, count, "Correct the values or their unit, or leave them missing (NaN).")


def score_sum(
    scale: ItemScale,
    items: FloatArray,
    weights: Sequence[float] | None = None,
    flagged: tuple[Parameter, ...] = (),
) -> Score:
    """Return the (weighted) sum of checked items: strict, lowest and highest.

    Parameters
    ----------
    scale
        The items' scale.
    items
        Shape (..., items), as returned by ``scale.read``.
    weights
        Whole-number weight of each item, none negative; 1 where not given.
    flagged
        Parameters to report with the score.
    """
    weight = np.asarray([1] * len(scale.names) if weights is None else weights, dtype=np.int64)
    absent = np.isnan(items)
    low = (to_steps(items) * weight).sum(axis=-1)
    high = low + (absent * to_steps(np.array(scale.highs)) * weight).sum(axis=-1)
    missing = absent.sum(axis=-1)
    score = np.where(missing > 0, np.nan, low / STEPS)
    return Score(score, low / STEPS, high / STEPS, missing, flagged)


def read_flags(subject: str, names: Sequence[str], values: npt.ArrayLike) -> FloatArray:
    """Return yes/no items (1, 0 or NaN for not recorded) on the last axis after checking them.

    Raises
    ------
    UsageError
        If the last axis has another length or a value is neither 0 nor 1 (all are listed).
    """
    return ItemScale(subject, tuple(names), (1.0,) * len(names)).read(values)


def read_codes(
    subject: str, codes: Mapping[str, float | None], cells: npt.ArrayLike, hint: str
) -> FloatArray:
    """Translate codes (grades, categories) into points; empty text, None and NaN are missing.

    Parameters
    ----------
    subject
        Name used in messages.
    codes
        Points of each code; None for a code that has none.
    cells
        Text of any shape.
    hint
        The sentence that ends the message.

    Raises
    ------
    UsageError
        If a code is unknown or has no points; every place is listed.
    """
    array = np.asarray(cells, dtype=object)
    table = {**codes, "": np.nan, "nan": np.nan}
    texts = ["" if cell is None else str(cell).strip() for cell in array.ravel()]
    bad = [i for i, text in enumerate(texts) if table.get(text) is None]
    if bad:
        lines = [
            f"{_place(np.array(np.unravel_index(i, array.shape)), end=': ')}found {describe_cell(texts[i])}"
            for i in bad[:_LISTED]
        ]
        head = f"{subject}: {len(bad)} cell{'s' if len(bad) != 1 else ''} without points."
        raise UsageError(_listing(head, lines, len(bad), f"Expected one of {', '.join(codes)}. {hint}"))
    return np.array([table[text] for text in texts], dtype=np.float64).reshape(array.shape)


def read_numbers(subject: str, values: npt.ArrayLike) -> FloatArray:
    """Return ``values`` as float64.

    Raises
    ------
    UsageError
        If they are not numbers.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise UsageError(
            f"{subject}: found cells that are not numbers, expected numbers with NaN for a missing value. "
            "Convert the column first."
        ) from None


def common_shape(subject: str, **shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape to which all ``shapes`` (of patients, by name of argument) broadcast.

    Raises
    ------
    UsageError
        If they do not fit together.
    """
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise UsageError(
            f"{subject}: found numbers of patients that do not fit together ({found}); expected the same "
            "leading axes in every argument."
        ) from None


def _place(indices: npt.NDArray[np.intp], end: str = ", ") -> str:
    return f"index {', '.join(str(int(i)) for i in indices)}{end}" if len(indices) else ""


def _listing(head: str, lines: Sequence[str], count: int, tail: str) -> str:
    more = [f"  - and {count - len(lines)} more"] if count > len(lines) else []
    return "\n".join([head, *(f"  - {line}" for line in lines), *more, tail])
