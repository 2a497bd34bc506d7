"""Health Assessment Questionnaire disability index (HAQ-DI), 0-3, down is better.

Twenty items of 0-3 in eight sections; a section is its worst item, at least 2 where an aid, a device or help
from a person is used for it; the index is the mean of the sections answered::

    index = sum of section scores / number of sections answered

With all eight answered the index moves in steps of 0.125. The alternative index leaves aids out and is lower;
the two must not be mixed in one analysis.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from mitograft.outcome.card import INSTRUMENTS
from mitograft.outcome.fixed_rules import refuse_overrides
from mitograft.outcome.items import ItemScale, common_shape, read_flags
from mitograft.outcome.three_valued import any_of
from mitograft.tables.parameters import Parameter, Parameters, load_parameters, load_rows

__all__ = [
    "CARD",
    "CARD_ALTERNATIVE",
    "DEVICES",
    "ITEMS",
    "SECTIONS",
    "HaqIndex",
    "aided_sections",
    "defaults",
    "haq_alternative",
    "haq_di",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CARD = INSTRUMENTS["HAQ-DI"]
CARD_ALTERNATIVE = INSTRUMENTS["HAQ-DI alternative"]

_SECTION_OF_ITEM = {row["item"]: row["section"] for row in load_rows("mitograft.outcome", "haq_items.csv")}
_SECTION_OF_DEVICE = {
    row["device"]: row["section"] for row in load_rows("mitograft.outcome", "haq_devices.csv")
}
ITEMS = tuple(_SECTION_OF_ITEM)
SECTIONS = tuple(dict.fromkeys(_SECTION_OF_ITEM.values()))
DEVICES = tuple(_SECTION_OF_DEVICE)

_FIXED = ("items", "section_score", "divide_by", "item_allocation", "alternative_ignores_aids")


@dataclass(frozen=True, slots=True, eq=False)
class HaqIndex:
    """A disability index; fields have the shape of the leading axes, ``sections`` one axis more.

    Parameters
    ----------
    score
        The index; NaN where fewer sections than needed were answered.
    low, high
        Lowest and highest index if every unanswered item were answered. The rule itself divides by the
        answered sections, so ``score`` can lie below ``low`` where an aid is used in an unanswered section.
    missing
        Number of unanswered items.
    sections
        Section scores in the order of ``SECTIONS``; NaN where not answered.
    answered
        Number of sections answered.
    flagged
        Unconfirmed or overridden parameters the index depends on.
    """

    score: FloatArray
    low: FloatArray
    high: FloatArray
    missing: IntArray
    sections: FloatArray
    answered: IntArray
    flagged: tuple[Parameter, ...]


@cache
def defaults() -> Parameters:
    """Return the rules of the index with their citations."""
    return load_parameters("mitograft.outcome", "haq.csv")


def aided_sections(devices: npt.ArrayLike, help_needed: npt.ArrayLike) -> FloatArray:
    """Tell for which sections an aid, a device or help from a person is used.

    Parameters
    ----------
    devices
        Shape (..., 12), 1 used, 0 not, NaN not recorded, in the order of ``DEVICES``.
    help_needed
        Shape (..., 8), help from another person in the order of ``SECTIONS``.

    Returns
    -------
    aided
        Shape (..., 8): 1, 0, or NaN where it depends on something not recorded.
    """
    used = read_flags("HAQ-DI aids and devices", DEVICES, devices)
    aided = read_flags("HAQ-DI help from another person", SECTIONS, help_needed)
    shape = common_shape("HAQ-DI", devices=used.shape[:-1], help_needed=aided.shape[:-1])
    aided = np.broadcast_to(aided, (*shape, len(SECTIONS))).copy()
    for i, section in enumerate(_SECTION_OF_DEVICE.values()):
        at = SECTIONS.index(section)
        aided[..., at] = any_of(aided[..., at], used[..., i])
    return aided


def haq_di(items: npt.ArrayLike, aided: npt.ArrayLike, *, parameters: Parameters | None = None) -> HaqIndex:
    """Score the disability index with aids and help.

    Parameters
    ----------
    items
        Shape (..., 20), 0-3, in the order of ``ITEMS``; NaN = not answered.
    aided
        Shape (..., 8), from ``aided_sections``; 1 lifts the section to at least 2, NaN makes a section that
        it would change count as not answered. Required: leaving aids out is another index
        (``haq_alternative``).
    parameters
        ``defaults()``, possibly overridden.

    Raises
    ------
    UsageError
        If an item or a mark is off its scale.
    """
    rules = defaults() if parameters is None else parameters
    flagged = rules.flagged(["aided_minimum", "sections_needed", "item_allocation", "item_high"])
    return _index(items, read_flags("HAQ-DI aided sections", SECTIONS, aided), rules, flagged)


def haq_alternative(items: npt.ArrayLike, *, parameters: Parameters | None = None) -> HaqIndex:
    """Score the alternative index, which leaves aids and help out.

    Parameters
    ----------
    items, parameters
        As in ``haq_di``.
    """
    rules = defaults() if parameters is None else parameters
    flagged = rules.flagged(["sections_needed", "item_allocation", "item_high", "alternative_ignores_aids"])
    return _index(items, np.zeros(len(SECTIONS)), rules, flagged)


def _index(
    items: npt.ArrayLike, aided: FloatArray, rules: Parameters, flagged: tuple[Parameter, ...]
) -> HaqIndex:
    refuse_overrides(rules, _FIXED)
    highest, lift = rules["item_high"].number, rules["aided_minimum"].number
    read = ItemScale("HAQ-DI", ITEMS, (highest,) * len(ITEMS)).read(items)
    shape = common_shape("HAQ-DI", items=read.shape[:-1], aided=aided.shape[:-1])
    read = np.broadcast_to(read, (*shape, len(ITEMS)))
    worst, absent = _by_section(read)
    certain, possible = aided == 1, aided != 0
    low = np.where(np.isnan(worst), 0.0, worst)
    high = np.where(absent > 0, highest, low)
    settled = np.where(certain, np.fmax(worst, lift), worst)
    unknown = np.isnan(worst) | (np.isnan(aided) & (worst < lift))
    sections = np.where(unknown, np.nan, settled)
    answered = (~np.isnan(sections)).sum(axis=-1)
    enough = (answered >= rules["sections_needed"].fraction) & (answered > 0)
    mean = np.nansum(sections, axis=-1) / np.maximum(answered, 1)
    return HaqIndex(
        np.where(enough, mean, np.nan),
        np.where(certain, np.maximum(low, lift), low).mean(axis=-1),
        np.where(possible, np.maximum(high, lift), high).mean(axis=-1),
        np.isnan(read).sum(axis=-1),
        sections,
        answered,
        flagged,
    )


def _by_section(items: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the worst answered item and the number of unanswered items of each section."""
    worst, absent = [], []
    for section in SECTIONS:
        columns = [i for i, item in enumerate(ITEMS) if _SECTION_OF_ITEM[item] == section]
        worst.append(np.fmax.reduce(items[..., columns], axis=-1))
        absent.append(np.isnan(items[..., columns]).sum(axis=-1))
    return np.stack(worst, axis=-1), np.stack(absent, axis=-1)
