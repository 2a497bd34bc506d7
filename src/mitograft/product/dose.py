r"""From a dose in ug of protein to a volume, a number of particles, and what is left of it at the bedside.

``volume = dose / protein concentration``; ``particles = dose x particles per mg``, with the lot's own count
per protein where both were measured, and the literature's (unconfirmed) conversion beside it.

Potency out of storage is taken to fall by first order, ``left = 2^(-t / half-life)``. The half-life is an
unconfirmed number with a wide interval; the interval of what is left is that of the half-life alone, so it
says nothing of the assay's own error, and nothing of whether the loss is of first order at all.
"""

import math
from dataclasses import dataclass

from mitograft.errors import UsageError
from mitograft.product.attributes import load_product_parameters
from mitograft.product.specification import Summary
from mitograft.tables.parameters import Parameter, Parameters

__all__ = ["Dose", "prepare_dose", "remaining", "time_to"]

_USED = (
    "particles_per_mg_protein",
    "half_life",
    "half_life_low",
    "half_life_high",
    "half_life_level",
    "ice_loss_noticed",
)


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose as prepared.

    Parameters
    ----------
    dose_ug
        Mitochondrial protein, ug.
    volume_ml
        Volume to draw; NaN where the lot has no protein concentration.
    particles, particles_source
        Number of particles and where the conversion comes from: the lot, or the literature.
    particles_literature
        Number by the literature's conversion, for comparison.
    hours
        Time out of storage, h.
    left, left_low, left_high, level
        Fraction of the potency left after ``hours``, with the interval of the half-life.
    active_ug, active_ug_low, active_ug_high
        ``dose_ug`` times what is left.
    flagged
        Unconfirmed numbers the result rests on; to be shown beside it.
    notes
        What a reader must know.
    """

    dose_ug: float
    volume_ml: float
    particles: float
    particles_source: str
    particles_literature: float
    hours: float
    left: float
    left_low: float
    left_high: float
    level: float
    active_ug: float
    active_ug_low: float
    active_ug_high: float
    flagged: tuple[Parameter, ...]
    notes: tuple[str, ...]


def remaining(hours: float, half_life: float) -> float:
    """Return the fraction left after ``hours`` by first-order loss.

    Raises
    ------
    UsageError
        If a time is negative or the half-life is not above 0.

    >>> remaining(13.5, 13.5), remaining(0.0, 13.5)
    (0.5, 1.0)
    """
    if not (0 <= hours < math.inf and half_life > 0):
        raise UsageError(
            f"found {hours:g} h out of storage and a half-life of {half_life:g} h; expected a time of at "
            "least 0 h and a half-life above 0 h."
        )
    return float(2.0 ** (-hours / half_life))


def time_to(fraction: float, half_life: float) -> float:
    """Return the hours after which ``fraction`` of the potency is left.

    Raises
    ------
    UsageError
        If the fraction is not above 0 and at most 1, or the half-life is not above 0.

    >>> time_to(0.5, 13.5)
    13.5
    """
    if not (0 < fraction <= 1 and half_life > 0):
        raise UsageError(
            f"found a fraction of {fraction:g} and a half-life of {half_life:g} h; expected a fraction above "
            "0 and at most 1, and a half-life above 0 h."
        )
    return abs(half_life * math.log2(1.0 / fraction))


def prepare_dose(
    dose_ug: float,
    lot: dict[str, Summary],
    *,
    hours: float,
    on_ice: bool = False,
    parameters: Parameters | None = None,
) -> Dose:
    """Prepare a dose from a lot.

    Parameters
    ----------
    dose_ug
        Dose as mitochondrial protein, ug.
    lot
        The lot's summaries (``specification.summarise``); ``protein`` and ``particle_count`` are used.
    hours
        Time between leaving storage and injection, h.
    on_ice
        Whether the product waits on ice in plain buffer; adds a remark where a loss would be noticed.
    parameters
        Numbers to use; None takes the shipped ones.

    Raises
    ------
    UsageError
        If the dose or the time is out of range, or the half-life's interval does not hold it.
    """
    if not 0 < dose_ug < math.inf:
        raise UsageError(f"found a dose of {dose_ug:g} ug; expected one above 0 ug.")
    values = parameters or load_product_parameters()
    low, middle, high = (values[name].number for name in ("half_life_low", "half_life", "half_life_high"))
    if not low <= middle <= high:
        raise UsageError(f"found a half-life of {middle:g} h outside its interval {low:g} to {high:g} h.")
    left, left_low, left_high = (remaining(hours, half_life) for half_life in (middle, low, high))
    protein, count = (_mean(lot, name) for name in ("protein", "particle_count"))
    literature = dose_ug / 1000.0 * values["particles_per_mg_protein"].number
    measured = dose_ug / 1000.0 * count / protein if protein > 0 else math.nan
    own = not math.isnan(measured)
    used = [name for name in _USED if name != "ice_loss_noticed" or on_ice]
    return Dose(
        dose_ug=dose_ug,
        volume_ml=dose_ug / 1000.0 / protein if protein > 0 else math.nan,
        particles=measured if own else literature,
        particles_source="particle count and protein of the lot" if own else "literature conversion",
        particles_literature=literature,
        hours=hours,
        left=left,
        left_low=left_low,
        left_high=left_high,
        level=values["half_life_level"].number,
        active_ug=dose_ug * left,
        active_ug_low=dose_ug * left_low,
        active_ug_high=dose_ug * left_high,
        flagged=values.flagged(used),
        notes=tuple(_notes(values, hours, protein, on_ice=on_ice)),
    )


def _mean(lot: dict[str, Summary], name: str) -> float:
    return lot[name].mean if name in lot else math.nan


def _notes(values: Parameters, hours: float, protein: float, *, on_ice: bool) -> list[str]:
    notes = ["The half-life has no citable source; its interval is that of the half-life alone."]
    if not protein > 0:
        notes.append("No volume: the lot has no protein concentration.")
    limit = values["ice_loss_noticed"].number
    if on_ice and hours > limit:
        notes.append(
            f"On ice in plain buffer a loss of respiration is reported to be noticed after about {limit:g} h "
            f"(weak source); {hours:g} h is longer."
        )
    return notes
