"""Cutaneous Dermatomyositis Disease Area and Severity Index: activity 0-100, damage 0-32, down is better.

Activity, over 15 areas and four further signs::

    activity = sum(erythema 0-3) + sum(scale 0-2) + sum(erosion 0-1)
               + 2 x Gottron papules 0-3 + Gottron ulceration 0-1 + periungual 0-2 + alopecia 0-1
    damage   = sum(poikiloderma 0-1) + sum(calcinosis 0-1) + hand damage 0-2

The doubling and the damage sub-scores are recalled and flagged; the totals are published. Activity and damage
are two scores: they are never added.
"""

from collections.abc import Sequence
from functools import cache

import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.outcome.card import INSTRUMENTS
from mitograft.outcome.items import ItemScale, Score, score_sum
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = [
    "ACTIVITY_ITEMS",
    "AREAS",
    "CARD_ACTIVITY",
    "CARD_DAMAGE",
    "DAMAGE_ITEMS",
    "cdasi_activity",
    "cdasi_damage",
    "defaults",
]

CARD_ACTIVITY = INSTRUMENTS["CDASI-A"]
CARD_DAMAGE = INSTRUMENTS["CDASI-D"]

_DOUBLED = "gottron_papules"


@cache
def defaults() -> Parameters:
    """Return item maxima, weight and area names with their citations."""
    return load_parameters("mitograft.outcome", "cdasi.csv")


AREAS = tuple(p.id.removeprefix("area/") for p in defaults() if p.id.startswith("area/"))


def cdasi_activity(items: npt.ArrayLike, *, parameters: Parameters | None = None) -> Score:
    """Score disease activity, 0-100.

    Parameters
    ----------
    items
        Shape (..., 49), in the order of ``ACTIVITY_ITEMS``: erythema, scale and erosion or ulceration of
        each of the 15 areas, then Gottron papules (0-3, before doubling), Gottron ulceration, periungual
        changes and alopecia; NaN = not examined.
    parameters
        ``defaults()``, possibly overridden.

    Raises
    ------
    UsageError
        If an item is off its scale, or overridden maxima no longer add to 100.
    """
    rules = defaults() if parameters is None else parameters
    return _score("activity", items, rules, rules["gottron_papules_weight"].number)


def cdasi_damage(items: npt.ArrayLike, *, parameters: Parameters | None = None) -> Score:
    """Score disease damage, 0-32.

    Parameters
    ----------
    items
        Shape (..., 31), in the order of ``DAMAGE_ITEMS``: poikiloderma and calcinosis (0-1) of each of the
        15 areas, then hand damage (0-2); NaN = not examined.
    parameters
        ``defaults()``, possibly overridden.

    Raises
    ------
    UsageError
        If an item is off its scale, or overridden maxima no longer add to 32.
    """
    rules = defaults() if parameters is None else parameters
    return _score("damage", items, rules, 1)


def _scale(part: str, rules: Parameters) -> ItemScale:
    by_area = ItemScale.of("", rules, part)
    signs = ItemScale.of("", rules, f"{part}_sign")
    names = tuple(f"{measure}_{area}" for measure in by_area.names for area in AREAS) + signs.names
    highs = tuple(high for high in by_area.highs for _ in AREAS) + signs.highs
    return ItemScale(f"CDASI {part}", names, highs)


def _score(part: str, items: npt.ArrayLike, rules: Parameters, doubling: float) -> Score:
    scale = _scale(part, rules)
    weights = [doubling if name == _DOUBLED else 1 for name in scale.names]
    _require_total(part, scale.highs, weights, rules[f"{part}_total"].number)
    used = [p.id for p in rules if p.id.startswith(part)] + ["gottron_papules_weight"] * (part == "activity")
    return score_sum(scale, scale.read(items), weights, rules.flagged(used))


def _require_total(part: str, highs: Sequence[float], weights: Sequence[float], total: float) -> None:
    reached = sum(high * weight for high, weight in zip(highs, weights, strict=True))
    if reached != total or any(weight != int(weight) for weight in weights):
        raise UsageError(
            f"CDASI {part}: found item maxima that add to {reached:g}, expected {total:g} with whole-number "
            f"weights. Override {part}_total and the maxima together."
        )


ACTIVITY_ITEMS = _scale("activity", defaults()).names
DAMAGE_ITEMS = _scale("damage", defaults()).names
