"""One number a mouse: what every room of the mouse arm hands to the group comparisons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Outcome", "Scale"]

Scale = Literal["ordinal", "interval", "log", "binary"]


@dataclass(frozen=True)
class Outcome:
    """One quantity with one value for each mouse.

    Parameters
    ----------
    name
        What study.toml calls it, for example ``histology.severity``, ``function.weight_auc``,
        ``cytokine.il6``, ``expression.shift_index``, ``metabolite.lactate_pyruvate``.
    label, unit
        Words and unit for figures and tables.
    scale
        ``ordinal``: compared by rank (probabilistic index); ``interval``: by difference of means; ``log``:
        values are positive and compared by their ratio; ``binary``: 0 or 1, compared as incidence.
    values
        Mouse to value; mice without a value are absent.
    below
        Mouse to lower limit of quantification, for values only known to lie below it (left-censored); such
        mice are not in ``values``.
    source
        File the values come from.
    note
        What a reader must know, for example how blocks were put together.
    """

    name: str
    label: str
    unit: str
    scale: Scale
    values: Mapping[str, float]
    source: str
    below: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
